/* Who calls: DIGEST-MD5 by SaslAcceptSecurityContext, whose passwords are made from names. */
#ifndef EXAMPLES_RPC_LOGIN_H
#define EXAMPLES_RPC_LOGIN_H

#include "rpc_link.h"
#include "rpc_token.h"

struct rpc_server {
    struct token_key key;
    ULONG wanted; /* ASC_REQ_ flags: no other layer than this is taken */
    CredHandle credential;
};

struct rpc_login {
    int has_context;
    CtxtHandle context;
    char owner[TOKEN_OWNER + 1];
};

/* The server's credential. SEC_E_OK, or why there is none. */
SECURITY_STATUS login_open(struct rpc_server *server);

/* The exchange, and the layer that was agreed put on the link. Where the caller is refused it has been
 * told. In the dialogue `why` says how it ended. */
int login_run(struct rpc_server *server, struct rpc_login *login, struct rpc_link *link, const char **why);
void login_close(struct rpc_login *login);

#endif
