/* Who may pass: HTTP Digest by AcceptSecurityContext and CompleteAuthToken. */
#ifndef EXAMPLES_HTTP_GATE_H
#define EXAMPLES_HTTP_GATE_H

#include "http_contexts.h"

/* Challenges sent at once: one for each hash that the library is configured to offer. */
#define GATE_CHALLENGES 5

struct gate {
    CredHandle credential;
    const char *realm; /* whose users may pass; NULL: whoever the library lets in */
    struct contexts *contexts;
};

/* What a request was found to be. */
struct pass {
    int status;       /* 200: it may pass; else the answer's status: 400, 401, 403, 500 */
    const char *call; /* the function that decided, and what it said, for the dialogue */
    SECURITY_STATUS code;
    char user[256];     /* whose request it is, with 200 */
    struct text fields; /* WWW-Authenticate or Authentication-Info, as lines of a head */
    char bytes[GATE_CHALLENGES * 1024];
};

/* The server's credential. SEC_E_OK, or why there is none. */
SECURITY_STATUS gate_open(struct gate *gate);
void gate_close(struct gate *gate);

/* Decides on a request. `response` is what its Authorization has after "Digest ", or NULL. */
void gate_check(struct gate *gate, const char *method, const char *target, const char *response,
                struct pass *pass);

#endif
