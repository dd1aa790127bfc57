/* Digest over HTTP (ASC_REQ_HTTP, ISC_REQ_HTTP): the challenge as Windows spells it, a first request and
 * those after it. */
#include "login.h"

/* Documented, but missing in the headers of Windows itself. */
#ifndef ASC_REQ_HTTP
#define ASC_REQ_HTTP 0x10000000
#endif
#ifndef ISC_REQ_HTTP
#define ISC_REQ_HTTP 0x10000000
#endif

#define METHOD "GET"
#define PATH "/page?a=b"

/* What is asked for where nothing is configured: on Windows as Windows does. */
#ifdef _WIN32
#define ALGORITHM "MD5-sess"
#define CHARSET "utf-8"
#else
#define ALGORITHM "MD5"
#define CHARSET "UTF-8"
#endif

struct request {
    const char *method, *uri, *response;
};

static void set_text(SecBuffer *buffer, ULONG type, const char *text)
{
    set_buffer(buffer, type, (void *)text, (ULONG)strlen(text));
}

/* The buffers of a request, in the order that Digest wants; the fifth is the realm. */
static void lay_out(SecBuffer buffers[5], const struct request *request)
{
    set_text(&buffers[0], SECBUFFER_TOKEN, request->response);
    set_text(&buffers[1], SECBUFFER_PKG_PARAMS, request->method);
    set_text(&buffers[2], SECBUFFER_PKG_PARAMS, request->uri);
    set_text(&buffers[3], SECBUFFER_PKG_PARAMS, "");
    set_text(&buffers[4], SECBUFFER_PKG_PARAMS, "");
}

/* One call of AcceptSecurityContext; what it writes is in exchange->challenge. */
static SECURITY_STATUS accept_request(struct exchange *exchange, const struct request *request,
                                      CtxtHandle *context)
{
    SecBuffer buffers[5], output;
    SecBufferDesc inputs = describe(buffers, 5), outputs = describe(&output, 1);
    TimeStamp expiry;
    SECURITY_STATUS status;
    lay_out(buffers, request);
    set_buffer(&output, SECBUFFER_TOKEN, exchange->challenge.text, TOKEN_MAX);
    status = AcceptSecurityContext(&exchange->inbound, NULL, &inputs, ASC_REQ_HTTP, SECURITY_NATIVE_DREP,
                                   context, &outputs, &exchange->server_flags, &expiry);
    exchange->challenge.length = output.cbBuffer;
    if (status != SEC_I_CONTINUE_NEEDED)
        exchange->challenge.length = 0;
    exchange->challenge.text[exchange->challenge.length] = '\0';
    return status;
}

/* A challenge, whose context is exchange->server. */
static int challenge(struct exchange *exchange)
{
    static const struct request none = {METHOD, "", ""};
    exchange->has_server = returns(SEC_I_CONTINUE_NEEDED, accept_request(exchange, &none, &exchange->server));
    return exchange->has_server;
}

/* The client's response to it. */
static SECURITY_STATUS answer(struct exchange *exchange)
{
    SecBuffer buffers[3], output;
    SecBufferDesc inputs = describe(buffers, 3), outputs = describe(&output, 1);
    SEC_CHAR target[] = PATH;
    TimeStamp expiry;
    SECURITY_STATUS status;
    set_buffer(&buffers[0], SECBUFFER_TOKEN, exchange->challenge.text, exchange->challenge.length);
    set_text(&buffers[1], SECBUFFER_PKG_PARAMS, METHOD);
    set_text(&buffers[2], SECBUFFER_PKG_PARAMS, "");
    set_buffer(&output, SECBUFFER_TOKEN, exchange->response.text, TOKEN_MAX);
    status =
        InitializeSecurityContextA(&exchange->outbound, NULL, target, ISC_REQ_HTTP, 0, SECURITY_NATIVE_DREP,
                                   &inputs, 0, &exchange->client, &outputs, &exchange->client_flags, &expiry);
    exchange->has_client = status == SEC_E_OK;
    exchange->response.length = status == SEC_E_OK ? output.cbBuffer : 0;
    exchange->response.text[exchange->response.length] = '\0';
    return status;
}

/* The client's response for one more request. */
static SECURITY_STATUS sign(struct exchange *exchange)
{
    SecBuffer buffers[5];
    SecBufferDesc message = describe(buffers, 5);
    const struct request request = {METHOD, PATH, ""};
    SECURITY_STATUS status;
    lay_out(buffers, &request);
    set_buffer(&buffers[4], SECBUFFER_PADDING, exchange->response.text, TOKEN_MAX);
    status = MakeSignature(&exchange->client, 0, &message, 0);
    exchange->response.length = status == SEC_E_OK ? buffers[4].cbBuffer : 0;
    exchange->response.text[exchange->response.length] = '\0';
    return status;
}

/* What the server says of a request that is no first one. */
static SECURITY_STATUS complete(struct exchange *exchange, const struct request *request)
{
    char info[1024];
    SecBuffer buffers[5];
    SecBufferDesc inputs = describe(buffers, 5);
    CtxtHandle context;
    SECURITY_STATUS status = accept_request(exchange, request, &context);
    if (status == SEC_I_CONTINUE_NEEDED)
        DeleteSecurityContext(&context);
    if (status != SEC_I_COMPLETE_NEEDED)
        return status;
    lay_out(buffers, request);
    set_buffer(&buffers[4], SECBUFFER_TOKEN, info, sizeof info);
    status = CompleteAuthToken(&context, &inputs);
    DeleteSecurityContext(&context);
    return status;
}

static int has(const struct token *token, const char *text)
{
    return strstr(token->text, text) != NULL;
}

/* Directive by directive, in the order and with the quotes of Windows. */
static void check_spelling(void)
{
    struct exchange exchange;
    char expected[512], nonce[256];
    configure("");
    prepare(&exchange, AUTH);
    if (challenge(&exchange)) {
        snprintf(nonce, sizeof nonce, "%s", directive(&exchange.challenge, "nonce"));
        ok(strncmp(nonce, "+Upgraded+v1", 12) == 0, "%s", exchange.challenge.text);
        ours(strlen(nonce) == 66, "%u bytes of nonce", (unsigned)strlen(nonce)); /* Windows: 124 */
        ours(strcmp(directive(&exchange.challenge, "realm"), REALM) == 0, "%s", exchange.challenge.text);
        snprintf(expected, sizeof expected,
                 "qop=\"auth\",algorithm=" ALGORITHM ",nonce=\"%s\",charset=" CHARSET ",realm=\"%s\"", nonce,
                 directive(&exchange.challenge, "realm"));
#ifdef _WIN32
        ok(strcmp(exchange.challenge.text, expected) == 0, "%s", exchange.challenge.text);
#else
        ours(strcmp(exchange.challenge.text, expected) == 0, "%s", exchange.challenge.text);
#endif
        ok_that(!has(&exchange.challenge, "stale") && !has(&exchange.challenge, "cipher"));
    }
    finish(&exchange);
}

/* The spelling in the configuration shows in the challenge as it stands there. */
static void check_configured(void)
{
    static const struct {
        const char *name, *lines, *spelt;
    } rows[] = {
        {"Windows' own", "http_algorithms = [\"MD5-sess\"]", "algorithm=MD5-sess,"},
        {"MD5", "http_algorithms = [\"MD5\"]", "algorithm=MD5,"},
        {"strict", "http_algorithms = [\"MD5-sess\"]\nhttp_nonce_count = \"strict\"", "algorithm=MD5-sess,"},
        {"window", "http_algorithms = [\"MD5-sess\"]\nhttp_nonce_count = \"window\"", "algorithm=MD5-sess,"},
        {"opaque", "http_algorithms = [\"MD5-sess\"]\nhttp_opaque = 1", ",opaque=\""},
    };
    size_t i;
    if (!is_ours() || !can_log_in())
        return;
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        struct request request = {METHOD, PATH, exchange.response.text};
        in_row(rows[i].name);
        configure(rows[i].lines);
        prepare(&exchange, AUTH);
        if (challenge(&exchange) && returns(SEC_E_OK, answer(&exchange))) {
            ours(has(&exchange.challenge, rows[i].spelt), "%s", exchange.challenge.text);
            ours(has(&exchange.challenge, "charset=" CHARSET), "%s", exchange.challenge.text);
            request.response = exchange.response.text;
            DeleteSecurityContext(&exchange.server);
            exchange.has_server = returns(SEC_E_OK, accept_request(&exchange, &request, &exchange.server));
            if (returns(SEC_E_OK, sign(&exchange)))
                returns(SEC_E_OK, complete(&exchange, &request));
            /* The same count again: a new challenge that says why. */
            ours_returns(SEC_I_CONTINUE_NEEDED, complete(&exchange, &request));
            ours(has(&exchange.challenge, "stale=true"), "%s", exchange.challenge.text);
        }
        finish(&exchange);
    }
    in_row(NULL);
}

/* A client of Windows' server: the spelling of the directives is read with and without regard to case. */
static void check_client(void)
{
    static const struct {
        const char *name, *challenge, *has, *has_not;
    } rows[] = {
        {"as Windows", "qop=\"auth\",algorithm=MD5-sess,nonce=\"+Upgraded+v1abc\",charset=utf-8,realm=\"x\"",
         "algorithm=MD5-sess", NULL},
        {"as RFC 7616", "qop=\"auth\",algorithm=MD5,nonce=\"b\",charset=UTF-8,realm=\"x\"", "charset=utf-8",
         NULL},
        {"other case", "QOP=\"auth\",Algorithm=md5-SESS,NONCE=\"c\",Charset=Utf-8,REALM=\"x\"", "nc=00000001",
         NULL},
        {"no charset", "qop=\"auth\",algorithm=MD5-sess,nonce=\"d\",realm=\"x\"", "qop=\"auth\"", "charset"},
        {"no algorithm", "qop=\"auth\",nonce=\"e\",realm=\"x\"", "response=\"", "algorithm"},
    };
    size_t i;
    configure("");
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        in_row(rows[i].name);
        prepare(&exchange, AUTH);
        strcpy(exchange.challenge.text, rows[i].challenge);
        exchange.challenge.length = (ULONG)strlen(rows[i].challenge);
        if (returns(SEC_E_OK, answer(&exchange))) {
            ours(has(&exchange.response, rows[i].has), "%s", exchange.response.text);
            ours(rows[i].has_not == NULL || !has(&exchange.response, rows[i].has_not), "%s",
                 exchange.response.text);
            ok_that(has(&exchange.response, "uri=\"" PATH "\""));
        }
        finish(&exchange);
    }
    in_row(NULL);
}

/* Who is not let in, and with which status. */
static void check_refusals(void)
{
    static const struct {
        const char *name, *method, *uri, *directive, *value;
        SECURITY_STATUS status;
    } rows[] = {
        {"another method", "POST", PATH, NULL, NULL, SEC_E_LOGON_DENIED},
        {"another uri in the response", METHOD, PATH, "uri", "\"/other\"", SEC_E_LOGON_DENIED},
        {"another user", METHOD, PATH, "username", "\"bob\"", SEC_E_LOGON_DENIED},
        {"another count", METHOD, PATH, "nc", "00000002", SEC_E_LOGON_DENIED},
        {"no nonce", METHOD, PATH, "nonce", NULL, SEC_E_INVALID_TOKEN},
        {"no uri", METHOD, PATH, "uri", NULL, SEC_E_INVALID_TOKEN},
    };
    size_t i;
    if (!can_log_in())
        return;
    configure("");
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        struct request request;
        in_row(rows[i].name);
        prepare(&exchange, AUTH);
        if (challenge(&exchange) && returns(SEC_E_OK, answer(&exchange))) {
            CtxtHandle context;
            if (rows[i].directive != NULL)
                set_directive(&exchange.response, rows[i].directive, rows[i].value);
            request.method = rows[i].method;
            request.uri = rows[i].uri;
            request.response = exchange.response.text;
            ours_returns(rows[i].status, accept_request(&exchange, &request, &context));
        }
        finish(&exchange);
    }
    in_row(NULL);
}

START_TEST(http)
{
    check_spelling();
    check_configured();
    check_client();
    check_refusals();
}
