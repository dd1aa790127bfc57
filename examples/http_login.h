/* The client's side of HTTP Digest: InitializeSecurityContext for a challenge, MakeSignature for
 * requests without one. */
#ifndef EXAMPLES_HTTP_LOGIN_H
#define EXAMPLES_HTTP_LOGIN_H

#include "http_text.h"

/* Bytes of a response with its NUL. */
#define LOGIN_TOKEN 4097

struct login {
    int has_context;
    CredHandle credential;
    CtxtHandle context;
};

/* The credential of a user; `domain` NULL stands for the realm of the server's challenge. Where it
 * does not return SEC_E_OK, there is nothing to close. */
SECURITY_STATUS login_open(struct login *login, const char *user, const char *password, const char *domain);
void login_close(struct login *login);

/* The response to the best challenge of a list, for the request. On a login that answered one before,
 * the challenge has to be a stale one or for another nonce: SEC_E_LOGON_DENIED says that it is not. */
SECURITY_STATUS login_respond(struct login *login, const char *challenges, const char *method,
                              const char *path, char response[LOGIN_TOKEN]);

/* The response for a further request. */
SECURITY_STATUS login_sign(struct login *login, const char *method, const char *path,
                           char response[LOGIN_TOKEN]);

#endif
