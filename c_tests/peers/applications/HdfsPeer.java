import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.StorageType;
import org.apache.hadoop.hdfs.protocol.DatanodeID;
import org.apache.hadoop.hdfs.protocol.datatransfer.IOStreamPair;
import org.apache.hadoop.hdfs.protocol.datatransfer.TrustedChannelResolver;
import org.apache.hadoop.hdfs.protocol.datatransfer.sasl.DataEncryptionKeyFactory;
import org.apache.hadoop.hdfs.protocol.datatransfer.sasl.DataTransferSaslUtil;
import org.apache.hadoop.hdfs.protocol.datatransfer.sasl.SaslDataTransferClient;
import org.apache.hadoop.hdfs.security.token.block.BlockTokenIdentifier;
import org.apache.hadoop.hdfs.security.token.block.DataEncryptionKey;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.security.token.Token;

/**
 * HDFS' client of a DataNode, unmodified: it logs in by a block token, or by a key of the NameNode's for
 * encryption, and sends under the layer what is to come back.
 *
 * <pre>HdfsPeer port= password= size=,size=... by=token|key</pre>
 *
 * It writes the identifier of its token, and goes on after a line of input; a key's name Hadoop makes of a
 * number, "pool" and "nonce". Then it writes the sizes of what came back, or FAIL and why.
 */
public final class HdfsPeer {
    public static void main(String[] options) throws Exception {
        Map<String, String> arguments = new HashMap<>();
        for (String option : options) {
            int sign = option.indexOf('=');
            arguments.put(option.substring(0, sign), option.substring(sign + 1));
        }
        boolean byToken = arguments.get("by").equals("token");
        byte[] password = decode(arguments.get("password"));
        Configuration configuration = new Configuration(false);
        configuration.set("hadoop.security.authentication", "token");
        configuration.set("dfs.data.transfer.protection", "integrity");
        UserGroupInformation.setConfiguration(configuration);
        SaslDataTransferClient client = new SaslDataTransferClient(configuration,
                DataTransferSaslUtil.getSaslPropertiesResolver(configuration),
                TrustedChannelResolver.getInstance(configuration));
        DataEncryptionKeyFactory keys = () -> byToken ? null
                : new DataEncryptionKey(5, "pool", "nonce".getBytes("US-ASCII"), password,
                        Long.MAX_VALUE, null);
        byte[] identifier = new BlockTokenIdentifier("alice", "pool", 7,
                EnumSet.of(BlockTokenIdentifier.AccessMode.READ), new StorageType[0], new String[0],
                true).getBytes();
        Token<BlockTokenIdentifier> token = new Token<>(identifier, password,
                new Text("HDFS_BLOCK_TOKEN"), new Text(""));
        put("TOKEN " + Base64.getEncoder().encodeToString(identifier));
        System.in.read();
        int port = Integer.parseInt(arguments.get("port"));
        DatanodeID node = new DatanodeID("127.0.0.1", "localhost", "node", port, 0, 0, 0);
        try (Socket socket = new Socket("127.0.0.1", port)) {
            IOStreamPair pair = client.socketSend(socket, socket.getOutputStream(),
                    socket.getInputStream(), keys, token, node);
            DataOutputStream out = new DataOutputStream(pair.out);
            DataInputStream in = new DataInputStream(pair.in);
            for (String size : arguments.get("size").split(",")) {
                byte[] data = new byte[Integer.parseInt(size)];
                for (int i = 0; i < data.length; i++)
                    data[i] = (byte) (i * 7 + data.length);
                out.write(data);
                out.flush();
                byte[] back = new byte[data.length];
                in.readFully(back);
                put((Arrays.equals(data, back) ? "ECHOED " : "CHANGED ") + size);
            }
        } catch (Exception error) {
            put("FAIL " + String.valueOf(error).replace('\n', ' '));
        }
        System.exit(0);
    }

    private static byte[] decode(String text) {
        return Base64.getDecoder().decode(text);
    }

    private static void put(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
