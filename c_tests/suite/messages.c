/* EncryptMessage and DecryptMessage with every cipher, in every form of the buffers. */
#include "login.h"

static const ULONG lengths[] = {0, 1, 7, 8, 9, 15, 16, 17, 64, 1000};

static void every_length(struct exchange *exchange)
{
    struct sealed sealed;
    size_t i;
    for (i = 0; i < COUNT(lengths); i++) {
        if (seal(&exchange->client, lengths[i], 3, &sealed))
            returns(SEC_E_OK, open_sealed(&exchange->server, &sealed, lengths[i], 3));
        free(sealed.body);
        if (seal(&exchange->server, lengths[i], 4, &sealed))
            returns(SEC_E_OK, open_sealed(&exchange->client, &sealed, lengths[i], 4));
        free(sealed.body);
    }
}

/* As much as the other side takes. */
static void longest(struct exchange *exchange)
{
    SecPkgContext_StreamSizes sizes;
    struct sealed sealed;
    if (!returns(SEC_E_OK, QueryContextAttributesA(&exchange->client, SECPKG_ATTR_STREAM_SIZES, &sizes)))
        return;
    if (seal(&exchange->client, sizes.cbMaximumMessage, 5, &sealed))
        returns(SEC_E_OK, open_sealed(&exchange->server, &sealed, sizes.cbMaximumMessage, 5));
    free(sealed.body);
}

/* STREAM with a DATA buffer that receives a pointer; what the DATA buffer held is not looked at. */
static void stream_form(struct exchange *exchange, int integrity)
{
    int i;
    for (i = 0; i < 3; i++) {
        struct sealed sealed;
        SecBuffer buffers[4];
        SecBufferDesc list = describe(buffers, 4);
        ULONG qop = 0xDEADBEEF;
        int data = i == 1 ? 0 : 1;
        if (!seal(&exchange->client, 100, 5, &sealed))
            return;
        set_buffer(&buffers[1 - data], SECBUFFER_STREAM, sealed.body, sealed.length);
        set_buffer(&buffers[data], SECBUFFER_DATA, i == 2 ? &qop : NULL, i == 2 ? 0xFFFFFFFF : 0);
        set_buffer(&buffers[2], SECBUFFER_EMPTY, NULL, 0);
        set_buffer(&buffers[3], SECBUFFER_EMPTY, NULL, 12345);
        returns(SEC_E_OK, DecryptMessage(&exchange->server, &list, 0, &qop));
        ok(buffers[data].cbBuffer == 100 && buffers[data].pvBuffer == sealed.body, "another place");
        ok(has_pattern(sealed.body, 100, 5), "another text");
        ours(buffers[1 - data].cbBuffer == sealed.length, "the stream's length was changed");
        ours(qop == (integrity ? SECQOP_WRAP_NO_ENCRYPT : 0u), "qop 0x%X", (unsigned)qop);
        free(sealed.body);
    }
}

/* As EncryptMessage left it: text and trailer in two buffers, in either order. */
static void two_buffers(struct exchange *exchange)
{
    static const ULONG types[] = {SECBUFFER_PADDING, SECBUFFER_TOKEN};
    size_t i;
    int order;
    for (i = 0; i < COUNT(types); i++) {
        for (order = 0; order < 2; order++) {
            struct sealed sealed;
            SecBuffer buffers[2];
            SecBufferDesc list = describe(buffers, 2);
            unsigned char *text, *trailer;
            if (!seal(&exchange->server, 33, 6, &sealed))
                return;
            text = exact(sealed.body, 33);
            trailer = exact(sealed.body + 33, sealed.length - 33);
            set_buffer(&buffers[order], SECBUFFER_DATA, text, 33);
            set_buffer(&buffers[1 - order], types[i], trailer, sealed.length - 33);
            returns(SEC_E_OK, UnsealMessage(&exchange->client, &list, 0, NULL));
            ok(buffers[order].cbBuffer == 33 && has_pattern(text, 33, 6), "another text");
            ours(buffers[1 - order].cbBuffer == sealed.length - 33, "the trailer's length changed");
            free(text);
            free(trailer);
            free(sealed.body);
        }
    }
}

/* The trailer in a TOKEN or a second DATA buffer, and its room. */
static void sealing_forms(struct exchange *exchange)
{
    static const ULONG types[] = {SECBUFFER_PADDING, SECBUFFER_TOKEN, SECBUFFER_DATA};
    SecPkgContext_Sizes sizes;
    size_t i;
    returns(SEC_E_OK, QueryContextAttributesA(&exchange->client, SECPKG_ATTR_SIZES, &sizes));
    for (i = 0; i < COUNT(types); i++) {
        SecBuffer buffers[4];
        SecBufferDesc list = describe(buffers, 4);
        ULONG needed = 16 + (sizes.cbBlockSize == 8 ? 8 - (20 + 10) % 8 : 0);
        unsigned char *text = malloc(20), *trailer;
        struct sealed sealed;
        fill_pattern(text, 20, 7);
        set_buffer(&buffers[0], SECBUFFER_STREAM_HEADER, NULL, 0);
        set_buffer(&buffers[1], SECBUFFER_DATA, text, 20);
        set_buffer(&buffers[3], SECBUFFER_EMPTY, NULL, 0);

        trailer = malloc(needed - 1);
        set_buffer(&buffers[2], types[i], trailer, needed - 1);
        returns(SEC_E_BUFFER_TOO_SMALL, SealMessage(&exchange->client, 0, &list, 0));
        ours(buffers[2].cbBuffer == needed, "length %u", (unsigned)buffers[2].cbBuffer);
        ours(has_pattern(text, 20, 7), "a failed call changed the text");
        set_buffer(&buffers[2], types[i], NULL, 0);
        returns(SEC_E_BUFFER_TOO_SMALL, EncryptMessage(&exchange->client, 0, &list, 0));
        free(trailer);

        trailer = malloc(needed);
        set_buffer(&buffers[2], types[i], trailer, needed);
        if (returns(SEC_E_OK, SealMessage(&exchange->client, 0, &list, 0))) {
            ok(buffers[1].cbBuffer == 20 && buffers[2].cbBuffer == needed, "lengths %u, %u",
               (unsigned)buffers[1].cbBuffer, (unsigned)buffers[2].cbBuffer);
            sealed.length = 20 + needed;
            sealed.body = malloc(sealed.length);
            memcpy(sealed.body, text, 20);
            memcpy(sealed.body + 20, trailer, needed);
            returns(SEC_E_OK, open_sealed(&exchange->server, &sealed, 20, 7));
            free(sealed.body);
        }
        free(text);
        free(trailer);
    }
}

/* Buffers that cannot be: nothing is lost by any of them. */
static void refused(struct exchange *exchange)
{
    SecBuffer buffers[2];
    SecBufferDesc list = describe(buffers, 2);
    unsigned char *memory = malloc(64);
    struct sealed sealed;
    CtxtHandle *context = &exchange->client;

    fill_pattern(memory, 64, 8);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, memory, 32);
    set_buffer(&buffers[1], SECBUFFER_PADDING, memory + 32, 32);
    returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0)); /* no DATA */
    returns(SEC_E_INVALID_TOKEN, DecryptMessage(context, &list, 0, NULL));
    set_buffer(&buffers[0], SECBUFFER_DATA, memory, 32);
    list.cBuffers = 1;
    returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0)); /* no trailer */
    list.cBuffers = 0;
    returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0));
    returns(SEC_E_INVALID_TOKEN, DecryptMessage(context, &list, 0, NULL));
    list.cBuffers = 0xFFFFFFFF;
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0));
    ours_returns(SEC_E_INVALID_TOKEN, DecryptMessage(context, &list, 0, NULL));
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, NULL, 0));
    ours_returns(SEC_E_INVALID_TOKEN, DecryptMessage(context, NULL, 0, NULL));
    list.cBuffers = 2;
    list.pBuffers = NULL;
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0));
    list.pBuffers = buffers;
    set_buffer(&buffers[0], SECBUFFER_DATA, NULL, 32);
    set_buffer(&buffers[1], SECBUFFER_PADDING, memory, 32);
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0));
    ours_returns(SEC_E_INVALID_TOKEN, DecryptMessage(context, &list, 0, NULL));
    set_buffer(&buffers[0], SECBUFFER_DATA, memory, 0xFFFFFFFF); /* overlaps, and ends nowhere */
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0));
    set_buffer(&buffers[0], SECBUFFER_DATA, memory, 33);
    set_buffer(&buffers[1], SECBUFFER_PADDING, memory + 32, 32);
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0));
    set_buffer(&buffers[0], SECBUFFER_DATA | SECBUFFER_READONLY, memory, 32);
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0));
    ours(has_pattern(memory, 64, 8), "a failed call changed something");
    if (seal(context, 40, 9, &sealed))
        returns(SEC_E_OK, open_sealed(&exchange->server, &sealed, 40, 9));
    free(sealed.body);
    free(memory);
}

/* Numbers that the context ignores, and the request not to encrypt. */
static void numbers(struct exchange *exchange, int integrity)
{
    SecBuffer buffers[2];
    SecBufferDesc list = describe(buffers, 2);
    unsigned char *memory = malloc(64);
    list.ulVersion = 99;
    set_buffer(&buffers[0], SECBUFFER_DATA, memory, 16);
    set_buffer(&buffers[1], SECBUFFER_PADDING, memory + 16, 48);
    fill_pattern(memory, 16, 10);
    if (!integrity) {
        ours_returns(SEC_E_QOP_NOT_SUPPORTED,
                     EncryptMessage(&exchange->client, SECQOP_WRAP_NO_ENCRYPT, &list, 0));
        ours(has_pattern(memory, 16, 10), "a failed call changed the text");
    }
    ours_returns(SEC_E_OK, EncryptMessage(&exchange->client, 0, &list, 4711));
    ours_returns(SEC_E_OK, DecryptMessage(&exchange->server, &list, 4712, NULL));
    ours(has_pattern(memory, 16, 10), "another text");
    free(memory);
}

/* One thread seals while another opens. */
#define MANY 100
struct traffic {
    CtxtHandle *context;
    struct sealed sealed[MANY];
};

static void seal_many(void *given)
{
    struct traffic *traffic = given;
    unsigned i;
    for (i = 0; i < MANY; i++)
        seal(traffic->context, 64 + i, i, &traffic->sealed[i]);
}

static void open_many(void *given)
{
    struct traffic *traffic = given;
    unsigned i;
    for (i = 0; i < MANY; i++) {
        returns(SEC_E_OK, open_sealed(traffic->context, &traffic->sealed[i], 64 + i, i));
        free(traffic->sealed[i].body);
    }
}

static void both_ways_at_once(struct exchange *exchange)
{
    static struct traffic up, down;
    struct thread sealer, opener;
    up.context = &exchange->client;
    down.context = &exchange->server;
    seal_many(&down);
    down.context = &exchange->client;
    thread_start(&sealer, seal_many, &up);
    thread_start(&opener, open_many, &down);
    thread_join(&sealer);
    thread_join(&opener);
    up.context = &exchange->server;
    open_many(&up);
}

/* Without a layer, without an exchange, without a context. */
static void no_layer(void)
{
    struct exchange exchange;
    SecBuffer buffers[2];
    SecBufferDesc list = describe(buffers, 2);
    unsigned char memory[64] = {0};
    CtxtHandle none = {0, 0};
    set_buffer(&buffers[0], SECBUFFER_DATA, memory, 32);
    set_buffer(&buffers[1], SECBUFFER_PADDING, memory + 32, 32);
    prepare(&exchange, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    returns(SEC_E_INVALID_HANDLE, EncryptMessage(&exchange.server, 0, &list, 0));
    returns(SEC_E_INVALID_HANDLE, DecryptMessage(&exchange.server, &list, 0, NULL));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_INVALID_HANDLE, EncryptMessage(&exchange.client, 0, &list, 0));
    returns(SEC_E_OK, verify(&exchange));
    returns(SEC_E_OK, conclude(&exchange));
    returns(SEC_E_QOP_NOT_SUPPORTED, EncryptMessage(&exchange.server, 0, &list, 0));
    returns(SEC_E_QOP_NOT_SUPPORTED, DecryptMessage(&exchange.client, &list, 0, NULL));
    finish(&exchange);
    returns(SEC_E_INVALID_HANDLE, EncryptMessage(&exchange.server, 0, &list, 0));
    returns(SEC_E_INVALID_HANDLE, DecryptMessage(&none, &list, 0, NULL));
    ours_returns(SEC_E_INVALID_HANDLE, SealMessage(NULL, 0, &list, 0));
    ours_returns(SEC_E_INVALID_HANDLE, UnsealMessage(NULL, &list, 0, NULL));
}

START_TEST(messages)
{
    static const char *const ciphers[] = {NULL, "3des", "rc4", "des", "rc4-56", "rc4-40"};
    size_t i;
    if (!can_log_in())
        return;
    for (i = 0; i < COUNT(ciphers); i++) {
        struct exchange exchange;
        int integrity = ciphers[i] == NULL;
        in_row(integrity ? "auth-int" : ciphers[i]);
        choose_cipher(ciphers[i]);
        configure("");
        if (!login(&exchange, integrity ? AUTH_INT : AUTH_CONF))
            continue;
        every_length(&exchange);
        if (integrity || strcmp(ciphers[i], "rc4") == 0)
            longest(&exchange);
        stream_form(&exchange, integrity);
        two_buffers(&exchange);
        sealing_forms(&exchange);
        refused(&exchange);
        numbers(&exchange, integrity);
        both_ways_at_once(&exchange);
        finish(&exchange);
    }
    in_row(NULL);
    choose_cipher(NULL);
    configure("");
    no_layer();
}
