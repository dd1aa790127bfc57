import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.ipc.ProtocolInfo;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.ipc.WritableRpcEngine;
import org.apache.hadoop.security.SaslRpcServer;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.SecretManager;
import org.apache.hadoop.security.token.Token;
import org.apache.hadoop.security.token.TokenIdentifier;
import org.apache.hadoop.security.token.TokenInfo;
import org.apache.hadoop.security.token.TokenSelector;

/**
 * Hadoop's RPC server, or its client, unmodified, with token authentication: the user is the base64 of
 * a token's identifier, the password the base64 of an HMAC that the server makes of it.
 *
 * <pre>HadoopPeer role=server protection=authentication|integrity|privacy
 * HadoopPeer role=client protection= port= identifier= password= size=,size=...</pre>
 *
 * The server writes its port and a token, and serves until its input ends; the client writes the sizes
 * of what was echoed, or FAIL and why.
 */
public final class HadoopPeer {
    private static final Text KIND = new Text("TEST_TOKEN");

    /** Of a length that tokens have, so that names are long. */
    public static final class Identifier extends TokenIdentifier {
        private final Text owner = new Text();
        private final BytesWritable rest = new BytesWritable();

        public Identifier() {
        }

        Identifier(String owner, int length) {
            this.owner.set(owner);
            this.rest.set(new byte[length], 0, length);
        }

        @Override
        public Text getKind() {
            return KIND;
        }

        @Override
        public UserGroupInformation getUser() {
            return UserGroupInformation.createRemoteUser(owner.toString());
        }

        @Override
        public void write(DataOutput out) throws IOException {
            owner.write(out);
            rest.write(out);
        }

        @Override
        public void readFields(DataInput in) throws IOException {
            owner.readFields(in);
            rest.readFields(in);
        }
    }

    private static final class Manager extends SecretManager<Identifier> {
        private final javax.crypto.SecretKey key = generateSecret();

        @Override
        protected byte[] createPassword(Identifier identifier) {
            return createPassword(identifier.getBytes(), key);
        }

        @Override
        public byte[] retrievePassword(Identifier identifier) {
            return createPassword(identifier);
        }

        @Override
        public Identifier createIdentifier() {
            return new Identifier();
        }
    }

    public static final class Selector implements TokenSelector<Identifier> {
        @SuppressWarnings("unchecked")
        @Override
        public Token<Identifier> selectToken(Text service,
                Collection<Token<? extends TokenIdentifier>> tokens) {
            for (Token<? extends TokenIdentifier> token : tokens)
                return (Token<Identifier>) token;
            return null;
        }
    }

    /** What is called. */
    @TokenInfo(Selector.class)
    @ProtocolInfo(protocolName = "echo", protocolVersion = 1)
    public interface Echo extends org.apache.hadoop.ipc.VersionedProtocol {
        long versionID = 1;

        BytesWritable echo(BytesWritable data) throws IOException;

        Text who() throws IOException;
    }

    public static final class Echoes implements Echo {
        @Override
        public BytesWritable echo(BytesWritable data) {
            return data;
        }

        @Override
        public Text who() throws IOException {
            return new Text(UserGroupInformation.getCurrentUser().toString());
        }

        @Override
        public long getProtocolVersion(String protocol, long version) {
            return versionID;
        }

        @Override
        public org.apache.hadoop.ipc.ProtocolSignature getProtocolSignature(String protocol,
                long version, int hash) {
            return new org.apache.hadoop.ipc.ProtocolSignature(versionID, null);
        }
    }

    public static void main(String[] options) throws Exception {
        Map<String, String> arguments = new HashMap<>();
        for (String option : options) {
            int sign = option.indexOf('=');
            arguments.put(option.substring(0, sign), option.substring(sign + 1));
        }
        Configuration configuration = new Configuration(false);
        configuration.set("hadoop.security.authentication", "token");
        configuration.set("hadoop.rpc.protection", arguments.get("protection"));
        configuration.setInt("ipc.client.connect.max.retries", 0);
        configuration.setBoolean("ipc.client.fallback-to-simple-auth-allowed", false);
        UserGroupInformation.setConfiguration(configuration);
        SaslRpcServer.init(configuration);
        RPC.setProtocolEngine(configuration, Echo.class, WritableRpcEngine.class);
        if (arguments.get("role").equals("server"))
            serve(configuration);
        else
            call(configuration, arguments);
        System.exit(0);
    }

    private static void serve(Configuration configuration) throws Exception {
        Manager manager = new Manager();
        RPC.Server server = new RPC.Builder(configuration).setProtocol(Echo.class)
                .setInstance(new Echoes()).setBindAddress("127.0.0.1").setPort(0)
                .setNumHandlers(2).setSecretManager(manager).build();
        server.start();
        Token<Identifier> token = new Token<>(new Identifier("alice", 120), manager);
        put("LISTENING " + server.getListenerAddress().getPort());
        put("TOKEN " + encode(token.getIdentifier()) + " " + encode(token.getPassword()));
        while (System.in.read() >= 0)
            continue;
        server.stop();
    }

    private static void call(Configuration configuration, Map<String, String> arguments)
            throws Exception {
        InetSocketAddress address =
                new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments.get("port")));
        UserGroupInformation user = UserGroupInformation.createRemoteUser("alice");
        user.addToken(new Token<Identifier>(decode(arguments.get("identifier")),
                decode(arguments.get("password")), KIND, new Text("")));
        try {
            Echo echo = user.doAs((java.security.PrivilegedExceptionAction<Echo>) () -> RPC
                    .getProxy(Echo.class, Echo.versionID, address, configuration));
            put("WHO " + echo.who());
            for (String size : arguments.get("size").split(",")) {
                byte[] data = fill(Integer.parseInt(size));
                BytesWritable back = echo.echo(new BytesWritable(data));
                boolean same = Arrays.equals(data, Arrays.copyOf(back.getBytes(), back.getLength()));
                put((same ? "ECHOED " : "CHANGED ") + size);
            }
            RPC.stopProxy(echo);
        } catch (Exception error) {
            put("FAIL " + String.valueOf(error).replace('\n', ' '));
        }
    }

    private static byte[] fill(int length) {
        byte[] data = new byte[length];
        for (int i = 0; i < length; i++)
            data[i] = (byte) (i * 7 + length);
        return data;
    }

    private static byte[] decode(String text) {
        return Base64.getDecoder().decode(text);
    }

    private static String encode(byte[] data) {
        return Base64.getEncoder().encodeToString(data);
    }

    private static void put(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
