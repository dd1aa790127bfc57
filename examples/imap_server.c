/* An IMAP4rev1 login server on loopback, written against sspi.h: every mechanism of the machine's
 * SASL profiles that it can serve, by SaslAcceptSecurityContext, with its security layer.
 *
 *   imap_server [--port N] [--accounts FILE] [--realm NAME] [--connections N | --once] [-v]
 *
 *   --port N         port to listen on; 0, the default, takes a free one. The first line of output
 *                    is "listening on 127.0.0.1:PORT".
 *   --accounts FILE  an htdigest file, as SECUR32_ACCOUNTS would name it
 *   --realm NAME     the realm to offer, as SECUR32_REALM would name it; users of others are not let
 *                    in, whatever the configuration lists
 *   --connections N  end after N connections; --once is --connections 1
 *   -v               print the dialogues
 *
 * Exits with 0 after the last connection, 1 when it cannot start, 2 for wrong arguments. */
#include "listener.h"

#include "imap_mechanisms.h"
#include "imap_session.h"

static void serve(void *context, net_socket socket, unsigned number, int talks)
{
    struct mechanisms *mechanisms = context;
    struct link *link = link_open(socket, "S", "C");
    if (link == NULL) {
        fprintf(stderr, "no memory for connection %u\n", number);
        net_close(socket);
        return;
    }
    link->talks = talks;
    link->number = number;
    session_run(link, mechanisms);
    link_remark(link, "closed");
    link_close(link);
}

int main(int count, char **arguments)
{
    struct listener listener;
    struct mechanisms mechanisms;
    int result = listener_start(&listener, "imap_server", count, arguments);
    if (result != 0)
        return result;
    mechanisms_open(&mechanisms);
    mechanisms.realm = listener.realm;
    if (mechanisms.count == 0) {
        fprintf(stderr, "there is no SASL mechanism to offer\n");
        result = 1;
    } else {
        listener.serve = serve;
        listener.context = &mechanisms;
        result = listener_run(&listener);
    }
    mechanisms_close(&mechanisms);
    return result;
}
