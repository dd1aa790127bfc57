/* What our two participants share: tokens and messages through the functions of <sspi.h>. */
#ifndef PEERS_OURS_H
#define PEERS_OURS_H

#include "lines.h"

#define SECURITY_WIN32
#ifdef _WIN32
#include <windows.h>
#endif
#include <sspi.h>

#define TOKEN_MAX 48256

/* SASL's DIGEST-MD5, whose messages have another layout than GSSAPI's. */
static int is_digest = 1;

static void fail_with(const char *call, SECURITY_STATUS status)
{
    char reason[128];
    snprintf(reason, sizeof reason, "%s 0x%08X", call, (unsigned)status);
    fail(reason);
}

static void check(SECURITY_STATUS status, const char *call)
{
    if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED)
        fail_with(call, status);
}

/* Points a descriptor at `count` buffers. */
static SecBufferDesc describe(SecBuffer *buffers, ULONG count)
{
    SecBufferDesc description;
    description.ulVersion = SECBUFFER_VERSION;
    description.cBuffers = count;
    description.pBuffers = buffers;
    return description;
}

static void set(SecBuffer *buffer, ULONG type, void *data, ULONG length)
{
    buffer->BufferType = type;
    buffer->pvBuffer = data;
    buffer->cbBuffer = length;
}

/* What is asked of a context for argument `qop`, in the bits that ISC_REQ and ASC_REQ share. */
static ULONG asked(const char *qop, ULONG integrity)
{
    if (strcmp(qop, "auth-conf") == 0)
        return ISC_REQ_CONFIDENTIALITY;
    return strcmp(qop, "auth-int") == 0 ? integrity : 0;
}

/* The package behind argument `mechanism`, to free with FreeContextBuffer. */
static SecPkgInfoA *find_package(int argc, char **argv)
{
    char mechanism[64];
    SecPkgInfoA *package = NULL;
    snprintf(mechanism, sizeof mechanism, "%s", argument(argc, argv, "mechanism", "DIGEST-MD5"));
    is_digest = strcmp(mechanism, "DIGEST-MD5") == 0;
    check(SaslGetProfilePackageA(mechanism, &package), "SaslGetProfilePackage");
    return package;
}

/* Makes of argument `bindings`, a type, a colon and data, what a buffer of channel bindings holds, and
 * describes it; without the argument there is no such buffer. Returns how many there are. */
static ULONG set_bindings(SecBuffer *buffer, int argc, char **argv)
{
    static union {
        SEC_CHANNEL_BINDINGS head;
        unsigned char bytes[sizeof(SEC_CHANNEL_BINDINGS) + 256];
    } block;
    const char *text = argument(argc, argv, "bindings", "");
    ULONG length = (ULONG)strlen(text);
    if (length == 0 || length > 256)
        return 0;
    memset(&block.head, 0, sizeof block.head);
    block.head.cbApplicationDataLength = length;
    block.head.dwApplicationDataOffset = (ULONG)sizeof block.head;
    memcpy(block.bytes + sizeof block.head, text, length);
    set(buffer, SECBUFFER_CHANNEL_BINDINGS, block.bytes, (ULONG)sizeof block.head + length);
    return 1;
}

/* The longest message that the other end takes. */
static ULONG largest(CtxtHandle *context)
{
    SecPkgContext_StreamSizes sizes = {0, 0, 0, 0, 0};
    ULONG size = 0;
    if (QueryContextAttributesA(context, SECPKG_ATTR_STREAM_SIZES, &sizes) == SEC_E_OK)
        return sizes.cbMaximumMessage;
    check(SaslGetContextOption(context, SASL_OPTION_SEND_SIZE, &size, sizeof size, NULL),
          "SASL_OPTION_SEND_SIZE");
    return size;
}

/* Sets option `number` to argument `name`, where that was given. */
static void set_option(CtxtHandle *context, ULONG number, int argc, char **argv, const char *name)
{
    const char *text = argument(argc, argv, name, NULL);
    ULONG value = text != NULL ? (ULONG)strtoul(text, NULL, 10) : 0;
    if (text != NULL)
        check(SaslSetContextOption(context, number, &value, sizeof value), name);
}

/* Says what was agreed, by the attributes that the last call returned. Where the machine's own package
 * tells no name, as Wine's Kerberos, that is "?". */
static void report(CtxtHandle *context, ULONG attributes, ULONG integrity)
{
    SecPkgContext_NamesA names = {NULL};
    SECURITY_STATUS named;
    char authzid[256];
    ULONG length = 0, most = 0;
    const char *qop = "auth";
    if (attributes & integrity) {
        qop = attributes & ISC_RET_CONFIDENTIALITY ? "auth-conf" : "auth-int";
        most = largest(context);
    }
    named = QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &names);
    if (named != SEC_E_UNSUPPORTED_FUNCTION)
        check(named, "NAMES");
    check(SaslGetContextOption(context, SASL_OPTION_AUTHZ_STRING, authzid, sizeof authzid - 1, &length),
          "SASL_OPTION_AUTHZ_STRING");
    authzid[length] = '\0';
    put_ok(qop, named == SEC_E_OK ? names.sUserName : "?", length > 0 ? authzid : "-", most);
    if (named == SEC_E_OK)
        FreeContextBuffer(names.sUserName);
}

/* Protects a message as Windows programs do: in place, with the sizes asked for first. What Kerberos
 * makes stands around the data, what Digest makes after it. */
static void protect(CtxtHandle *context, const struct line *line)
{
    static unsigned char body[MESSAGE_MAX + 1024];
    SecPkgContext_Sizes sizes;
    SecBuffer buffers[3];
    SecBufferDesc message = describe(buffers, 3);
    unsigned char *data;
    ULONG bytes = is(line, "WRAP") ? (ULONG)line->length : line->bytes;
    check(QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes), "SIZES");
    data = body + (is_digest ? 0 : sizes.cbSecurityTrailer);
    if (is(line, "WRAP"))
        memcpy(data, line->data, bytes);
    else
        fill(data, bytes, line->seed);
    if (is_digest)
        set(&buffers[0], SECBUFFER_EMPTY, NULL, 0);
    else
        set(&buffers[0], SECBUFFER_TOKEN, body, sizes.cbSecurityTrailer);
    set(&buffers[1], SECBUFFER_DATA, data, bytes);
    set(&buffers[2], SECBUFFER_PADDING, data + bytes,
        is_digest ? sizes.cbMaxSignature + sizes.cbBlockSize : sizes.cbBlockSize);
    check(EncryptMessage(context, 0, &message, 0), "EncryptMessage");
    memmove(data - buffers[0].cbBuffer, body, buffers[0].cbBuffer);
    put_base64("DATA", data - buffers[0].cbBuffer,
               buffers[0].cbBuffer + buffers[1].cbBuffer + buffers[2].cbBuffer);
}

static void open_message(CtxtHandle *context, struct line *line)
{
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    ULONG qop = 0;
    set(&buffers[0], SECBUFFER_STREAM, line->data, (ULONG)line->length);
    set(&buffers[1], SECBUFFER_DATA, NULL, 0);
    check(DecryptMessage(context, &message, 0, &qop), "DecryptMessage");
    if (is(line, "OPEN"))
        put_base64("TEXT", buffers[1].pvBuffer, buffers[1].cbBuffer);
    else
        put_got(buffers[1].pvBuffer, buffers[1].cbBuffer);
}

static void messages(CtxtHandle *context, struct line *line)
{
    while (get_line(line)) {
        if (is(line, "SEND") || is(line, "WRAP"))
            protect(context, line);
        else if (is(line, "RECV") || is(line, "OPEN"))
            open_message(context, line);
    }
}

#endif
