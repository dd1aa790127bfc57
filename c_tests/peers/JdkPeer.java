import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslClient;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;

/**
 * A participant (see lines.h) by the JDK's javax.security.sasl.
 *
 * <pre>JdkPeer role=client|server [mechanism=] qop=auth|auth-int|auth-conf user= password= [realm=] [authzid=]
 *         [strength=high|medium|low] [cipher=] [maxbuf=] [service=] [host=]</pre>
 */
public final class JdkPeer {
    private static final Map<String, String> arguments = new HashMap<>();
    private static final PrintStream out = new PrintStream(System.out, false);
    private static BufferedReader in;

    /** One end of an exchange, whichever it is. */
    private interface End {
        byte[] step(byte[] token) throws SaslException;

        boolean complete();

        byte[] wrap(byte[] data, int from, int length) throws SaslException;

        byte[] unwrap(byte[] data, int from, int length) throws SaslException;

        Object property(String name);
    }

    public static void main(String[] options) throws Exception {
        for (String option : options) {
            int sign = option.indexOf('=');
            arguments.put(option.substring(0, sign), option.substring(sign + 1));
        }
        in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        boolean server = argument("role", "client").equals("server");
        try {
            End end = server ? server() : client();
            exchange(end, server);
            messages(end);
        } catch (SaslException | RuntimeException error) {
            put("FAIL " + String.valueOf(error).replace('\n', ' '));
        }
    }

    private static String argument(String name, String otherwise) {
        return arguments.getOrDefault(name, otherwise);
    }

    private static String mechanism() {
        return argument("mechanism", "DIGEST-MD5");
    }

    private static Map<String, String> properties() {
        Map<String, String> properties = new HashMap<>();
        properties.put(Sasl.QOP, argument("qop", "auth"));
        properties.put(Sasl.MAX_BUFFER, argument("maxbuf", "65536"));
        properties.put(Sasl.STRENGTH, argument("strength", "high,medium,low"));
        properties.put("com.sun.security.sasl.digest.realm", argument("realm", ""));
        if (arguments.containsKey("cipher"))
            properties.put("com.sun.security.sasl.digest.cipher", argument("cipher", ""));
        return properties;
    }

    private static void answer(Callback[] callbacks) {
        boolean known = true;
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                /* A server is told who logs in; a client, whom it acts for. */
                known = argument("role", "client").equals("client")
                        || argument("user", "").equals(name.getDefaultName());
                name.setName(argument("user", ""));
            } else if (callback instanceof PasswordCallback password) {
                if (known)
                    password.setPassword(argument("password", "").toCharArray());
            } else if (callback instanceof RealmCallback realm) {
                realm.setText(argument("realm", realm.getDefaultText()));
            } else if (callback instanceof AuthorizeCallback authorize) {
                authorize.setAuthorized(true);
                authorize.setAuthorizedID(authorize.getAuthorizationID());
            }
        }
    }

    private static End client() throws SaslException {
        SaslClient client = Sasl.createSaslClient(new String[] {mechanism()},
                arguments.get("authzid"), argument("service", "imap"), argument("host", "localhost"),
                properties(), JdkPeer::answer);
        return new End() {
            public byte[] step(byte[] token) throws SaslException {
                return client.evaluateChallenge(token);
            }

            public boolean complete() {
                return client.isComplete();
            }

            public byte[] wrap(byte[] data, int from, int length) throws SaslException {
                return client.wrap(data, from, length);
            }

            public byte[] unwrap(byte[] data, int from, int length) throws SaslException {
                return client.unwrap(data, from, length);
            }

            public Object property(String name) {
                return client.getNegotiatedProperty(name);
            }
        };
    }

    private static End server() throws SaslException {
        SaslServer server = Sasl.createSaslServer(mechanism(), argument("service", "imap"),
                argument("host", "localhost"), properties(), JdkPeer::answer);
        return new End() {
            public byte[] step(byte[] token) throws SaslException {
                return server.evaluateResponse(token);
            }

            public boolean complete() {
                return server.isComplete();
            }

            public byte[] wrap(byte[] data, int from, int length) throws SaslException {
                return server.wrap(data, from, length);
            }

            public byte[] unwrap(byte[] data, int from, int length) throws SaslException {
                return server.unwrap(data, from, length);
            }

            public Object property(String name) {
                return name.equals("user") ? server.getAuthorizationID()
                        : server.getNegotiatedProperty(name);
            }
        };
    }

    private static void exchange(End end, boolean server) throws Exception {
        byte[] token = new byte[0];
        boolean first = server == mechanism().equals("DIGEST-MD5");
        while (!end.complete()) {
            if (!first) {
                String[] line = line();
                if (line == null)
                    return;
                token = decode(line[1]);
            }
            first = false;
            byte[] next = end.step(token);
            if (next != null)
                put("TOKEN " + encode(next));
        }
        Object qop = end.property(Sasl.QOP);
        /* Without a layer it says less than nothing. */
        Object raw = end.property(Sasl.RAW_SEND_SIZE);
        long largest = raw == null ? 0 : Math.max(0, Long.parseLong(raw.toString()));
        /* The JDK's servers tell only whom the client acts for. */
        String user = server ? String.valueOf(end.property("user")) : argument("user", "-");
        put("OK " + qop + " " + user + " " + (server ? user : "-") + " "
                + largest);
    }

    private static void messages(End end) throws Exception {
        for (String[] line = line(); line != null; line = line()) {
            if (line[0].equals("SEND")) {
                byte[] data = fill(Integer.parseInt(line[1]), Integer.parseUnsignedInt(line[2]));
                put("DATA " + encode(end.wrap(data, 0, data.length)));
            } else if (line[0].equals("RECV")) {
                byte[] body = decode(line[1]);
                byte[] data = end.unwrap(body, 0, body.length);
                put("GOT " + data.length + " " + String.format("%08x", sum(data)));
            }
        }
    }

    private static byte[] fill(int length, int seed) {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++) {
            seed ^= seed << 13;
            seed ^= seed >>> 17;
            seed ^= seed << 5;
            data[i] = (byte) (seed >>> 24);
        }
        return data;
    }

    private static int sum(byte[] data) {
        int sum = (int) 2166136261L;
        for (byte one : data)
            sum = (sum ^ (one & 0xff)) * 16777619;
        return sum;
    }

    private static String[] line() throws Exception {
        String line = in.readLine();
        return line == null || line.equals("QUIT") ? null : line.split(" ");
    }

    private static byte[] decode(String text) {
        return text.equals("-") ? new byte[0] : Base64.getDecoder().decode(text);
    }

    private static String encode(byte[] data) {
        return data.length == 0 ? "-" : Base64.getEncoder().encodeToString(data);
    }

    private static void put(String line) {
        out.println(line);
        out.flush();
    }
}
