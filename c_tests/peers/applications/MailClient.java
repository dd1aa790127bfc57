import java.util.Properties;
import javax.mail.MessagingException;
import javax.mail.Session;
import javax.mail.Transport;

/**
 * JavaMail's SMTP, logging in by DIGEST-MD5 of its own or of the JDK.
 *
 * <pre>MailClient PORT USER PASSWORD own|jdk</pre>
 *
 * It writes OK, or FAIL and why.
 */
public final class MailClient {
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.put("mail.smtp.auth", "true");
        properties.put("mail.smtp.auth.mechanisms", "DIGEST-MD5");
        properties.put("mail.smtp.timeout", "60000");
        /* Else it asks for the machine's own name. */
        properties.put("mail.smtp.localhost", "localhost");
        if (arguments[3].equals("jdk")) {
            properties.put("mail.smtp.sasl.enable", "true");
            properties.put("mail.smtp.sasl.mechanisms", "DIGEST-MD5");
        }
        Session session = Session.getInstance(properties);
        Transport transport = session.getTransport("smtp");
        try {
            transport.connect("127.0.0.1", Integer.parseInt(arguments[0]), arguments[1],
                    arguments[2]);
            transport.close();
            System.out.println("OK");
        } catch (MessagingException | RuntimeException error) {
            System.out.println("FAIL " + String.valueOf(error).replace('\n', ' '));
        }
    }
}
