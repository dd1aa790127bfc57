/* Both ends of Kerberos and Negotiate in one program, by sspi.h alone: attributes, the forms of
 * messages, channel bindings, profiles. Needs a ticket and a keytab with imap/localhost. */
#include "ends.h"

static SECURITY_STATUS initialize(ULONG flags, ULONG room, void *bindings, ULONG bindings_length)
{
    char target[] = "imap/localhost";
    SecBuffer in[2], out;
    SecBufferDesc input = describe(in, 2), output = describe(&out, 1);
    SECURITY_STATUS status;
    set(&in[0], SECBUFFER_TOKEN, server.token, server.length);
    set(&in[1], SECBUFFER_CHANNEL_BINDINGS, bindings, bindings_length);
    set(&out, SECBUFFER_TOKEN, client.token, room);
    status = InitializeSecurityContextA(&client.credential, client.begun ? &client.context : NULL, target,
                                        flags, 0, SECURITY_NATIVE_DREP, &input, 0, &client.context, &output,
                                        &client.attributes, NULL);
    client.begun |= status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED;
    client.length = out.cbBuffer;
    return status;
}

static SECURITY_STATUS answer(ULONG flags, ULONG room, void *bindings, ULONG bindings_length)
{
    SecBuffer in[2], out;
    SecBufferDesc input = describe(in, 2), output = describe(&out, 1);
    SECURITY_STATUS status;
    set(&in[0], SECBUFFER_TOKEN, client.token, client.length);
    set(&in[1], SECBUFFER_CHANNEL_BINDINGS, bindings, bindings_length);
    set(&out, SECBUFFER_TOKEN, server.token, room);
    status = AcceptSecurityContext(&server.credential, server.begun ? &server.context : NULL, &input, flags,
                                   SECURITY_NATIVE_DREP, &server.context, &output, &server.attributes, NULL);
    server.begun |= status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED;
    server.length = out.cbBuffer;
    return status;
}

/* Takes both ends to SEC_E_OK. */
static void establish(ULONG flags)
{
    returns(SEC_I_CONTINUE_NEEDED, initialize(flags, TOKEN_ROOM, NULL, 0));
    returns(SEC_E_OK, answer(0, TOKEN_ROOM, NULL, 0));
    returns(SEC_E_OK, initialize(flags, TOKEN_ROOM, NULL, 0));
    ok(client.length == 0, "a token of %u bytes", (unsigned)client.length);
}

static void test_key(CtxtHandle *context)
{
    SecPkgContext_KeyInfoA key;
    SECURITY_STATUS status = QueryContextAttributesA(context, SECPKG_ATTR_KEY_INFO, &key);
    ok(status == (heimdal ? SEC_E_UNSUPPORTED_FUNCTION : SEC_E_OK), "0x%08X", (unsigned)status);
    if (status != SEC_E_OK)
        return;
    ok(key.KeySize == 256 && key.EncryptAlgorithm == 18 && key.SignatureAlgorithm == 16,
       "a key of %u bits, %u, %u", (unsigned)key.KeySize, (unsigned)key.EncryptAlgorithm,
       (unsigned)key.SignatureAlgorithm);
    ok(strcmp(key.sEncryptAlgorithmName, "AES256-CTS-HMAC-SHA1-96") == 0
           && strcmp(key.sSignatureAlgorithmName, "HMAC-SHA1-96-AES256") == 0,
       "%s, %s", key.sEncryptAlgorithmName, key.sSignatureAlgorithmName);
    FreeContextBuffer(key.sEncryptAlgorithmName);
    FreeContextBuffer(key.sSignatureAlgorithmName);
}

static void test_attributes(const char *package)
{
    SecPkgContext_Sizes sizes;
    SecPkgContext_StreamSizes stream;
    SecPkgContext_NamesA names;
    SecPkgContext_Lifespan lifespan;
    SecPkgContext_Flags flags;
    SecPkgContext_SessionKey keys[2];
    SecPkgContext_NegotiationInfoA negotiation;
    SecPkgContext_PackageInfoA info;
    SecPkgContext_AuthorityA authority;
    CtxtHandle *contexts[2];
    int at;

    open_ends(package);
    establish(ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT
              | ISC_REQ_SEQUENCE_DETECT);
    ok((client.attributes & 0x1001E) == 0x1001E, "client's attributes %x", (unsigned)client.attributes);
    ok((server.attributes & 0x2001E) == 0x2001E, "server's attributes %x", (unsigned)server.attributes);
    contexts[0] = &client.context;
    contexts[1] = &server.context;
    for (at = 0; at < 2; at++) {
        CtxtHandle *context = contexts[at];
        returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes));
        ok(sizes.cbMaxToken >= 12000, "cbMaxToken %u", (unsigned)sizes.cbMaxToken);
        ok(sizes.cbMaxSignature == 28, "cbMaxSignature %u", (unsigned)sizes.cbMaxSignature);
        ok(sizes.cbBlockSize == 1, "cbBlockSize %u", (unsigned)sizes.cbBlockSize);
        ok(sizes.cbSecurityTrailer == 60, "cbSecurityTrailer %u", (unsigned)sizes.cbSecurityTrailer);
        returns(SEC_E_UNSUPPORTED_FUNCTION,
                QueryContextAttributesA(context, SECPKG_ATTR_STREAM_SIZES, &stream));
        returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &names));
        ok(strcmp(names.sUserName, "alice@EXAMPLE.ORG") == 0, "%s", names.sUserName);
        FreeContextBuffer(names.sUserName);
        returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_LIFESPAN, &lifespan));
        ok(lifespan.tsExpiry.HighPart > lifespan.tsStart.HighPart, "no lifetime");
        ok(lifespan.tsExpiry.HighPart != 0x7FFFFFFF, "no end");
        returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SESSION_KEY, &keys[at]));
        returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_FLAGS, &flags));
        ok(flags.Flags == (at == 0 ? client : server).attributes, "flags %x", (unsigned)flags.Flags);
        returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_NEGOTIATION_INFO, &negotiation));
        ok(strcmp(negotiation.PackageInfo->Name, "Kerberos") == 0, "%s", negotiation.PackageInfo->Name);
        FreeContextBuffer(negotiation.PackageInfo);
        returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_PACKAGE_INFO, &info));
        ok(strcmp(info.PackageInfo->Name, package) == 0, "%s", info.PackageInfo->Name);
        FreeContextBuffer(info.PackageInfo);
        test_key(context);
        returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_AUTHORITY, &authority));
        ok(strcmp(authority.sAuthorityName, "EXAMPLE.ORG") == 0, "%s", authority.sAuthorityName);
        FreeContextBuffer(authority.sAuthorityName);
    }
    ok(keys[0].SessionKeyLength >= 16 && keys[0].SessionKeyLength == keys[1].SessionKeyLength
           && memcmp(keys[0].SessionKey, keys[1].SessionKey, keys[0].SessionKeyLength) == 0,
       "the session keys differ");
    FreeContextBuffer(keys[0].SessionKey);
    FreeContextBuffer(keys[1].SessionKey);
    /* Established contexts take no more tokens. */
    returns(SEC_E_INVALID_TOKEN, answer(0, TOKEN_ROOM, NULL, 0));
    close_ends();
}

static void test_messages(const char *package)
{
    static const char text[] = "The quick brown fox";
    unsigned char token[64], data[64], padding[16], joined[160], untouched[160];
    SecBuffer buffers[3];
    SecBufferDesc message = describe(buffers, 3);
    ULONG qop, length, kind;

    open_ends(package);
    establish(ISC_REQ_MUTUAL_AUTH | ISC_REQ_CONFIDENTIALITY | ISC_REQ_SEQUENCE_DETECT);
    for (kind = 0; kind < 4; kind++) {
        ULONG asked = kind & 1 ? SECQOP_WRAP_NO_ENCRYPT : 0;
        memcpy(data, text, sizeof text);
        set(&buffers[0], SECBUFFER_TOKEN, token, sizeof token);
        set(&buffers[1], SECBUFFER_DATA, data, sizeof text);
        set(&buffers[2], SECBUFFER_PADDING, padding, sizeof padding);
        returns(SEC_E_OK, EncryptMessage(&client.context, asked, &message, 0));
        ok((memcmp(data, text, sizeof text) == 0) == (asked != 0), "form %u", (unsigned)kind);
        if (kind < 2) { /* joined, as a stream */
            length = buffers[0].cbBuffer + buffers[1].cbBuffer + buffers[2].cbBuffer;
            memcpy(joined, token, buffers[0].cbBuffer);
            memcpy(joined + buffers[0].cbBuffer, data, buffers[1].cbBuffer);
            memcpy(joined + buffers[0].cbBuffer + buffers[1].cbBuffer, padding, buffers[2].cbBuffer);
            /* Altered, it is refused and left as it was; then it opens still. */
            memcpy(untouched, joined, length);
            untouched[length - 1] ^= 1;
            memcpy(joined, untouched, length);
            set(&buffers[0], SECBUFFER_STREAM, joined, length);
            set(&buffers[1], SECBUFFER_DATA, NULL, 0);
            set(&buffers[2], SECBUFFER_EMPTY, NULL, 0);
            if (!heimdal)
                returns(SEC_E_MESSAGE_ALTERED, DecryptMessage(&server.context, &message, 0, &qop));
            ok(memcmp(joined, untouched, length) == 0, "a refused message was changed");
            joined[length - 1] ^= 1;
        }
        qop = 99;
        returns(SEC_E_OK, DecryptMessage(&server.context, &message, 0, &qop));
        ok(qop == asked, "form %u: qop %x", (unsigned)kind, (unsigned)qop);
        ok(buffers[1].cbBuffer == sizeof text && memcmp(buffers[1].pvBuffer, text, sizeof text) == 0,
           "form %u", (unsigned)kind);
    }
    /* Refused without a count: the next message is the next one. */
    set(&buffers[0], SECBUFFER_TOKEN, token, 27);
    set(&buffers[1], SECBUFFER_DATA, data, 4);
    set(&buffers[2], SECBUFFER_EMPTY, NULL, 0);
    returns(SEC_E_BUFFER_TOO_SMALL, EncryptMessage(&client.context, 0, &message, 0));
    ok(buffers[0].cbBuffer == 60, "needs %u", (unsigned)buffers[0].cbBuffer);
    buffers[0].cbBuffer = 27;
    returns(SEC_E_BUFFER_TOO_SMALL, MakeSignature(&client.context, 0, &message, 0));
    ok(buffers[0].cbBuffer == 28, "needs %u", (unsigned)buffers[0].cbBuffer);
    set(&buffers[0], SECBUFFER_EMPTY, NULL, 0);
    returns(SEC_E_INVALID_TOKEN, EncryptMessage(&client.context, 0, &message, 0));
    returns(SEC_E_INVALID_TOKEN, MakeSignature(&client.context, 0, &message, 0));
    set(&buffers[0], SECBUFFER_TOKEN, token, sizeof token);
    returns(SEC_E_QOP_NOT_SUPPORTED, EncryptMessage(&client.context, 7, &message, 0));

    set(&buffers[2], SECBUFFER_PADDING, padding, sizeof padding);
    returns(SEC_E_OK, MakeSignature(&client.context, 0, &message, 0));
    ok(buffers[0].cbBuffer == 28 && buffers[2].cbBuffer == 0, "%u", (unsigned)buffers[0].cbBuffer);
    data[0] ^= 1;
    if (!heimdal)
        returns(SEC_E_MESSAGE_ALTERED, VerifySignature(&server.context, &message, 0, NULL));
    data[0] ^= 1;
    returns(SEC_E_OK, VerifySignature(&server.context, &message, 0, &qop));
    returns(SEC_E_OUT_OF_SEQUENCE, VerifySignature(&server.context, &message, 0, &qop));
    close_ends();
}

/* Tokens for which there is no room are not lost. */
static void test_room(const char *package)
{
    const ULONG flags = ISC_REQ_MUTUAL_AUTH | ISC_REQ_DELEGATE;
    static unsigned char token[TOKEN_ROOM];
    ULONG length;
    open_ends(package);
    returns(SEC_E_BUFFER_TOO_SMALL, initialize(flags, 10, NULL, 0));
    ok(client.length > 100, "needs %u", (unsigned)client.length);
    returns(SEC_I_CONTINUE_NEEDED, initialize(flags, TOKEN_ROOM, NULL, 0));
    returns(SEC_E_BUFFER_TOO_SMALL, answer(0, 10, NULL, 0));
    ok(server.length > 10 && !server.begun, "needs %u", (unsigned)server.length);
    /* The same again, which to Kerberos alone would be a replay. */
    length = client.length;
    memcpy(token, client.token, length);
    returns(SEC_E_BUFFER_TOO_SMALL, answer(0, server.length - 1, NULL, 0));
    returns(SEC_E_OK, answer(0, TOKEN_ROOM, NULL, 0));
    returns(SEC_E_OK, initialize(flags, TOKEN_ROOM, NULL, 0));
    returns(SEC_E_OK, DeleteSecurityContext(&server.context));
    server.begun = 0;
    /* Once: now it is one, which Heimdal does not notice. */
    client.length = length;
    memcpy(client.token, token, length);
    if (!heimdal) /* of MIT's SPNEGO it is a defective token */
        returns(strcmp(package, "Kerberos") == 0 ? SEC_E_OUT_OF_SEQUENCE : SEC_E_INVALID_TOKEN,
                answer(0, TOKEN_ROOM, NULL, 0));
    close_ends();
}

/* A client hands its ticket on where that may be: both ends see whether it did. */
static void test_delegation(int forwardable)
{
    const ULONG expected = forwardable ? 1 : 0;
    open_ends("Kerberos");
    establish(ISC_REQ_MUTUAL_AUTH | ISC_REQ_DELEGATE);
    ok((client.attributes & ISC_RET_DELEGATE) == expected, "%x", (unsigned)client.attributes);
    ok((server.attributes & ASC_RET_DELEGATE) == expected, "%x", (unsigned)server.attributes);
    close_ends();
    open_ends("Kerberos");
    establish(ISC_REQ_MUTUAL_AUTH);
    ok((client.attributes & ISC_RET_DELEGATE) == 0, "%x", (unsigned)client.attributes);
    ok((server.attributes & ASC_RET_DELEGATE) == 0, "%x", (unsigned)server.attributes);
    close_ends();
}

/* A SEC_CHANNEL_BINDINGS block around `data`. */
static ULONG bind_to(unsigned char *block, const char *data)
{
    SEC_CHANNEL_BINDINGS bindings;
    memset(&bindings, 0, sizeof bindings);
    bindings.cbApplicationDataLength = (ULONG)strlen(data);
    bindings.dwApplicationDataOffset = sizeof bindings;
    memcpy(block, &bindings, sizeof bindings);
    memcpy(block + sizeof bindings, data, strlen(data));
    return (ULONG)(sizeof bindings + strlen(data));
}

static void test_bindings(void)
{
    static const struct {
        const char *client, *server;
        ULONG flags;
        SECURITY_STATUS expected;
    } rows[] = {
        {"tls-exporter:one", "tls-exporter:one", 0, SEC_E_OK},
        {"tls-exporter:one", "tls-exporter:one", ASC_REQ_ALLOW_MISSING_BINDINGS, SEC_E_OK},
        {"tls-exporter:one", "tls-exporter:two", 0, SEC_E_BAD_BINDINGS},
        {"tls-exporter:one", NULL, 0, SEC_E_OK},
        {NULL, "tls-exporter:one", 0, SEC_E_BAD_BINDINGS},
        {NULL, "tls-exporter:one", ASC_REQ_ALLOW_MISSING_BINDINGS, SEC_E_OK},
        {"tls-exporter:one", "tls-exporter:two", ASC_REQ_ALLOW_MISSING_BINDINGS, SEC_E_BAD_BINDINGS},
    };
    unsigned char block[64];
    size_t at;
    for (at = 0; at < sizeof rows / sizeof *rows; at++) {
        ULONG length = rows[at].client != NULL ? bind_to(block, rows[at].client) : 0;
        SECURITY_STATUS status, expected = rows[at].expected;
        if (heimdal && at == 0)
            expected = SEC_E_BAD_BINDINGS;
        open_ends("Kerberos");
        returns(SEC_I_CONTINUE_NEEDED, initialize(ISC_REQ_MUTUAL_AUTH, TOKEN_ROOM, block, length));
        length = rows[at].server != NULL ? bind_to(block, rows[at].server) : 0;
        status = answer(rows[at].flags, TOKEN_ROOM, block, length);
        ok(status == expected, "bindings %u: 0x%08X", (unsigned)at, (unsigned)status);
        close_ends();
    }
    open_ends("Kerberos");
    returns(SEC_E_INVALID_TOKEN, initialize(0, TOKEN_ROOM, block, 31));
    close_ends();
}

/* The profiles of a machine with GSSAPI, and whose tokens are whose. */
static void test_profiles(void)
{
    static const char *const names[] = {"GSSAPI", "GSS-SPNEGO", "DIGEST-MD5"};
    static const char *const packages[] = {"Kerberos", "Negotiate"};
    char external[] = "EXTERNAL", *profiles = NULL, *at;
    SecPkgInfoA *info = NULL;
    SecBuffer buffer;
    SecBufferDesc input = describe(&buffer, 1);
    ULONG count = 0, index;

    returns(SEC_E_OK, SaslEnumerateProfilesA(&profiles, &count));
    ok(count == 3, "%u profiles", (unsigned)count);
    for (index = 0, at = profiles; index < count && index < 3; index++, at += strlen(at) + 1)
        ok(strcmp(at, names[index]) == 0, "%s", at);
    FreeContextBuffer(profiles);
    returns(SEC_E_SECPKG_NOT_FOUND, SaslGetProfilePackageA(external, &info));
    for (index = 0; index < 2; index++) {
        open_ends(packages[index]);
        returns(SEC_I_CONTINUE_NEEDED, initialize(ISC_REQ_MUTUAL_AUTH, TOKEN_ROOM, NULL, 0));
        set(&buffer, SECBUFFER_TOKEN, client.token, client.length);
        returns(SEC_E_OK, SaslIdentifyPackageA(&input, &info));
        ok(strcmp(info->Name, packages[index]) == 0, "%s", info->Name);
        FreeContextBuffer(info);
        close_ends();
    }
    /* Negotiate takes a bare Kerberos token, as Windows does; Kerberos takes no other's. */
    open_ends("Kerberos");
    returns(SEC_I_CONTINUE_NEEDED, initialize(ISC_REQ_MUTUAL_AUTH, TOKEN_ROOM, NULL, 0));
    returns(SEC_E_OK, FreeCredentialsHandle(&server.credential));
    {
        char negotiate[] = "negotiate";
        returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, negotiate, SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                                    NULL, &server.credential, NULL));
    }
    returns(SEC_E_OK, answer(0, TOKEN_ROOM, NULL, 0));
    close_ends();
}

/* The argument says what is special: "forwardable", the ticket; "heimdal", the library. */
int main(int argc, char **argv)
{
    static const char *const packages[] = {"Kerberos", "Negotiate"};
    int at;
    heimdal = argued(argc, argv, "heimdal");
    test_delegation(argued(argc, argv, "forwardable"));
    for (at = 0; at < 2; at++) {
        test_attributes(packages[at]);
        test_messages(packages[at]);
        test_room(packages[at]);
    }
    test_bindings();
    test_profiles();
    return report_checks();
}
