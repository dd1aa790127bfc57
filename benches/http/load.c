/* Requests per second that web servers answer, each request with a response of its own, made beforehand. */

#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"

/* Kept open for a whole run; each has a request under way at any time. */
#define CONNECTIONS 4
/* Requests of a turn on each connection. */
#define REQUESTS 250
#define MOST_SERVERS 2

struct connection {
    int socket;
    struct session session;
    struct text requests[REQUESTS];
};

struct server {
    const char *name;
    struct connection connections[CONNECTIONS];
    struct series rates;
};

static int dial(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int at_once = 1, result = socket(AF_INET, SOCK_STREAM, 0);
    if (result < 0 || connect(result, (struct sockaddr *)&address, sizeof address) != 0)
        fail("no connection to port %u", port);
    setsockopt(result, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    return result;
}

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

/* A session on a new connection: challenge and first response. */
static void enter(struct connection *connection, unsigned port)
{
    static const char question[] = METHOD " " PAGE " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    char answer[8192];
    connection->socket = dial(port);
    ask(connection->socket, question, sizeof question - 1);
    int status = hear(connection->socket, answer, sizeof answer);
    const char *field = strcasestr(answer, "\r\nWWW-Authenticate: Digest ");
    if (status != 401 || field == NULL)
        fail("the server at port %u gives no challenge", port);
    field += strlen("\r\nWWW-Authenticate: Digest ");
    struct text *message = &connection->session.message, *request = &connection->requests[0];
    message->length = strcspn(field, "\r");
    if (message->length > sizeof message->bytes)
        fail("a challenge is too long");
    memcpy(message->bytes, field, message->length);
    if (!respond(&connection->session))
        fail("no response to a challenge");
    lay_out(request, message);
    ask(connection->socket, request->bytes, request->length);
    if (hear(connection->socket, answer, sizeof answer) != 200)
        fail("the server at port %u refuses a response", port);
}

/* Requests per second of one turn. */
static double turn(struct server *server)
{
    char answer[8192];
    bool good = true;
    for (size_t c = 0; c < CONNECTIONS; c++)
        for (size_t n = 0; n < REQUESTS; n++) {
            struct connection *connection = &server->connections[c];
            good &= respond_again(&connection->session);
            lay_out(&connection->requests[n], &connection->session.message);
        }
    uint64_t start = now();
    for (size_t n = 0; n < REQUESTS && good; n++) {
        for (size_t c = 0; c < CONNECTIONS; c++) {
            struct connection *connection = &server->connections[c];
            ask(connection->socket, connection->requests[n].bytes, connection->requests[n].length);
        }
        for (size_t c = 0; c < CONNECTIONS; c++)
            good &= hear(server->connections[c].socket, answer, sizeof answer) == 200;
    }
    uint64_t time = now() - start;
    if (!good)
        fail("%s refused a request", server->name);
    return 1e9 * CONNECTIONS * REQUESTS / (double)time;
}

void load_run(const struct effort *effort, char **places, size_t count)
{
    static struct server servers[MOST_SERVERS];
    static struct series ratios;
    if (count != MOST_SERVERS)
        fail("two servers are compared");
    for (size_t s = 0; s < count; s++) {
        char *equals = strchr(places[s], '=');
        if (equals == NULL)
            fail("%s is not NAME=PORT", places[s]);
        *equals = '\0';
        servers[s].name = places[s];
        for (size_t c = 0; c < CONNECTIONS; c++)
            enter(&servers[s].connections[c], (unsigned)atoi(equals + 1));
    }
    for (size_t round = 0; round <= effort->rounds; round++) {
        double rates[MOST_SERVERS];
        for (size_t s = 0; s < count; s++)
            rates[s] = turn(&servers[s]);
        for (size_t s = 0; s < count && round > 0; s++)
            series_add(&servers[s].rates, rates[s]);
        if (round > 0)
            series_add(&ratios, rates[0] / rates[1]);
    }
    printf("\nThe same page from web servers, requests per second over %d connections\n", CONNECTIONS);
    for (size_t s = 0; s < count; s++)
        printf("%-26s%12.0f\n", servers[s].name, series_median(&servers[s].rates));
    printf("%s against %s: %.2fx\n", servers[0].name, servers[1].name, series_median(&ratios));
    fflush(stdout);
}
