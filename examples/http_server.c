/* A small HTTP/1.1 server on loopback, written against sspi.h, whose pages are protected by Digest:
 * AcceptSecurityContext with ASC_REQ_HTTP for the first request, CompleteAuthToken for later ones.
 *
 *   http_server [--port N] [--accounts FILE] [--connections N | --once] [-v]
 *
 *   --port N         port to listen on; 0, the default, takes a free one. The first line of output
 *                    is "listening on 127.0.0.1:PORT".
 *   --accounts FILE  an htdigest file, as SECUR32_ACCOUNTS would name it
 *   --connections N  end after N connections; --once is --connections 1
 *   -v               print the dialogues
 *
 * Exits with 0 after the last connection, 1 when it cannot start, 2 for wrong arguments. */
#include "portable.h"

#include "http_session.h"

/* Connections served at the same time; the next one waits to be accepted. */
#define MOST_AT_ONCE 64

struct options {
    unsigned short port;
    const char *accounts;
    unsigned long connections; /* 0: without end */
    int talks;
};

struct server {
    struct gate gate;
    struct crowd clients;
};

/* What a connection's thread starts with. */
struct client {
    struct server *server;
    struct http_link *link;
};

static void serve(void *argument)
{
    struct client client = *(struct client *)argument;
    free(argument);
    session_run(client.link, &client.server->gate);
    http_remark(client.link, "closed");
    http_close(client.link);
    crowd_leave(&client.server->clients);
}

/* Starts a thread for the connection, or closes it where there is no memory for one. */
static void start(struct server *server, net_socket socket, unsigned number, int talks)
{
    struct client *client = malloc(sizeof *client);
    struct http_link *link = http_open(socket, "S", "C");
    if (client != NULL && link != NULL) {
        link->talks = talks;
        link->number = number;
        client->server = server;
        client->link = link;
        crowd_wait(&server->clients, MOST_AT_ONCE - 1, 1);
        if (thread_run(serve, client) == 0)
            return;
        crowd_leave(&server->clients);
    }
    fprintf(stderr, "no memory for connection %u\n", number);
    free(client);
    if (link == NULL)
        net_close(socket);
    http_close(link);
}

static int run(struct server *server, const struct options *options)
{
    unsigned short port = options->port;
    unsigned long number;
    net_socket listener = net_listen(&port);
    if (listener == NET_NONE) {
        fprintf(stderr, "cannot listen on 127.0.0.1:%u\n", (unsigned)port);
        return 1;
    }
    printf("listening on 127.0.0.1:%u\n", (unsigned)port);
    fflush(stdout);
    for (number = 1; options->connections == 0 || number <= options->connections; number++) {
        net_socket socket = net_accept(listener);
        if (socket == NET_NONE) {
            fprintf(stderr, "the listening socket failed\n");
            break;
        }
        start(server, socket, (unsigned)number, options->talks);
    }
    net_close(listener);
    crowd_wait(&server->clients, 0, 0);
    return options->connections != 0 && number > options->connections ? 0 : 1;
}

static int parse(int count, char **arguments, struct options *options)
{
    int at;
    unsigned long number;
    memset(options, 0, sizeof *options);
    for (at = 1; at < count; at++) {
        const char *name = arguments[at];
        const char *value = at + 1 < count ? arguments[at + 1] : NULL;
        if (strcmp(name, "-v") == 0) {
            options->talks = 1;
        } else if (strcmp(name, "--once") == 0) {
            options->connections = 1;
        } else if (strcmp(name, "--accounts") == 0 && value != NULL) {
            options->accounts = value;
            at++;
        } else if (strcmp(name, "--port") == 0 && text_number(value, 65535, &number)) {
            options->port = (unsigned short)number;
            at++;
        } else if (strcmp(name, "--connections") == 0 && text_number(value, 1000000, &number)) {
            options->connections = number;
            at++;
        } else {
            return 0;
        }
    }
    return 1;
}

int main(int count, char **arguments)
{
    struct options options;
    struct server server;
    SECURITY_STATUS status;
    char space[16];
    int result;

    if (!parse(count, arguments, &options)) {
        fprintf(stderr, "usage: http_server [--port N] [--accounts FILE] [--connections N | --once]"
                        " [-v]\n");
        return 2;
    }
    if (net_start() != 0) {
        fprintf(stderr, "no network\n");
        return 1;
    }
    /* Before the first call of the library, which reads it then. */
    if (options.accounts != NULL && environment_set("SECUR32_ACCOUNTS", options.accounts) != 0) {
        fprintf(stderr, "cannot set SECUR32_ACCOUNTS\n");
        return 1;
    }
    status = gate_open(&server.gate);
    if (status != SEC_E_OK) {
        fprintf(stderr, "no credential: %s\n", text_status(status, space));
        return 1;
    }
    crowd_open(&server.clients);
    result = run(&server, &options);
    gate_close(&server.gate);
    return result;
}
