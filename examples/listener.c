/* The arguments and the loop that both servers of the examples have in common. */
#include "listener.h"

/* Connections served at the same time; the next one waits to be accepted. */
#define MOST_AT_ONCE 64

/* What a connection's thread starts with. */
struct connection {
    const struct listener *listener;
    struct crowd *crowd;
    net_socket socket;
    unsigned number;
};

/* A decimal number up to `most` in `*value`; whether `text`, which may be NULL, is one. */
static int parse_number(const char *text, unsigned long most, unsigned long *value)
{
    char *end;
    if (text == NULL || *text < '0' || *text > '9' || strlen(text) > 10)
        return 0;
    *value = strtoul(text, &end, 10);
    return *end == '\0' && *value <= most;
}

static int parse(struct listener *listener, int count, char **arguments)
{
    int at;
    unsigned long number;
    memset(listener, 0, sizeof *listener);
    for (at = 1; at < count; at++) {
        const char *name = arguments[at];
        const char *value = at + 1 < count ? arguments[at + 1] : NULL;
        if (strcmp(name, "-v") == 0) {
            listener->talks = 1;
        } else if (strcmp(name, "--once") == 0) {
            listener->connections = 1;
        } else if (strcmp(name, "--accounts") == 0 && value != NULL) {
            listener->accounts = value;
            at++;
        } else if (strcmp(name, "--realm") == 0 && value != NULL) {
            listener->realm = value;
            at++;
        } else if (strcmp(name, "--port") == 0 && parse_number(value, 65535, &number)) {
            listener->port = (unsigned short)number;
            at++;
        } else if (strcmp(name, "--connections") == 0 && parse_number(value, 1000000, &number)) {
            listener->connections = number;
            at++;
        } else {
            return 0;
        }
    }
    return 1;
}

int listener_start(struct listener *listener, const char *program, int count, char **arguments)
{
    if (!parse(listener, count, arguments)) {
        fprintf(stderr,
                "usage: %s [--port N] [--accounts FILE] [--realm NAME] [--connections N | --once] "
                "[-v]\n",
                program);
        return 2;
    }
    if (net_start() != 0) {
        fprintf(stderr, "no network\n");
        return 1;
    }
    /* Before the first call of the library, which reads it then. */
    if (listener->accounts != NULL && environment_set("SECUR32_ACCOUNTS", listener->accounts) != 0) {
        fprintf(stderr, "cannot set SECUR32_ACCOUNTS\n");
        return 1;
    }
    if (listener->realm != NULL && environment_set("SECUR32_REALM", listener->realm) != 0) {
        fprintf(stderr, "cannot set SECUR32_REALM\n");
        return 1;
    }
    return 0;
}

static void serve(void *argument)
{
    struct connection connection = *(struct connection *)argument;
    const struct listener *listener = connection.listener;
    free(argument);
    listener->serve(listener->context, connection.socket, connection.number, listener->talks);
    crowd_leave(connection.crowd);
}

/* Starts a thread for the connection, or closes it where there is no memory for one. */
static void start(const struct listener *listener, struct crowd *crowd, net_socket socket, unsigned number)
{
    struct connection *connection = malloc(sizeof *connection);
    if (connection != NULL) {
        connection->listener = listener;
        connection->crowd = crowd;
        connection->socket = socket;
        connection->number = number;
        crowd_wait(crowd, MOST_AT_ONCE - 1, 1);
        if (thread_run(serve, connection) == 0)
            return;
        crowd_leave(crowd);
    }
    fprintf(stderr, "no memory for connection %u\n", number);
    free(connection);
    net_close(socket);
}

int listener_run(const struct listener *listener)
{
    static struct crowd crowd;
    unsigned short port = listener->port;
    unsigned long number, most = listener->connections;
    net_socket socket = net_listen(&port);
    if (socket == NET_NONE) {
        fprintf(stderr, "cannot listen on 127.0.0.1:%u\n", (unsigned)port);
        return 1;
    }
    crowd_open(&crowd);
    printf("listening on 127.0.0.1:%u\n", (unsigned)port);
    fflush(stdout);
    for (number = 1; most == 0 || number <= most; number++) {
        net_socket peer = net_accept(socket);
        if (peer == NET_NONE) {
            fprintf(stderr, "the listening socket failed\n");
            break;
        }
        start(listener, &crowd, peer, (unsigned)number);
    }
    net_close(socket);
    crowd_wait(&crowd, 0, 0);
    return most != 0 && number > most ? 0 : 1;
}
