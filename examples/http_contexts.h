/* The security contexts that a server keeps between requests. HTTP ties none to a connection: the
 * nonce in each request names its context, and the library finds it as long as a handle to it is
 * open here. */
#ifndef EXAMPLES_HTTP_CONTEXTS_H
#define EXAMPLES_HTTP_CONTEXTS_H

#include "http_text.h"

/* Challenges kept while they wait for their response; the oldest makes room for a new one. */
#define CONTEXTS_WAITING 1024

/* Users' sessions kept; the one not used for longest makes room for a new one. */
#define CONTEXTS_SESSIONS 1024

/* Seconds after which a session that is not used may go. */
#define CONTEXTS_IDLE (30 * 60)

/* Bytes of a nonce with its NUL; Windows' have 124. */
#define CONTEXTS_NONCE 256

struct contexts;

/* NULL without memory. */
struct contexts *contexts_open(void);

/* Deletes all contexts; NULL is harmless. No other thread may use them any more. */
void contexts_close(struct contexts *contexts);

/* Takes over the context of a challenge. */
void contexts_keep_waiting(struct contexts *contexts, const CtxtHandle *context);

/* Takes over the context of a user who proved to be one: the first with this nonce is kept, each
 * subsequent one is but another handle to the same session, and is deleted. */
void contexts_keep_session(struct contexts *contexts, const char *nonce, const CtxtHandle *context);

#endif
