#include "rpc_login.h"

#include <time.h>

/* pGetKeyFn: the library asks for the password of a name; it is not stored anywhere, but made. What is
 * wrong with an identifier (not ours, or at its end) is as if there were no such user. The call may come on
 * several threads at once. */
static void SEC_ENTRY make_password(PVOID argument, PVOID principal, ULONG version, PVOID *key,
                                    SECURITY_STATUS *status)
{
    const struct rpc_server *server = argument;
    const SEC_WINNT_AUTH_IDENTITY_A *wanted = principal;
    const char *name = (const char *)wanted->User;
    SecBuffer *answer = *key;
    char owner[TOKEN_OWNER + 1], password[TOKEN_TEXT];
    size_t length;
    (void)version;
    if (!token_owner(name, wanted->UserLength, (long)time(NULL), owner)
        || !token_password(&server->key, name, wanted->UserLength, password)) {
        *status = SEC_E_NO_CREDENTIALS;
        return;
    }
    length = strlen(password);
    if (answer->cbBuffer < length) {
        *status = SEC_E_BUFFER_TOO_SMALL;
        return;
    }
    memcpy(answer->pvBuffer, password, length);
    answer->cbBuffer = (ULONG)length;
    answer->BufferType = SECBUFFER_DATA;
    *status = SEC_E_OK;
}

SECURITY_STATUS login_open(struct rpc_server *server)
{
    static char package[] = "WDigest";
    return AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, make_password, server,
                                     &server->credential, NULL);
}

void login_close(struct rpc_login *login)
{
    if (login->has_context)
        DeleteSecurityContext(&login->context);
    login->has_context = 0;
}

/* One call of the library with the client's token, none at first. */
static SECURITY_STATUS accept_token(struct rpc_server *server, struct rpc_login *login,
                                    const struct rpc_in *token, SecBuffer *reply, ULONG *attributes)
{
    SecBuffer input;
    SecBufferDesc inputs, outputs;
    SECURITY_STATUS status;
    input.BufferType = SECBUFFER_TOKEN;
    input.cbBuffer = (ULONG)token->left;
    input.pvBuffer = (void *)token->next;
    inputs.ulVersion = outputs.ulVersion = SECBUFFER_VERSION;
    inputs.cBuffers = outputs.cBuffers = 1;
    inputs.pBuffers = &input;
    outputs.pBuffers = reply;
    status = SaslAcceptSecurityContext(&server->credential, login->has_context ? &login->context : NULL,
                                       login->has_context ? &inputs : NULL, server->wanted,
                                       SECURITY_NATIVE_DREP, &login->context, &outputs, attributes, NULL);
    if (status == SEC_I_CONTINUE_NEEDED)
        login->has_context = 1;
    return status;
}

/* The layer, which has to be the one that this server was started for: Digest offers weaker ones beside. */
static int agree(struct rpc_server *server, struct rpc_login *login, struct rpc_link *link, ULONG attributes)
{
    enum layer_kind kind = LAYER_NONE;
    if (attributes & ASC_RET_CONFIDENTIALITY)
        kind = LAYER_CONFIDENTIALITY;
    else if (attributes & ASC_RET_INTEGRITY)
        kind = LAYER_INTEGRITY;
    if ((server->wanted & ASC_REQ_CONFIDENTIALITY && kind != LAYER_CONFIDENTIALITY)
        || (server->wanted & ASC_REQ_INTEGRITY && kind == LAYER_NONE))
        return 0;
    return kind == LAYER_NONE || layer_open(&link->layer, &login->context, kind, FORM_BEHIND) == SEC_E_OK;
}

/* The name that has logged in is the identifier; whose it is stands in there. */
static int identify(struct rpc_login *login)
{
    SecPkgContext_NamesA names;
    const char *name;
    int known;
    if (QueryContextAttributesA(&login->context, SECPKG_ATTR_NAMES, &names) != SEC_E_OK)
        return 0;
    name = strrchr(names.sUserName, '\\'); /* behind the realm; base64 has none */
    name = name == NULL ? names.sUserName : name + 1;
    known = token_owner(name, strlen(name), (long)time(NULL), login->owner);
    FreeContextBuffer(names.sUserName);
    return known;
}

static int refuse(struct rpc_link *link, const char *text)
{
    static const char class_name[] = "javax.security.sasl.SaslException";
    link_fail(link, RPC_CALL_SASL, RPC_FATAL, class_name, text);
    return 0;
}

int login_run(struct rpc_server *server, struct rpc_login *login, struct rpc_link *link, const char **why)
{
    unsigned char memory[4096];
    struct rpc_in body, token = in_begin("", 0);
    enum sasl_state state = SASL_SUCCESS;
    SecBuffer reply;
    SECURITY_STATUS status;
    ULONG attributes = 0;
    long call;

    *why = "no SASL";
    if (!link_read(link, &call, &body) || call != RPC_CALL_SASL || !sasl_read(&body, &state, &token)
        || state != SASL_NEGOTIATE)
        return 0;
    reply.BufferType = SECBUFFER_TOKEN;
    reply.cbBuffer = sizeof memory;
    reply.pvBuffer = memory;
    *why = "no challenge";
    if (accept_token(server, login, &token, &reply, &attributes) != SEC_I_CONTINUE_NEEDED)
        return refuse(link, "this server cannot log anybody in");
    *why = "no response";
    if (!sasl_send(link, SASL_NEGOTIATE, memory, reply.cbBuffer) || !link_read(link, &call, &body)
        || call != RPC_CALL_SASL || !sasl_read(&body, &state, &token) || state != SASL_INITIATE)
        return 0;
    reply.cbBuffer = sizeof memory;
    status = accept_token(server, login, &token, &reply, &attributes);
    *why = "wrong name or password";
    if (status != SEC_E_OK)
        return refuse(link, "DIGEST-MD5: wrong name or password, or a token at its end");
    *why = "another layer, or no token";
    if (!identify(login) || !agree(server, login, link, attributes))
        return refuse(link, "no common ground for a security layer");
    *why = "logged in";
    /* As it is: what is under the layer begins behind it. */
    return sasl_send(link, SASL_SUCCESS, memory, reply.cbBuffer);
}
