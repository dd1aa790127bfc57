#include "http_session.h"

/* Seconds without a request. */
#define PATIENCE 60

/* The most requests of one connection. */
#define MOST_REQUESTS 10000

struct session {
    struct http_link *link;
    struct gate *gate;
    int goes_on;
    struct pass pass;
    char head[8192];
    char page[32768];
};

static const char *reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 401:
        return "Unauthorized";
    case 403:
        return "Forbidden";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 413:
        return "Content Too Large";
    case 417:
        return "Expectation Failed";
    case 431:
        return "Request Header Fields Too Large";
    default:
        return "Internal Server Error";
    }
}

/* Sends a page; `fields` are further lines of its head. */
static enum http_result answer(struct session *session, int status, const char *fields,
                               const struct text *page)
{
    struct text head;
    int bodiless = strcmp(session->link->message.words[0], "HEAD") == 0;
    text_begin(&head, session->head, sizeof session->head);
    text_add(&head, "HTTP/1.1 %d %s\r\n", status, reason(status));
    text_add(&head, "%s", fields);
    text_add(&head, "Content-Type: text/html; charset=utf-8\r\nContent-Length: %lu\r\n",
             (unsigned long)page->length);
    text_add(&head, "Cache-Control: no-store\r\nConnection: %s\r\n\r\n",
             session->goes_on ? "keep-alive" : "close");
    if (head.full)
        return HTTP_CLOSED;
    return http_send(session->link, head.bytes, page->bytes, bodiless ? 0 : page->length);
}

/* A page of one line, as for all that is refused. */
static enum http_result answer_shortly(struct session *session, int status, const char *fields)
{
    struct text page;
    text_begin(&page, session->page, sizeof session->page);
    text_add(&page, "<!DOCTYPE html>\n<title>%d</title>\n<p>%s\n", status, reason(status));
    return answer(session, status, fields, &page);
}

static enum http_result show_page(struct session *session)
{
    const struct http_message *request = &session->link->message;
    struct text page;
    text_begin(&page, session->page, sizeof session->page);
    text_add(&page, "<!DOCTYPE html>\n<title>A protected page</title>\n<h1>A protected page</h1>\n"
                    "<p id=\"user\">Hello ");
    text_add_html(&page, session->pass.user);
    text_add(&page, "</p>\n<p>This is the answer to %s <code>", request->words[0]);
    text_add_html(&page, request->words[1]);
    text_add(&page, "</code> with %lu bytes.</p>\n", (unsigned long)request->body_length);
    if (strcmp(request->words[1], "/page2") != 0)
        text_add(&page, "<p><a id=\"next\" href=\"/page2\">Another page</a></p>\n"
                        "<form action=\"/form\" method=\"post\"><input name=\"text\">"
                        "<button id=\"send\">Send</button></form>\n");
    if (page.full)
        return answer_shortly(session, 413, "");
    return answer(session, 200, session->pass.fields.bytes, &page);
}

/* Reads the body; 0, or the status that says what is wrong with the request. */
static int read_body(struct session *session, enum http_result *lost)
{
    struct http_message *request = &session->link->message;
    const char *expected = http_field(request, "Expect", 0);
    if (expected != NULL && !text_same(expected, "100-continue"))
        return 417;
    if (expected != NULL && strcmp(request->words[2], "HTTP/1.0") != 0)
        http_send(session->link, "HTTP/1.1 100 Continue\r\n\r\n", "", 0);
    *lost = http_read_body(session->link, 0);
    switch (*lost) {
    case HTTP_OK:
        return 0;
    case HTTP_TOO_MUCH:
        return 413;
    case HTTP_BAD:
        return 400;
    default:
        return 408;
    }
}

static int is_served(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "POST") == 0;
}

/* Answers the request whose head was read. */
static enum http_result serve(struct session *session)
{
    struct http_link *link = session->link;
    const struct http_message *request = &link->message;
    const char *authorization = http_field(request, "Authorization", 0), *response = NULL;
    enum http_result lost = HTTP_OK;
    char space[16];
    int wrong = 0;

    session->goes_on = http_goes_on(request, request->words[2]);
    wrong = read_body(session, &lost);
    if (lost == HTTP_CLOSED)
        return lost;
    if (wrong == 0
        && (strncmp(request->words[0], "HTTP/", 5) == 0 || *request->words[1] != '/'
            || http_field(request, "Authorization", 1) != NULL))
        wrong = 400;
    if (wrong == 0 && !is_served(request->words[0]))
        wrong = 405;
    if (wrong != 0) {
        session->goes_on = session->goes_on && lost == HTTP_OK && wrong != 417;
        return answer_shortly(session, wrong, wrong == 405 ? "Allow: GET, HEAD, POST\r\n" : "");
    }
    if (authorization != NULL)
        response = text_digest(authorization);
    gate_check(session->gate, request->words[0], request->words[1], response, &session->pass);
    http_remark(link, "%s: %s", session->pass.call, text_status(session->pass.code, space));
    if (session->pass.status != 200)
        return answer_shortly(session, session->pass.status, session->pass.fields.bytes);
    http_remark(link, "this is %s", session->pass.user);
    return show_page(session);
}

/* A last word where the client can still hear it. */
static void say_why(struct session *session, enum http_result why)
{
    session->goes_on = 0;
    switch (why) {
    case HTTP_TOO_LONG:
        answer_shortly(session, 431, "");
        break;
    case HTTP_BAD:
        answer_shortly(session, 400, "");
        break;
    case HTTP_IDLE:
        http_remark(session->link, "nothing heard for too long");
        break;
    case HTTP_CLOSED:
        http_remark(session->link, "the client is gone");
        break;
    default:
        break;
    }
}

void session_run(struct http_link *link, struct gate *gate)
{
    struct session *session = calloc(1, sizeof *session);
    enum http_result result = HTTP_OK;
    int requests;
    if (session == NULL)
        return;
    session->link = link;
    session->gate = gate;
    session->goes_on = 1;
    net_patience(link->socket, PATIENCE);
    for (requests = 0; requests < MOST_REQUESTS && session->goes_on && result == HTTP_OK; requests++) {
        link->message.words[0] = link->message.words[1] = link->message.words[2] = "";
        result = http_read_head(link);
        if (result == HTTP_OK)
            result = serve(session);
    }
    say_why(session, result);
    free(session);
}
