/* The SASL security layer (RFC 4422 section 3.7): what EncryptMessage makes, each body behind its
 * length in four bytes. SSPI makes and opens the bodies; the length is the application's. */
#ifndef EXAMPLES_IMAP_LAYER_H
#define EXAMPLES_IMAP_LAYER_H

#include "portable.h"

#define SECURITY_WIN32
#include <security.h>

enum layer_kind { LAYER_NONE, LAYER_INTEGRITY, LAYER_CONFIDENTIALITY };

/* Where a package puts what it adds to the text: Digest behind it, into PADDING; Kerberos and
 * Negotiate before it, into TOKEN, and a little behind. */
enum layer_form { FORM_BEHIND, FORM_AROUND };

/* Bytes of the length in front of each body. */
#define LAYER_HEAD 4

/* The longest body taken from a peer: what a client may send to a server whose challenge has no
 * maxbuf (RFC 2831 section 2.1.1). */
#define LAYER_RECEIVE_LIMIT 65536

struct layer {
    enum layer_kind kind;
    CtxtHandle *context;  /* the login's; owned by whoever made it */
    ULONG maximum;        /* bytes of text that fit into one frame */
    ULONG header;         /* bytes that EncryptMessage may put before the text; 0 for none */
    ULONG trailer;        /* bytes that it may put behind it */
    unsigned char *frame; /* LAYER_HEAD + header + maximum + trailer bytes */
};

/* "none", "integrity", "confidentiality". */
const char *layer_name(enum layer_kind kind);

/* The form of a package's messages, by its name. */
enum layer_form layer_form_of(const char *package);

/* Asks the context for its sizes and makes the layer ready; `kind` is not LAYER_NONE. */
SECURITY_STATUS layer_open(struct layer *layer, CtxtHandle *context, enum layer_kind kind,
                           enum layer_form form);

/* Frees what layer_open took; harmless on a layer of zeros. The context stays. */
void layer_close(struct layer *layer);

/* Seals (or signs) `length` bytes, at most layer->maximum, as one frame in layer->frame. */
SECURITY_STATUS layer_seal(struct layer *layer, const char *text, ULONG length, size_t *frame_length);

/* Opens one body in place: `*text` points into `body`. */
SECURITY_STATUS layer_unseal(struct layer *layer, unsigned char *body, ULONG length, char **text,
                             ULONG *text_length);

/* The length in front of a body. */
unsigned long layer_body_length(const unsigned char head[LAYER_HEAD]);

/* The name of a status as sspi.h has it, or its number, written into `space`. For messages. */
const char *status_name(SECURITY_STATUS status, char space[16]);

#endif
