import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.sasl.AuthorizeCallback;
import javax.security.sasl.RealmCallback;
import javax.security.sasl.Sasl;
import javax.security.sasl.SaslException;
import javax.security.sasl.SaslServer;
import javax.security.sasl.SaslServerFactory;

/**
 * The JDK's servers of DIGEST-MD5 for a benchmark in another process (jdk.c): requests come on standard input, answers
 * go to standard output, and each says how many nanoseconds the servers' own calls took this thread. What the
 * collector of garbage does on its own thread is a gift to the JDK.
 *
 * <p>An answer is a byte, 1 for good, and a long; then what the request asks for. Integers are in network order.
 */
public final class JdkServer {
    private static final int BEGIN = 1, FINISH = 2, END = 3, SEAL = 4, OPEN = 5, HEAP = 6;

    /** In the order of bench.h: auth, auth-int, rc4, des, 3des. Servers cannot be told to offer one cipher alone. */
    private static final List<Map<String, String>> layers = List.of(layer("auth"), layer("auth-int"),
            layer("auth-conf"), layer("auth-conf"), layer("auth-conf"));

    private static final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private static final List<SaslServer> servers = new ArrayList<>();
    private static final ArrayDeque<Integer> free = new ArrayDeque<>();
    private static String user, realm, password, host;
    private static DataInputStream in;
    private static DataOutputStream out;

    /** JdkServer USER REALM PASSWORD HOST. */
    public static void main(String[] words) throws Exception {
        user = words[0];
        realm = words[1];
        password = words[2];
        host = words[3];
        for (Map<String, String> layer : layers)
            layer.put("com.sun.security.sasl.digest.realm", realm);
        in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
        out = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 16));
        SaslServerFactory factory = factory();
        for (int request = in.read(); request >= 0; request = in.read()) {
            switch (request) {
                case BEGIN -> begin(factory);
                case FINISH -> finish();
                case END -> end();
                case SEAL -> each((server, message) -> server.wrap(message, 0, message.length));
                case OPEN -> each((server, message) -> server.unwrap(message, 0, message.length));
                case HEAP -> heap();
                default -> throw new IOException("no request has the number " + request);
            }
            out.flush();
        }
    }

    private static Map<String, String> layer(String qop) {
        Map<String, String> properties = new HashMap<>();
        properties.put(Sasl.QOP, qop);
        properties.put(Sasl.MAX_BUFFER, "65536");
        return properties;
    }

    private static SaslServerFactory factory() throws SaslException {
        Enumeration<SaslServerFactory> factories = Sasl.getSaslServerFactories();
        while (factories.hasMoreElements()) {
            SaslServerFactory factory = factories.nextElement();
            for (String name : factory.getMechanismNames(null))
                if (name.equals("DIGEST-MD5"))
                    return factory;
        }
        throw new SaslException("this JDK has no DIGEST-MD5");
    }

    private static void answer(Callback[] callbacks) {
        boolean known = true;
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback name) {
                known = user.equals(name.getDefaultName());
                name.setName(user);
            } else if (callback instanceof PasswordCallback asked) {
                if (known)
                    asked.setPassword(password.toCharArray());
            } else if (callback instanceof RealmCallback asked) {
                asked.setText(realm);
            } else if (callback instanceof AuthorizeCallback authorize) {
                authorize.setAuthorized(true);
                authorize.setAuthorizedID(authorize.getAuthorizationID());
            }
        }
    }

    private static long clock() {
        return threads.getCurrentThreadCpuTime();
    }

    private static byte[] bytes(int length) throws IOException {
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    private static void put(byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void put(boolean good, long value) throws IOException {
        out.writeByte(good ? 1 : 0);
        out.writeLong(value);
    }

    private static void refuse(Exception error) throws IOException {
        System.err.println("JdkServer: " + error);
        put(false, 0);
    }

    private static int keep(SaslServer server) {
        if (free.isEmpty()) {
            servers.add(server);
            return servers.size() - 1;
        }
        int number = free.pop();
        servers.set(number, server);
        return number;
    }

    /** Layer, whether the factory is the kept one, count: numbers of new servers, each with its challenge. */
    private static void begin(SaslServerFactory kept) throws IOException {
        Map<String, String> layer = layers.get(in.readByte());
        boolean keeps = in.readByte() != 0;
        SaslServer[] made = new SaslServer[in.readInt()];
        byte[][] challenges = new byte[made.length][];
        long time;
        try {
            long start = clock();
            for (int n = 0; n < made.length; n++) {
                made[n] = keeps ? kept.createSaslServer("DIGEST-MD5", "imap", host, layer, JdkServer::answer)
                        : Sasl.createSaslServer("DIGEST-MD5", "imap", host, layer, JdkServer::answer);
                challenges[n] = made[n].evaluateResponse(new byte[0]);
            }
            time = clock() - start;
        } catch (SaslException | RuntimeException error) {
            refuse(error);
            return;
        }
        put(true, time);
        for (int n = 0; n < made.length; n++) {
            out.writeInt(keep(made[n]));
            put(challenges[n]);
        }
    }

    /** Numbers of servers, each with its response: what they answer, which completes them. */
    private static void finish() throws IOException {
        SaslServer[] asked = new SaslServer[in.readInt()];
        byte[][] responses = new byte[asked.length][];
        for (int n = 0; n < asked.length; n++) {
            asked[n] = servers.get(in.readInt());
            responses[n] = bytes(in.readInt());
        }
        byte[][] answers = new byte[asked.length][];
        boolean good = true;
        long time;
        try {
            long start = clock();
            for (int n = 0; n < asked.length; n++) {
                answers[n] = asked[n].evaluateResponse(responses[n]);
                good &= asked[n].isComplete();
            }
            time = clock() - start;
        } catch (SaslException | RuntimeException error) {
            refuse(error);
            return;
        }
        put(good, time);
        for (int n = 0; n < asked.length && good; n++)
            put(answers[n]);
    }

    /** Numbers of servers, which are free for others then. */
    private static void end() throws IOException {
        int[] numbers = new int[in.readInt()];
        SaslServer[] asked = new SaslServer[numbers.length];
        for (int n = 0; n < numbers.length; n++) {
            numbers[n] = in.readInt();
            asked[n] = servers.set(numbers[n], null);
            free.push(numbers[n]);
        }
        long start = clock();
        for (SaslServer server : asked)
            server.dispose();
        put(true, clock() - start);
    }

    /** What is done to a message. */
    private interface Work {
        byte[] on(SaslServer server, byte[] message) throws SaslException;
    }

    /** A server's number, whether the last message is wanted, messages: the last one, sealed or opened. */
    private static void each(Work work) throws IOException {
        SaslServer server = servers.get(in.readInt());
        boolean wanted = in.readByte() != 0;
        byte[][] messages = messages();
        byte[] last = null;
        long time;
        try {
            long start = clock();
            for (byte[] message : messages)
                last = work.on(server, message);
            time = clock() - start;
        } catch (SaslException | RuntimeException error) {
            refuse(error);
            return;
        }
        put(true, time);
        if (wanted)
            put(last);
    }

    private static byte[][] messages() throws IOException {
        byte[][] messages = new byte[in.readInt()][];
        for (int n = 0; n < messages.length; n++)
            messages[n] = bytes(in.readInt());
        return messages;
    }

    /** Bytes of the heap that are in use. */
    private static void heap() throws IOException {
        System.gc();
        put(true, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
}
