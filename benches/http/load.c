/* Pages that web servers hand out, each for a request with a response of its own, made beforehand. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../peers/rivals.h"
#include "http.h"

/* Connections stay open for a turn; each has a request under way at any time. */
#define MOST_CONNECTIONS 64
/* Requests of a turn, on all connections together. */
#define REQUESTS 4096

struct connection {
    int socket;
    struct session session;
};

static struct server {
    struct connection connections[MOST_CONNECTIONS];
    struct text requests[REQUESTS];
} servers[MOST_RIVALS];

static struct rival rivals[MOST_RIVALS];
static size_t connections;

static void lay_out(struct text *request, const struct text *response)
{
    int length =
        snprintf(request->bytes, sizeof request->bytes,
                 METHOD " " PAGE " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Digest %.*s\r\n\r\n",
                 (int)response->length, response->bytes);
    if (length < 0 || (size_t)length >= sizeof request->bytes)
        fail("a request is too long");
    request->length = (size_t)length;
}

static void ask(int socket, const char *bytes, size_t length)
{
    if (write(socket, bytes, length) != (ssize_t)length)
        fail("a request was not sent");
}

/* Reads an answer, head and body; returns its status. */
static int hear(int socket, char *answer, size_t room)
{
    size_t length = 0, whole = 0;
    while (whole == 0 || length < whole) {
        ssize_t count = length + 1 < room ? read(socket, answer + length, room - 1 - length) : 0;
        if (count <= 0)
            fail("a server closed a connection");
        length += (size_t)count;
        answer[length] = '\0';
        const char *end = strstr(answer, "\r\n\r\n"), *body = strcasestr(answer, "\r\nContent-Length:");
        if (whole == 0 && end != NULL)
            whole =
                (size_t)(end + 4 - answer) + (body != NULL && body < end ? strtoul(body + 17, NULL, 10) : 0);
    }
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

/* A session on a new connection: challenge and first response; the status of its answer. */
static int enter(struct connection *connection, unsigned port)
{
    static const char question[] = METHOD " " PAGE " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    char answer[8192];
    struct text *message = &connection->session.message, request;
    connection->socket = rivals_dial(port);
    ask(connection->socket, question, sizeof question - 1);
    int status = hear(connection->socket, answer, sizeof answer);
    const char *field = strcasestr(answer, "\r\nWWW-Authenticate: Digest ");
    if (status != 401 || field == NULL)
        fail("the server at port %u gives no challenge", port);
    field += strlen("\r\nWWW-Authenticate: Digest ");
    message->length = strcspn(field, "\r");
    if (message->length > sizeof message->bytes)
        fail("a challenge is too long");
    memcpy(message->bytes, field, message->length);
    if (!respond(&connection->session))
        fail("no response to a challenge");
    lay_out(&request, message);
    ask(connection->socket, request.bytes, request.length);
    return hear(connection->socket, answer, sizeof answer);
}

static void leave(struct connection *connection)
{
    DeleteSecurityContext(&connection->session.client);
    close(connection->socket);
}

/* Who hands the page to everybody, or to nobody, is quick. */
static void check_server(const struct rival *rival)
{
    struct connection connection;
    calls_password(PASSWORD "!");
    if (enter(&connection, rival->port) != 401)
        fail("%s takes a wrong password", rival->name);
    leave(&connection);
    calls_password(PASSWORD);
}

static void prepare(size_t rival)
{
    bool good = true;
    for (size_t c = 0; c < connections; c++)
        if (enter(&servers[rival].connections[c], rivals[rival].port) != 200)
            fail("%s refuses a response", rivals[rival].name);
    for (size_t n = 0; n < REQUESTS; n++) {
        struct session *session = &servers[rival].connections[n % connections].session;
        good &= respond_again(session);
        lay_out(&servers[rival].requests[n], &session->message);
    }
    if (!good)
        fail("no response to a challenge");
}

static size_t turn(size_t rival)
{
    char answer[8192];
    bool good = true;
    struct server *server = &servers[rival];
    for (size_t n = 0; n < REQUESTS && good; n += connections) {
        for (size_t c = 0; c < connections; c++)
            ask(server->connections[c].socket, server->requests[n + c].bytes, server->requests[n + c].length);
        for (size_t c = 0; c < connections; c++)
            good &= hear(server->connections[c].socket, answer, sizeof answer) == 200;
    }
    if (!good)
        fail("%s refused a request", rivals[rival].name);
    return REQUESTS;
}

static void finish(size_t rival)
{
    for (size_t c = 0; c < connections; c++)
        leave(&servers[rival].connections[c]);
}

void load_run(const struct effort *effort, char **places, size_t count)
{
    char title[64];
    struct contest contest = {.title = title, .prepare = prepare, .turn = turn, .finish = finish};
    rivals_read(rivals, places, count);
    for (size_t n = 0; n < count; n++)
        check_server(&rivals[n]);
    printf("\nThe same page from web servers. Each hands it out, and not for a wrong password.\n");
    for (connections = 1; connections <= MOST_CONNECTIONS; connections *= 8) {
        snprintf(title, sizeof title, "pages, %zu connection%s", connections, connections == 1 ? "" : "s");
        rivals_compare(effort, rivals, count, &contest);
    }
}
