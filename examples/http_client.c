/* An HTTP/1.1 client, written against sspi.h: fetches pages that Digest protects, the first by
 * InitializeSecurityContext with ISC_REQ_HTTP, those after it by MakeSignature, and prints the
 * dialogue.
 *
 *   http_client [--post TEXT] [--domain NAME] [--password WORD] HOST PORT USER PATH...
 *
 * The password is the first line of standard input unless --password gives it. With --post every
 * request is a POST of that text, else a GET.
 *
 * Exits with 0 when every page came, 1 when the server refused the login, 2 for wrong arguments,
 * 3 when the server is not to be had or broke the protocol, 4 when the library here refuses. */
#include "portable.h"

#include "http_link.h"
#include "http_login.h"

enum outcome { DONE = 0, REFUSED = 1, USAGE = 2, PEER_FAILED = 3, LIBRARY_FAILED = 4 };

/* Challenges in a row to one request: the first, and stale ones after it. */
#define MOST_CHALLENGES 4

struct options {
    const char *host, *port;
    const char *user, *password, *domain; /* domain NULL: the realm of the server's challenge */
    const char *post;                     /* NULL: GET */
    char **paths;
    int path_count;
};

struct client {
    const struct options *options;
    struct http_link *link; /* NULL while there is no connection */
    struct login login;
    char response[LOGIN_TOKEN];
};

static enum outcome fail(enum outcome outcome, const char *why)
{
    fprintf(stderr, "http_client: %s\n", why);
    return outcome;
}

static enum outcome fail_status(const char *function, SECURITY_STATUS status)
{
    char space[16];
    fprintf(stderr, "http_client: %s: %s\n", function, text_status(status, space));
    return LIBRARY_FAILED;
}

static enum outcome connect_to(struct client *client)
{
    net_socket socket;
    if (client->link != NULL)
        return DONE;
    socket = net_connect(client->options->host, client->options->port);
    if (socket == NET_NONE)
        return fail(PEER_FAILED, "cannot connect");
    net_patience(socket, 60);
    client->link = http_open(socket, "C", "S");
    if (client->link == NULL) {
        net_close(socket);
        return fail(LIBRARY_FAILED, "no memory");
    }
    client->link->talks = 1;
    return DONE;
}

/* Sends the request, with client->response unless that is empty, and reads the answer. */
static enum outcome ask(struct client *client, const char *method, const char *path)
{
    const struct options *options = client->options;
    const char *body = options->post == NULL ? "" : options->post;
    char bytes[LOGIN_TOKEN + 4096];
    struct text head;
    enum outcome connected = connect_to(client);
    if (connected != DONE)
        return connected;
    text_begin(&head, bytes, sizeof bytes);
    text_add(&head, "%s %s HTTP/1.1\r\nHost: %s:%s\r\n", method, path, options->host, options->port);
    if (client->response[0] != '\0')
        text_add(&head, "Authorization: Digest %s\r\n", client->response);
    if (options->post != NULL)
        text_add(&head, "Content-Type: text/plain\r\nContent-Length: %lu\r\n", (unsigned long)strlen(body));
    text_add(&head, "\r\n");
    if (head.full)
        return fail(USAGE, "the request is too long");
    if (http_send(client->link, head.bytes, body, strlen(body)) != HTTP_OK)
        return fail(PEER_FAILED, "the server is gone");
    do { /* RFC 9110 section 15.2: any number of interim answers */
        if (http_read_head(client->link) != HTTP_OK
            || strncmp(client->link->message.words[0], "HTTP/1.", 7) != 0)
            return fail(PEER_FAILED, "the server does not answer in HTTP");
    } while (client->link->message.words[1][0] == '1');
    if (http_read_body(client->link, 1) != HTTP_OK)
        return fail(PEER_FAILED, "the server's answer is not whole");
    return DONE;
}

/* Ends the connection where the answer was its last. */
static void part(struct client *client)
{
    const struct http_message *answer = &client->link->message;
    int is_framed =
        http_field(answer, "Content-Length", 0) != NULL || http_field(answer, "Transfer-Encoding", 0) != NULL;
    if (is_framed && http_goes_on(answer, answer->words[0]))
        return;
    http_close(client->link);
    client->link = NULL;
}

/* Whether the server says that a response was valid but for its nonce. */
static int is_stale(const char *challenges)
{
    char value[8];
    return text_directive(challenges, "stale", value, sizeof value) && text_same(value, "true");
}

/* Makes the response to the best challenge of the answer to a request that was sent with an answer
 * to a challenge already, or without. */
static enum outcome respond(struct client *client, const char *method, const char *path, int has_answered)
{
    char bytes[LOGIN_TOKEN + 4096];
    struct text challenges;
    SECURITY_STATUS status;
    text_begin(&challenges, bytes, sizeof bytes);
    if (!http_gather(&client->link->message, "WWW-Authenticate", &challenges))
        return fail(PEER_FAILED, "the server's challenges are missing, or too long");
    /* Some servers have a new nonce for each request, and some refuse with one: the library answers
     * both, and only this program knows that it has tried. */
    if (has_answered && !is_stale(challenges.bytes))
        return fail(REFUSED, "the server refused the login");
    status = login_respond(&client->login, challenges.bytes, method, path, client->response);
    if (status == SEC_E_LOGON_DENIED)
        return fail(REFUSED, "the server refused the login");
    if (status == SEC_E_OK)
        return DONE;
    fail_status("InitializeSecurityContext", status);
    return PEER_FAILED;
}

static enum outcome fetch(struct client *client, const char *path)
{
    const char *method = client->options->post == NULL ? "GET" : "POST";
    int challenges;
    client->response[0] = '\0';
    if (client->login.has_context) {
        SECURITY_STATUS status = login_sign(&client->login, method, path, client->response);
        if (status != SEC_E_OK)
            return fail_status("MakeSignature", status);
    }
    for (challenges = 0; challenges <= MOST_CHALLENGES; challenges++) {
        enum outcome outcome = ask(client, method, path);
        const char *answered;
        if (outcome != DONE)
            return outcome;
        answered = client->link->message.words[1];
        if (strcmp(answered, "401") != 0) {
            outcome = *answered == '2' ? DONE : fail(PEER_FAILED, "the page is not to be had");
            part(client);
            return outcome;
        }
        outcome = respond(client, method, path, challenges > 0);
        part(client);
        if (outcome != DONE)
            return outcome;
    }
    return fail(PEER_FAILED, "the server goes on asking");
}

/* ---- the program ---- */

static enum outcome run(const struct options *options)
{
    struct client client;
    enum outcome outcome = DONE;
    SECURITY_STATUS status;
    int at;
    memset(&client, 0, sizeof client);
    client.options = options;
    status = login_open(&client.login, options->user, options->password, options->domain);
    if (status != SEC_E_OK)
        return fail_status("AcquireCredentialsHandle", status);
    for (at = 0; at < options->path_count && outcome == DONE; at++)
        outcome = fetch(&client, options->paths[at]);
    http_close(client.link);
    login_close(&client.login);
    return outcome;
}

static int parse(int count, char **arguments, struct options *options)
{
    int at;
    memset(options, 0, sizeof *options);
    for (at = 1; at + 1 < count && strncmp(arguments[at], "--", 2) == 0; at += 2) {
        const char *name = arguments[at], *value = arguments[at + 1];
        if (strcmp(name, "--post") == 0)
            options->post = value;
        else if (strcmp(name, "--domain") == 0)
            options->domain = value;
        else if (strcmp(name, "--password") == 0)
            options->password = value;
        else
            return 0;
    }
    if (count - at < 4)
        return 0;
    options->host = arguments[at];
    options->port = arguments[at + 1];
    options->user = arguments[at + 2];
    options->paths = arguments + at + 3;
    options->path_count = count - at - 3;
    return 1;
}

int main(int count, char **arguments)
{
    struct options options;
    char line[512];
    if (!parse(count, arguments, &options)) {
        fprintf(stderr, "usage: http_client [--post TEXT] [--domain NAME] [--password WORD]"
                        " HOST PORT USER PATH...\n");
        return USAGE;
    }
    if (options.password == NULL) {
        if (fgets(line, sizeof line, stdin) == NULL)
            return fail(USAGE, "no password on standard input");
        line[strcspn(line, "\r\n")] = '\0';
        options.password = line;
    }
    if (net_start() != 0)
        return fail(PEER_FAILED, "no network");
    return run(&options);
}
