/* A server of Hadoop's RPC for token authentication, written against sspi.h: tokens are made by its own
 * key, the password of each from its name (pGetKeyFn), and calls go under the layer of DIGEST-MD5 that
 * it is started for. It serves two calls of the interface "echo": echo(BytesWritable) and who().
 *
 *   rpc_server KEY authentication|integrity|privacy [--port N] [--realm NAME] [--connections N | --once] [-v]
 *   rpc_server KEY token OWNER SECONDS
 *
 * The words are those of hadoop.rpc.protection: auth, auth-int, auth-conf. The realm is "default", as
 * Hadoop's own, unless one is given. The second form prints a token for OWNER, its identifier and its
 * password in base64, that ends after so many seconds. KEY is for trying out: a real server reads it from where
 * nobody else can.
 *
 * Exits with 0 after the last connection, 1 when it cannot start, 2 for wrong arguments. */
#include "listener.h"

#include <time.h>

#include "rpc_login.h"

/* Seconds without a message. */
#define PATIENCE 60

#define BYTES_CLASS "org.apache.hadoop.io.BytesWritable"
#define TEXT_CLASS "org.apache.hadoop.io.Text"

struct connection {
    struct rpc_link link;
    struct rpc_login login;
    unsigned number;
    int talks;
};

static void remark(const struct connection *connection, const char *text, const char *more)
{
    if (!connection->talks)
        return;
    printf("[%u] -- %s%s\n", connection->number, text, more);
    fflush(stdout);
}

/* A value as ObjectWritable has it: declared class, class, and what is in it. */
static void put_text(struct rpc_out *value, const char *text)
{
    unsigned char length = (unsigned char)strlen(text);
    out_string(value, TEXT_CLASS);
    out_string(value, TEXT_CLASS);
    if (length > 112) /* a number of variable length: up to there it is one byte */
        out_add(value, "\x8f", 1);
    out_add(value, &length, 1);
    out_add(value, text, length);
}

static int echo(struct rpc_in *arguments, struct rpc_out *value)
{
    unsigned long length;
    const unsigned char *bytes;
    if (!in_is_string(arguments, BYTES_CLASS) || !in_is_string(arguments, BYTES_CLASS))
        return 0;
    length = in_int(arguments);
    bytes = in_take(arguments, length);
    out_string(value, BYTES_CLASS);
    out_string(value, BYTES_CLASS);
    out_int(value, length);
    if (bytes != NULL)
        out_add(value, bytes, length);
    return bytes != NULL;
}

/* A call as WritableRpcEngine writes it: the version of this form, interface, method, the interface's
 * version, a hash of its methods, the number of arguments. */
static int call_method(const struct connection *connection, struct rpc_in *in, struct rpc_out *value)
{
    struct rpc_in method;
    int is_echo;
    in_take(in, 8);
    if (!in_is_string(in, "echo"))
        return 0;
    method = *in;
    is_echo = in_is_string(in, "echo");
    if (!is_echo) {
        *in = method;
        if (!in_is_string(in, "who"))
            return 0;
    }
    in_take(in, 12);
    if (in_int(in) != (is_echo ? 1u : 0u) || in->failed)
        return 0;
    if (is_echo)
        return echo(in, value);
    put_text(value, connection->login.owner);
    return 1;
}

/* Calls until the client leaves. */
static void serve_calls(struct connection *connection)
{
    struct rpc_link *link = &connection->link;
    struct rpc_in body;
    long call;
    while (link_read(link, &call, &body)) {
        struct rpc_out value = {NULL, 0, 0, 0};
        int sent = 1;
        if (call >= 0 && call_method(connection, &body, &value))
            sent = link_answer(link, call, RPC_SUCCESS, &value);
        else if (call >= 0)
            sent = link_fail(link, call, RPC_ERROR, "org.apache.hadoop.ipc.RpcNoSuchMethodException",
                             "no such call here");
        else if (call != RPC_CALL_CONTEXT && call != RPC_CALL_PING)
            sent = 0;
        out_free(&value);
        if (!sent)
            break;
    }
}

static void serve(void *context, net_socket socket, unsigned number, int talks)
{
    struct rpc_server *server = context;
    struct connection *connection = calloc(1, sizeof *connection);
    unsigned char head[7];
    size_t length = 0;
    const char *why = "no client of Hadoop's RPC";
    if (connection == NULL) {
        net_close(socket);
        return;
    }
    connection->link.socket = socket;
    connection->number = number;
    connection->talks = talks;
    net_patience(socket, PATIENCE);
    while (length < sizeof head) { /* "hrpc", the version, a class of service, and SASL */
        int received = net_receive(socket, head + length, sizeof head - length);
        if (received <= 0)
            break;
        length += (size_t)received;
    }
    if (length == sizeof head && memcmp(head, "hrpc\x09", 5) == 0 && head[6] == 0xDF) {
        int valid = login_run(server, &connection->login, &connection->link, &why);
        remark(connection, why, "");
        if (valid) {
            remark(connection, "this is ", connection->login.owner);
            remark(connection, "security layer: ", layer_name(connection->link.layer.kind));
            serve_calls(connection);
        }
    } else {
        remark(connection, why, "");
    }
    link_close(&connection->link);
    login_close(&connection->login);
    free(connection);
}

static int parse_protection(const char *word, ULONG *wanted)
{
    *wanted = ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT;
    if (strcmp(word, "privacy") == 0)
        *wanted |= ASC_REQ_CONFIDENTIALITY;
    else if (strcmp(word, "integrity") == 0)
        *wanted |= ASC_REQ_INTEGRITY;
    else
        return strcmp(word, "authentication") == 0;
    return 1;
}

int main(int count, char **arguments)
{
    struct listener listener;
    struct rpc_server server;
    int result;
    if (count < 3) {
        fprintf(stderr,
                "usage: rpc_server KEY authentication|integrity|privacy [--port N] [--connections N] [-v]\n"
                "       rpc_server KEY token OWNER SECONDS\n");
        return 2;
    }
    server.key.bytes = arguments[1];
    server.key.length = strlen(arguments[1]);
    if (strcmp(arguments[2], "token") == 0) {
        char identifier[TOKEN_TEXT], password[TOKEN_TEXT];
        if (count != 5
            || !token_make(&server.key, arguments[3], (long)time(NULL) + atol(arguments[4]), identifier,
                           password))
            return 2;
        printf("%s %s\n", identifier, password);
        return 0;
    }
    if (!parse_protection(arguments[2], &server.wanted))
        return 2;
    result = listener_start(&listener, "rpc_server", count - 2, arguments + 2);
    if (result != 0)
        return result;
    if (listener.realm == NULL && environment_set("SECUR32_REALM", "default") != 0)
        return 1;
    if (login_open(&server) != SEC_E_OK) {
        fprintf(stderr, "no credential\n");
        return 1;
    }
    listener.serve = serve;
    listener.context = &server;
    result = listener_run(&listener);
    FreeCredentialsHandle(&server.credential);
    return result;
}
