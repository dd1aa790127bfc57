/* The server's steps: their order, what they return, and who owns what. */
#include "login.h"

/* Where two buffers are given, the call gets them; `length` is the output's capacity. */
static SECURITY_STATUS accept_into(struct exchange *exchange, const struct token *in, SecBuffer *out,
                                   ULONG more)
{
    void *input = exact(in->text, in->length);
    SecBuffer buffer;
    SecBufferDesc in_list = describe(&buffer, 1), out_list = describe(out, 1);
    SECURITY_STATUS status;
    set_buffer(&buffer, SECBUFFER_TOKEN, input, in->length);
    status =
        SaslAcceptSecurityContext(&exchange->inbound, exchange->has_server ? &exchange->server : NULL,
                                  &in_list, exchange->asc | more, SECURITY_NATIVE_DREP, &exchange->server,
                                  out != NULL ? &out_list : NULL, &exchange->server_flags, NULL);
    exchange->has_server |= status >= 0;
    free(input);
    return status;
}

static void steps(enum qop qop, int plain)
{
    struct exchange exchange;
    prepare(&exchange, qop);
    exchange.plain = plain;
    if (!returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange)))
        return;
    ok(strcmp(directive(&exchange.challenge, "algorithm"), "md5-sess") == 0, "challenge: %s",
       exchange.challenge.text);
    ok(strcmp(directive(&exchange.challenge, "realm"), REALM) == 0, "challenge: %s", exchange.challenge.text);
    ok(strstr(directive(&exchange.challenge, "qop"), "auth") != NULL, "challenge: %s",
       exchange.challenge.text);
    ok((strstr(directive(&exchange.challenge, "qop"), "auth-conf") != NULL) == (qop == AUTH_CONF),
       "challenge: %s", exchange.challenge.text);
    ours((exchange.server_flags & (ASC_RET_INTEGRITY | ASC_RET_CONFIDENTIALITY)) == 0,
         "flags 0x%X before the end", (unsigned)exchange.server_flags);
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_OK, verify(&exchange));
    ok(exchange.proof.length == 40 && memcmp(exchange.proof.text, "rspauth=", 8) == 0, "proof: %s",
       exchange.proof.text);
    ours(!!(exchange.server_flags & ASC_RET_INTEGRITY) == (qop != AUTH), "flags 0x%X",
         (unsigned)exchange.server_flags);
    ours(!!(exchange.server_flags & ASC_RET_REPLAY_DETECT) == (qop != AUTH), "flags 0x%X",
         (unsigned)exchange.server_flags);
    ours(!!(exchange.server_flags & ASC_RET_CONFIDENTIALITY) == (qop == AUTH_CONF), "flags 0x%X",
         (unsigned)exchange.server_flags);
    returns(SEC_E_OK, conclude(&exchange));
    /* after the end: R30 */
    returns(STATUS_LOGON_FAILURE, verify(&exchange));
    returns(STATUS_LOGON_FAILURE, verify_bytes(&exchange, "", 0));
    finish(&exchange);
}

static void refusals(void)
{
    struct exchange exchange;
    write_accounts(ALICE);
    prepare(&exchange, AUTH);
    returns(SEC_E_OK, FreeCredentialsHandle(&exchange.outbound));
    returns(SEC_E_OK, acquire_outbound(&exchange.outbound, USER, NULL, "wrong"));
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_LOGON_DENIED, verify(&exchange));
    ours_returns(STATUS_LOGON_FAILURE, verify(&exchange)); /* R31: a failed context stays failed */
    finish(&exchange);

    prepare(&exchange, AUTH);
    returns(SEC_E_OK, FreeCredentialsHandle(&exchange.outbound));
    returns(SEC_E_OK, acquire_outbound(&exchange.outbound, "nobody", NULL, PASSWORD));
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_LOGON_DENIED, verify(&exchange));
    finish(&exchange);
}

/* The plain function's user has no SASL list to be in; either credential may go early. */
static void ownership(void)
{
    struct exchange exchange;
    ULONG flags = 0xDEADBEEF;
    TimeStamp expiry;
    SecBuffer out;
    SecBufferDesc out_list = describe(&out, 1);
    char output[TOKEN_MAX];

    prepare(&exchange, AUTH);
    set_buffer(&out, SECBUFFER_TOKEN, output, sizeof output);
    returns(SEC_I_CONTINUE_NEEDED,
            SaslAcceptSecurityContext(&exchange.inbound, NULL, NULL,
                                      ASC_REQ_CONNECTION | ASC_REQ_EXTENDED_ERROR, SECURITY_NETWORK_DREP,
                                      &exchange.server, &out_list, &flags, &expiry));
    exchange.has_server = 1;
    ok(flags == (ASC_RET_CONNECTION | ASC_RET_EXTENDED_ERROR), "flags 0x%X", (unsigned)flags);
    ours(expiry.LowPart == 0xFFFFFFFF && expiry.HighPart == 0x7FFFFFFF, "expiry 0x%X 0x%X",
         (unsigned)expiry.HighPart, (unsigned)expiry.LowPart);
    memcpy(exchange.challenge.text, output, out.cbBuffer);
    exchange.challenge.length = out.cbBuffer;
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));

    /* credentials freed between the steps; later ones without credential, handle place and flags */
    returns(SEC_E_OK, FreeCredentialsHandle(&exchange.inbound));
    returns(SEC_E_OK, FreeCredentialsHandle(&exchange.outbound));
    exchange.has_inbound = exchange.has_outbound = 0;
    {
        SecBuffer in;
        SecBufferDesc in_list = describe(&in, 1);
        set_buffer(&in, SECBUFFER_TOKEN, exchange.response.text, exchange.response.length);
        set_buffer(&out, SECBUFFER_TOKEN, output, sizeof output);
        ours_returns(SEC_E_OK, SaslAcceptSecurityContext(NULL, &exchange.server, &in_list, 0, 0, NULL,
                                                         &out_list, NULL, NULL));
        memcpy(exchange.proof.text, output, out.cbBuffer);
        exchange.proof.length = out.cbBuffer;
        set_buffer(&in, SECBUFFER_TOKEN, exchange.proof.text, exchange.proof.length);
        ours_returns(SEC_E_OK, SaslInitializeSecurityContextA(NULL, &exchange.client, NULL, 0, 0, 0, &in_list,
                                                              0, NULL, NULL, NULL, NULL));
    }
    finish(&exchange);
}

static void failed_first_step(void)
{
    struct exchange exchange;
    CtxtHandle context = {0x1234, 0x5678};
    ULONG flags = 0xDEADBEEF;
    TimeStamp expiry;
    expiry.LowPart = 1;
    prepare(&exchange, AUTH);
    returns(SEC_E_INVALID_TOKEN,
            SaslAcceptSecurityContext(&exchange.inbound, NULL, NULL, 0, 0, &context, NULL, &flags, &expiry));
    ours(context.dwLower == 0x1234 && context.dwUpper == 0x5678, "a handle was written");
    ours(flags == 0xDEADBEEF && expiry.LowPart == 1, "outputs were written");
    ours_returns(SEC_E_INVALID_HANDLE,
                 SaslAcceptSecurityContext(NULL, NULL, NULL, 0, 0, &context, NULL, &flags, &expiry));
    ours_returns(SEC_E_INVALID_HANDLE,
                 SaslAcceptSecurityContext(&exchange.inbound, NULL, NULL, 0, 0, NULL, NULL, &flags, &expiry));
    ours_returns(SEC_E_NO_CREDENTIALS, AcceptSecurityContext(&exchange.outbound, NULL, NULL, 0, 0, &context,
                                                             NULL, &flags, &expiry));
    finish(&exchange);
}

/* The token's room: none, one byte less than needed, exactly enough. */
static void room(void)
{
    struct exchange exchange;
    SecBuffer out;
    ULONG needed;
    char *block;

    prepare(&exchange, AUTH_CONF);
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0);
    returns(SEC_E_BUFFER_TOO_SMALL, accept_into(&exchange, &exchange.challenge, &out, 0));
    needed = out.cbBuffer;
    ours(needed > 100, "the length needed is %u", (unsigned)needed);

    block = malloc(needed - 1);
    memset(block, 'x', needed - 1);
    set_buffer(&out, SECBUFFER_TOKEN, block, needed - 1);
    returns(SEC_E_BUFFER_TOO_SMALL, accept_into(&exchange, &exchange.challenge, &out, 0));
    ours(out.cbBuffer == needed, "the length needed is %u", (unsigned)out.cbBuffer);
    ours(block[0] == 'x' && block[needed - 2] == 'x', "bytes were written");
    free(block);

    block = malloc(needed);
    set_buffer(&out, SECBUFFER_TOKEN, block, needed);
    returns(SEC_I_CONTINUE_NEEDED, accept_into(&exchange, &exchange.challenge, &out, 0));
    ok(out.cbBuffer == needed && out.BufferType == SECBUFFER_TOKEN, "length %u", (unsigned)out.cbBuffer);
    memcpy(exchange.challenge.text, block, needed);
    exchange.challenge.length = needed;
    free(block);
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));

    /* nothing is lost where the proof finds no room */
    returns(SEC_E_INVALID_TOKEN, accept_into(&exchange, &exchange.response, NULL, 0));
    block = malloc(39);
    set_buffer(&out, SECBUFFER_TOKEN, block, 39);
    returns(SEC_E_BUFFER_TOO_SMALL, accept_into(&exchange, &exchange.response, &out, 0));
    ours(out.cbBuffer == 40, "the length needed is %u", (unsigned)out.cbBuffer);
    free(block);
    block = malloc(40);
    set_buffer(&out, SECBUFFER_TOKEN, block, 40);
    returns(SEC_E_OK, accept_into(&exchange, &exchange.response, &out, 0));
    memcpy(exchange.proof.text, block, 40);
    exchange.proof.length = 40;
    free(block);
    returns(SEC_E_OK, conclude(&exchange));
    finish(&exchange);
}

static void allocated(void)
{
    struct exchange exchange;
    SecBuffer out;
    char untouched[4] = "abc";
    prepare(&exchange, AUTH);
    set_buffer(&out, SECBUFFER_TOKEN, untouched, 3);
    returns(SEC_I_CONTINUE_NEEDED,
            accept_into(&exchange, &exchange.challenge, &out, ASC_REQ_ALLOCATE_MEMORY));
    ok((exchange.server_flags & ASC_RET_ALLOCATED_MEMORY) != 0, "flags 0x%X",
       (unsigned)exchange.server_flags);
    ok(out.pvBuffer != untouched && strcmp(untouched, "abc") == 0, "the caller's memory was used");
    memcpy(exchange.challenge.text, out.pvBuffer, out.cbBuffer);
    exchange.challenge.length = out.cbBuffer;
    returns(SEC_E_OK, FreeContextBuffer(out.pvBuffer));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0xFFFFFFFF); /* ignored on entry */
    returns(SEC_E_OK, accept_into(&exchange, &exchange.response, &out, ASC_REQ_ALLOCATE_MEMORY));
    ok(out.cbBuffer == 40, "length %u", (unsigned)out.cbBuffer);
    returns(SEC_E_OK, FreeContextBuffer(out.pvBuffer));
    finish(&exchange);
}

/* A failed step allocates nothing. */
static void not_allocated(void)
{
    struct exchange exchange;
    SecBuffer out;
    if (!until_response(&exchange, AUTH))
        return;
    set_directive(&exchange.response, "response", "00000000000000000000000000000000");
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 7);
    returns(SEC_E_LOGON_DENIED, accept_into(&exchange, &exchange.response, &out, ASC_REQ_ALLOCATE_MEMORY));
    ours(out.pvBuffer == NULL && out.cbBuffer == 7, "a failed call wrote its output");
    finish(&exchange);
}

START_TEST(accept)
{
    if (!can_log_in())
        return;
    configure("");
    steps(AUTH, 0);
    steps(AUTH_INT, 0);
    steps(AUTH_CONF, 0);
    steps(AUTH, 1);
    steps(AUTH_INT, 1);
    steps(AUTH_CONF, 1);
    refusals();
    ownership();
    failed_first_step();
    room();
    allocated();
    not_allocated();
}
