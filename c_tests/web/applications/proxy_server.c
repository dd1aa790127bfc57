/* An HTTP/1.1 proxy that lets its users through by Digest: Proxy-Authenticate, Proxy-Authorization, and
 * Proxy-Authentication-Info (RFC 9110 section 11.7), with GET and the like by a URL, and CONNECT.
 *
 *   proxy_server [--port N] [--accounts FILE] [--realm NAME] [--connections N | --once] [-v] */
#include "../../../examples/listener.h"

#include "../../../examples/http_gate.h"
#include "../../../examples/http_link.h"

#define PATIENCE 60

/* What is carried one way through a tunnel. */
struct flow {
    net_socket from, to;
    struct crowd *crowd;
};

static void carry(net_socket from, net_socket to)
{
    char data[16384];
    int received;
    while ((received = net_receive(from, data, sizeof data)) > 0) {
        if (net_send(to, data, (size_t)received) != 0)
            break;
    }
    shutdown(to, SHUT_WR);
}

static void flow_run(void *argument)
{
    struct flow *flow = argument;
    carry(flow->from, flow->to);
    crowd_leave(flow->crowd);
}

static enum http_result say(struct http_link *link, int status, const char *fields)
{
    char bytes[8192];
    struct text head;
    text_begin(&head, bytes, sizeof bytes);
    text_add(&head, "HTTP/1.1 %d Proxy\r\n%sContent-Length: 0\r\n\r\n", status, fields);
    return http_send(link, head.bytes, "", 0);
}

/* The host and the port of `authority`; where it has none, `otherwise`. */
static net_socket reach(const char *authority, size_t length, const char *otherwise)
{
    char host[256];
    char *port;
    net_socket far;
    if (length >= sizeof host)
        return NET_NONE;
    memcpy(host, authority, length);
    host[length] = '\0';
    port = strrchr(host, ':');
    if (port != NULL)
        *port++ = '\0';
    far = net_connect(host, port == NULL ? otherwise : port);
    if (far != NET_NONE)
        net_patience(far, PATIENCE);
    return far;
}

static void tunnel(struct http_link *link)
{
    const char *target = link->message.words[1];
    struct crowd crowd;
    struct flow back;
    net_socket far = reach(target, strlen(target), "443");
    if (far == NET_NONE) {
        say(link, 502, "");
        return;
    }
    http_send(link, "HTTP/1.1 200 Connected\r\n\r\n", "", 0);
    net_send(far, link->data + link->start, link->end - link->start);
    crowd_open(&crowd);
    crowd_wait(&crowd, 0, 1);
    back.from = far;
    back.to = link->socket;
    back.crowd = &crowd;
    if (thread_run(flow_run, &back) == 0) {
        carry(link->socket, far);
        crowd_wait(&crowd, 0, 0);
    }
    net_close(far);
}

static int is_for_the_proxy(const char *name)
{
    return text_has_word("Connection,Keep-Alive,TE,Trailer,Transfer-Encoding,Upgrade,Content-Length,"
                         "Proxy-Connection,Proxy-Authorization",
                         name);
}

static void forward(struct http_link *link)
{
    const struct http_message *request = &link->message;
    const char *authority = request->words[1] + strlen("http://");
    size_t at, length = strcspn(authority, "/?");
    char bytes[HTTP_HEAD + HTTP_BODY];
    struct text text;
    net_socket far = reach(authority, length, "80");
    if (far == NET_NONE) {
        say(link, 502, "");
        return;
    }
    text_begin(&text, bytes, sizeof bytes);
    text_add(&text, "%s %s%s HTTP/1.1\r\n", request->words[0], authority[length] == '/' ? "" : "/",
             authority + length);
    for (at = 0; at < request->field_count; at++) {
        if (!is_for_the_proxy(request->fields[at].name))
            text_add(&text, "%s: %s\r\n", request->fields[at].name, request->fields[at].value);
    }
    text_add(&text, "Content-Length: %lu\r\nConnection: close\r\n\r\n", (unsigned long)request->body_length);
    if (text.full || net_send(far, text.bytes, text.length) != 0
        || net_send(far, request->body, request->body_length) != 0)
        say(link, 502, "");
    else
        carry(far, link->socket);
    net_close(far);
}

/* The fields of the gate, as those of a proxy are called. */
static void rename_fields(const char *fields, struct text *renamed)
{
    while (*fields != '\0') {
        size_t length = strcspn(fields, "\n") + 1;
        if (strncmp(fields, "WWW-", 4) == 0)
            text_add(renamed, "Proxy-%.*s", (int)length - 4, fields + 4);
        else
            text_add(renamed, "Proxy-%.*s", (int)length, fields);
        fields += length;
    }
}

/* One request; whether the connection goes on. */
static int serve_one(struct http_link *link, struct gate *gate, struct pass *pass)
{
    struct http_message *request = &link->message;
    const char *authorization, *response;
    char bytes[sizeof pass->bytes], space[16];
    struct text fields;
    int connects;
    if (http_read_head(link) != HTTP_OK || http_read_body(link, 0) != HTTP_OK)
        return 0;
    connects = strcmp(request->words[0], "CONNECT") == 0;
    if (!connects && strncmp(request->words[1], "http://", 7) != 0)
        return say(link, 400, "") == HTTP_OK;
    authorization = http_field(request, "Proxy-Authorization", 0);
    response = authorization == NULL ? NULL : text_digest(authorization);
    gate_check(gate, request->words[0], request->words[1], response, pass);
    http_remark(link, "%s: %s", pass->call, text_status(pass->code, space));
    if (pass->status != 200) {
        text_begin(&fields, bytes, sizeof bytes);
        rename_fields(pass->fields.bytes, &fields);
        return say(link, pass->status == 401 ? 407 : pass->status, fields.bytes) == HTTP_OK;
    }
    http_remark(link, "this is %s", pass->user);
    if (connects)
        tunnel(link);
    else
        forward(link);
    return 0;
}

static void serve(void *context, net_socket socket, unsigned number, int talks)
{
    struct http_link *link = http_open(socket, "P", "C");
    struct pass *pass = calloc(1, sizeof *pass);
    if (link == NULL || pass == NULL)
        exit(1);
    net_patience(socket, PATIENCE);
    link->talks = talks;
    link->number = number;
    while (serve_one(link, context, pass))
        continue;
    free(pass);
    http_close(link);
}

int main(int count, char **arguments)
{
    struct listener listener;
    struct gate gate;
    int result = listener_start(&listener, "proxy_server", count, arguments);
    if (result != 0)
        return result;
    if (gate_open(&gate) != SEC_E_OK)
        return 1;
    gate.realm = listener.realm;
    listener.serve = serve;
    listener.context = &gate;
    result = listener_run(&listener);
    gate_close(&gate);
    return result;
}
