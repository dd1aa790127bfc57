#include "http_gate.h"

#include "peer.h"

#define FLAGS (ASC_REQ_HTTP | ASC_REQ_ALLOCATE_MEMORY)

/* The buffers of one request, in the order that Digest wants: response, method, target, hash of the
 * body (for auth-int, which is not offered), realm (the configured one). */
struct request {
    SecBuffer buffers[5];
    SecBufferDesc inputs;
};

static void lay_out(struct request *request, const char *response, const char *method, const char *target)
{
    const char *texts[5];
    int at;
    texts[0] = response;
    texts[1] = method;
    texts[2] = target;
    texts[3] = texts[4] = "";
    for (at = 0; at < 5; at++) {
        request->buffers[at].BufferType = at == 0 ? SECBUFFER_TOKEN : SECBUFFER_PKG_PARAMS;
        request->buffers[at].cbBuffer = (ULONG)strlen(texts[at]);
        request->buffers[at].pvBuffer = (void *)texts[at];
    }
    request->inputs.ulVersion = SECBUFFER_VERSION;
    request->inputs.cBuffers = 5;
    request->inputs.pBuffers = request->buffers;
}

SECURITY_STATUS gate_open(struct gate *gate)
{
    static char package[] = "WDigest";
    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                                       NULL, &gate->credential, NULL);
    if (status != SEC_E_OK)
        return status;
    gate->contexts = contexts_open();
    if (gate->contexts == NULL) {
        FreeCredentialsHandle(&gate->credential);
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    return SEC_E_OK;
}

void gate_close(struct gate *gate)
{
    contexts_close(gate->contexts);
    FreeCredentialsHandle(&gate->credential);
}

/* Adds the tokens to the head, each as a field, and frees them. */
static void take_tokens(struct pass *pass, SecBuffer *tokens, size_t count, const char *before)
{
    size_t at;
    for (at = 0; at < count; at++) {
        if (tokens[at].cbBuffer > 0 && tokens[at].pvBuffer != NULL)
            text_add(&pass->fields, "%s%.*s\r\n", before, (int)tokens[at].cbBuffer,
                     (const char *)tokens[at].pvBuffer);
        if (tokens[at].pvBuffer != NULL)
            FreeContextBuffer(tokens[at].pvBuffer);
    }
}

/* One call of AcceptSecurityContext. After an error there is no new context. */
static SECURITY_STATUS accept_request(struct gate *gate, CtxtHandle *old, struct request *request,
                                      CtxtHandle *context, struct pass *pass)
{
    SecBuffer tokens[GATE_CHALLENGES];
    SecBufferDesc outputs;
    ULONG attributes;
    SECURITY_STATUS status;
    int at;
    for (at = 0; at < GATE_CHALLENGES; at++) {
        tokens[at].BufferType = SECBUFFER_TOKEN;
        tokens[at].cbBuffer = 0;
        tokens[at].pvBuffer = NULL;
    }
    outputs.ulVersion = SECBUFFER_VERSION;
    outputs.cBuffers = GATE_CHALLENGES;
    outputs.pBuffers = tokens;
    status = AcceptSecurityContext(&gate->credential, old, &request->inputs, FLAGS, SECURITY_NATIVE_DREP,
                                   context, &outputs, &attributes, NULL);
    take_tokens(pass, tokens, GATE_CHALLENGES,
                status == SEC_E_OK ? "Authentication-Info: " : "WWW-Authenticate: Digest ");
    return status;
}

/* Answers 401 with a challenge; `old` is a context that may know why there has to be one, or NULL.
 * It is then the new one too. */
static void challenge(struct gate *gate, CtxtHandle *old, const char *method, struct pass *pass)
{
    struct request request;
    CtxtHandle context;
    SECURITY_STATUS status;
    lay_out(&request, "", method, "");
    status = accept_request(gate, old, &request, old == NULL ? &context : old, pass);
    if (status == SEC_I_CONTINUE_NEEDED && !pass->fields.full) {
        contexts_keep_waiting(gate->contexts, old == NULL ? &context : old);
        pass->status = 401;
        return;
    }
    if (old != NULL) {
        DeleteSecurityContext(old);
        challenge(gate, NULL, method, pass);
        return;
    }
    if (status == SEC_I_CONTINUE_NEEDED)
        DeleteSecurityContext(&context);
    pass->call = "AcceptSecurityContext for a challenge";
    pass->code = status;
    pass->status = 500;
}

/* Whose request it is, whether that is a user of this realm, and whether it is the response's own
 * target that was asked for. The library checks a response against the uri that it names; nobody else
 * sees what the request line says. */
static int is_whole(struct gate *gate, CtxtHandle *context, const char *target, struct pass *pass)
{
    SecPkgContext_Target named;
    char *uri;
    int same;
    pass->code = QueryContextAttributesA(context, SECPKG_ATTR_TARGET, &named);
    if (pass->code == SEC_E_OK) {
        /* Most clients of a proxy name the path alone of the URL that they ask for. */
        uri = calloc(named.TargetLength + (size_t)1, 1);
        if (uri != NULL)
            memcpy(uri, named.Target, named.TargetLength);
        same = uri != NULL && strlen(uri) == named.TargetLength
               && strcmp(text_path(uri), text_path(target)) == 0;
        free(uri);
        FreeContextBuffer(named.Target);
        if (!same) {
            pass->call = "the response is for another target";
            pass->status = 400; /* RFC 7616 section 3.4.6 */
            return 0;
        }
        pass->code = peer_check_realm(context, gate->realm);
        if (pass->code == SEC_E_LOGON_DENIED) {
            pass->call = "a user of another realm";
            pass->status = 403;
            return 0;
        }
    }
    if (pass->code == SEC_E_OK)
        pass->code = peer_user(context, pass->user, sizeof pass->user);
    if (pass->code != SEC_E_OK) {
        pass->call = "QueryContextAttributes";
        pass->status = 500;
        return 0;
    }
    pass->status = 200;
    return 1;
}

/* A further request of a session: CompleteAuthToken gets the same buffers again, and one to be
 * written in the place of the realm. */
static SECURITY_STATUS complete(CtxtHandle *context, struct request *request, struct pass *pass)
{
    char answer[1024];
    SecBuffer *output = &request->buffers[4];
    output->BufferType = SECBUFFER_TOKEN;
    output->cbBuffer = sizeof answer;
    output->pvBuffer = answer;
    pass->call = "CompleteAuthToken";
    pass->code = CompleteAuthToken(context, &request->inputs);
    if (pass->code == SEC_E_OK && output->cbBuffer > 0)
        text_add(&pass->fields, "Authentication-Info: %.*s\r\n", (int)output->cbBuffer, answer);
    return pass->code;
}

/* What an error means to the client. */
static void refuse(struct gate *gate, const char *method, struct pass *pass)
{
    switch (pass->code) {
    case SEC_E_INVALID_TOKEN:
        pass->status = 400;
        break;
    case SEC_E_BAD_BINDINGS:
        pass->status = 403;
        break;
    case SEC_E_INSUFFICIENT_MEMORY:
    case SEC_E_INTERNAL_ERROR:
    case SEC_E_NO_AUTHENTICATING_AUTHORITY: /* the accounts cannot be read */
        pass->status = 500;
        break;
    default:
        challenge(gate, NULL, method, pass);
    }
}

void gate_check(struct gate *gate, const char *method, const char *target, const char *response,
                struct pass *pass)
{
    struct request request;
    CtxtHandle context;
    char nonce[CONTEXTS_NONCE];

    text_begin(&pass->fields, pass->bytes, sizeof pass->bytes);
    pass->call = "AcceptSecurityContext";
    pass->code = SEC_I_CONTINUE_NEEDED;
    if (response == NULL || *response == '\0') {
        challenge(gate, NULL, method, pass);
        return;
    }
    lay_out(&request, response, method, target);
    pass->code = accept_request(gate, NULL, &request, &context, pass);
    if (pass->code == SEC_I_CONTINUE_NEEDED) { /* valid, but its nonce is too old: stale */
        contexts_keep_waiting(gate->contexts, &context);
        pass->status = 401;
        return;
    }
    if (pass->code == SEC_I_COMPLETE_NEEDED) {
        if (complete(&context, &request, pass) == SEC_E_OUT_OF_SEQUENCE) {
            challenge(gate, &context, method, pass);
            return;
        }
        if (pass->code != SEC_E_OK) {
            DeleteSecurityContext(&context);
            refuse(gate, method, pass);
            return;
        }
    } else if (pass->code != SEC_E_OK) {
        refuse(gate, method, pass);
        return;
    }
    /* The session stands, whatever it asks for. */
    is_whole(gate, &context, target, pass);
    if (text_directive(response, "nonce", nonce, sizeof nonce))
        contexts_keep_session(gate->contexts, nonce, &context);
    else
        DeleteSecurityContext(&context);
}
