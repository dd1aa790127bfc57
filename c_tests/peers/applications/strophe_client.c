/* A client of XMPP by libstrophe, which knows DIGEST-MD5.
 *
 *   strophe_client PORT JID PASSWORD
 *
 * It writes OK once it is logged in and has a resource, else FAIL. */
#include <stdio.h>
#include <stdlib.h>
#include <strophe.h>

static void told(xmpp_conn_t *connection, xmpp_conn_event_t event, int error,
                 xmpp_stream_error_t *stream_error, void *is_in)
{
    (void)error;
    (void)stream_error;
    if (event == XMPP_CONN_CONNECT) {
        *(int *)is_in = 1;
        xmpp_disconnect(connection);
    } else {
        xmpp_stop(xmpp_conn_get_context(connection));
    }
}

int main(int count, char **arguments)
{
    xmpp_ctx_t *context;
    xmpp_conn_t *connection;
    int is_in = 0;
    if (count != 4)
        return 2;
    xmpp_initialize();
    context = xmpp_ctx_new(NULL, NULL);
    connection = xmpp_conn_new(context);
    xmpp_conn_set_flags(connection, XMPP_CONN_FLAG_DISABLE_TLS);
    xmpp_conn_set_jid(connection, arguments[2]);
    xmpp_conn_set_pass(connection, arguments[3]);
    if (xmpp_connect_client(connection, "127.0.0.1", (unsigned short)atoi(arguments[1]), told, &is_in)
        == XMPP_EOK)
        xmpp_run(context);
    puts(is_in ? "OK" : "FAIL");
    xmpp_conn_release(connection);
    xmpp_ctx_free(context);
    xmpp_shutdown();
    return 0;
}
