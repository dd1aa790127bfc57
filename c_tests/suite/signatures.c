/* MakeSignature and VerifySignature. */
#include "login.h"

struct signature {
    unsigned char bytes[16];
};

/* Signs `count` texts in as many DATA buffers. */
static int sign(CtxtHandle *context, const char *const *texts, ULONG count, struct signature *signature)
{
    SecBuffer buffers[8];
    SecBufferDesc list = describe(buffers, count + 2);
    char *copies[6];
    ULONG i;
    int good;
    set_buffer(&buffers[0], SECBUFFER_TOKEN, signature->bytes, 16);
    for (i = 0; i < count; i++) {
        copies[i] = exact(texts[i], strlen(texts[i]));
        set_buffer(&buffers[i + 1], SECBUFFER_DATA, copies[i], (ULONG)strlen(texts[i]));
    }
    set_buffer(&buffers[count + 1], SECBUFFER_PADDING, NULL, 0);
    good = returns(SEC_E_OK, MakeSignature(context, 0, &list, 0))
           && ok(buffers[0].cbBuffer == 16, "%u bytes", (unsigned)buffers[0].cbBuffer);
    for (i = 0; i < count; i++) {
        ok(memcmp(copies[i], texts[i], strlen(texts[i])) == 0, "signing changed the text");
        free(copies[i]);
    }
    return good;
}

static SECURITY_STATUS verify_text(CtxtHandle *context, const char *text, const struct signature *signature,
                                   ULONG length)
{
    SecBuffer buffers[2];
    SecBufferDesc list = describe(buffers, 2);
    void *copy = exact(text, strlen(text)), *token = exact(signature->bytes, length);
    ULONG qop = 0xDEADBEEF;
    SECURITY_STATUS status;
    set_buffer(&buffers[0], SECBUFFER_DATA, copy, (ULONG)strlen(text));
    set_buffer(&buffers[1], SECBUFFER_TOKEN, token, length);
    status = VerifySignature(context, &list, 0, &qop);
    ours(qop == (status == SEC_E_OK ? 0 : 0xDEADBEEF), "qop 0x%X", (unsigned)qop);
    free(copy);
    free(token);
    return status;
}

static void honest(struct exchange *exchange)
{
    static const char *const text[] = {"hello", "", ", ", "world"}, *const nothing[] = {""};
    struct signature signature;
    char joined[64];
    SecBuffer buffer;
    SecBufferDesc list = describe(&buffer, 1);
    if (sign(&exchange->client, text, 4, &signature))
        returns(SEC_E_OK, verify_text(&exchange->server, "hello, world", &signature, 16));
    if (sign(&exchange->server, nothing, 1, &signature))
        returns(SEC_E_OK, verify_text(&exchange->client, "", &signature, 16));
    if (sign(&exchange->client, text, 1, &signature)) {
        /* the signature at the end of the only DATA buffer */
        memcpy(joined, "hello", 5);
        memcpy(joined + 5, signature.bytes, 16);
        set_buffer(&buffer, SECBUFFER_DATA, joined, 21);
        ours_returns(SEC_E_OK, VerifySignature(&exchange->server, &list, 0, NULL));
    }
}

static void forged(struct exchange *exchange)
{
    static const char *const text[] = {"pay 10"}, *const later[] = {"pay 20"};
    struct signature signature, second;
    ULONG i;
    if (!sign(&exchange->client, text, 1, &signature) || !sign(&exchange->client, later, 1, &second))
        return;
    returns(SEC_E_MESSAGE_ALTERED, verify_text(&exchange->server, "pay 90", &signature, 16));
    returns(SEC_E_OUT_OF_SEQUENCE, verify_text(&exchange->server, "pay 20", &second, 16));
    for (i = 0; i < 16; i++) {
        SECURITY_STATUS status;
        struct signature bad = signature;
        bad.bytes[i] ^= 0x40;
        status = verify_text(&exchange->server, "pay 10", &bad, 16);
        ok(status == (i < 12 ? SEC_E_MESSAGE_ALTERED : SEC_E_OUT_OF_SEQUENCE)
               || (i >= 12 && status == SEC_E_MESSAGE_ALTERED),
           "byte %u: 0x%08X", (unsigned)i, (unsigned)status);
        ours_returns(SEC_E_MESSAGE_ALTERED, verify_text(&exchange->server, "pay 10", &signature, i));
    }
    returns(SEC_E_OK, verify_text(&exchange->server, "pay 10", &signature, 16));
    returns(SEC_E_OUT_OF_SEQUENCE, verify_text(&exchange->server, "pay 10", &signature, 16));
    returns(SEC_E_OK, verify_text(&exchange->server, "pay 20", &second, 16));
}

/* Buffers flagged READONLY_WITH_CHECKSUM are passed over, READONLY ones are signed. */
static void flagged(struct exchange *exchange)
{
    struct signature signature;
    SecBuffer buffers[4];
    SecBufferDesc list = describe(buffers, 4);
    set_buffer(&buffers[0], SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, (void *)"header", 6);
    set_buffer(&buffers[1], SECBUFFER_DATA | SECBUFFER_READONLY, (void *)"body", 4);
    set_buffer(&buffers[2], SECBUFFER_TOKEN, signature.bytes, 16);
    set_buffer(&buffers[3], SECBUFFER_EMPTY, NULL, 99);
    if (returns(SEC_E_OK, MakeSignature(&exchange->client, 0, &list, 0)))
        returns(SEC_E_OK, verify_text(&exchange->server, "body", &signature, 16));
}

static void refused(struct exchange *exchange)
{
    struct signature signature;
    static const char *const text[] = {"text"};
    SecBuffer buffers[2];
    SecBufferDesc list = describe(buffers, 2);
    unsigned char *room = malloc(15);
    CtxtHandle *context = &exchange->client;
    set_buffer(&buffers[0], SECBUFFER_DATA, (void *)"text", 4);
    set_buffer(&buffers[1], SECBUFFER_PADDING, NULL, 0);
    returns(SEC_E_INVALID_TOKEN, MakeSignature(context, 0, &list, 0)); /* no TOKEN */
    ours_returns(SEC_E_INVALID_TOKEN, MakeSignature(context, 0, NULL, 0));
    ours_returns(SEC_E_INVALID_TOKEN, VerifySignature(context, NULL, 0, NULL));
    set_buffer(&buffers[1], SECBUFFER_TOKEN, room, 15);
    ours_returns(SEC_E_BUFFER_TOO_SMALL, MakeSignature(context, 0, &list, 0));
    ours(buffers[1].cbBuffer == 16, "length %u", (unsigned)buffers[1].cbBuffer);
    set_buffer(&buffers[1], SECBUFFER_TOKEN, NULL, 0);
    ours_returns(SEC_E_BUFFER_TOO_SMALL, MakeSignature(context, 0, &list, 0));
    set_buffer(&buffers[1], SECBUFFER_TOKEN, NULL, 16);
    ours_returns(SEC_E_INVALID_TOKEN, MakeSignature(context, 0, &list, 0));
    set_buffer(&buffers[1], SECBUFFER_TOKEN | SECBUFFER_READONLY, signature.bytes, 16);
    ours(MakeSignature(context, 0, &list, 0) != SEC_E_OK, "a read-only signature was written");
    list.cBuffers = 0xFFFFFFFF;
    ours_returns(SEC_E_INVALID_TOKEN, VerifySignature(context, &list, 0, NULL));
    if (sign(context, text, 1, &signature))
        returns(SEC_E_OK, verify_text(&exchange->server, "text", &signature, 16));
    free(room);
}

/* In an auth-conf context signatures and sealed messages share the sequence. */
static void mixed(struct exchange *exchange)
{
    static const char *const text[] = {"signed"};
    struct signature signature;
    struct sealed sealed;
    if (!sign(&exchange->client, text, 1, &signature))
        return;
    if (seal(&exchange->client, 50, 1, &sealed)) {
        ours_returns(SEC_E_OUT_OF_SEQUENCE, open_sealed(&exchange->server, &sealed, 50, 1));
        ours_returns(SEC_E_OK, verify_text(&exchange->server, "signed", &signature, 16));
        ours_returns(SEC_E_OK, open_sealed(&exchange->server, &sealed, 50, 1));
        free(sealed.body);
    }
}

START_TEST(signatures)
{
    static const enum qop qops[] = {AUTH_INT, AUTH_CONF};
    struct exchange exchange;
    struct signature signature = {{0}};
    SecBuffer buffers[2];
    SecBufferDesc list = describe(buffers, 2);
    size_t i;
    if (!can_log_in())
        return;
    configure("");
    for (i = 0; i < COUNT(qops); i++) {
        in_row(qops[i] == AUTH_INT ? "auth-int" : "auth-conf");
        if (!login(&exchange, qops[i]))
            continue;
        honest(&exchange);
        forged(&exchange);
        flagged(&exchange);
        refused(&exchange);
        mixed(&exchange);
        finish(&exchange);
    }
    in_row(NULL);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, signature.bytes, 16);
    set_buffer(&buffers[1], SECBUFFER_DATA, (void *)"text", 4);
    prepare(&exchange, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    returns(SEC_E_INVALID_HANDLE, MakeSignature(&exchange.server, 0, &list, 0));
    returns(SEC_E_INVALID_HANDLE, VerifySignature(&exchange.server, &list, 0, NULL));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_OK, verify(&exchange));
    returns(SEC_E_QOP_NOT_SUPPORTED, MakeSignature(&exchange.server, 0, &list, 0));
    returns(SEC_E_QOP_NOT_SUPPORTED, VerifySignature(&exchange.server, &list, 0, NULL));
    finish(&exchange);
    returns(SEC_E_INVALID_HANDLE, MakeSignature(&exchange.server, 0, &list, 0));
    returns(SEC_E_INVALID_HANDLE, VerifySignature(&exchange.server, &list, 0, NULL));
}
