// A client of XMPP by gloox, which is told to log in by DIGEST-MD5.
//
//   gloox_client PORT JID PASSWORD
//
// It writes OK once it is logged in and has a resource, else FAIL.
#include <gloox/client.h>
#include <gloox/connectionlistener.h>

#include <cstdio>
#include <cstdlib>

class Login : public gloox::ConnectionListener {
  public:
    explicit Login(gloox::Client &client) : client(client), is_in(false) {}
    void onConnect() override
    {
        is_in = true;
        client.disconnect();
    }
    void onDisconnect(gloox::ConnectionError) override {}
    bool onTLSConnect(const gloox::CertInfo &) override { return false; }

    gloox::Client &client;
    bool is_in;
};

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    gloox::Client client(gloox::JID(arguments[2]), arguments[3], std::atoi(arguments[1]));
    client.setServer("127.0.0.1");
    client.setTls(gloox::TLSDisabled);
    client.setCompression(false);
    client.setSASLMechanisms(gloox::SaslMechDigestMd5);
    client.disableRoster();
    Login login(client);
    client.registerConnectionListener(&login);
    client.connect(true);
    std::puts(login.is_in ? "OK" : "FAIL");
    return 0;
}
