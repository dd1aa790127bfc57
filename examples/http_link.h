/* One connection as HTTP/1.1 messages (RFC 9112), for either side. Prints the dialogue on request. */
#ifndef EXAMPLES_HTTP_LINK_H
#define EXAMPLES_HTTP_LINK_H

#include "http_text.h"

/* The longest head taken, in bytes with its ends of lines. Digest responses are below 4096. */
#define HTTP_HEAD 16384

/* The most fields of a head. */
#define HTTP_FIELDS 64

/* The longest body taken. */
#define HTTP_BODY 65536

enum http_result {
    HTTP_OK,
    HTTP_CLOSED,   /* the peer left, or the network failed */
    HTTP_IDLE,     /* nothing came for as long as net_patience said */
    HTTP_TOO_LONG, /* a head beyond HTTP_HEAD or HTTP_FIELDS */
    HTTP_TOO_MUCH, /* a body beyond HTTP_BODY */
    HTTP_BAD       /* no HTTP */
};

struct http_field {
    const char *name, *value;
};

struct http_message {
    char *words[3]; /* method, target, version; or version, status, reason */
    size_t field_count;
    struct http_field fields[HTTP_FIELDS];
    size_t body_length;
    char head[HTTP_HEAD]; /* what the above points into */
    char body[HTTP_BODY];
};

struct http_link {
    net_socket socket;
    const char *me, *peer; /* marks of the two sides in the dialogue: "S", "C" */
    int talks;             /* whether the dialogue is printed */
    unsigned number;       /* printed before each line of the dialogue, unless 0 */
    size_t start, end;     /* what was received and not taken yet */
    char data[4096];
    char out[HTTP_HEAD + HTTP_BODY]; /* what was sent last */
    struct http_message message;     /* what was read last */
};

/* A link over `socket`, which it closes; NULL without memory (the socket stays open). */
struct http_link *http_open(net_socket socket, const char *me, const char *peer);

/* Closes the socket and frees the link; NULL is harmless. */
void http_close(struct http_link *link);

/* Reads the head of the next message into link->message. */
enum http_result http_read_head(struct http_link *link);

/* Reads the body that belongs to the head. One that ends with the connection is taken only where
 * `to_the_end`, as for responses. */
enum http_result http_read_body(struct http_link *link, int to_the_end);

/* The value of the field with that name, `skip` of them passed over; NULL where there is none. */
const char *http_field(const struct http_message *message, const char *name, size_t skip);

/* Adds the values of all fields with that name, in one list, as RFC 9110 section 5.3 joins them;
 * whether there is one, and all fit. */
int http_gather(const struct http_message *message, const char *name, struct text *list);

/* Whether the connection goes on after this message: `version` is the message's. */
int http_goes_on(const struct http_message *message, const char *version);

/* Sends a head, which is shown in the dialogue line by line, and a body, of which the length is;
 * HTTP_TOO_MUCH when they are longer than HTTP_HEAD and HTTP_BODY together. */
enum http_result http_send(struct http_link *link, const char *head, const char *body, size_t body_length);

/* Prints a remark into the dialogue, in printf's manner. */
void http_remark(struct http_link *link, const char *format, ...);

#endif
