/* R60: the forms of SecBufferDesc that callers hand to the accepting functions. */
#include "login.h"

static SECURITY_STATUS accept_lists(struct exchange *exchange, SecBufferDesc *in, ULONG request,
                                    SecBufferDesc *out)
{
    SECURITY_STATUS status =
        SaslAcceptSecurityContext(&exchange->inbound, exchange->has_server ? &exchange->server : NULL, in,
                                  request, SECURITY_NATIVE_DREP, &exchange->server, out,
                                  &exchange->server_flags, NULL);
    exchange->has_server |= status >= 0;
    return status;
}

/* First steps that differ in their buffers alone. */
static void first_steps(void)
{
    static const struct {
        const char *name;
        ULONG version, in_count, in_type, in_length, out_count, out_type, request;
        int in_memory;
        SECURITY_STATUS expected;
    } rows[] = {
        {"r60 plain", 0, 1, SECBUFFER_TOKEN, 0, 1, SECBUFFER_TOKEN, 0, 1, SEC_I_CONTINUE_NEEDED},
        {"r60 ulVersion 7", 7, 1, SECBUFFER_TOKEN, 0, 1, SECBUFFER_TOKEN, 0, 1, SEC_I_CONTINUE_NEEDED},
        {"r60 ulVersion all ones", 0xFFFFFFFF, 1, SECBUFFER_TOKEN, 0, 1, SECBUFFER_TOKEN, 0, 1,
         SEC_I_CONTINUE_NEEDED},
        {"r60 no input buffers", 0, 0, SECBUFFER_TOKEN, 0, 1, SECBUFFER_TOKEN, 0, 1, SEC_I_CONTINUE_NEEDED},
        {"r60 input not a token", 0, 1, SECBUFFER_DATA, 5, 1, SECBUFFER_TOKEN, 0, 1, SEC_I_CONTINUE_NEEDED},
        {"r60 input of unknown type", 0, 1, 77, 5, 1, SECBUFFER_TOKEN, 0, 1, SEC_I_CONTINUE_NEEDED},
        {"r60 input read-only", 0, 1, SECBUFFER_TOKEN | SECBUFFER_READONLY, 0, 1, SECBUFFER_TOKEN, 0, 1,
         SEC_I_CONTINUE_NEEDED},
        {"r60 NULL input of length 0", 0, 1, SECBUFFER_TOKEN, 0, 1, SECBUFFER_TOKEN, 0, 0,
         SEC_I_CONTINUE_NEEDED},
        {"r60 NULL input of length 1", 0, 1, SECBUFFER_TOKEN, 1, 1, SECBUFFER_TOKEN, 0, 0,
         SEC_E_INVALID_TOKEN},
        {"r60 NULL input of length 2^32-1", 0, 1, SECBUFFER_TOKEN, 0xFFFFFFFF, 1, SECBUFFER_TOKEN, 0, 0,
         SEC_E_INVALID_TOKEN},
        {"r60 2^32-1 inputs", 0, 0xFFFFFFFF, SECBUFFER_TOKEN, 0, 1, SECBUFFER_TOKEN, 0, 1,
         SEC_E_INVALID_TOKEN},
        {"r60 no output buffers", 0, 1, SECBUFFER_TOKEN, 0, 0, SECBUFFER_TOKEN, 0, 1, SEC_E_INVALID_TOKEN},
        {"r60 2^32-1 outputs", 0, 1, SECBUFFER_TOKEN, 0, 0xFFFFFFFF, SECBUFFER_TOKEN, 0, 1,
         SEC_E_INVALID_TOKEN},
        {"r60 output not a token", 0, 1, SECBUFFER_TOKEN, 0, 1, SECBUFFER_DATA, 0, 1, SEC_E_INVALID_TOKEN},
        {"r60 output of unknown type", 0, 1, SECBUFFER_TOKEN, 0, 1, 0x0FFFFFFF, 0, 1, SEC_E_INVALID_TOKEN},
        {"r60 output read-only", 0, 1, SECBUFFER_TOKEN, 0, 1, SECBUFFER_TOKEN | SECBUFFER_READONLY, 0, 1,
         SEC_E_INVALID_TOKEN},
        {"r60 output read-only with checksum", 0, 1, SECBUFFER_TOKEN, 0, 1,
         SECBUFFER_TOKEN | SECBUFFER_READONLY_WITH_CHECKSUM, 0, 1, SEC_E_INVALID_TOKEN},
        {"r60 unknown request bits", 0, 1, SECBUFFER_TOKEN, 0, 1, SECBUFFER_TOKEN, 0x43F002C0, 1,
         SEC_I_CONTINUE_NEEDED},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        char *input = exact("other", 5), *output = malloc(TOKEN_MAX);
        SecBuffer in, out;
        SecBufferDesc in_list = describe(&in, rows[i].in_count);
        SecBufferDesc out_list = describe(&out, rows[i].out_count);
        in_row(rows[i].name);
        prepare(&exchange, AUTH);
        in_list.ulVersion = out_list.ulVersion = rows[i].version;
        set_buffer(&in, rows[i].in_type, rows[i].in_memory ? input : NULL, rows[i].in_length);
        set_buffer(&out, rows[i].out_type, output, TOKEN_MAX);
        ours_returns(rows[i].expected, accept_lists(&exchange, &in_list, rows[i].request, &out_list));
        ours(out.BufferType == rows[i].out_type && out.pvBuffer == output, "the buffer was changed");
        if (rows[i].expected == SEC_E_INVALID_TOKEN)
            ours(out.cbBuffer == TOKEN_MAX, "a failed call wrote a length");
        ours(strncmp(input, "other", 5) == 0, "the input was written");
        finish(&exchange);
        free(input);
        free(output);
    }
    in_row(NULL);
}

/* NULL arrays, NULL memory for an output. */
static void null_memory(void)
{
    struct exchange exchange;
    SecBuffer out;
    SecBufferDesc list = describe(NULL, 1), out_list = describe(&out, 1);
    char *output = malloc(TOKEN_MAX);
    prepare(&exchange, AUTH);
    set_buffer(&out, SECBUFFER_TOKEN, output, TOKEN_MAX);
    ours_returns(SEC_E_INVALID_TOKEN, accept_lists(&exchange, &list, 0, &out_list));
    ours_returns(SEC_E_INVALID_TOKEN, accept_lists(&exchange, NULL, 0, &list));
    set_buffer(&out, SECBUFFER_TOKEN, NULL, TOKEN_MAX);
    ours_returns(SEC_E_INVALID_TOKEN, accept_lists(&exchange, NULL, 0, &out_list));
    set_buffer(&out, SECBUFFER_TOKEN, output, TOKEN_MAX);
    ours_returns(SEC_I_CONTINUE_NEEDED, accept_lists(&exchange, NULL, 0, &out_list));
    finish(&exchange);
    free(output);
}

/* The response and the proof in the same memory, as programs with one buffer have it. */
static void same_memory(void)
{
    struct exchange exchange;
    SecBuffer in, out;
    SecBufferDesc in_list = describe(&in, 1), out_list = describe(&out, 1);
    ULONG shift;
    for (shift = 0; shift < 64; shift += 21) {
        char *memory = malloc(TOKEN_MAX + 64);
        if (!until_response(&exchange, AUTH_INT))
            return;
        memcpy(memory + shift, exchange.response.text, exchange.response.length);
        set_buffer(&in, SECBUFFER_TOKEN, memory + shift, exchange.response.length);
        set_buffer(&out, SECBUFFER_TOKEN, memory, TOKEN_MAX);
        returns(SEC_E_OK, accept_lists(&exchange, &in_list, exchange.asc, &out_list));
        memcpy(exchange.proof.text, memory, out.cbBuffer);
        exchange.proof.length = out.cbBuffer;
        returns(SEC_E_OK, conclude(&exchange));
        finish(&exchange);
        free(memory);
    }
    /* and the same SecBuffer for both */
    {
        char *memory = malloc(TOKEN_MAX);
        if (!until_response(&exchange, AUTH))
            return;
        memcpy(memory, exchange.response.text, exchange.response.length);
        set_buffer(&in, SECBUFFER_TOKEN, memory, exchange.response.length);
        returns(SEC_E_OK, accept_lists(&exchange, &in_list, 0, &in_list));
        ok(in.cbBuffer == 40 && memcmp(memory, "rspauth=", 8) == 0, "length %u", (unsigned)in.cbBuffer);
        finish(&exchange);
        free(memory);
    }
}

/* The token is not always the first buffer. */
static void among_others(void)
{
    struct exchange exchange;
    SecBuffer in[3], out[3];
    SecBufferDesc in_list = describe(in, 3), out_list = describe(out, 3);
    char *output = malloc(TOKEN_MAX), *read_only = exact("read-only", 9);
    if (!until_response(&exchange, AUTH))
        return;
    set_buffer(&in[0], SECBUFFER_EMPTY, NULL, 12345);
    set_buffer(&in[1], SECBUFFER_DATA, read_only, 9);
    set_buffer(&in[2], SECBUFFER_TOKEN, exchange.response.text, exchange.response.length);
    set_buffer(&out[0], SECBUFFER_DATA, NULL, 0);
    set_buffer(&out[1], SECBUFFER_TOKEN | SECBUFFER_READONLY, read_only, 9);
    set_buffer(&out[2], SECBUFFER_TOKEN, output, TOKEN_MAX);
    ours_returns(SEC_E_OK, accept_lists(&exchange, &in_list, 0, &out_list));
    ours(out[2].cbBuffer == 40 && out[1].cbBuffer == 9, "lengths %u, %u", (unsigned)out[2].cbBuffer,
         (unsigned)out[1].cbBuffer);
    ours(memcmp(read_only, "read-only", 9) == 0, "read-only memory was written");
    finish(&exchange);
    free(output);
    free(read_only);
}

START_TEST(accept_buffers)
{
    if (!can_log_in())
        return;
    configure("");
    first_steps();
    null_memory();
    same_memory();
    among_others();
}
