/* The client's steps, by the A and the W functions. */
#include "login.h"

/* One step by whichever function. */
enum entry { SASL_A, SASL_W, PLAIN_A, PLAIN_W };

static SECURITY_STATUS step(enum entry entry, CredHandle *credential, CtxtHandle *context, const char *target,
                            ULONG request, SecBufferDesc *in, CtxtHandle *new_context, SecBufferDesc *out,
                            ULONG *flags)
{
    TimeStamp expiry;
    SEC_CHAR *narrow = (SEC_CHAR *)target;
    switch (entry) {
    case SASL_A:
        return SaslInitializeSecurityContextA(credential, context, narrow, request, 0, 0, in, 0, new_context,
                                              out, flags, &expiry);
    case SASL_W:
        return SaslInitializeSecurityContextW(credential, context, wide(target), request, 0, 0, in, 0,
                                              new_context, out, flags, &expiry);
    case PLAIN_A:
        return InitializeSecurityContextA(credential, context, narrow, request, 0, 0, in, 0, new_context, out,
                                          flags, &expiry);
    default:
        return InitializeSecurityContextW(credential, context, wide(target), request, 0, 0, in, 0,
                                          new_context, out, flags, &expiry);
    }
}

static void whole_exchange(enum entry entry)
{
    struct exchange exchange;
    SecBuffer in, out;
    SecBufferDesc in_list = describe(&in, 1), out_list = describe(&out, 1);
    ULONG flags = 0;
    char *output = malloc(TOKEN_MAX);

    prepare(&exchange, AUTH_CONF);
    exchange.plain = entry == PLAIN_A || entry == PLAIN_W;
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));

    /* the documented first call without input makes a context and no token */
    set_buffer(&out, SECBUFFER_TOKEN, output, TOKEN_MAX);
    returns(SEC_I_CONTINUE_NEEDED, step(entry, &exchange.outbound, NULL, TARGET, exchange.isc, NULL,
                                        &exchange.client, &out_list, &flags));
    exchange.has_client = 1;
    ok(out.cbBuffer == 0, "a token of %u bytes", (unsigned)out.cbBuffer);

    set_buffer(&in, SECBUFFER_TOKEN, exchange.challenge.text, exchange.challenge.length);
    set_buffer(&out, SECBUFFER_TOKEN, output, TOKEN_MAX);
    returns(SEC_I_CONTINUE_NEEDED, step(entry, &exchange.outbound, &exchange.client, TARGET,
                                        exchange.isc | ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONNECTION, &in_list,
                                        &exchange.client, &out_list, &flags));
    ok((flags & ISC_RET_CONNECTION) != 0, "flags 0x%X", (unsigned)flags);
    memcpy(exchange.response.text, output, out.cbBuffer);
    exchange.response.text[out.cbBuffer] = '\0';
    exchange.response.length = out.cbBuffer;
    ok(strcmp(directive(&exchange.response, "username"), USER) == 0, "%s", exchange.response.text);
    ok(strcmp(directive(&exchange.response, "digest-uri"), TARGET) == 0, "%s", exchange.response.text);
    ok(strcmp(directive(&exchange.response, "nc"), "00000001") == 0, "%s", exchange.response.text);
    ok(strcmp(directive(&exchange.response, "qop"), "auth-conf") == 0, "%s", exchange.response.text);
    ok(strcmp(directive(&exchange.response, "cipher"), "3des") == 0, "%s", exchange.response.text);

    returns(SEC_E_OK, verify(&exchange));
    set_buffer(&in, SECBUFFER_TOKEN, exchange.proof.text, exchange.proof.length);
    returns(SEC_E_OK, step(entry, &exchange.outbound, &exchange.client, NULL,
                           exchange.isc | ISC_REQ_MUTUAL_AUTH, &in_list, &exchange.client, NULL, &flags));
    ours((flags & ISC_RET_CONFIDENTIALITY) && (flags & ISC_RET_INTEGRITY), "flags 0x%X", (unsigned)flags);
    ours((flags & ISC_RET_MUTUAL_AUTH) != 0, "flags 0x%X", (unsigned)flags);
    ours_returns(STATUS_LOGON_FAILURE, step(entry, &exchange.outbound, &exchange.client, TARGET, 0, &in_list,
                                            &exchange.client, &out_list, &flags));
    finish(&exchange);
    free(output);
}

/* What the client makes of a challenge. */
static void challenges(void)
{
#define NONCE "nonce=\"0123456789abcdef\""
#define MD5 "algorithm=md5-sess"
    static const struct {
        const char *name, *challenge;
        ULONG request;
        SECURITY_STATUS expected;
    } rows[] = {
        {"good", NONCE ",realm=\"r\",qop=\"auth\"," MD5, 0, SEC_I_CONTINUE_NEEDED},
        {"no qop means auth", NONCE ",realm=\"r\"," MD5, 0, SEC_I_CONTINUE_NEEDED},
        {"unknown directive", NONCE ",x=\"y\"," MD5, 0, SEC_I_CONTINUE_NEEDED},
        {"qop of any case and unknown ones", NONCE ",qop=\"auth-x, auth\"," MD5, 0, SEC_I_CONTINUE_NEEDED},
        {"r09 no nonce", "realm=\"r\",qop=\"auth\"," MD5, 0, SEC_E_INVALID_TOKEN},
        {"r09 no algorithm", NONCE ",realm=\"r\",qop=\"auth\"", 0, SEC_E_INVALID_TOKEN},
        {"r09 no realm", NONCE ",qop=\"auth\"," MD5, 0, SEC_I_CONTINUE_NEEDED},
        {"r01 directive without =", "nonce," MD5 ",qop=\"auth\"", 0, SEC_E_INVALID_TOKEN},
        {"r16 empty nonce", "nonce=\"\"," MD5, 0, SEC_E_INVALID_TOKEN},
        {"r19 nonce twice", NONCE "," NONCE "," MD5, 0, SEC_E_INVALID_TOKEN},
        {"r19 algorithm twice", NONCE "," MD5 "," MD5, 0, SEC_E_INVALID_TOKEN},
        {"r21 maxbuf 16", NONCE "," MD5 ",maxbuf=16", 0, SEC_E_INVALID_TOKEN},
        {"r21 maxbuf 16777216", NONCE "," MD5 ",maxbuf=16777216", 0, SEC_E_INVALID_TOKEN},
        {"r21 maxbuf abc", NONCE "," MD5 ",maxbuf=abc", 0, SEC_E_INVALID_TOKEN},
        {"r22 charset of another kind", NONCE "," MD5 ",charset=latin1", 0, SEC_E_INVALID_TOKEN},
        {"r14 ends in a quoted string", "nonce=\"0123", 0, SEC_E_INVALID_TOKEN},
        {"r14 ends after a backslash", "nonce=\"0123\\", 0, SEC_E_INVALID_TOKEN},
        {"r44 layer wanted, none offered", NONCE ",qop=\"auth\"," MD5, ISC_REQ_INTEGRITY,
         SEC_E_QOP_NOT_SUPPORTED},
        {"r44 secrecy wanted, none offered", NONCE ",qop=\"auth,auth-int\"," MD5, ISC_REQ_CONFIDENTIALITY,
         SEC_E_QOP_NOT_SUPPORTED},
        {"r44 no common cipher", NONCE ",qop=\"auth-conf\",cipher=\"aes\"," MD5, ISC_REQ_CONFIDENTIALITY,
         SEC_E_CRYPTO_SYSTEM_INVALID},
        {"delegation", NONCE "," MD5, ISC_REQ_DELEGATE, SEC_E_UNSUPPORTED_FUNCTION},
        {"prompting", NONCE "," MD5, ISC_REQ_PROMPT_FOR_CREDS, SEC_E_UNSUPPORTED_FUNCTION},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        in_row(rows[i].name);
        prepare(&exchange, AUTH);
        exchange.isc = rows[i].request;
        append(&exchange.challenge, rows[i].challenge);
        returns(rows[i].expected, respond(&exchange));
        finish(&exchange);
    }
    in_row(NULL);
}

/* Which of the ciphers offered the client takes: the first of those configured, and no other. */
static void ciphers(void)
{
    static const struct {
        const char *configured, *offered, *taken; /* NULL: the default; none */
    } rows[] = {
        {NULL, "rc4,3des", "3des"},
        {NULL, "rc4-40,rc4", "rc4"},
        {NULL, "des", NULL},
        {NULL, "rc4-56", NULL},
        {NULL, "rc4-40,des", NULL},
        {"rc4", "3des,rc4", "rc4"},
        {"rc4,3des", "3des,rc4,des", "rc4"},
        {"des,3des", "3des,des", "des"},
        {"rc4-40", "3des", NULL},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        char challenge[256];
        in_row(rows[i].offered);
        choose_cipher(rows[i].configured);
        configure("");
        prepare(&exchange, AUTH_CONF);
        snprintf(challenge, sizeof challenge, NONCE ",qop=\"auth,auth-int,auth-conf\",cipher=\"%s\"," MD5,
                 rows[i].offered);
        append(&exchange.challenge, challenge);
        ours_returns(rows[i].taken == NULL ? SEC_E_CRYPTO_SYSTEM_INVALID : SEC_I_CONTINUE_NEEDED,
                     respond(&exchange));
        if (rows[i].taken != NULL)
            ours(strcmp(directive(&exchange.response, "cipher"), rows[i].taken) == 0, "%s",
                 exchange.response.text);
        finish(&exchange);
    }
    choose_cipher(NULL);
    configure("");
    in_row(NULL);
}

static void challenge_lengths(void)
{
    static const struct {
        ULONG length;
        SECURITY_STATUS expected;
    } rows[] = {{2047, SEC_I_CONTINUE_NEEDED}, {2048, SEC_E_INVALID_TOKEN}, {8000, SEC_E_INVALID_TOKEN}};
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        in_row("r11 length of the challenge");
        prepare(&exchange, AUTH);
        append(&exchange.challenge, NONCE "," MD5 ",realm=\"r\",x=\"");
        while (exchange.challenge.length < rows[i].length - 1)
            append(&exchange.challenge, "a");
        append(&exchange.challenge, "\"");
        returns(rows[i].expected, respond(&exchange));
        finish(&exchange);
    }
    in_row(NULL);
}

static void proofs(void)
{
    static const struct {
        const char *name, *proof;
        SECURITY_STATUS expected;
    } rows[] = {
        {"wrong", "rspauth=00000000000000000000000000000000", SEC_E_WRONG_PRINCIPAL},
        {"short", "rspauth=0000000000000000000000000000000", SEC_E_INVALID_TOKEN},
        {"long", "rspauth=000000000000000000000000000000000", SEC_E_INVALID_TOKEN},
        {"not hexadecimal", "rspauth=0000000000000000000000000000000g", SEC_E_INVALID_TOKEN},
        {"another word", "rspauht=00000000000000000000000000000000", SEC_E_INVALID_TOKEN},
        {"empty", "", SEC_E_INVALID_TOKEN},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        in_row(rows[i].name);
        if (!until_response(&exchange, AUTH))
            continue;
        append(&exchange.proof, rows[i].proof);
        ours_returns(rows[i].expected, conclude(&exchange));
        ours_returns(STATUS_LOGON_FAILURE, conclude(&exchange));
        finish(&exchange);
    }
    in_row(NULL);
}

/* Targets, and credentials that cannot be used. */
static void arguments(void)
{
    struct exchange exchange;
    SecBuffer in, out;
    SecBufferDesc in_list = describe(&in, 1), out_list = describe(&out, 1);
    char output[TOKEN_MAX], *block;
    CtxtHandle context = {0x1234, 0x5678};
    CredHandle nobody;
    ULONG flags, needed;
    WCHAR unpaired[] = {'i', 'm', 'a', 'p', '/', 0xD800, 'x', 0};

    prepare(&exchange, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    set_buffer(&in, SECBUFFER_TOKEN, exchange.challenge.text, exchange.challenge.length);
    set_buffer(&out, SECBUFFER_TOKEN, output, sizeof output);
    ours_returns(SEC_E_TARGET_UNKNOWN,
                 step(SASL_A, &exchange.outbound, NULL, NULL, 0, &in_list, &context, &out_list, &flags));
    ours_returns(SEC_E_TARGET_UNKNOWN, step(SASL_A, &exchange.outbound, NULL, "imap/h\xC3\xA4", 0, &in_list,
                                            &context, &out_list, &flags));
    ours_returns(SEC_E_TARGET_UNKNOWN,
                 SaslInitializeSecurityContextW(&exchange.outbound, NULL, unpaired, 0, 0, 0, &in_list, 0,
                                                &context, &out_list, &flags, NULL));
    ours_returns(SEC_E_NO_CREDENTIALS,
                 step(SASL_A, &exchange.inbound, NULL, TARGET, 0, &in_list, &context, &out_list, &flags));
    returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, (SEC_CHAR *)PACKAGE, SECPKG_CRED_OUTBOUND, NULL, NULL,
                                                NULL, NULL, &nobody, NULL));
    ours_returns(SEC_E_NO_CREDENTIALS,
                 step(SASL_A, &nobody, NULL, TARGET, 0, &in_list, &context, &out_list, &flags));
    returns(SEC_E_OK, FreeCredentialsHandle(&nobody));
    ours_returns(SEC_E_INVALID_HANDLE,
                 step(SASL_A, NULL, NULL, TARGET, 0, &in_list, &context, &out_list, &flags));
    ours_returns(SEC_E_INVALID_TOKEN,
                 step(SASL_A, &exchange.outbound, NULL, TARGET, 0, &in_list, &context, NULL, &flags));
    ours(context.dwLower == 0x1234 && context.dwUpper == 0x5678, "a failed call wrote a handle");

    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0);
    returns(SEC_E_BUFFER_TOO_SMALL,
            step(SASL_W, &exchange.outbound, NULL, TARGET, 0, &in_list, &exchange.client, &out_list, &flags));
    needed = out.cbBuffer;
    block = malloc(needed);
    set_buffer(&out, SECBUFFER_TOKEN, block, needed);
    returns(SEC_I_CONTINUE_NEEDED,
            step(SASL_W, &exchange.outbound, NULL, TARGET, 0, &in_list, &exchange.client, &out_list, &flags));
    ok(out.cbBuffer == needed, "%u bytes instead of %u", (unsigned)out.cbBuffer, (unsigned)needed);
    exchange.has_client = 1;
    returns(SEC_E_OK, verify_bytes(&exchange, block, needed));
    returns(SEC_E_OK, conclude(&exchange));
    free(block);
    finish(&exchange);
}

START_TEST(initialize)
{
    if (!can_log_in())
        return;
    configure("");
    whole_exchange(SASL_A);
    whole_exchange(SASL_W);
    whole_exchange(PLAIN_A);
    whole_exchange(PLAIN_W);
    challenges();
    ciphers();
    challenge_lengths();
    proofs();
    arguments();
}
