/* What EncryptMessage and DecryptMessage of Kerberos and Negotiate contexts do with every shape of
 * buffers, without confidentiality, and beyond what the other end takes. Needs a ticket and a keytab
 * with imap/localhost. */
#include "ends.h"

#define READ_ONLY (SECBUFFER_DATA | SECBUFFER_READONLY)
#define CHECKED (SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM)

/* Takes both ends to SEC_E_OK; through SASL with the size of messages that the server takes. */
static int establish(int sasl, const char *package, ULONG flags, ULONG server_takes)
{
    char target[] = "imap/localhost";
    SECURITY_STATUS c = SEC_I_CONTINUE_NEEDED, s = SEC_I_CONTINUE_NEEDED;
    int turn;
    open_ends(package);
    for (turn = 0; turn < 8 && (c == SEC_I_CONTINUE_NEEDED || s == SEC_I_CONTINUE_NEEDED); turn++) {
        SecBuffer in, out;
        SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
        if (turn % 2 == 0 && c == SEC_I_CONTINUE_NEEDED) {
            set(&in, SECBUFFER_TOKEN, server.token, server.length);
            set(&out, SECBUFFER_TOKEN, client.token, TOKEN_ROOM);
            c = (sasl ? SaslInitializeSecurityContextA
                      : InitializeSecurityContextA)(&client.credential, client.begun ? &client.context : NULL,
                                                    target, flags, 0, SECURITY_NATIVE_DREP, &input, 0,
                                                    &client.context, &output, &client.attributes, NULL);
            client.begun |= c == SEC_E_OK || c == SEC_I_CONTINUE_NEEDED;
            client.length = out.cbBuffer;
        } else if (turn % 2 == 1 && s == SEC_I_CONTINUE_NEEDED) {
            set(&in, SECBUFFER_TOKEN, client.token, client.length);
            set(&out, SECBUFFER_TOKEN, server.token, TOKEN_ROOM);
            s = (sasl ? SaslAcceptSecurityContext
                      : AcceptSecurityContext)(&server.credential, server.begun ? &server.context : NULL,
                                               &input, 0, SECURITY_NATIVE_DREP, &server.context, &output,
                                               &server.attributes, NULL);
            server.begun |= s == SEC_E_OK || s == SEC_I_CONTINUE_NEEDED;
            server.length = out.cbBuffer;
            if (turn == 1 && server_takes != 0)
                returns(SEC_E_OK, SaslSetContextOption(&server.context, SASL_OPTION_RECV_SIZE, &server_takes,
                                                       sizeof server_takes));
        }
    }
    ok(c == SEC_E_OK && s == SEC_E_OK, "%s: 0x%08X, 0x%08X", package, (unsigned)c, (unsigned)s);
    return c == SEC_E_OK && s == SEC_E_OK;
}

static unsigned char token[512], padding[64], joined[4096];

/* TOKEN, DATA and PADDING of the sizes that a context tells. */
static void generic(CtxtHandle *context, SecBuffer *buffers, void *data, ULONG length)
{
    SecPkgContext_Sizes sizes;
    returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes));
    set(&buffers[0], SECBUFFER_TOKEN, token, sizes.cbSecurityTrailer);
    set(&buffers[1], SECBUFFER_DATA, data, length);
    set(&buffers[2], SECBUFFER_PADDING, padding, sizes.cbBlockSize);
}

/* Without confidentiality nothing is sealed, unless the call or SASL's layer says so. */
static void test_in_clear(const char *package, int sasl, ULONG flags, SECURITY_STATUS expected)
{
    char text[] = "not for everybody";
    CtxtHandle *ends[2];
    int at;
    if (!establish(sasl, package, flags | ISC_REQ_MUTUAL_AUTH, 0))
        return;
    ends[0] = &client.context;
    ends[1] = &server.context;
    for (at = 0; at < 2; at++) {
        SecBuffer buffers[3];
        SecBufferDesc message = describe(buffers, 3);
        ULONG qop = 99;
        SECURITY_STATUS status;
        generic(ends[at], buffers, text, sizeof text);
        status = EncryptMessage(ends[at], 0, &message, 0);
        ok(status == expected, "%s, end %d: 0x%08X", package, at, (unsigned)status);
        ok(memcmp(text, "not for everybody", sizeof text) == 0, "%s: the text was changed", package);
        if (status != SEC_E_OK) {
            generic(ends[at], buffers, text, sizeof text);
            returns(SEC_E_OK, EncryptMessage(ends[at], SECQOP_WRAP_NO_ENCRYPT, &message, 0));
        }
        returns(SEC_E_OK, DecryptMessage(ends[1 - at], &message, 0, &qop));
        ok(qop == SECQOP_WRAP_NO_ENCRYPT, "qop %x", (unsigned)qop);
        ok(memcmp(text, "not for everybody", sizeof text) == 0, "%s: another text", package);
    }
    close_ends();
}

/* Several texts, and read-only DATA around them: sealed as one message, opened in the same buffers and,
 * where nothing is signed beside it, as a stream. */
static void test_parts(const char *package)
{
    static const struct {
        ULONG types[7];
        int as_stream;
    } rows[] = {
        {{SECBUFFER_TOKEN, SECBUFFER_DATA, SECBUFFER_DATA, SECBUFFER_PADDING}, 1},
        {{SECBUFFER_TOKEN, READ_ONLY, SECBUFFER_DATA, SECBUFFER_PADDING}, 1},
        {{READ_ONLY, SECBUFFER_TOKEN, SECBUFFER_DATA, READ_ONLY, SECBUFFER_PADDING, READ_ONLY}, 1},
        {{SECBUFFER_TOKEN, CHECKED, SECBUFFER_DATA, SECBUFFER_PADDING}, 0},
        {{SECBUFFER_TOKEN, SECBUFFER_DATA, CHECKED, SECBUFFER_DATA, READ_ONLY, SECBUFFER_PADDING}, 0},
    };
    size_t row;
    if (!establish(0, package, ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY | ISC_REQ_SEQUENCE_DETECT, 0))
        return;
    for (row = 0; row < sizeof rows / sizeof *rows; row++) {
        int form;
        for (form = 0; form < 1 + rows[row].as_stream; form++) {
            char texts[7][16];
            SecPkgContext_Sizes sizes;
            SecBuffer buffers[7], whole[3];
            SecBufferDesc message = describe(buffers, 0), stream = describe(whole, 3);
            ULONG length = 0, at;
            returns(SEC_E_OK, QueryContextAttributesA(&client.context, SECPKG_ATTR_SIZES, &sizes));
            for (at = 0; at < 7 && rows[row].types[at] != 0; at++, message.cBuffers++) {
                ULONG type = rows[row].types[at];
                memcpy(texts[at], "read me, reader", 16);
                set(&buffers[at], type,
                    type == SECBUFFER_TOKEN     ? (void *)token
                    : type == SECBUFFER_PADDING ? (void *)padding
                                                : texts[at],
                    type == SECBUFFER_TOKEN     ? sizes.cbSecurityTrailer
                    : type == SECBUFFER_PADDING ? sizes.cbBlockSize
                                                : 16);
            }
            returns(SEC_E_OK, EncryptMessage(&client.context, 0, &message, 0));
            for (at = 0; at < message.cBuffers; at++) {
                ULONG type = buffers[at].BufferType;
                if (type == SECBUFFER_DATA)
                    ok(memcmp(texts[at], "read me, reader", 16) != 0, "%s row %u: readable", package,
                       (unsigned)row);
                if (type == READ_ONLY || type == CHECKED) {
                    ok(memcmp(texts[at], "read me, reader", 16) == 0, "row %u: written", (unsigned)row);
                } else {
                    memcpy(joined + length, buffers[at].pvBuffer, buffers[at].cbBuffer);
                    length += buffers[at].cbBuffer;
                }
            }
            if (form == 1) {
                set(&whole[0], READ_ONLY, texts[0], 4);
                set(&whole[1], SECBUFFER_STREAM, joined, length);
                set(&whole[2], SECBUFFER_DATA, NULL, 0);
                returns(SEC_E_OK, DecryptMessage(&server.context, &stream, 0, NULL));
                ok(whole[2].cbBuffer >= 16 && memcmp(whole[2].pvBuffer, "read me, reader", 16) == 0,
                   "%s row %u: another text", package, (unsigned)row);
                continue;
            }
            returns(SEC_E_OK, DecryptMessage(&server.context, &message, 0, NULL));
            for (at = 0; at < message.cBuffers; at++)
                if ((buffers[at].BufferType & 0xFF) == SECBUFFER_DATA)
                    ok(memcmp(texts[at], "read me, reader", 16) == 0, "%s row %u: another text", package,
                       (unsigned)row);
        }
    }
    close_ends();
}

/* Nothing, and the beginnings of a message. */
static void test_incomplete(const char *package)
{
    static const ULONG shapes[][3] = {{SECBUFFER_DATA, 0, 0},
                                      {SECBUFFER_STREAM, SECBUFFER_DATA, 0},
                                      {SECBUFFER_TOKEN, SECBUFFER_DATA, 0},
                                      {SECBUFFER_TOKEN, SECBUFFER_DATA, SECBUFFER_PADDING}};
    char text[] = "a whole message";
    SecBuffer buffers[3];
    SecBufferDesc message = describe(buffers, 3);
    unsigned char start[16];
    ULONG length, at;
    size_t shape;
    if (!establish(0, package, ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY, 0))
        return;
    generic(&client.context, buffers, text, sizeof text);
    returns(SEC_E_OK, EncryptMessage(&client.context, 0, &message, 0));
    memcpy(start, token, sizeof start);
    for (shape = 0; shape < sizeof shapes / sizeof *shapes; shape++) {
        for (length = 0; length < sizeof start; length++) {
            for (at = 0; at < 3; at++)
                set(&buffers[at], shapes[shape][at], at == 0 ? start : NULL, at == 0 ? length : 0);
            returns(SEC_E_INCOMPLETE_MESSAGE, DecryptMessage(&server.context, &message, 0, NULL));
        }
    }
    set(&buffers[0], SECBUFFER_STREAM, NULL, 0);
    set(&buffers[1], SECBUFFER_DATA, NULL, 0);
    returns(SEC_E_INCOMPLETE_MESSAGE, DecryptMessage(&server.context, &message, 0, NULL));
    memcpy(text, "nothing", 7); /* begins as no message does: what is encrypted might */
    set(&buffers[0], SECBUFFER_STREAM, text, 7);
    returns(SEC_E_INVALID_TOKEN, DecryptMessage(&server.context, &message, 0, NULL));
    for (at = 0; at < 2; at++) {
        set(&buffers[0], SECBUFFER_TOKEN, at ? start : NULL, 0);
        set(&buffers[1], SECBUFFER_DATA, text, 7);
        returns(SEC_E_MESSAGE_ALTERED, VerifySignature(&server.context, &message, 0, NULL));
    }
    close_ends();
}

/* Each bit of a message's header turned, which no library has verified when it reads it: refused as the
 * peer's fault, whatever the header says of filler and rotation, and the memory around stays whole. */
static void test_forged_headers(const char *package, ULONG flags, ULONG qop)
{
    SecPkgContext_Sizes sizes;
    int bit, parts;
    if (!establish(0, package, flags | ISC_REQ_MUTUAL_AUTH, 0))
        return;
    returns(SEC_E_OK, QueryContextAttributesA(&client.context, SECPKG_ATTR_SIZES, &sizes));
    for (bit = 0; bit < 16 * 8; bit++) {
        for (parts = 0; parts < 2; parts++) {
            char text[] = "seven";
            SecBuffer buffers[3];
            SecBufferDesc message = describe(buffers, 3);
            unsigned char *header;
            SECURITY_STATUS status;
            if (!parts && (bit / 8 == 6 || bit / 8 == 7))
                continue; /* a whole message that is rotated otherwise may be the same one */
            generic(&client.context, buffers, text, (ULONG)(bit % 3 == 0 ? 0 : sizeof text));
            returns(SEC_E_OK, EncryptMessage(&client.context, qop, &message, 0));
            header = malloc(buffers[0].cbBuffer);
            memcpy(header, token, buffers[0].cbBuffer);
            header[bit / 8] = (unsigned char)(header[bit / 8] ^ 1 << bit % 8);
            if (parts) {
                buffers[0].pvBuffer = header;
            } else {
                ULONG length = buffers[0].cbBuffer;
                memcpy(joined, header, length);
                memcpy(joined + length, text, buffers[1].cbBuffer);
                length += buffers[1].cbBuffer;
                memcpy(joined + length, padding, buffers[2].cbBuffer);
                set(&buffers[0], SECBUFFER_STREAM, joined, length + buffers[2].cbBuffer);
                set(&buffers[1], SECBUFFER_DATA, NULL, 0);
                message.cBuffers = 2;
            }
            status = DecryptMessage(&server.context, &message, 0, NULL);
            /* Heimdal's library looks at the number first. */
            ok(status == SEC_E_MESSAGE_ALTERED || status == SEC_E_INVALID_TOKEN
                   || (heimdal && bit / 8 >= 8 && status == SEC_E_OUT_OF_SEQUENCE),
               "%s, bit %d, parts %d: 0x%08X", package, bit, parts, (unsigned)status);
            free(header);
        }
    }
    close_ends();
}

/* The server's cookie says how much it takes: the longest message that fits is sealed. */
static void test_cookie_size(ULONG flags, ULONG takes)
{
    static char text[8192];
    SecBuffer buffers[3];
    SecBufferDesc message = describe(buffers, 3);
    ULONG length, most = 0, sealed = 0;
    if (!establish(1, "Kerberos", flags | ISC_REQ_MUTUAL_AUTH, takes))
        return;
    returns(SEC_E_OK, SaslGetContextOption(&client.context, SASL_OPTION_SEND_SIZE, &most, sizeof most, NULL));
    ok(most > 0 && most < takes, "%u fit", (unsigned)most);
    for (length = takes; length + 100 > takes; length--) {
        SECURITY_STATUS status;
        memset(text, 'x', length);
        generic(&client.context, buffers, text, length);
        status = EncryptMessage(&client.context, 0, &message, 0);
        if (status == SEC_E_OK)
            break;
        ok(status == SEC_E_INVALID_TOKEN, "%u bytes: 0x%08X", (unsigned)length, (unsigned)status);
        ok(text[0] == 'x' && text[length - 1] == 'x' && buffers[1].cbBuffer == length, "it was changed");
    }
    sealed = buffers[0].cbBuffer + buffers[1].cbBuffer + buffers[2].cbBuffer;
    ok(length >= most && sealed == takes, "%u bytes of %u, sealed %u", (unsigned)length, (unsigned)most,
       (unsigned)sealed);
    returns(SEC_E_OK, DecryptMessage(&server.context, &message, 0, NULL)); /* and nothing was counted */
    close_ends();
}

int main(int argc, char **argv)
{
    static const char *const packages[] = {"Kerberos", "Negotiate"};
    int at;
    heimdal = argued(argc, argv, "heimdal");
    for (at = 0; at < 2; at++) {
        test_in_clear(packages[at], 0, 0, SEC_E_UNSUPPORTED_FUNCTION);
        test_in_clear(packages[at], 0, ISC_REQ_INTEGRITY, SEC_E_UNSUPPORTED_FUNCTION);
        test_in_clear(packages[at], 1, ISC_REQ_INTEGRITY, SEC_E_OK);
        test_parts(packages[at]);
        test_incomplete(packages[at]);
        test_forged_headers(packages[at], ISC_REQ_CONFIDENTIALITY, 0);
        test_forged_headers(packages[at], ISC_REQ_INTEGRITY, SECQOP_WRAP_NO_ENCRYPT);
    }
    test_cookie_size(ISC_REQ_CONFIDENTIALITY, 1000);
    test_cookie_size(ISC_REQ_INTEGRITY, 2048);
    return report_checks();
}
