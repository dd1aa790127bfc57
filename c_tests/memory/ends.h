/* The two ends of a login in one process, for scenes: credentials, and one call for each step. */
#ifndef C_TESTS_ENDS_H
#define C_TESTS_ENDS_H

#include "scenes.h"

#include <stddef.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

struct token {
    ULONG length;
    char text[8192];
};

struct login {
    CredHandle inbound, outbound;
    CtxtHandle server, client;
    struct token challenge, response, proof;
};

extern const char *const REALM, *const TARGET;

/* UTF-8 as UTF-16, terminated; `room` units. The number of units before the end. */
ULONG widen(WCHAR *wide, const char *text, ULONG room);

SECURITY_STATUS acquire_inbound(CredHandle *credential, SEC_GET_KEY_FN function);
SECURITY_STATUS acquire_outbound(CredHandle *credential, const char *user, const char *password);

SECURITY_STATUS accept_step(CredHandle *credential, CtxtHandle *context, CtxtHandle *known,
                            const struct token *in, struct token *out, ULONG flags);
SECURITY_STATUS initialize_step(CredHandle *credential, CtxtHandle *context, CtxtHandle *known,
                                const struct token *in, struct token *out, ULONG flags);

/* HTTP: the server's call for a request's response, empty at first; the client's answer to a challenge,
 * and its next request by MakeSignature; the server's CompleteAuthToken. */
SECURITY_STATUS http_accept(CredHandle *credential, CtxtHandle *context, const struct token *response,
                            const char *uri, struct token *challenge);
SECURITY_STATUS http_answer(CredHandle *credential, CtxtHandle *context, const struct token *challenge,
                            const char *uri, struct token *response);
SECURITY_STATUS http_again(CtxtHandle *context, const char *uri, struct token *response);
SECURITY_STATUS http_complete(CtxtHandle *context, const struct token *response, const char *uri);

/* The calls that read a context: what all have, the session key, both. */
void query_names(CtxtHandle *context);
void query_session_key(CtxtHandle *context);
void query_all(CtxtHandle *context);

#endif
