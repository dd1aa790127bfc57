/* One connection as lines of text: plain at first, inside security layer frames once a login
 * brought a layer. Prints the dialogue on request. */
#ifndef EXAMPLES_IMAP_LINK_H
#define EXAMPLES_IMAP_LINK_H

#include "imap_layer.h"

/* The longest line taken, in bytes without its CRLF. */
#define LINK_LINE 8192

/* Bytes read from the socket at once while there is no layer. */
#define LINK_READ 4096

enum link_result {
    LINK_OK,
    LINK_CLOSED,    /* the peer left, or the network failed */
    LINK_IDLE,      /* nothing came for as long as net_patience said */
    LINK_TOO_LONG,  /* a line beyond LINK_LINE */
    LINK_BAD_FRAME, /* a frame too long, or one that DecryptMessage refuses */
    LINK_FAILED     /* EncryptMessage refused */
};

struct link {
    net_socket socket;
    const char *me, *peer; /* marks of the two sides in the dialogue: "S", "C" */
    int talks;             /* whether the dialogue is printed */
    unsigned number;       /* printed before each line of the dialogue, unless 0 */
    struct layer layer;
    size_t start, end;           /* the text not yet delivered */
    size_t held_start, held_end; /* frames that came before link_protect was called */
    /* From here on nothing is read before it is written. */
    char text[LINK_LINE + 2 + LAYER_RECEIVE_LIMIT];
    unsigned char body[LAYER_RECEIVE_LIMIT];
    unsigned char held[LINK_LINE + 2 + LINK_READ];
    char shown[4 * LINK_LINE + 64];
};

/* A link over `socket`, which it closes; NULL without memory (the socket stays open). */
struct link *link_open(net_socket socket, const char *me, const char *peer);

/* Closes the socket, frees the layer and the link; NULL is harmless. */
void link_close(struct link *link);

/* From here on both directions are framed: takes over `layer`. What was received and not read
 * yet counts as frames, so that nobody can slip plain text in front of the layer. */
void link_protect(struct link *link, const struct layer *layer);

/* The next line without its end, NUL-terminated, valid until the next call. */
enum link_result link_read_line(struct link *link, char **line, size_t *length);

/* Sends `length` bytes of text. */
enum link_result link_write(struct link *link, const char *text, size_t length);

/* Sends one line of at most 1000 bytes, in printf's manner; CRLF is added. */
enum link_result link_say(struct link *link, const char *format, ...);

/* Sends `before` and the token in base64 as one line, and shows the token in the dialogue. */
enum link_result link_say_token(struct link *link, const char *before, const void *token, size_t length);

/* Shows a token's bytes below the line that carried it. */
void link_show_token(struct link *link, const void *token, size_t length);

/* Prints a remark into the dialogue, in printf's manner. */
void link_remark(struct link *link, const char *format, ...);

#endif
