import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.network.sasl.SparkSaslClient;
import org.apache.spark.network.sasl.SparkSaslServer;

/**
 * A participant (see lines.h) by Spark's own SASL client and server, which its block transfer uses.
 *
 * <pre>SparkPeer role=client|server secret= [encrypt=1]</pre>
 */
public final class SparkPeer {
    private static final String APPLICATION = "app-1";

    private static final class Holder implements SecretKeyHolder {
        private final String secret;

        Holder(String secret) {
            this.secret = secret;
        }

        @Override
        public String getSaslUser(String application) {
            return "sparkSaslUser";
        }

        @Override
        public String getSecretKey(String application) {
            return secret;
        }
    }

    public static void main(String[] options) throws Exception {
        Map<String, String> arguments = new HashMap<>();
        for (String option : options) {
            int sign = option.indexOf('=');
            arguments.put(option.substring(0, sign), option.substring(sign + 1));
        }
        Holder holder = new Holder(arguments.getOrDefault("secret", "secret"));
        boolean encrypt = arguments.containsKey("encrypt");
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        try {
            if (arguments.getOrDefault("role", "client").equals("server"))
                serve(new SparkSaslServer(APPLICATION, holder, encrypt), in);
            else
                connect(new SparkSaslClient(APPLICATION, holder, encrypt), in);
        } catch (RuntimeException error) {
            put("FAIL " + String.valueOf(error).replace('\n', ' '));
        }
    }

    private static void serve(SparkSaslServer server, BufferedReader in) throws Exception {
        put("TOKEN " + encode(server.response(new byte[0])));
        while (!server.isComplete()) {
            String[] line = line(in);
            if (line == null)
                return;
            byte[] next = server.response(decode(line[1]));
            if (next != null)
                put("TOKEN " + encode(next));
        }
        established(server.getNegotiatedProperty("javax.security.sasl.qop"),
                server.getNegotiatedProperty("javax.security.sasl.rawsendsize"));
        for (String[] line = line(in); line != null; line = line(in)) {
            if (line[0].equals("SEND")) {
                byte[] data = fill(Integer.parseInt(line[1]), Integer.parseUnsignedInt(line[2]));
                put("DATA " + encode(server.wrap(data, 0, data.length)));
            } else if (line[0].equals("RECV")) {
                byte[] body = decode(line[1]);
                got(server.unwrap(body, 0, body.length));
            }
        }
    }

    private static void connect(SparkSaslClient client, BufferedReader in) throws Exception {
        /* The first token is empty: DIGEST-MD5 begins with the server. */
        client.firstToken();
        while (!client.isComplete()) {
            String[] line = line(in);
            if (line == null)
                return;
            byte[] next = client.response(decode(line[1]));
            if (next != null)
                put("TOKEN " + encode(next));
        }
        established(client.getNegotiatedProperty("javax.security.sasl.qop"),
                client.getNegotiatedProperty("javax.security.sasl.rawsendsize"));
        for (String[] line = line(in); line != null; line = line(in)) {
            if (line[0].equals("SEND")) {
                byte[] data = fill(Integer.parseInt(line[1]), Integer.parseUnsignedInt(line[2]));
                put("DATA " + encode(client.wrap(data, 0, data.length)));
            } else if (line[0].equals("RECV")) {
                byte[] body = decode(line[1]);
                got(client.unwrap(body, 0, body.length));
            }
        }
    }

    private static void established(Object qop, Object raw) {
        long largest = raw == null ? 0 : Math.max(0, Long.parseLong(raw.toString()));
        put("OK " + qop + " sparkSaslUser - " + largest);
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

    private static void got(byte[] data) {
        int sum = (int) 2166136261L;
        for (byte one : data)
            sum = (sum ^ (one & 0xff)) * 16777619;
        put("GOT " + data.length + " " + String.format("%08x", sum));
    }

    private static String[] line(BufferedReader in) throws Exception {
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
        System.out.println(line);
        System.out.flush();
    }
}
