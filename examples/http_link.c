#include "http_link.h"

#include <stdarg.h>

struct http_link *http_open(net_socket socket, const char *me, const char *peer)
{
    struct http_link *link = calloc(1, sizeof *link);
    if (link != NULL) {
        link->socket = socket;
        link->me = me;
        link->peer = peer;
    }
    return link;
}

void http_close(struct http_link *link)
{
    if (link == NULL)
        return;
    net_hang_up(link->socket);
    free(link);
}

/* ---- the dialogue ---- */

/* One line of the dialogue, written at once so that connections do not mix within it. Everything
 * but printable ASCII appears as \xNN. */
static void print_line(const struct http_link *link, const char *mark, const char *text, size_t length)
{
    char shown[2048], *next = shown, *end = shown + sizeof shown - 8;
    size_t at;
    if (!link->talks)
        return;
    if (link->number != 0)
        next += snprintf(next, 24, "[%u] ", link->number);
    next += snprintf(next, 24, "%.8s", mark);
    for (at = 0; at < length && next < end; at++) {
        if (text[at] >= ' ' && text[at] <= '~')
            *next++ = text[at];
        else
            next += snprintf(next, 5, "\\x%02X", (unsigned)(unsigned char)text[at]);
    }
    *next++ = '\n';
    fwrite(shown, 1, (size_t)(next - shown), stdout);
    fflush(stdout);
}

static void print_from(const struct http_link *link, const char *side, const char *text, size_t length)
{
    char mark[8];
    snprintf(mark, sizeof mark, "%.4s: ", side);
    print_line(link, mark, text, length);
}

static void print_body(const struct http_link *link, const char *side, size_t length)
{
    char text[48];
    if (length > 0)
        print_from(link, side, text,
                   (size_t)snprintf(text, sizeof text, "(%lu bytes)", (unsigned long)length));
}

void http_remark(struct http_link *link, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_line(link, "-- ", text, strlen(text));
}

/* ---- receiving ---- */

/* Receives more, where all that came before is taken. */
static enum http_result receive(struct http_link *link)
{
    int received = net_receive(link->socket, link->data, sizeof link->data);
    if (received <= 0)
        return received == NET_IDLE ? HTTP_IDLE : HTTP_CLOSED;
    link->start = 0;
    link->end = (size_t)received;
    return HTTP_OK;
}

/* One line without its end, NUL-terminated, into `text`. */
static enum http_result read_line(struct http_link *link, char *text, size_t capacity, size_t *length)
{
    size_t filled = 0;
    for (;;) {
        char byte;
        if (link->start == link->end) {
            enum http_result result = receive(link);
            if (result != HTTP_OK)
                return result;
        }
        byte = link->data[link->start++];
        if (byte == '\n')
            break;
        if (byte == '\0')
            return HTTP_BAD;
        if (filled + 1 >= capacity)
            return HTTP_TOO_LONG;
        text[filled++] = byte;
    }
    if (filled > 0 && text[filled - 1] == '\r')
        filled--;
    text[filled] = '\0';
    *length = filled;
    return HTTP_OK;
}

/* RFC 9112 section 3 and 4: three words; only the reason may have spaces, or be missing. */
static int split_first_line(struct http_message *message, char *line)
{
    int at;
    for (at = 0; at < 3; at++) {
        char *space = strchr(line, ' ');
        message->words[at] = line;
        if (at == 2)
            break;
        if (space == NULL && at == 0)
            return 0;
        if (space == NULL)
            space = line + strlen(line);
        line = *space == '\0' ? space : space + 1;
        *space = '\0';
    }
    if (strncmp(message->words[0], "HTTP/1.", 7) == 0)
        return strlen(message->words[1]) == 3;
    return *message->words[0] != '\0' && *message->words[1] != '\0'
           && strncmp(message->words[2], "HTTP/1.", 7) == 0 && strlen(message->words[2]) == 8;
}

/* RFC 9112 section 5: no space before the colon, no folded lines. */
static int split_field(struct http_field *field, char *line)
{
    char *colon = strchr(line, ':'), *end;
    if (colon == NULL || colon == line || strcspn(line, " \t") < (size_t)(colon - line))
        return 0;
    *colon = '\0';
    field->name = line;
    field->value = colon + 1 + strspn(colon + 1, " \t");
    for (end = line + (field->value - line) + strlen(field->value);
         end > field->value && (end[-1] == ' ' || end[-1] == '\t'); end--)
        end[-1] = '\0';
    return 1;
}

enum http_result http_read_head(struct http_link *link)
{
    struct http_message *message = &link->message;
    size_t used = 0, lines = 0, length;
    message->field_count = message->body_length = 0;
    for (;;) {
        char *line = message->head + used;
        enum http_result result = read_line(link, line, HTTP_HEAD - used, &length);
        if (result != HTTP_OK)
            return result;
        if (length == 0 && lines == 0)
            continue; /* RFC 9112 section 2.2: an empty line before a request is passed over */
        print_from(link, link->peer, line, length);
        if (length == 0)
            return HTTP_OK;
        used += length + 1;
        if (lines++ == 0) {
            if (!split_first_line(message, line))
                return HTTP_BAD;
            continue;
        }
        if (message->field_count == HTTP_FIELDS)
            return HTTP_TOO_LONG;
        if (!split_field(&message->fields[message->field_count++], line))
            return HTTP_BAD;
    }
}

const char *http_field(const struct http_message *message, const char *name, size_t skip)
{
    size_t at;
    for (at = 0; at < message->field_count; at++) {
        if (text_same(message->fields[at].name, name) && skip-- == 0)
            return message->fields[at].value;
    }
    return NULL;
}

int http_gather(const struct http_message *message, const char *name, struct text *list)
{
    const char *value;
    size_t at;
    for (at = 0; (value = http_field(message, name, at)) != NULL; at++)
        text_add(list, "%s%s", at == 0 ? "" : ", ", value);
    return at > 0 && !list->full;
}

int http_goes_on(const struct http_message *message, const char *version)
{
    const char *wish = http_field(message, "Connection", 0);
    if (strcmp(version, "HTTP/1.0") == 0)
        return wish != NULL && text_has_word(wish, "keep-alive");
    return wish == NULL || !text_has_word(wish, "close");
}

/* Adds up to `length` bytes to the body; fewer only where the connection ends. */
static enum http_result read_bytes(struct http_link *link, unsigned long length)
{
    struct http_message *message = &link->message;
    while (length > 0) {
        size_t part = link->end - link->start;
        if (part == 0) {
            enum http_result result = receive(link);
            if (result != HTTP_OK)
                return result;
            continue;
        }
        if (part > length)
            part = (size_t)length;
        if (part > HTTP_BODY - message->body_length)
            return HTTP_TOO_MUCH;
        memcpy(message->body + message->body_length, link->data + link->start, part);
        message->body_length += part;
        link->start += part;
        length -= part;
    }
    return HTTP_OK;
}

/* RFC 9112 section 7.1; extensions and trailers are passed over. */
static enum http_result read_chunks(struct http_link *link)
{
    char line[256];
    size_t length, trailers = 0;
    for (;;) {
        char *end;
        unsigned long chunk;
        enum http_result result = read_line(link, line, sizeof line, &length);
        if (result != HTTP_OK)
            return result == HTTP_TOO_LONG ? HTTP_BAD : result;
        if (length == 0 || strspn(line, "0123456789abcdefABCDEF") == 0 || length > 100)
            return HTTP_BAD;
        chunk = strtoul(line, &end, 16);
        if (*end != '\0' && *end != ';' && *end != ' ')
            return HTTP_BAD;
        if (chunk > HTTP_BODY)
            return HTTP_TOO_MUCH;
        if (chunk == 0)
            break;
        result = read_bytes(link, chunk);
        if (result == HTTP_OK)
            result = read_line(link, line, sizeof line, &length);
        if (result != HTTP_OK)
            return result;
        if (length != 0)
            return HTTP_BAD;
    }
    do {
        enum http_result result = read_line(link, line, sizeof line, &length);
        if (result != HTTP_OK)
            return result == HTTP_TOO_LONG ? HTTP_BAD : result;
    } while (length > 0 && trailers++ < HTTP_FIELDS);
    return length == 0 ? HTTP_OK : HTTP_BAD;
}

enum http_result http_read_body(struct http_link *link, int to_the_end)
{
    struct http_message *message = &link->message;
    const char *length = http_field(message, "Content-Length", 0);
    const char *coding = http_field(message, "Transfer-Encoding", 0);
    enum http_result result = HTTP_OK;
    unsigned long bytes;
    if (coding != NULL) {
        /* RFC 9112 section 6.1: together they are what request smuggling is made of. */
        if (length != NULL || !text_same(coding, "chunked")
            || http_field(message, "Transfer-Encoding", 1) != NULL)
            return HTTP_BAD;
        result = read_chunks(link);
    } else if (length != NULL) {
        if (!text_number(length, 0xFFFFFFFF, &bytes) || http_field(message, "Content-Length", 1) != NULL)
            return HTTP_BAD;
        if (bytes > HTTP_BODY)
            return HTTP_TOO_MUCH;
        result = read_bytes(link, bytes);
    } else if (to_the_end) {
        result = read_bytes(link, HTTP_BODY + 1);
        if (result == HTTP_CLOSED)
            result = HTTP_OK;
    }
    if (result == HTTP_OK)
        print_body(link, link->peer, message->body_length);
    return result;
}

/* ---- sending ---- */

enum http_result http_send(struct http_link *link, const char *head, const char *body, size_t body_length)
{
    const char *at = head;
    size_t head_length = strlen(head);
    while (*at != '\0') {
        size_t length = strcspn(at, "\r");
        print_from(link, link->me, at, length);
        at += length;
        at += strspn(at, "\r") > 0 ? 1 : 0;
        at += *at == '\n' ? 1 : 0;
    }
    print_body(link, link->me, body_length);
    /* Both at once: a second small piece would wait until the peer acknowledged the first. */
    if (head_length + body_length > sizeof link->out)
        return HTTP_TOO_MUCH;
    memcpy(link->out, head, head_length);
    memcpy(link->out + head_length, body, body_length);
    return net_send(link->socket, link->out, head_length + body_length) == 0 ? HTTP_OK : HTTP_CLOSED;
}
