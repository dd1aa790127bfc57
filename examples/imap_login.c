#include "imap_login.h"

#include "imap_text.h"
#include "peer.h"

/* A client may go on answering; the mechanisms served need three calls. */
#define MOST_CALLS 10

/* All qops of Digest are offered; the client chooses, pfContextAttr tells. */
#define WANTED \
    (ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY | ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT \
     | ASC_REQ_ALLOCATE_MEMORY)

/* What the client sent last. */
struct answer {
    size_t length;
    unsigned char token[LINK_LINE];
};

void login_close(struct login *login)
{
    if (login->valid)
        DeleteSecurityContext(&login->context);
    login->valid = 0;
}

/* One call of SaslAcceptSecurityContext. Where it leaves a `reply`, that is freed with
 * FreeContextBuffer. */
static SECURITY_STATUS accept_token(struct login *login, struct mechanism *mechanism, struct answer *answer,
                                    SecBuffer *reply, ULONG *attributes)
{
    SecBuffer input;
    SecBufferDesc inputs, outputs;
    SECURITY_STATUS status;

    input.BufferType = SECBUFFER_TOKEN;
    input.cbBuffer = (ULONG)answer->length;
    input.pvBuffer = answer->token;
    inputs.ulVersion = SECBUFFER_VERSION;
    inputs.cBuffers = 1;
    inputs.pBuffers = &input;
    reply->BufferType = SECBUFFER_TOKEN;
    reply->cbBuffer = 0;
    reply->pvBuffer = NULL;
    outputs.ulVersion = SECBUFFER_VERSION;
    outputs.cBuffers = 1;
    outputs.pBuffers = reply;
    status =
        SaslAcceptSecurityContext(&mechanism->credential, login->valid ? &login->context : NULL, &inputs,
                                  WANTED, SECURITY_NATIVE_DREP, &login->context, &outputs, attributes, NULL);
    /* A first call that fails leaves no context; a later one leaves it to be deleted. */
    if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED)
        login->valid = 1;
    return status;
}

/* Sends the tagged answer that says no, unless the connection is gone. */
static enum login_result refuse(struct link *link, const char *tag, const char *text, enum link_result *lost)
{
    *lost = link_say(link, "%s %s", tag, text);
    return *lost == LINK_OK ? LOGIN_REFUSED : LOGIN_LOST;
}

static enum login_result refuse_status(struct link *link, const char *tag, SECURITY_STATUS status,
                                       enum link_result *lost)
{
    char space[16];
    link_remark(link, "SaslAcceptSecurityContext: %s", status_name(status, space));
    switch (status) { /* the codes of RFC 5530 */
    case SEC_E_LOGON_DENIED:
        return refuse(link, tag, "NO [AUTHENTICATIONFAILED] Wrong user or password", lost);
    case SEC_E_NO_AUTHENTICATING_AUTHORITY:
        return refuse(link, tag, "NO [UNAVAILABLE] The accounts cannot be read now", lost);
    default:
        return refuse(link, tag, "NO That answer is not one of this mechanism's", lost);
    }
}

/* Decodes a token from its base64; whether that is what it was. */
static int take_token(struct link *link, struct answer *answer, const char *text, size_t length)
{
    long bytes = base64_decode(text, length, answer->token);
    if (bytes < 0)
        return 0;
    answer->length = (size_t)bytes;
    if (bytes > 0)
        link_show_token(link, answer->token, answer->length);
    return 1;
}

/* The client's next line. LOGIN_DONE means that `answer` has its token. */
static enum login_result read_answer(struct link *link, const char *tag, struct answer *answer,
                                     enum link_result *lost)
{
    char *line;
    size_t length;
    *lost = link_read_line(link, &line, &length);
    if (*lost != LINK_OK)
        return LOGIN_LOST;
    if (strcmp(line, "*") == 0)
        return refuse(link, tag, "BAD Cancelled", lost);
    if (!take_token(link, answer, line, length))
        return refuse(link, tag, "BAD That is not base64", lost);
    return LOGIN_DONE;
}

/* The whole exchange of tokens. LOGIN_DONE means that the client proved itself. */
static enum login_result exchange(struct login *login, struct link *link, struct mechanism *mechanism,
                                  const char *tag, struct answer *answer, ULONG *attributes,
                                  enum link_result *lost)
{
    int calls;
    for (calls = 0; calls < MOST_CALLS; calls++) {
        SecBuffer reply;
        enum login_result result;
        SECURITY_STATUS status = accept_token(login, mechanism, answer, &reply, attributes);
        int finished = status == SEC_E_OK;

        if (!finished && status != SEC_I_CONTINUE_NEEDED)
            return refuse_status(link, tag, status, lost);
        if (finished && reply.cbBuffer == 0)
            return LOGIN_DONE;
        *lost = link_say_token(link, "+ ", reply.pvBuffer, reply.cbBuffer);
        if (reply.pvBuffer != NULL)
            FreeContextBuffer(reply.pvBuffer);
        if (*lost != LINK_OK)
            return LOGIN_LOST;
        result = read_answer(link, tag, answer, lost);
        if (result != LOGIN_DONE)
            return result;
        /* IMAP has no room for a token in its OK, so the last one of the server was a challenge
         * like the others, to which only the empty line is an answer. */
        if (finished && answer->length > 0)
            return refuse(link, tag, "BAD Nothing was asked any more", lost);
        if (finished)
            return LOGIN_DONE;
    }
    return refuse(link, tag, "NO This goes on for too long", lost);
}

static enum layer_kind granted_layer(ULONG attributes)
{
    if (attributes & ASC_RET_CONFIDENTIALITY)
        return LAYER_CONFIDENTIALITY;
    return attributes & ASC_RET_INTEGRITY ? LAYER_INTEGRITY : LAYER_NONE;
}

/* Whether a response of Digest was made for this service: the library checks it against the name that
 * it gives itself (RFC 2831 section 2.1.2). The host is not compared: clients name it in many ways. */
static SECURITY_STATUS check_service(CtxtHandle *context, const char *service)
{
    SecPkgContext_Target target;
    size_t length = strlen(service), at = 0;
    SECURITY_STATUS status = QueryContextAttributesA(context, SECPKG_ATTR_TARGET, &target);
    if (status != SEC_E_OK)
        return status;
    while (at < length && at < target.TargetLength && (target.Target[at] | 0x20) == (service[at] | 0x20))
        at++;
    if (at < length || at == target.TargetLength || target.Target[at] != '/')
        status = SEC_E_TARGET_UNKNOWN;
    FreeContextBuffer(target.Target);
    return status;
}

/* Who it is, and whether this server lets it in. */
static SECURITY_STATUS identify(struct login *login, const struct mechanisms *mechanisms,
                                const struct mechanism *mechanism)
{
    SECURITY_STATUS status = SEC_E_OK;
    if (same_word(mechanism->profile.name, "DIGEST-MD5")) { /* the one that has realms and services */
        status = check_service(&login->context, "imap");
        if (status == SEC_E_OK)
            status = peer_check_realm(&login->context, mechanisms->realm);
    }
    return status == SEC_E_OK ? peer_user(&login->context, login->user, sizeof login->user) : status;
}

/* Asks who it is and for which layer, answers the command, and puts the layer on the link. */
static enum login_result welcome(struct login *login, struct link *link, const char *tag,
                                 const struct mechanisms *mechanisms, const struct mechanism *mechanism,
                                 ULONG attributes, enum link_result *lost)
{
    enum layer_kind kind = granted_layer(attributes);
    struct layer layer;
    char space[16];
    SECURITY_STATUS status = identify(login, mechanisms, mechanism);

    memset(&layer, 0, sizeof layer);
    if (status == SEC_E_LOGON_DENIED || status == SEC_E_TARGET_UNKNOWN) {
        link_remark(link, "a user of another realm, or for another service: %s", status_name(status, space));
        return refuse(link, tag, "NO [AUTHENTICATIONFAILED] Wrong user or password", lost);
    }
    if (status != SEC_E_OK) {
        link_remark(link, "somebody whose name the package does not tell: %s", status_name(status, space));
        return refuse(link, tag, "NO Who that is cannot be told here", lost);
    }
    if (kind != LAYER_NONE)
        status = layer_open(&layer, &login->context, kind, mechanism->profile.form);
    if (status != SEC_E_OK) {
        link_remark(link, "no layer: %s", status_name(status, space));
        layer_close(&layer);
        return refuse(link, tag, "NO No common ground for a security layer", lost);
    }
    *lost = link_say(link, "%s OK Logged in", tag);
    link_remark(link, "%s logged in by %s, security layer: %s", login->user, mechanism->profile.name,
                layer_name(kind));
    if (kind != LAYER_NONE)
        link_protect(link, &layer); /* right after the OK's CRLF: RFC 3501 section 6.2.2 */
    return *lost == LINK_OK ? LOGIN_DONE : LOGIN_LOST;
}

enum login_result login_run(struct login *login, struct link *link, struct mechanisms *mechanisms,
                            const char *tag, char *arguments, enum link_result *lost)
{
    struct mechanism *mechanism = mechanisms_find(mechanisms, next_word(&arguments));
    struct answer answer;
    ULONG attributes = 0;
    enum login_result result;

    if (mechanism == NULL)
        return refuse(link, tag, "NO That mechanism is not offered", lost);
    answer.length = 0;
    /* An initial response; "=" is an empty one (RFC 4959 section 3). */
    if (*arguments != '\0' && strcmp(arguments, "=") != 0
        && !take_token(link, &answer, arguments, strlen(arguments)))
        return refuse(link, tag, "BAD That initial response is not base64", lost);
    /* The packages of passwords take an empty token, and say by their first one who begins: DIGEST-MD5's
     * is a challenge, SCRAM's is empty. A ticket's client is asked for its first token here. */
    if (answer.length == 0 && mechanism->profile.by_system) {
        *lost = link_say_token(link, "+ ", NULL, 0);
        result = *lost == LINK_OK ? read_answer(link, tag, &answer, lost) : LOGIN_LOST;
        if (result != LOGIN_DONE)
            return result;
    }
    result = exchange(login, link, mechanism, tag, &answer, &attributes, lost);
    if (result == LOGIN_DONE)
        result = welcome(login, link, tag, mechanisms, mechanism, attributes, lost);
    if (result != LOGIN_DONE)
        login_close(login);
    return result;
}
