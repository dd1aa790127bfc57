/* Messages in every number of buffers: several texts, read-only ones between them, and what programs
 * write for any package: TOKEN of cbSecurityTrailer, DATA, PADDING of cbBlockSize, joined. */
#include "login.h"

#define MOST 7
#define TRAILER 0xFFFFFFFE /* cbMaxSignature plus cbBlockSize */
#define HEADER 0xFFFFFFFD  /* cbSecurityTrailer */
#define BLOCK 0xFFFFFFFC   /* cbBlockSize */
#define WRITABLE SECBUFFER_DATA
#define READ_ONLY (SECBUFFER_DATA | SECBUFFER_READONLY)
#define CHECKED (SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM)

struct shape {
    const char *name;
    struct {
        ULONG type, length;
    } buffers[MOST];
    int data_first; /* joined as DATA and then the rest, whatever the order of the buffers */
};

static const struct shape shapes[] = {
    {"two texts", {{WRITABLE, 11}, {WRITABLE, 12}, {SECBUFFER_PADDING, TRAILER}}, 0},
    {"two texts around TOKEN", {{WRITABLE, 11}, {SECBUFFER_TOKEN, TRAILER}, {WRITABLE, 12}}, 1},
    {"an empty text", {{WRITABLE, 0}, {SECBUFFER_PADDING, TRAILER}}, 0},
    {"empty texts between",
     {{WRITABLE, 1}, {WRITABLE, 0}, {WRITABLE, 300}, {WRITABLE, 0}, {SECBUFFER_TOKEN, TRAILER}},
     0},
    {"read-only in front", {{READ_ONLY, 4}, {WRITABLE, 5}, {SECBUFFER_TOKEN, TRAILER}}, 0},
    {"read-only behind", {{WRITABLE, 5}, {SECBUFFER_PADDING, TRAILER}, {READ_ONLY, 4}}, 0},
    {"read-only between", {{WRITABLE, 5}, {READ_ONLY, 4}, {WRITABLE, 9}, {SECBUFFER_PADDING, TRAILER}}, 0},
    {"checked in front", {{CHECKED, 4}, {WRITABLE, 5}, {SECBUFFER_TOKEN, TRAILER}}, 0},
    {"checked around", {{CHECKED, 4}, {WRITABLE, 5}, {CHECKED, 3}, {SECBUFFER_PADDING, TRAILER}}, 0},
    {"read-only and two DATA", {{READ_ONLY, 4}, {WRITABLE, 5}, {WRITABLE, TRAILER}}, 0},
    {"generic", {{SECBUFFER_TOKEN, HEADER}, {WRITABLE, 33}, {SECBUFFER_PADDING, BLOCK}}, 0},
    {"generic, nothing", {{SECBUFFER_TOKEN, HEADER}, {WRITABLE, 0}, {SECBUFFER_PADDING, BLOCK}}, 0},
    {"generic, long", {{SECBUFFER_TOKEN, HEADER}, {WRITABLE, 5000}, {SECBUFFER_PADDING, BLOCK}}, 0},
    {"generic, texts",
     {{SECBUFFER_TOKEN, HEADER}, {WRITABLE, 8}, {WRITABLE, 700}, {SECBUFFER_PADDING, BLOCK}},
     0},
    {"generic, read-only",
     {{CHECKED, 4}, {SECBUFFER_TOKEN, HEADER}, {WRITABLE, 8}, {READ_ONLY, 4}, {SECBUFFER_PADDING, BLOCK}},
     0},
    {"generic, more room", {{SECBUFFER_TOKEN, HEADER}, {WRITABLE, 8}, {SECBUFFER_PADDING, TRAILER}}, 0},
};

/* Buffers in heap blocks of exactly their size. */
struct parts {
    SecBuffer buffers[MOST];
    unsigned char *memory[MOST];
    ULONG count, text;
};

static void build(struct parts *parts, const struct shape *shape, const SecPkgContext_Sizes *sizes)
{
    memset(parts, 0, sizeof *parts);
    while (parts->count < MOST && shape->buffers[parts->count].type != 0) {
        ULONG type = shape->buffers[parts->count].type, length = shape->buffers[parts->count].length;
        int is_text = type == WRITABLE && length != TRAILER;
        unsigned char *memory;
        length = length == TRAILER  ? sizes->cbMaxSignature + sizes->cbBlockSize
                 : length == HEADER ? sizes->cbSecurityTrailer
                 : length == BLOCK  ? sizes->cbBlockSize
                                    : length;
        memory = malloc(length > 0 ? length : 1);
        if (memory == NULL)
            abort();
        fill_pattern(memory, length, is_text ? 1 + 7 * parts->text : 99);
        if (is_text)
            parts->text += length;
        parts->memory[parts->count] = memory;
        set_buffer(&parts->buffers[parts->count++], type, memory, length);
    }
}

static void release(struct parts *parts)
{
    ULONG i;
    for (i = 0; i < parts->count; i++)
        free(parts->memory[i]);
}

/* What is sent, in a block of exactly its size. */
static struct sealed join(const struct parts *parts, int data_first)
{
    struct sealed sealed = {NULL, 0};
    ULONG i;
    int turn;
    sealed.body = malloc(6000);
    if (sealed.body == NULL)
        abort();
    for (turn = 0; turn < (data_first ? 2 : 1); turn++) {
        for (i = 0; i < parts->count; i++) {
            const SecBuffer *buffer = &parts->buffers[i];
            if ((buffer->BufferType & 0xF0000000) != 0
                || (data_first && (buffer->BufferType == WRITABLE) != !turn))
                continue;
            memcpy(sealed.body + sealed.length, buffer->pvBuffer, buffer->cbBuffer);
            sealed.length += buffer->cbBuffer;
        }
    }
    return sealed;
}

/* Whether the DATA buffers have the text again, and the read-only ones what they had. */
static int has_text(const struct parts *parts)
{
    ULONG i, at = 0;
    for (i = 0; i < parts->count; i++) {
        const SecBuffer *buffer = &parts->buffers[i];
        if (buffer->pvBuffer != parts->memory[i])
            return 0;
        if (buffer->BufferType == WRITABLE) {
            if (!has_pattern(buffer->pvBuffer, buffer->cbBuffer, 1 + 7 * at))
                return 0;
            at += buffer->cbBuffer;
        } else if ((buffer->BufferType & 0xF0000000) != 0
                   && !has_pattern(buffer->pvBuffer, buffer->cbBuffer, 99)) {
            return 0;
        }
    }
    return at == parts->text;
}

/* Pieces of a text are patterns that go on from one to the next: see fill_pattern. */
static int joined_text(const unsigned char *text, const struct parts *parts, const struct shape *shape)
{
    ULONG i, at = 0;
    for (i = 0; i < parts->count; i++) {
        ULONG length = shape->buffers[i].length;
        if (shape->buffers[i].type != WRITABLE || length == TRAILER)
            continue;
        if (!has_pattern(text + at, length, 1 + 7 * at))
            return 0;
        at += length;
    }
    return at == parts->text;
}

static void one_shape(CtxtHandle *sender, CtxtHandle *receiver, const struct shape *shape, int integrity)
{
    SecPkgContext_Sizes sizes;
    int form;
    returns(SEC_E_OK, QueryContextAttributesA(sender, SECPKG_ATTR_SIZES, &sizes));
    for (form = 0; form < 3; form++) {
        struct parts parts;
        struct sealed sealed;
        SecBufferDesc list;
        ULONG qop = 99;
        build(&parts, shape, &sizes);
        list = describe(parts.buffers, parts.count);
        if (!ours_returns(SEC_E_OK, EncryptMessage(sender, 0, &list, 0))) {
            ok(0, "shape %s", shape->name);
            release(&parts);
            return;
        }
        sealed = join(&parts, shape->data_first);
        ours(sealed.length >= parts.text + 16 && sealed.length <= parts.text + 24, "%s: %u bytes",
             shape->name, (unsigned)sealed.length);
        if (!integrity && parts.text > 4)
            ok(!joined_text(sealed.body, &parts, shape), "%s is readable", shape->name);
        if (form == 0) { /* in the same buffers */
            ours_returns(SEC_E_OK, DecryptMessage(receiver, &list, 0, &qop));
            ours(has_text(&parts), "%s: another text", shape->name);
        } else { /* as the peer gets it */
            SecBuffer whole[3];
            SecBufferDesc received = describe(whole, 3);
            unsigned char *body = exact(sealed.body, sealed.length);
            set_buffer(&whole[0], READ_ONLY, (void *)"HEAD", form == 1 ? 4 : 0);
            set_buffer(&whole[1], form == 1 ? SECBUFFER_STREAM : WRITABLE, body, sealed.length);
            set_buffer(&whole[2], form == 1 ? WRITABLE : SECBUFFER_EMPTY, NULL, 0);
            ours_returns(SEC_E_OK, DecryptMessage(receiver, &received, 0, &qop));
            ours(whole[3 - form].cbBuffer == parts.text, "%s: %u bytes", shape->name,
                 (unsigned)whole[3 - form].cbBuffer);
            ours(joined_text(body, &parts, shape), "%s: another text", shape->name);
            free(body);
        }
        ours(qop == (integrity ? SECQOP_WRAP_NO_ENCRYPT : 0u), "qop 0x%X", (unsigned)qop);
        free(sealed.body);
        release(&parts);
    }
}

/* What has no end is refused, and stays as it is. */
static void three_texts(CtxtHandle *context)
{
    unsigned char memory[3][64];
    SecBuffer buffers[3];
    SecBufferDesc list = describe(buffers, 3);
    int i;
    for (i = 0; i < 3; i++) {
        fill_pattern(memory[i], 64, (unsigned)i);
        set_buffer(&buffers[i], WRITABLE, memory[i], 64);
    }
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(context, 0, &list, 0));
    for (i = 0; i < 3; i++)
        ours(has_pattern(memory[i], 64, (unsigned)i) && buffers[i].cbBuffer == 64, "text %d changed", i);
}

/* Frames of nothing, in each form. */
static void nothing(CtxtHandle *context)
{
    static const struct {
        ULONG count, types[3];
        SECURITY_STATUS status;
    } rows[] = {
        {1, {WRITABLE}, SEC_E_INCOMPLETE_MESSAGE},
        {2, {SECBUFFER_STREAM, WRITABLE}, SEC_E_INCOMPLETE_MESSAGE},
        {2, {READ_ONLY, WRITABLE}, SEC_E_INCOMPLETE_MESSAGE},
        {3, {SECBUFFER_TOKEN, WRITABLE, SECBUFFER_PADDING}, SEC_E_INCOMPLETE_MESSAGE},
        {2, {WRITABLE, SECBUFFER_PADDING}, SEC_E_BUFFER_TOO_SMALL},
        {2, {SECBUFFER_TOKEN, WRITABLE}, SEC_E_BUFFER_TOO_SMALL},
        {1, {SECBUFFER_STREAM}, SEC_E_INVALID_TOKEN},
        {1, {READ_ONLY}, SEC_E_INVALID_TOKEN},
    };
    static unsigned char byte;
    size_t row;
    int pointed;
    for (row = 0; row < COUNT(rows); row++) {
        for (pointed = 0; pointed < 2; pointed++) {
            SecBuffer buffers[3];
            SecBufferDesc list = describe(buffers, rows[row].count);
            ULONG i;
            for (i = 0; i < rows[row].count; i++)
                set_buffer(&buffers[i], rows[row].types[i], pointed ? &byte : NULL, 0);
            ours_returns(rows[row].status, DecryptMessage(context, &list, 0, NULL));
        }
    }
}

/* A peer that takes little: the longest that it takes is sealed, anything longer is not. */
static void beyond_maxbuf(const char *cipher, int integrity)
{
    struct exchange exchange;
    SecPkgContext_StreamSizes sizes;
    SecBuffer buffers[2];
    SecBufferDesc list = describe(buffers, 2);
    unsigned char *text = malloc(2000), trailer[24];
    struct sealed sealed;
    choose_cipher(cipher);
    configure("maxbuf = 1000\n");
    if (text == NULL || !login(&exchange, integrity ? AUTH_INT : AUTH_CONF))
        return;
    returns(SEC_E_OK, QueryContextAttributesA(&exchange.client, SECPKG_ATTR_STREAM_SIZES, &sizes));
    fill_pattern(text, 2000, 1);
    set_buffer(&buffers[0], WRITABLE, text, 2000);
    set_buffer(&buffers[1], SECBUFFER_PADDING, trailer, sizeof trailer);
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(&exchange.client, 0, &list, 0));
    ours(has_pattern(text, 2000, 1) && buffers[0].cbBuffer == 2000 && buffers[1].cbBuffer == sizeof trailer,
         "a refused message was changed");
    set_buffer(&buffers[0], WRITABLE, text, 1000 - 15);
    ours_returns(SEC_E_INVALID_TOKEN, EncryptMessage(&exchange.client, 0, &list, 0));
    if (seal(&exchange.client, sizes.cbMaximumMessage, 3, &sealed)) {
        ok(sealed.length <= 1000, "%u bytes", (unsigned)sealed.length);
        returns(SEC_E_OK, open_sealed(&exchange.server, &sealed, sizes.cbMaximumMessage, 3));
    }
    free(sealed.body);
    free(text);
    finish(&exchange);
}

START_TEST(message_parts)
{
    static const char *const ciphers[] = {NULL, "3des", "rc4", "des", "rc4-56", "rc4-40"};
    size_t i, shape;
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
        for (shape = 0; shape < COUNT(shapes); shape++) {
            one_shape(&exchange.client, &exchange.server, &shapes[shape], integrity);
            one_shape(&exchange.server, &exchange.client, &shapes[shape], integrity);
        }
        three_texts(&exchange.client);
        nothing(&exchange.server);
        finish(&exchange);
        beyond_maxbuf(ciphers[i], integrity);
    }
    in_row(NULL);
    choose_cipher(NULL);
    configure("");
}
