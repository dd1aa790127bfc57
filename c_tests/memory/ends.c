#include "ends.h"

#include <string.h>

const char *const REALM = "example.org", *const TARGET = "imap/mail.example.org";

ULONG widen(WCHAR *wide, const char *text, ULONG room)
{
    const unsigned char *byte = (const unsigned char *)text;
    ULONG count = 0;
    while (*byte != 0 && count + 1 < room) {
        unsigned unit = *byte++;
        if (unit >= 0xE0) {
            unit = (unit & 0xF) << 12 | (byte[0] & 0x3Fu) << 6 | (byte[1] & 0x3Fu);
            byte += 2;
        } else if (unit >= 0xC0) {
            unit = (unit & 0x1F) << 6 | (*byte++ & 0x3Fu);
        }
        wide[count++] = (WCHAR)unit;
    }
    wide[count] = 0;
    return count;
}

SECURITY_STATUS acquire_inbound(CredHandle *credential, SEC_GET_KEY_FN function)
{
    SEC_CHAR package[] = "WDigest";
    return AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, function, NULL,
                                     credential, NULL);
}

SECURITY_STATUS acquire_outbound(CredHandle *credential, const char *user, const char *password)
{
    SEC_CHAR package[] = "WDigest";
    SEC_WINNT_AUTH_IDENTITY_A identity;
    memset(&identity, 0, sizeof identity);
    identity.User = (unsigned char *)user;
    identity.UserLength = (ULONG)strlen(user);
    identity.Password = (unsigned char *)password;
    identity.PasswordLength = (ULONG)strlen(password);
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    return AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL, NULL,
                                     credential, NULL);
}

static void set(SecBuffer *buffer, ULONG type, const void *memory, size_t length)
{
    buffer->BufferType = type;
    buffer->pvBuffer = (void *)memory;
    buffer->cbBuffer = (ULONG)length;
}

static SecBufferDesc describe(SecBuffer *buffers, ULONG count)
{
    SecBufferDesc descriptor;
    descriptor.ulVersion = SECBUFFER_VERSION;
    descriptor.cBuffers = count;
    descriptor.pBuffers = buffers;
    return descriptor;
}

/* What a call has left in the token's buffer. */
static SECURITY_STATUS received(SECURITY_STATUS status, const SecBuffer *buffer, struct token *out)
{
    if (status >= 0) {
        if (buffer->pvBuffer != out->text && buffer->pvBuffer != NULL) {
            memcpy(out->text, buffer->pvBuffer, buffer->cbBuffer);
            FreeContextBuffer(buffer->pvBuffer);
        }
        out->length = buffer->cbBuffer;
        out->text[out->length] = 0;
    }
    return status;
}

SECURITY_STATUS accept_step(CredHandle *credential, CtxtHandle *context, CtxtHandle *known,
                            const struct token *in, struct token *out, ULONG flags)
{
    SecBuffer given, made;
    SecBufferDesc input, output;
    ULONG attributes;
    set(&given, SECBUFFER_TOKEN, in == NULL ? "" : in->text, in == NULL ? 0 : in->length);
    set(&made, SECBUFFER_TOKEN, flags & ASC_REQ_ALLOCATE_MEMORY ? NULL : out->text,
        flags & ASC_REQ_ALLOCATE_MEMORY ? 0 : sizeof out->text - 1);
    input = describe(&given, 1);
    output = describe(&made, 1);
    return received(SaslAcceptSecurityContext(credential, known, &input, flags, 0, context, &output,
                                              &attributes, NULL),
                    &made, out);
}

SECURITY_STATUS initialize_step(CredHandle *credential, CtxtHandle *context, CtxtHandle *known,
                                const struct token *in, struct token *out, ULONG flags)
{
    SecBuffer given, made;
    SecBufferDesc input, output;
    ULONG attributes;
    set(&given, SECBUFFER_TOKEN, in->text, in->length);
    set(&made, SECBUFFER_TOKEN, flags & ISC_REQ_ALLOCATE_MEMORY ? NULL : out->text,
        flags & ISC_REQ_ALLOCATE_MEMORY ? 0 : sizeof out->text - 1);
    input = describe(&given, 1);
    output = describe(&made, 1);
    return received(SaslInitializeSecurityContextA(credential, known, (SEC_CHAR *)TARGET, flags, 0, 0, &input,
                                                   0, context, &output, &attributes, NULL),
                    &made, out);
}

/* The five buffers of a server's call. */
static SecBufferDesc request(SecBuffer *buffers, const struct token *response, const char *uri)
{
    set(&buffers[0], SECBUFFER_TOKEN, response->text, response->length);
    set(&buffers[1], SECBUFFER_PKG_PARAMS, "GET", 3);
    set(&buffers[2], SECBUFFER_PKG_PARAMS, uri, strlen(uri));
    set(&buffers[3], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&buffers[4], SECBUFFER_PKG_PARAMS, NULL, 0);
    return describe(buffers, 5);
}

SECURITY_STATUS http_accept(CredHandle *credential, CtxtHandle *context, const struct token *response,
                            const char *uri, struct token *challenge)
{
    SecBuffer buffers[5], made;
    SecBufferDesc input = request(buffers, response, uri), output = describe(&made, 1);
    ULONG attributes;
    set(&made, SECBUFFER_TOKEN, challenge->text, sizeof challenge->text - 1);
    return received(AcceptSecurityContext(credential, NULL, &input, ASC_REQ_HTTP, 0, context, &output,
                                          &attributes, NULL),
                    &made, challenge);
}

SECURITY_STATUS http_answer(CredHandle *credential, CtxtHandle *context, const struct token *challenge,
                            const char *uri, struct token *response)
{
    SecBuffer buffers[3], made;
    SecBufferDesc input = describe(buffers, 3), output = describe(&made, 1);
    ULONG attributes;
    set(&buffers[0], SECBUFFER_TOKEN, challenge->text, challenge->length);
    set(&buffers[1], SECBUFFER_PKG_PARAMS, "GET", 3);
    set(&buffers[2], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&made, SECBUFFER_TOKEN, response->text, sizeof response->text - 1);
    return received(InitializeSecurityContextA(credential, NULL, (SEC_CHAR *)uri, ISC_REQ_HTTP, 0, 0, &input,
                                               0, context, &output, &attributes, NULL),
                    &made, response);
}

SECURITY_STATUS http_again(CtxtHandle *context, const char *uri, struct token *response)
{
    SecBuffer buffers[5];
    SecBufferDesc message = describe(buffers, 5);
    set(&buffers[0], SECBUFFER_TOKEN, NULL, 0);
    set(&buffers[1], SECBUFFER_PKG_PARAMS, "GET", 3);
    set(&buffers[2], SECBUFFER_PKG_PARAMS, uri, strlen(uri));
    set(&buffers[3], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&buffers[4], SECBUFFER_PADDING, response->text, sizeof response->text - 1);
    return received(MakeSignature(context, 0, &message, 0), &buffers[4], response);
}

SECURITY_STATUS http_complete(CtxtHandle *context, const struct token *response, const char *uri)
{
    SecBuffer buffers[5];
    SecBufferDesc input = request(buffers, response, uri);
    return CompleteAuthToken(context, &input);
}

/* Asks for what is one pointer in its structure, and frees it. */
static void query_pointer(CtxtHandle *context, ULONG attribute)
{
    struct {
        void *text;
        ULONG more[8];
    } answer;
    memset(&answer, 0, sizeof answer);
    CALL(SEC_E_OK, QueryContextAttributesW(context, attribute, &answer));
    FreeContextBuffer(answer.text);
}

void query_all(CtxtHandle *context)
{
    query_names(context);
    query_session_key(context);
}

void query_session_key(CtxtHandle *context)
{
    SecPkgContext_SessionKey session;
    CALL(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SESSION_KEY, &session));
    FreeContextBuffer(session.SessionKey);
}

void query_names(CtxtHandle *context)
{
    SecPkgContext_Sizes sizes;
    SecPkgContext_KeyInfoA key;
    SecPkgContext_NamesA names;
    query_pointer(context, SECPKG_ATTR_NAMES);
    query_pointer(context, SECPKG_ATTR_AUTHORITY);
    query_pointer(context, SECPKG_ATTR_PACKAGE_INFO);
    query_pointer(context, SECPKG_ATTR_NEGOTIATION_INFO);
    CALL(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &names));
    FreeContextBuffer(names.sUserName);
    CALL(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes));
    CALL(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_KEY_INFO, &key));
    FreeContextBuffer(key.sSignatureAlgorithmName);
    FreeContextBuffer(key.sEncryptAlgorithmName);
}
