#include "imap_link.h"

#include <stdarg.h>

#include "imap_text.h"

struct link *link_open(net_socket socket, const char *me, const char *peer)
{
    struct link *link = malloc(sizeof *link);
    if (link != NULL) {
        memset(link, 0, offsetof(struct link, text));
        link->socket = socket;
        link->me = me;
        link->peer = peer;
    }
    return link;
}

void link_close(struct link *link)
{
    if (link == NULL)
        return;
    net_hang_up(link->socket);
    layer_close(&link->layer);
    free(link);
}

void link_protect(struct link *link, const struct layer *layer)
{
    link->layer = *layer;
    link->held_start = 0;
    link->held_end = link->end - link->start;
    memcpy(link->held, link->text + link->start, link->held_end);
    link->start = link->end = 0;
}

/* ---- the dialogue ---- */

/* One line of the dialogue, written at once so that connections do not mix within it. Everything
 * but printable ASCII appears as \xNN. */
static void print_line(struct link *link, const char *mark, const char *text, size_t length)
{
    char *next = link->shown, *end = link->shown + sizeof link->shown - 6;
    size_t at;
    if (!link->talks)
        return;
    if (link->number != 0)
        next += snprintf(next, 24, "[%u] ", link->number);
    next += snprintf(next, 24, "%s", mark);
    for (at = 0; at < length && next < end; at++) {
        if (text[at] >= ' ' && text[at] <= '~')
            *next++ = text[at];
        else
            next += snprintf(next, 5, "\\x%02X", (unsigned)(unsigned char)text[at]);
    }
    *next++ = '\n';
    fwrite(link->shown, 1, (size_t)(next - link->shown), stdout);
    fflush(stdout);
}

static void print_from(struct link *link, const char *side, const char *text, size_t length)
{
    char mark[16];
    snprintf(mark, sizeof mark, "%s: ", side);
    print_line(link, mark, text, length);
}

static void print_frame(struct link *link, const char *side, size_t bytes)
{
    char text[64];
    int sealed = link->layer.kind == LAYER_CONFIDENTIALITY;
    int length =
        snprintf(text, sizeof text, "(%s %lu bytes)", sealed ? "sealed" : "signed", (unsigned long)bytes);
    print_from(link, side, text, (size_t)length);
}

void link_show_token(struct link *link, const void *token, size_t length)
{
    print_line(link, "   = ", token, length);
}

void link_remark(struct link *link, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_line(link, "-- ", text, strlen(text));
}

/* ---- receiving ---- */

static enum link_result from_network(int received)
{
    return received == NET_IDLE ? LINK_IDLE : LINK_CLOSED;
}

/* Exactly `length` bytes of frames: those held first, then from the network. */
static enum link_result read_bytes(struct link *link, unsigned char *data, size_t length)
{
    size_t held = link->held_end - link->held_start;
    if (held > length)
        held = length;
    memcpy(data, link->held + link->held_start, held);
    link->held_start += held;
    data += held;
    length -= held;
    while (length > 0) {
        int received = net_receive(link->socket, data, length);
        if (received <= 0)
            return from_network(received);
        data += received;
        length -= (size_t)received;
    }
    return LINK_OK;
}

/* Adds one frame's text to link->text, which has room for it. */
static enum link_result read_frame(struct link *link)
{
    unsigned char head[LAYER_HEAD];
    unsigned long length;
    char *text, space[16];
    ULONG text_length;
    SECURITY_STATUS status;
    enum link_result result = read_bytes(link, head, sizeof head);
    if (result != LINK_OK)
        return result;
    length = layer_body_length(head);
    if (length > LAYER_RECEIVE_LIMIT) {
        link_remark(link, "a frame of %lu bytes is more than we take", length);
        return LINK_BAD_FRAME;
    }
    result = read_bytes(link, link->body, length);
    if (result != LINK_OK)
        return result;
    print_frame(link, link->peer, LAYER_HEAD + length);
    status = layer_unseal(&link->layer, link->body, (ULONG)length, &text, &text_length);
    if (status != SEC_E_OK) {
        link_remark(link, "DecryptMessage: %s", status_name(status, space));
        return LINK_BAD_FRAME;
    }
    if (text_length > 0)
        memcpy(link->text + link->end, text, text_length);
    link->end += text_length;
    return LINK_OK;
}

static enum link_result read_more(struct link *link)
{
    int received;
    memmove(link->text, link->text + link->start, link->end - link->start);
    link->end -= link->start;
    link->start = 0;
    if (link->layer.kind != LAYER_NONE)
        return read_frame(link);
    received = net_receive(link->socket, link->text + link->end, LINK_READ);
    if (received <= 0)
        return from_network(received);
    link->end += (size_t)received;
    return LINK_OK;
}

/* How much of a line the dialogue shows: no password behind LOGIN. */
static size_t length_to_show(const char *line, size_t length)
{
    static const char word[] = "LOGIN ";
    const char *space = memchr(line, ' ', length);
    char name[sizeof word];
    size_t before = space == NULL ? length : (size_t)(space + 1 - line);
    if (length - before < sizeof word - 1)
        return length;
    memcpy(name, line + before, sizeof word - 1);
    name[sizeof word - 2] = '\0';
    return same_word(name, "LOGIN") ? before + sizeof word - 2 : length;
}

enum link_result link_read_line(struct link *link, char **line, size_t *length)
{
    char *newline;
    for (;;) {
        enum link_result result;
        size_t waiting = link->end - link->start;
        newline = memchr(link->text + link->start, '\n', waiting);
        if (newline != NULL)
            break;
        if (waiting > LINK_LINE + 1)
            return LINK_TOO_LONG;
        result = read_more(link);
        if (result != LINK_OK)
            return result;
    }
    *line = link->text + link->start;
    *length = (size_t)(newline - *line);
    link->start += *length + 1;
    if (*length > 0 && (*line)[*length - 1] == '\r')
        --*length;
    if (*length > LINK_LINE)
        return LINK_TOO_LONG;
    (*line)[*length] = '\0';
    print_from(link, link->peer, *line, length_to_show(*line, *length));
    return LINK_OK;
}

/* ---- sending ---- */

enum link_result link_write(struct link *link, const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    while (at < end) { /* the dialogue has it line by line, whatever the frames are */
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline == NULL ? end : newline;
        size_t shown = (size_t)(stop - at);
        if (shown > 0 && at[shown - 1] == '\r')
            shown--;
        print_from(link, link->me, at, shown);
        at = newline == NULL ? end : newline + 1;
    }
    if (link->layer.kind == LAYER_NONE)
        return net_send(link->socket, text, length) == 0 ? LINK_OK : LINK_CLOSED;
    while (length > 0) {
        ULONG part = length < link->layer.maximum ? (ULONG)length : link->layer.maximum;
        size_t frame_length = 0;
        SECURITY_STATUS status = layer_seal(&link->layer, text, part, &frame_length);
        if (status != SEC_E_OK) {
            char space[16];
            link_remark(link, "EncryptMessage: %s", status_name(status, space));
            return LINK_FAILED;
        }
        print_frame(link, link->me, frame_length);
        if (net_send(link->socket, link->layer.frame, frame_length) != 0)
            return LINK_CLOSED;
        text += part;
        length -= part;
    }
    return LINK_OK;
}

enum link_result link_say(struct link *link, const char *format, ...)
{
    char text[1003];
    int length;
    va_list arguments;
    va_start(arguments, format);
    length = vsnprintf(text, sizeof text - 2, format, arguments);
    va_end(arguments);
    if (length < 0)
        return LINK_FAILED;
    if ((size_t)length > sizeof text - 3)
        length = (int)sizeof text - 3;
    memcpy(text + length, "\r\n", 2);
    return link_write(link, text, (size_t)length + 2);
}

enum link_result link_say_token(struct link *link, const char *before, const void *token, size_t length)
{
    size_t prefix = strlen(before), whole;
    enum link_result result;
    char *text = malloc(prefix + BASE64_SIZE(length) + 2);
    if (text == NULL)
        return LINK_FAILED;
    memcpy(text, before, prefix);
    base64_encode(token, length, text + prefix);
    whole = strlen(text);
    memcpy(text + whole, "\r\n", 2);
    result = link_write(link, text, whole + 2);
    if (length > 0)
        link_show_token(link, token, length);
    free(text);
    return result;
}
