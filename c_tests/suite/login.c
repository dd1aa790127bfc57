/* The exchange of login.h. */
#include "login.h"

/* ---- text and buffers ---- */

WCHAR *wide(const char *ascii)
{
    static WCHAR buffers[8][256];
    static unsigned turn;
    WCHAR *buffer = buffers[turn++ % COUNT(buffers)];
    size_t i;
    if (ascii == NULL)
        return NULL;
    for (i = 0; ascii[i] != '\0' && i < 255; i++)
        buffer[i] = (WCHAR)(unsigned char)ascii[i];
    buffer[i] = 0;
    return buffer;
}

int is_wide(const WCHAR *text, const char *ascii)
{
    size_t i;
    if (text == NULL)
        return 0;
    for (i = 0; ascii[i] != '\0'; i++) {
        if (text[i] != (WCHAR)(unsigned char)ascii[i])
            return 0;
    }
    return text[i] == 0;
}

void *exact(const void *bytes, size_t length)
{
    void *block = malloc(length > 0 ? length : 1);
    if (block == NULL)
        abort();
    if (length > 0)
        memcpy(block, bytes, length);
    return block;
}

void set_buffer(SecBuffer *buffer, ULONG type, void *memory, ULONG length)
{
    buffer->cbBuffer = length;
    buffer->BufferType = type;
    buffer->pvBuffer = memory;
}

SecBufferDesc describe(SecBuffer *buffers, ULONG count)
{
    SecBufferDesc description;
    description.ulVersion = SECBUFFER_VERSION;
    description.cBuffers = count;
    description.pBuffers = buffers;
    return description;
}

/* ---- credentials ---- */

SECURITY_STATUS acquire_inbound(CredHandle *credential)
{
    TimeStamp expiry;
    return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)PACKAGE, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                     credential, &expiry);
}

SECURITY_STATUS acquire_outbound(CredHandle *credential, const char *user, const char *domain,
                                 const char *password)
{
    SEC_WINNT_AUTH_IDENTITY_A identity;
    SECURITY_STATUS status;
    memset(&identity, 0, sizeof identity);
    identity.User = exact(user, strlen(user)); /* not terminated: lengths decide */
    identity.UserLength = (ULONG)strlen(user);
    if (domain != NULL) {
        identity.Domain = exact(domain, strlen(domain));
        identity.DomainLength = (ULONG)strlen(domain);
    }
    identity.Password = exact(password, strlen(password));
    identity.PasswordLength = (ULONG)strlen(password);
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)PACKAGE, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
                                       NULL, credential, NULL);
    free(identity.User);
    free(identity.Domain);
    free(identity.Password);
    return status;
}

void prepare(struct exchange *exchange, enum qop qop)
{
    memset(exchange, 0, sizeof *exchange);
    exchange->has_inbound = returns(SEC_E_OK, acquire_inbound(&exchange->inbound));
    exchange->has_outbound = returns(SEC_E_OK, acquire_outbound(&exchange->outbound, USER, NULL, PASSWORD));
    if (qop == AUTH_INT) {
        exchange->asc = ASC_REQ_INTEGRITY;
        exchange->isc = ISC_REQ_INTEGRITY;
    } else if (qop == AUTH_CONF) {
        exchange->asc = ASC_REQ_CONFIDENTIALITY;
        exchange->isc = ISC_REQ_CONFIDENTIALITY;
    }
}

/* ---- steps ---- */

/* What a step wrote, out of its exact block into a token. */
static void keep(struct token *token, const SecBuffer *buffer, SECURITY_STATUS status)
{
    token->length = 0;
    if (status >= 0 && buffer->cbBuffer <= TOKEN_MAX) {
        memcpy(token->text, buffer->pvBuffer, buffer->cbBuffer);
        token->length = buffer->cbBuffer;
    }
    token->text[token->length] = '\0';
}

static SECURITY_STATUS server_step(struct exchange *exchange, const void *bytes, ULONG length,
                                   struct token *answer)
{
    void *input = exact(bytes, length), *output = malloc(TOKEN_MAX);
    SecBuffer in, out;
    SecBufferDesc in_list = describe(&in, 1), out_list = describe(&out, 1);
    CtxtHandle *context = exchange->has_server ? &exchange->server : NULL;
    SECURITY_STATUS status;
    TimeStamp expiry;
    set_buffer(&in, SECBUFFER_TOKEN, input, length);
    set_buffer(&out, SECBUFFER_TOKEN, output, TOKEN_MAX);
    if (exchange->plain)
        status =
            AcceptSecurityContext(&exchange->inbound, context, &in_list, exchange->asc, SECURITY_NATIVE_DREP,
                                  &exchange->server, &out_list, &exchange->server_flags, &expiry);
    else
        status = SaslAcceptSecurityContext(&exchange->inbound, context, &in_list, exchange->asc,
                                           SECURITY_NATIVE_DREP, &exchange->server, &out_list,
                                           &exchange->server_flags, &expiry);
    keep(answer, &out, status);
    exchange->has_server |= status >= 0;
    free(input);
    free(output);
    return status;
}

static SECURITY_STATUS client_step(struct exchange *exchange, const struct token *token, struct token *answer)
{
    void *input = exact(token->text, token->length), *output = malloc(TOKEN_MAX);
    SecBuffer in, out;
    SecBufferDesc in_list = describe(&in, 1), out_list = describe(&out, 1);
    CtxtHandle *context = exchange->has_client ? &exchange->client : NULL;
    SECURITY_STATUS status;
    TimeStamp expiry;
    set_buffer(&in, SECBUFFER_TOKEN, input, token->length);
    set_buffer(&out, SECBUFFER_TOKEN, output, TOKEN_MAX);
    if (exchange->plain)
        status = InitializeSecurityContextA(&exchange->outbound, context, (SEC_CHAR *)TARGET, exchange->isc,
                                            0, SECURITY_NATIVE_DREP, &in_list, 0, &exchange->client,
                                            &out_list, &exchange->client_flags, &expiry);
    else
        status =
            SaslInitializeSecurityContextA(&exchange->outbound, context, (SEC_CHAR *)TARGET, exchange->isc, 0,
                                           SECURITY_NATIVE_DREP, &in_list, 0, &exchange->client, &out_list,
                                           &exchange->client_flags, &expiry);
    keep(answer, &out, status);
    exchange->has_client |= status >= 0;
    free(input);
    free(output);
    return status;
}

SECURITY_STATUS make_challenge(struct exchange *exchange)
{
    return server_step(exchange, "", 0, &exchange->challenge);
}

SECURITY_STATUS respond(struct exchange *exchange)
{
    return client_step(exchange, &exchange->challenge, &exchange->response);
}

SECURITY_STATUS verify_bytes(struct exchange *exchange, const void *bytes, ULONG length)
{
    return server_step(exchange, bytes, length, &exchange->proof);
}

SECURITY_STATUS verify(struct exchange *exchange)
{
    return verify_bytes(exchange, exchange->response.text, exchange->response.length);
}

SECURITY_STATUS conclude(struct exchange *exchange)
{
    struct token nothing;
    return client_step(exchange, &exchange->proof, &nothing);
}

int until_response(struct exchange *exchange, enum qop qop)
{
    prepare(exchange, qop);
    return returns(SEC_I_CONTINUE_NEEDED, make_challenge(exchange))
           && returns(SEC_I_CONTINUE_NEEDED, respond(exchange));
}

int login(struct exchange *exchange, enum qop qop)
{
    return until_response(exchange, qop) && returns(SEC_E_OK, verify(exchange))
           && returns(SEC_E_OK, conclude(exchange));
}

void finish(struct exchange *exchange)
{
    if (exchange->has_server)
        returns(SEC_E_OK, DeleteSecurityContext(&exchange->server));
    if (exchange->has_client)
        returns(SEC_E_OK, DeleteSecurityContext(&exchange->client));
    if (exchange->has_inbound)
        returns(SEC_E_OK, FreeCredentialsHandle(&exchange->inbound));
    if (exchange->has_outbound)
        returns(SEC_E_OK, FreeCredentialsHandle(&exchange->outbound));
    exchange->has_server = exchange->has_client = 0;
    exchange->has_inbound = exchange->has_outbound = 0;
}

/* ---- directives ---- */

/* Where the directive begins, or NULL; `*end` is the comma after it, or the end of the text. */
static char *find_directive(const struct token *token, const char *name, char **end)
{
    char *start = (char *)token->text, *at = start;
    int quoted = 0;
    for (;; at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (*at == '\\' && quoted && at[1] != '\0')
            at++;
        else if (*at == '\0' || (*at == ',' && !quoted)) {
            size_t length = strlen(name);
            if (strncmp(start, name, length) == 0 && start[length] == '=') {
                *end = at;
                return start;
            }
            if (*at == '\0')
                return NULL;
            start = at + 1;
        }
    }
}

void append(struct token *token, const char *text)
{
    size_t length = strlen(text);
    if (token->length + length >= sizeof token->text)
        abort();
    memcpy(token->text + token->length, text, length + 1);
    token->length += (ULONG)length;
}

void set_directive(struct token *token, const char *name, const char *value)
{
    char *end, *start = find_directive(token, name, &end), *rest;
    struct token after;
    if (start == NULL) {
        if (value == NULL)
            return;
        append(token, ",");
        append(token, name);
        append(token, "=");
        append(token, value);
        return;
    }
    after = *token;
    rest = after.text + (end - token->text);
    if (value == NULL) {
        /* without one of the two commas around it */
        token->length = (ULONG)(start - token->text);
        if (token->length > 0)
            token->length--;
        else if (*rest == ',')
            rest++;
    } else {
        token->length = (ULONG)(start - token->text + strlen(name) + 1);
        token->text[token->length] = '\0';
        append(token, value);
    }
    token->text[token->length] = '\0';
    append(token, rest);
}

const char *directive(const struct token *token, const char *name)
{
    static char value[4096];
    char *end, *start = find_directive(token, name, &end);
    size_t length;
    value[0] = '\0';
    if (start == NULL)
        return value;
    start += strlen(name) + 1;
    if (*start == '"') {
        start++;
        end--;
    }
    length = (size_t)(end - start);
    if (length < sizeof value) {
        memcpy(value, start, length);
        value[length] = '\0';
    }
    return value;
}
