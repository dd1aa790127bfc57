/* A client of an HTTP/1.1 proxy that asks for Digest, written against sspi.h: fetches pages through it and
 * prints the dialogue. What is protected is the way through the proxy, by Proxy-Authenticate and
 * Proxy-Authorization (RFC 9110 section 11.7), not the pages.
 *
 *   proxy_client [--tunnel] [--password WORD] HOST PORT USER URL...
 *
 * HOST and PORT are the proxy's; a URL is http://HOST[:PORT][/PATH]. Without --tunnel a page is asked for by
 * its URL on the request line. With --tunnel the proxy is asked to CONNECT, and the page is asked for inside
 * the tunnel: what a program does whose next layer is TLS. The password is the first line of standard input
 * unless --password gives it.
 *
 * Exits with 0 when every page came, 1 when the proxy refused the login, 2 for wrong arguments,
 * 3 when proxy or page are not to be had or broke the protocol, 4 when the library here refuses. */
#include "portable.h"

#include "http_link.h"
#include "http_login.h"

enum outcome { DONE = 0, REFUSED = 1, USAGE = 2, PEER_FAILED = 3, LIBRARY_FAILED = 4 };

/* Challenges in a row to one request: the first, and stale ones after it. */
#define MOST_CHALLENGES 4

struct options {
    const char *host, *port, *user, *password;
    int tunnels;
    char **urls;
    int url_count;
};

/* Where a page is. */
struct page {
    char authority[512]; /* host and port, as CONNECT wants them */
    const char *path;
};

struct client {
    const struct options *options;
    struct http_link *link; /* to the proxy; NULL while there is no connection */
    struct login login;
    char response[LOGIN_TOKEN];
};

static enum outcome fail(enum outcome outcome, const char *why)
{
    fprintf(stderr, "proxy_client: %s\n", why);
    return outcome;
}

static enum outcome fail_status(enum outcome outcome, const char *function, SECURITY_STATUS status)
{
    char space[16];
    fprintf(stderr, "proxy_client: %s: %s\n", function, text_status(status, space));
    return outcome;
}

static enum outcome connect_to(struct client *client)
{
    net_socket socket;
    if (client->link != NULL)
        return DONE;
    socket = net_connect(client->options->host, client->options->port);
    if (socket == NET_NONE)
        return fail(PEER_FAILED, "cannot connect to the proxy");
    net_patience(socket, 60);
    client->link = http_open(socket, "C", "P");
    if (client->link == NULL) {
        net_close(socket);
        return fail(LIBRARY_FAILED, "no memory");
    }
    client->link->talks = 1;
    return DONE;
}

static void disconnect(struct client *client)
{
    http_close(client->link);
    client->link = NULL;
}

/* Sends a request, with a response for the proxy unless that is empty, and reads the answer's head. */
static enum outcome ask(struct client *client, const char *method, const char *target, const char *authority,
                        const char *response)
{
    char bytes[LOGIN_TOKEN + 4096];
    struct text head;
    text_begin(&head, bytes, sizeof bytes);
    text_add(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, authority);
    if (*response != '\0')
        text_add(&head, "Proxy-Authorization: Digest %s\r\n", response);
    text_add(&head, "\r\n");
    if (head.full)
        return fail(USAGE, "the request is too long");
    if (http_send(client->link, head.bytes, "", 0) != HTTP_OK)
        return fail(PEER_FAILED, "the proxy is gone");
    do { /* RFC 9110 section 15.2: any number of interim answers */
        if (http_read_head(client->link) != HTTP_OK
            || strncmp(client->link->message.words[0], "HTTP/1.", 7) != 0)
            return fail(PEER_FAILED, "what comes back is not HTTP");
    } while (client->link->message.words[1][0] == '1');
    return DONE;
}

/* Reads the body of an answer, and ends the connection where that was its last. */
static enum outcome finish(struct client *client)
{
    const struct http_message *answer = &client->link->message;
    int is_framed =
        http_field(answer, "Content-Length", 0) != NULL || http_field(answer, "Transfer-Encoding", 0) != NULL;
    if (http_read_body(client->link, 1) != HTTP_OK)
        return fail(PEER_FAILED, "the answer is not whole");
    if (!is_framed || !http_goes_on(answer, answer->words[0]))
        disconnect(client);
    return DONE;
}

/* Makes the response to the best challenge of a 407, whose body is not read yet. */
static enum outcome respond(struct client *client, const char *method, const char *target, int has_answered)
{
    char bytes[LOGIN_TOKEN + 4096], stale[8];
    struct text challenges;
    SECURITY_STATUS status;
    text_begin(&challenges, bytes, sizeof bytes);
    if (!http_gather(&client->link->message, "Proxy-Authenticate", &challenges))
        return fail(PEER_FAILED, "the proxy's challenges are missing, or too long");
    /* Some proxies refuse with a new nonce, which the library would answer: only this program knows that
     * it has tried. */
    if (has_answered
        && !(text_directive(challenges.bytes, "stale", stale, sizeof stale) && text_same(stale, "true")))
        return fail(REFUSED, "the proxy refused the login");
    /* The target is what the request line says: the URL, or what CONNECT names. */
    status = login_respond(&client->login, challenges.bytes, method, target, client->response);
    if (status == SEC_E_LOGON_DENIED)
        return fail(REFUSED, "the proxy refused the login");
    return status == SEC_E_OK ? DONE : fail_status(PEER_FAILED, "InitializeSecurityContext", status);
}

/* Sends a request until the proxy lets it pass; the answer's head has been read then. */
static enum outcome pass(struct client *client, const char *method, const char *target, const char *authority)
{
    int challenges;
    client->response[0] = '\0';
    if (client->login.has_context) {
        SECURITY_STATUS status = login_sign(&client->login, method, target, client->response);
        if (status != SEC_E_OK)
            return fail_status(LIBRARY_FAILED, "MakeSignature", status);
    }
    for (challenges = 0; challenges <= MOST_CHALLENGES; challenges++) {
        enum outcome outcome = connect_to(client);
        if (outcome == DONE)
            outcome = ask(client, method, target, authority, client->response);
        if (outcome != DONE || strcmp(client->link->message.words[1], "407") != 0)
            return outcome;
        outcome = respond(client, method, target, challenges > 0);
        if (outcome == DONE)
            outcome = finish(client);
        if (outcome != DONE)
            return outcome;
    }
    return fail(PEER_FAILED, "the proxy goes on asking");
}

/* Splits a URL; whether it is one of http. */
static int split(const char *url, struct page *page)
{
    size_t length;
    if (strncmp(url, "http://", 7) != 0)
        return 0;
    url += 7;
    length = strcspn(url, "/?#");
    if (length == 0 || length + sizeof ":80" > sizeof page->authority
        || (url[length] != '\0' && url[length] != '/'))
        return 0;
    memcpy(page->authority, url, length);
    page->authority[length] = '\0';
    /* The last colon, unless it is one of an IPv6 address in brackets. */
    if (strrchr(page->authority, ':') == NULL || page->authority[length - 1] == ']')
        strcpy(page->authority + length, ":80");
    page->path = url[length] == '/' ? url + length : "/";
    return 1;
}

static enum outcome fetch(struct client *client, const char *url)
{
    struct page page;
    enum outcome outcome;
    int came;
    if (!split(url, &page))
        return fail(USAGE, "that is no URL of http");
    if (client->options->tunnels) {
        outcome = pass(client, "CONNECT", page.authority, page.authority);
        if (outcome != DONE)
            return outcome;
        if (*client->link->message.words[1] != '2')
            return fail(PEER_FAILED, "the proxy does not connect");
        /* RFC 9110 section 9.3.6: that answer has no body, and what follows is the page's server. */
        client->link->peer = "S";
        outcome = ask(client, "GET", page.path, page.authority, "");
    } else {
        outcome = pass(client, "GET", url, page.authority);
    }
    if (outcome != DONE)
        return outcome;
    came = *client->link->message.words[1] == '2';
    outcome = finish(client);
    if (client->options->tunnels && client->link != NULL)
        disconnect(client);
    if (outcome == DONE && !came)
        return fail(PEER_FAILED, "the page is not to be had");
    return outcome;
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
    status = login_open(&client.login, options->user, options->password, NULL);
    if (status != SEC_E_OK)
        return fail_status(LIBRARY_FAILED, "AcquireCredentialsHandle", status);
    for (at = 0; at < options->url_count && outcome == DONE; at++)
        outcome = fetch(&client, options->urls[at]);
    http_close(client.link);
    login_close(&client.login);
    return outcome;
}

static int parse(int count, char **arguments, struct options *options)
{
    int at;
    memset(options, 0, sizeof *options);
    for (at = 1; at < count && strncmp(arguments[at], "--", 2) == 0; at++) {
        if (strcmp(arguments[at], "--tunnel") == 0)
            options->tunnels = 1;
        else if (strcmp(arguments[at], "--password") == 0 && at + 1 < count)
            options->password = arguments[++at];
        else
            return 0;
    }
    if (count - at < 4)
        return 0;
    options->host = arguments[at];
    options->port = arguments[at + 1];
    options->user = arguments[at + 2];
    options->urls = arguments + at + 3;
    options->url_count = count - at - 3;
    return 1;
}

int main(int count, char **arguments)
{
    struct options options;
    char line[512];
    if (!parse(count, arguments, &options)) {
        fprintf(stderr, "usage: proxy_client [--tunnel] [--password WORD] HOST PORT USER URL...\n");
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
