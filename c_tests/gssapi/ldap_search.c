/* An LDAP client (RFC 4511), as far as a SASL bind and a search of the root DSE under its layer
 * show: ldap_search PORT auth|auth-int|auth-conf. Prints "found NAMING-CONTEXT" and
 * "layer QOP". */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECURITY_WIN32
#include <sspi.h>

#define ROOM 65536

static int connection;
static CtxtHandle context;
static ULONG layer; /* ISC_RET bits of the layer, 0 before the bind */

static void fail(const char *what, unsigned status)
{
    printf("failed: %s 0x%08X\n", what, status);
    exit(1);
}

static void set(SecBuffer *buffer, ULONG type, void *data, ULONG length)
{
    buffer->BufferType = type;
    buffer->pvBuffer = data;
    buffer->cbBuffer = length;
}

static SecBufferDesc describe(SecBuffer *buffers, ULONG count)
{
    SecBufferDesc description = {SECBUFFER_VERSION, count, buffers};
    return description;
}

/* ---- BER: each element is put together from the inside out ---- */

static size_t element(unsigned char *out, unsigned char tag, const void *content, size_t length)
{
    static unsigned char copy[ROOM];
    memcpy(copy, content, length);
    out[0] = tag;
    out[1] = 0x82;
    out[2] = (unsigned char)(length >> 8);
    out[3] = (unsigned char)length;
    memcpy(out + 4, copy, length);
    return length + 4;
}

/* The content of the element at `*at`, which moves behind it. */
static const unsigned char *take(const unsigned char **at, const unsigned char *end, unsigned char *tag,
                                 size_t *length)
{
    const unsigned char *byte = *at;
    size_t more;
    if (end - byte < 2)
        fail("BER", 0);
    *tag = byte[0];
    *length = byte[1];
    byte += 2;
    if (*length & 0x80) {
        more = *length & 0x7F;
        for (*length = 0; more > 0 && byte < end; more--)
            *length = *length << 8 | *byte++;
    }
    if ((size_t)(end - byte) < *length)
        fail("BER", 1);
    *at = byte + *length;
    return byte;
}

/* ---- the connection ---- */

static void write_all(const unsigned char *data, size_t length)
{
    if (write(connection, data, length) != (ssize_t)length)
        fail("write", 0);
}

static void read_all(unsigned char *data, size_t length)
{
    while (length > 0) {
        ssize_t bytes = read(connection, data, length);
        if (bytes <= 0)
            fail("read", 0);
        data += bytes;
        length -= (size_t)bytes;
    }
}

static void send_message(unsigned char *message, size_t length)
{
    static unsigned char frame[ROOM];
    unsigned char header[128], padding[32];
    SecPkgContext_Sizes sizes;
    SecBuffer buffers[3];
    SecBufferDesc description = describe(buffers, 3);
    SECURITY_STATUS status;
    ULONG body;
    if (layer == 0) {
        write_all(message, length);
        return;
    }
    status = QueryContextAttributesA(&context, SECPKG_ATTR_SIZES, &sizes);
    if (status != SEC_E_OK || sizes.cbSecurityTrailer > sizeof header)
        fail("SIZES", (unsigned)status);
    set(&buffers[0], SECBUFFER_TOKEN, header, sizes.cbSecurityTrailer);
    set(&buffers[1], SECBUFFER_DATA, message, (ULONG)length);
    set(&buffers[2], SECBUFFER_PADDING, padding, sizes.cbBlockSize);
    status = EncryptMessage(&context, 0, &description, 0);
    if (status != SEC_E_OK)
        fail("EncryptMessage", (unsigned)status);
    body = buffers[0].cbBuffer + buffers[1].cbBuffer + buffers[2].cbBuffer;
    frame[0] = (unsigned char)(body >> 24);
    frame[1] = (unsigned char)(body >> 16);
    frame[2] = (unsigned char)(body >> 8);
    frame[3] = (unsigned char)body;
    memcpy(frame + 4, header, buffers[0].cbBuffer);
    memcpy(frame + 4 + buffers[0].cbBuffer, message, buffers[1].cbBuffer);
    memcpy(frame + 4 + buffers[0].cbBuffer + buffers[1].cbBuffer, padding, buffers[2].cbBuffer);
    write_all(frame, 4 + (size_t)body);
}

/* Bytes that were read and not yet looked at: frames do not end where messages do. */
static unsigned char held[2 * ROOM];
static size_t held_length;

static void read_more(void)
{
    static unsigned char body[ROOM];
    unsigned char head[4];
    SecBuffer buffers[2];
    SecBufferDesc description = describe(buffers, 2);
    SECURITY_STATUS status;
    ULONG length;
    if (layer == 0) {
        read_all(held + held_length++, 1);
        return;
    }
    read_all(head, 4);
    length = (ULONG)head[0] << 24 | (ULONG)head[1] << 16 | (ULONG)head[2] << 8 | head[3];
    if (length > sizeof body || held_length + length > sizeof held)
        fail("a frame of", length);
    read_all(body, length);
    set(&buffers[0], SECBUFFER_STREAM, body, length);
    set(&buffers[1], SECBUFFER_DATA, NULL, 0);
    status = DecryptMessage(&context, &description, 0, NULL);
    if (status != SEC_E_OK)
        fail("DecryptMessage", (unsigned)status);
    memcpy(held + held_length, buffers[1].pvBuffer, buffers[1].cbBuffer);
    held_length += buffers[1].cbBuffer;
}

/* The length of the message that `held` begins with; 0 while it is not all there. */
static size_t complete(void)
{
    size_t length, head = 2, more;
    if (held_length < 6)
        return 0;
    length = held[1];
    if (length & 0x80) {
        for (more = length & 0x7F, length = 0; more > 0 && head < 6; more--)
            length = length << 8 | held[head++];
    }
    return held_length >= head + length ? head + length : 0;
}

/* Reads a message; returns its operation's tag and content. */
static const unsigned char *read_message(unsigned char *tag, size_t *length)
{
    static unsigned char message[2 * ROOM];
    const unsigned char *at = message, *inside;
    size_t whole;
    unsigned char outer;
    while ((whole = complete()) == 0)
        read_more();
    memcpy(message, held, whole);
    memmove(held, held + whole, held_length - whole);
    held_length -= whole;
    inside = take(&at, message + whole, &outer, length);
    at = inside;
    take(&at, inside + *length, &outer, length); /* the message's number */
    return take(&at, message + whole, tag, length);
}

/* ---- bind and search ---- */

static void send_operation(unsigned char number, unsigned char tag, const void *content, size_t length)
{
    static unsigned char inside[ROOM], message[ROOM];
    size_t at = element(inside, 2, &number, 1);
    at += element(inside + at, tag, content, length);
    send_message(message, element(message, 0x30, inside, at));
}

static void send_bind(unsigned char number, const void *token, size_t length)
{
    static unsigned char sasl[ROOM], request[ROOM];
    unsigned char version = 3;
    size_t at = element(sasl, 4, "GSSAPI", 6), end;
    at += element(sasl + at, 4, token, length);
    end = element(request, 2, &version, 1);
    end += element(request + end, 4, "", 0);
    end += element(request + end, 0xA3, sasl, at);
    send_operation(number, 0x60, request, end);
}

/* The result of a bind, and the server's token in it. */
static unsigned read_bind(unsigned char *token, ULONG *length)
{
    unsigned char tag;
    size_t content, bytes;
    const unsigned char *at = read_message(&tag, &content), *end = at + content, *part;
    unsigned result;
    if (tag != 0x61)
        fail("no bind's answer but", tag);
    part = take(&at, end, &tag, &bytes);
    result = *part;
    take(&at, end, &tag, &bytes);
    take(&at, end, &tag, &bytes);
    *length = 0;
    while (at < end) {
        part = take(&at, end, &tag, &bytes);
        if (tag == 0x87) {
            memcpy(token, part, bytes);
            *length = (ULONG)bytes;
        }
    }
    return result;
}

static void bind_with(const char *qop)
{
    static unsigned char in[ROOM], out[ROOM];
    char package[] = "Kerberos", target[] = "ldap/localhost";
    CredHandle credential;
    SecBuffer input, output;
    SecBufferDesc inputs = describe(&input, 1), outputs = describe(&output, 1);
    ULONG flags = ISC_REQ_MUTUAL_AUTH, attributes = 0, length = 0;
    unsigned char number = 0;
    unsigned result = 14; /* saslBindInProgress */
    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
                                                       NULL, &credential, NULL);
    if (status != SEC_E_OK)
        fail("AcquireCredentialsHandle", (unsigned)status);
    if (strcmp(qop, "auth") != 0)
        flags |= ISC_REQ_INTEGRITY;
    if (strcmp(qop, "auth-conf") == 0)
        flags |= ISC_REQ_CONFIDENTIALITY;
    do {
        set(&input, SECBUFFER_TOKEN, in, length);
        set(&output, SECBUFFER_TOKEN, out, sizeof out);
        status = SaslInitializeSecurityContextA(&credential, number == 0 ? NULL : &context, target, flags, 0,
                                                SECURITY_NATIVE_DREP, number == 0 ? NULL : &inputs, 0,
                                                &context, &outputs, &attributes, NULL);
        if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED)
            fail("SaslInitializeSecurityContext", (unsigned)status);
        send_bind(++number, out, output.cbBuffer);
        result = read_bind(in, &length);
    } while (status == SEC_I_CONTINUE_NEEDED && result == 14);
    if (status != SEC_E_OK || result != 0)
        fail("bind", result);
    layer = attributes & (ISC_RET_INTEGRITY | ISC_RET_CONFIDENTIALITY);
    FreeCredentialsHandle(&credential);
}

/* (objectClass=*) of the root DSE: its namingContexts. */
static void search(void)
{
    static const unsigned char request[] = {4,    0, /* base */
                                            10,   1,   0,    10,  1,   0,   2,   1,   0,   2,   1,
                                            0,    1,   1,    0, /* scope, aliases, limits, types */
                                            0x87, 11,  'o',  'b', 'j', 'e', 'c', 't', 'C', 'l', 'a',
                                            's',  's', 0x30, 16,  4,   14,  'n', 'a', 'm', 'i', 'n',
                                            'g',  'C', 'o',  'n', 't', 'e', 'x', 't', 's'};
    unsigned char tag, inner;
    size_t length, bytes;
    send_operation(99, 0x63, request, sizeof request);
    for (;;) {
        const unsigned char *at = read_message(&tag, &length), *end = at + length, *part;
        if (tag == 0x65)
            return;
        if (tag != 0x64)
            fail("no search's answer but", tag);
        take(&at, end, &inner, &bytes); /* the name, empty */
        /* Down through attributes, the first of them, behind its type its values, the first one. */
        part = take(&at, end, &inner, &bytes);
        if (bytes == 0)
            fail("no attribute", 0);
        at = part, part = take(&at, end, &inner, &bytes);
        at = part, take(&at, end, &inner, &bytes);
        part = take(&at, end, &inner, &bytes);
        at = part, part = take(&at, end, &inner, &bytes);
        printf("found %.*s\n", (int)bytes, (const char *)part);
    }
}

int main(int count, char **arguments)
{
    struct sockaddr_in address;
    if (count != 3)
        return 2;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((unsigned short)atoi(arguments[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect", 0);
    bind_with(arguments[2]);
    search();
    printf("layer %s\n", layer & ISC_RET_CONFIDENTIALITY ? "auth-conf"
                         : layer & ISC_RET_INTEGRITY     ? "auth-int"
                                                         : "auth");
    DeleteSecurityContext(&context);
    close(connection);
    return 0;
}
