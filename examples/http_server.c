/* A small HTTP/1.1 server on loopback, written against sspi.h, whose pages are protected by Digest:
 * AcceptSecurityContext with ASC_REQ_HTTP for the first request, CompleteAuthToken for subsequent ones.
 *
 *   http_server [--port N] [--accounts FILE] [--realm NAME] [--connections N | --once] [-v]
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

#include "http_session.h"

static void serve(void *context, net_socket socket, unsigned number, int talks)
{
    struct gate *gate = context;
    struct http_link *link = http_open(socket, "S", "C");
    if (link == NULL) {
        fprintf(stderr, "no memory for connection %u\n", number);
        net_close(socket);
        return;
    }
    link->talks = talks;
    link->number = number;
    session_run(link, gate);
    http_remark(link, "closed");
    http_close(link);
}

int main(int count, char **arguments)
{
    struct listener listener;
    struct gate gate;
    SECURITY_STATUS status;
    char space[16];
    int result = listener_start(&listener, "http_server", count, arguments);
    if (result != 0)
        return result;
    status = gate_open(&gate);
    if (status != SEC_E_OK) {
        fprintf(stderr, "no credential: %s\n", text_status(status, space));
        return 1;
    }
    gate.realm = listener.realm;
    listener.serve = serve;
    listener.context = &gate;
    result = listener_run(&listener);
    gate_close(&gate);
    return result;
}
