import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.util.List;
import org.apache.catalina.Context;
import org.apache.catalina.realm.GenericPrincipal;
import org.apache.catalina.realm.RealmBase;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.LoginConfig;
import org.apache.tomcat.util.descriptor.web.SecurityCollection;
import org.apache.tomcat.util.descriptor.web.SecurityConstraint;

/**
 * Tomcat with a page that Digest protects.
 *
 * <pre>TomcatServer DIRECTORY REALM</pre>
 *
 * It writes "listening on PORT".
 */
public final class TomcatServer {
    private static final class Users extends RealmBase {
        @Override
        protected String getPassword(String user) {
            return user.equals("alice") ? "secret" : null;
        }

        @Override
        protected Principal getPrincipal(String user) {
            return new GenericPrincipal(user, List.of("user"));
        }
    }

    private static final class Page extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse answer)
                throws IOException {
            answer.setContentType("text/plain");
            answer.getWriter().println("Hello " + request.getRemoteUser());
        }
    }

    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(arguments[0]);
        tomcat.setHostname("127.0.0.1");
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", arguments[0]);
        context.setRealm(new Users());
        context.setLoginConfig(new LoginConfig("DIGEST", arguments[1], null, null));
        SecurityCollection everything = new SecurityCollection();
        everything.addPattern("/*");
        SecurityConstraint constraint = new SecurityConstraint();
        constraint.addAuthRole("user");
        constraint.addCollection(everything);
        context.addConstraint(constraint);
        context.getPipeline().addValve(new org.apache.catalina.authenticator.DigestAuthenticator());
        Tomcat.addServlet(context, "page", new Page());
        context.addServletMappingDecoded("/*", "page");
        tomcat.start();
        System.out.println("listening on " + tomcat.getConnector().getLocalPort());
        System.out.flush();
        tomcat.getServer().await();
    }
}
