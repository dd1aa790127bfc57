/* R50 to R55: messages that must not open, each followed by one that must (RFC 2831 §2.3, §2.4: a bad
 * message is discarded). Every body lies in a heap block of exactly its size. */
#include "login.h"

/* Opens `length` bytes in each of the forms of the buffers; the status of all of them. */
static SECURITY_STATUS open_bytes(CtxtHandle *context, const unsigned char *bytes, ULONG length)
{
    SecBuffer buffers[2];
    SecBufferDesc list = describe(buffers, 1);
    unsigned char *copy = exact(bytes, length);
    SECURITY_STATUS as_data, as_stream;
    ULONG qop = 0xDEADBEEF;
    set_buffer(&buffers[0], SECBUFFER_DATA, copy, length);
    as_data = DecryptMessage(context, &list, 0, &qop);
    ours(memcmp(copy, bytes, length) == 0 && buffers[0].cbBuffer == length, "the body was changed");
    list.cBuffers = 2;
    set_buffer(&buffers[0], SECBUFFER_STREAM, copy, length);
    set_buffer(&buffers[1], SECBUFFER_DATA, NULL, 0);
    as_stream = DecryptMessage(context, &list, 0, &qop);
    ours(memcmp(copy, bytes, length) == 0 && buffers[1].pvBuffer == NULL, "the body was changed");
    ours(as_data == as_stream, "as DATA 0x%08X, as STREAM 0x%08X", (unsigned)as_data, (unsigned)as_stream);
    ours(qop == 0xDEADBEEF, "a failed call wrote the qop");
    free(copy);
    return as_data;
}

static int is_refusal(SECURITY_STATUS status)
{
    return status == SEC_E_MESSAGE_ALTERED || status == SEC_E_OUT_OF_SEQUENCE;
}

/* R50, R52: bodies cut to every length. */
static void cut(struct exchange *exchange)
{
    struct sealed sealed;
    ULONG length;
    if (!seal(&exchange->client, 40, 1, &sealed))
        return;
    for (length = 0; length < sealed.length; length++) {
        SECURITY_STATUS status = open_bytes(&exchange->server, sealed.body, length);
        if (length < 16)
            ok(status == SEC_E_INCOMPLETE_MESSAGE, "length %u: 0x%08X", (unsigned)length, (unsigned)status);
        else
            ok(is_refusal(status), "length %u: 0x%08X", (unsigned)length, (unsigned)status);
    }
    returns(SEC_E_OK, open_sealed(&exchange->server, &sealed, 40, 1)); /* R55 */
    free(sealed.body);
}

/* R52, R53: one byte changed, at every place: text, padding, MAC, type, sequence number. */
static void changed(struct exchange *exchange)
{
    static const unsigned char masks[] = {0x01, 0x80, 0xFF};
    struct sealed sealed;
    ULONG place;
    size_t i;
    if (!seal(&exchange->server, 21, 2, &sealed))
        return;
    for (place = 0; place < sealed.length; place++) {
        for (i = 0; i < COUNT(masks); i++) {
            SECURITY_STATUS status;
            sealed.body[place] ^= masks[i];
            status = open_bytes(&exchange->client, sealed.body, sealed.length);
            sealed.body[place] ^= masks[i];
            if (place + 4 < sealed.length)
                ok(status == SEC_E_MESSAGE_ALTERED, "byte %u of %u: 0x%08X", (unsigned)place,
                   (unsigned)sealed.length, (unsigned)status);
            else
                ok(is_refusal(status), "byte %u of %u: 0x%08X", (unsigned)place, (unsigned)sealed.length,
                   (unsigned)status);
        }
    }
    returns(SEC_E_OK, open_sealed(&exchange->client, &sealed, 21, 2));
    free(sealed.body);
}

/* R52: bodies of other lengths that nobody made, with a right end. */
static void odd_sizes(struct exchange *exchange)
{
    struct sealed sealed;
    ULONG length;
    unsigned char body[96];
    if (!seal(&exchange->client, 10, 3, &sealed))
        return;
    for (length = 16; length < 64; length++) {
        memset(body, (int)length, sizeof body);
        memcpy(body + length - 6, sealed.body + sealed.length - 6, 6); /* type and sequence number */
        ok(open_bytes(&exchange->server, body, length) == SEC_E_MESSAGE_ALTERED, "length %u",
           (unsigned)length);
    }
    returns(SEC_E_OK, open_sealed(&exchange->server, &sealed, 10, 3));
    free(sealed.body);
}

/* R51: two packets in one buffer. */
static void joined(struct exchange *exchange)
{
    struct sealed one, two, both;
    if (!seal(&exchange->client, 8, 4, &one) || !seal(&exchange->client, 8, 5, &two))
        return;
    both.length = one.length + two.length;
    both.body = malloc(both.length);
    memcpy(both.body, one.body, one.length);
    memcpy(both.body + one.length, two.body, two.length);
    ok(is_refusal(open_bytes(&exchange->server, both.body, both.length)), "two packets opened as one");
    returns(SEC_E_OK, open_sealed(&exchange->server, &one, 8, 4));
    returns(SEC_E_OK, open_sealed(&exchange->server, &two, 8, 5));
    free(one.body);
    free(two.body);
    free(both.body);
}

/* R54: replayed, skipped, sent back. */
static void out_of_sequence(struct exchange *exchange)
{
    struct sealed first, second, back;
    if (!seal(&exchange->client, 30, 6, &first) || !seal(&exchange->client, 31, 7, &second)
        || !seal(&exchange->server, 32, 8, &back))
        return;
    returns(SEC_E_OUT_OF_SEQUENCE, open_bytes(&exchange->server, second.body, second.length));
    returns(SEC_E_OK, open_sealed(&exchange->server, &first, 30, 6));
    returns(SEC_E_OUT_OF_SEQUENCE, open_bytes(&exchange->server, first.body, first.length));
    ok(is_refusal(open_bytes(&exchange->server, back.body, back.length)), "its own message opened");
    returns(SEC_E_OK, open_sealed(&exchange->server, &second, 31, 7));
    returns(SEC_E_OUT_OF_SEQUENCE, open_bytes(&exchange->server, second.body, second.length));
    returns(SEC_E_OK, open_sealed(&exchange->client, &back, 32, 8));
    free(first.body);
    free(second.body);
    free(back.body);
}

/* A trailer that is too short, in the form of two buffers. */
static void short_trailer(struct exchange *exchange)
{
    struct sealed sealed;
    ULONG length;
    if (!seal(&exchange->client, 24, 9, &sealed))
        return;
    for (length = 0; length < 16; length++) {
        SecBuffer buffers[2];
        SecBufferDesc list = describe(buffers, 2);
        unsigned char *text = exact(sealed.body, 24), *trailer = exact(sealed.body + 24, length);
        set_buffer(&buffers[0], SECBUFFER_DATA, text, 24);
        set_buffer(&buffers[1], SECBUFFER_PADDING, trailer, length);
        ours_returns(SEC_E_BUFFER_TOO_SMALL, DecryptMessage(&exchange->server, &list, 0, NULL));
        ours(memcmp(text, sealed.body, 24) == 0, "the text was changed");
        free(text);
        free(trailer);
    }
    returns(SEC_E_OK, open_sealed(&exchange->server, &sealed, 24, 9));
    free(sealed.body);
}

START_TEST(messages_forged)
{
    static const char *const ciphers[] = {NULL, "3des", "rc4", "des", "rc4-56", "rc4-40"};
    size_t i;
    if (!can_log_in())
        return;
    for (i = 0; i < COUNT(ciphers); i++) {
        struct exchange exchange;
        in_row(ciphers[i] == NULL ? "auth-int" : ciphers[i]);
        choose_cipher(ciphers[i]);
        configure("");
        if (!login(&exchange, ciphers[i] == NULL ? AUTH_INT : AUTH_CONF))
            continue;
        cut(&exchange);
        changed(&exchange);
        odd_sizes(&exchange);
        joined(&exchange);
        out_of_sequence(&exchange);
        short_trailer(&exchange);
        finish(&exchange);
    }
    in_row(NULL);
    choose_cipher(NULL);
    configure("");
}
