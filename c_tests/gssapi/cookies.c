/* The cookies of RFC 4752 over real Kerberos: one end by the Sasl functions, the other by the plain
 * ones, with which any cookie can be made. Needs a ticket and a keytab with imap/localhost. */
#include "ends.h"

#define LAYERS (ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT)
#define PLAIN "some text"

static unsigned char wire[TOKEN_ROOM];
static ULONG wire_length;

/* Later steps without a credential. */
static int without_credentials;

/* A message of the plain end's, put together in `wire` in the order that its package has. */
static void protect(CtxtHandle *context, ULONG qop, const void *plain, ULONG length)
{
    unsigned char token[128], data[64], padding[16];
    SecBuffer buffers[3];
    SecBufferDesc message = describe(buffers, 3);
    int order[3] = {0, 1, 2}, at;
    memset(padding, 0, sizeof padding);
    memcpy(data, plain, length);
    set(&buffers[0], SECBUFFER_TOKEN, token, sizeof token);
    set(&buffers[1], SECBUFFER_DATA, data, length);
    set(&buffers[2], SECBUFFER_PADDING, padding, 0);
    returns(SEC_E_OK, EncryptMessage(context, qop, &message, 0));
    if (buffers[0].cbBuffer < 2 || token[0] != 5 || token[1] != 4) { /* Wine: DATA is first */
        order[0] = 1;
        order[1] = 0;
    }
    for (wire_length = 0, at = 0; at < 3; at++) {
        memcpy(wire + wire_length, buffers[order[at]].pvBuffer, buffers[order[at]].cbBuffer);
        wire_length += buffers[order[at]].cbBuffer;
    }
}

/* Whether `wire` holds a message for the plain end with this text, which is not encrypted. */
static int opens_as(CtxtHandle *context, const void *plain, ULONG length)
{
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    ULONG qop = 99;
    int at = 1;
#ifdef _WIN32
    /* Wine knows no STREAM: DATA has the plaintext's length, TOKEN is the rest. */
    set(&buffers[0], SECBUFFER_TOKEN, wire + length, wire_length - length);
    set(&buffers[1], SECBUFFER_DATA, wire, length);
#else
    set(&buffers[0], SECBUFFER_STREAM, wire, wire_length);
    set(&buffers[1], SECBUFFER_DATA, NULL, 0);
#endif
    if (wire_length < 2 || wire[0] != 5 || wire[1] != 4)
        return 0;
    if (DecryptMessage(context, &message, 0, &qop) != SEC_E_OK || qop != SECQOP_WRAP_NO_ENCRYPT)
        return 0;
    return buffers[at].cbBuffer == length && memcmp(buffers[at].pvBuffer, plain, length) == 0;
}

/* A step of the client's, through SASL or plain, with `wire` for its input and then its output. */
static SECURITY_STATUS initialize(int sasl, ULONG flags, ULONG room)
{
    char target[] = "imap/localhost";
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    CtxtHandle *context = client.begun ? &client.context : NULL;
    CredHandle *credential = without_credentials ? NULL : &client.credential;
    SECURITY_STATUS status;
    set(&in, SECBUFFER_TOKEN, wire, wire_length);
    set(&out, SECBUFFER_TOKEN, client.token, room);
    status =
        sasl ? SaslInitializeSecurityContextA(credential, context, target, flags, 0, SECURITY_NATIVE_DREP,
                                              &input, 0, &client.context, &output, &client.attributes, NULL)
             : InitializeSecurityContextA(credential, context, target, flags, 0, SECURITY_NATIVE_DREP, &input,
                                          0, &client.context, &output, &client.attributes, NULL);
    client.length = out.cbBuffer;
    if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED) {
        client.begun = 1;
        wire_length = out.cbBuffer;
        memcpy(wire, client.token, wire_length);
    }
    return status;
}

/* The server's, likewise. */
static SECURITY_STATUS answer(int sasl, ULONG room)
{
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    CtxtHandle *context = server.begun ? &server.context : NULL;
    CredHandle *credential = without_credentials ? NULL : &server.credential;
    SECURITY_STATUS status;
    set(&in, SECBUFFER_TOKEN, wire, wire_length);
    set(&out, SECBUFFER_TOKEN, server.token, room);
    status = sasl ? SaslAcceptSecurityContext(credential, context, &input, 0, SECURITY_NATIVE_DREP,
                                              &server.context, &output, &server.attributes, NULL)
                  : AcceptSecurityContext(credential, context, &input, 0, SECURITY_NATIVE_DREP,
                                          &server.context, &output, &server.attributes, NULL);
    server.length = out.cbBuffer;
    if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED) {
        server.begun = 1;
        wire_length = out.cbBuffer;
        memcpy(wire, server.token, wire_length);
    }
    return status;
}

/* Whether a program may protect messages with a context: the status of EncryptMessage, and whether it
 * encrypted. */
static SECURITY_STATUS may_protect(CtxtHandle *context, int *encrypted)
{
    unsigned char token[128], data[] = PLAIN;
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    SECURITY_STATUS status;
    set(&buffers[0], SECBUFFER_TOKEN, token, sizeof token);
    set(&buffers[1], SECBUFFER_DATA, data, sizeof PLAIN);
    status = EncryptMessage(context, 0, &message, 0);
    *encrypted = status == SEC_E_OK && memcmp(data, PLAIN, sizeof PLAIN) != 0;
    return status;
}

/* A server through SASL up to its offer, which the plain client has read. */
static void offer(ULONG receive_size, const unsigned char expected[4])
{
    int encrypted;
    open_ends("Kerberos");
    wire_length = 0;
    returns(SEC_I_CONTINUE_NEEDED, initialize(0, LAYERS | ISC_REQ_MUTUAL_AUTH, TOKEN_ROOM));
    returns(SEC_I_CONTINUE_NEEDED, answer(1, TOKEN_ROOM));
    returns(SEC_E_OK,
            SaslSetContextOption(&server.context, SASL_OPTION_RECV_SIZE, &receive_size, sizeof receive_size));
    returns(SEC_E_INVALID_HANDLE, may_protect(&server.context, &encrypted));
    returns(SEC_E_OK, initialize(0, LAYERS | ISC_REQ_MUTUAL_AUTH, TOKEN_ROOM));
    ok(wire_length == 0, "%u bytes after the answer", (unsigned)wire_length);
    /* What has no room is made once and kept. */
    returns(SEC_E_BUFFER_TOO_SMALL, answer(1, 3));
    ok(server.length > 3, "needs %u", (unsigned)server.length);
    returns(SEC_I_CONTINUE_NEEDED, answer(1, server.length));
    ok((server.attributes & 0x2001C) == 0x2001C, "attributes %x", (unsigned)server.attributes);
    ok(opens_as(&client.context, expected, 4), "another offer than %02x%02x%02x%02x", expected[0],
       expected[1], expected[2], expected[3]);
    returns(SEC_E_INVALID_HANDLE, may_protect(&server.context, &encrypted));
}

static const unsigned char ALL[] = {7, 0, 0xFF, 0xFF};

/* What is told of a context that a Sasl function made, whosever its package is. */
static void test_told(CtxtHandle *context, ULONG attributes)
{
    SecPkgContext_Sizes sizes;
    SecPkgContext_Flags flags;
    SecPkgContext_PackageInfoA info;
    SecPkgContext_NegotiationInfoA negotiation;
    returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes));
    ok(sizes.cbSecurityTrailer >= (attributes & ISC_RET_CONFIDENTIALITY ? 60 : 28)
           && sizes.cbSecurityTrailer <= 60 && sizes.cbMaxSignature == 28,
       "sizes %u, %u", (unsigned)sizes.cbSecurityTrailer, (unsigned)sizes.cbMaxSignature);
    returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_FLAGS, &flags));
    ok(flags.Flags == attributes, "flags %x and not %x", (unsigned)flags.Flags, (unsigned)attributes);
    returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_PACKAGE_INFO, &info));
    ok(strcmp(info.PackageInfo->Name, "Kerberos") == 0, "%s", info.PackageInfo->Name);
    FreeContextBuffer(info.PackageInfo);
    returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_NEGOTIATION_INFO, &negotiation));
    ok(strcmp(negotiation.PackageInfo->Name, "Kerberos") == 0, "%s", negotiation.PackageInfo->Name);
    FreeContextBuffer(negotiation.PackageInfo);
    returns(SEC_E_UNSUPPORTED_FUNCTION, QueryContextAttributesA(context, 99, &sizes));
}

/* What the server makes of a choice. */
static void test_choice(const char *bytes, ULONG length, SECURITY_STATUS expected, ULONG layer,
                        const char *authzid)
{
    ULONG needed = 99, mask = layer == 4 ? 0x2001C : layer == 2 ? 0x2000C : 0;
    char told[16] = "";
    int encrypted;
    offer(0xFFFF, ALL);
    protect(&client.context, SECQOP_WRAP_NO_ENCRYPT, bytes, length);
    returns(expected, answer(1, TOKEN_ROOM));
    if (expected == SEC_E_OK) {
        ok((server.attributes & 0x2001C) == mask, "attributes %x", (unsigned)server.attributes);
        ok(server.length == 0, "%u bytes at the end", (unsigned)server.length);
        returns(SEC_E_OK,
                SaslGetContextOption(&server.context, SASL_OPTION_AUTHZ_STRING, told, sizeof told, &needed));
        ok(needed == strlen(authzid) && memcmp(told, authzid, needed) == 0, "authzid %s", told);
        test_told(&server.context, server.attributes);
        returns(layer == 1 ? SEC_E_QOP_NOT_SUPPORTED : SEC_E_OK, may_protect(&server.context, &encrypted));
        ok(encrypted == (layer == 4), "layer %u: encrypted %d", (unsigned)layer, encrypted);
    }
    /* The end, well or badly. */
    wire_length = 0;
    returns(SEC_E_INVALID_TOKEN, answer(1, TOKEN_ROOM));
    close_ends();
}

static void test_choices(void)
{
    test_choice("\1\0\0\0", 4, SEC_E_OK, 1, "");
    test_choice("\1\1\2\3", 4, SEC_E_OK, 1, "");
    test_choice("\2\1\0\0", 4, SEC_E_OK, 2, "");
    test_choice("\4\0\0\0", 4, SEC_E_OK, 4, "");
    test_choice("\6\0\377\377", 4, SEC_E_OK, 4, "");
    test_choice("\3\0\377\377", 4, SEC_E_OK, 2, "");
    test_choice("\1\0\0\0b", 5, SEC_E_OK, 1, "b");
    test_choice("\2\1\0\0u:bob", 9, SEC_E_OK, 2, "u:bob");
    test_choice("", 0, SEC_E_INVALID_TOKEN, 0, NULL);
    test_choice("\1\0\0", 3, SEC_E_INVALID_TOKEN, 0, NULL);
    test_choice("\0\0\0\0", 4, SEC_E_INVALID_TOKEN, 0, NULL);
    test_choice("\10\0\0\0", 4, SEC_E_INVALID_TOKEN, 0, NULL);
    test_choice("\14\1\0\0", 4, SEC_E_INVALID_TOKEN, 0, NULL);
}

/* Sizes offered, and what is no choice at all. */
static void test_offers(void)
{
    static const unsigned char none[] = {1, 0, 0, 0}, most[] = {7, 0xFF, 0xFF, 0xFF};
    int kind;
    offer(0x2000000, most);
    close_ends();
    offer(0, none);
    protect(&client.context, SECQOP_WRAP_NO_ENCRYPT, "\2\1\0\0", 4); /* was not offered */
    returns(SEC_E_INVALID_TOKEN, answer(1, TOKEN_ROOM));
    close_ends();
    for (kind = 0; kind < 4; kind++) {
        offer(0xFFFF, ALL);
        protect(&client.context, kind == 0 ? 0 : SECQOP_WRAP_NO_ENCRYPT, "\1\0\0\0", 4);
        if (kind == 1)
            wire[wire_length - 1] ^= 1; /* altered */
        else if (kind == 2)             /* skipped */
            protect(&client.context, SECQOP_WRAP_NO_ENCRYPT, "\1\0\0\0", 4);
        else if (kind == 3) { /* garbage */
            memcpy(wire, "garbage", 7);
            wire_length = 7;
        }
        /* Encrypted it need not be, and may be. */
        returns(kind == 0 ? SEC_E_OK : SEC_E_INVALID_TOKEN, answer(1, TOKEN_ROOM));
        close_ends();
    }
    /* A token where the empty one is due. */
    open_ends("Kerberos");
    wire_length = 0;
    returns(SEC_I_CONTINUE_NEEDED, initialize(0, LAYERS | ISC_REQ_MUTUAL_AUTH, TOKEN_ROOM));
    returns(SEC_I_CONTINUE_NEEDED, answer(1, TOKEN_ROOM));
    returns(SEC_E_INVALID_TOKEN, answer(1, TOKEN_ROOM));
    wire_length = 0;
    returns(SEC_E_INVALID_TOKEN, answer(1, TOKEN_ROOM));
    close_ends();
    /* Without mutual authentication the offer is the answer to the first token. */
    open_ends("Kerberos");
    returns(SEC_E_OK, initialize(0, LAYERS, TOKEN_ROOM));
    returns(SEC_I_CONTINUE_NEEDED, answer(1, TOKEN_ROOM));
    /* Heimdal's client has no sequence to go by then. */
    ok(heimdal || opens_as(&client.context, ALL, 4), "another offer");
    close_ends();
}

/* What a client that asks for `flags` answers to an offer. */
static void test_offer(ULONG flags, const char *bytes, ULONG length, SECURITY_STATUS expected,
                       const char *choice)
{
    ULONG layer = choice != NULL ? (ULONG)choice[0] : 0;
    ULONG mask = layer == 4 ? 0x10018 : layer == 2 ? 0x10008 : 0;
    int encrypted;
    open_ends("Kerberos");
    wire_length = 0;
    returns(SEC_I_CONTINUE_NEEDED, initialize(1, flags | ISC_REQ_MUTUAL_AUTH, TOKEN_ROOM));
    returns(SEC_E_OK, answer(0, TOKEN_ROOM));
    returns(SEC_I_CONTINUE_NEEDED, initialize(1, flags, TOKEN_ROOM));
    ok(wire_length == 0, "%u bytes for the empty answer", (unsigned)wire_length);
    returns(SEC_E_INVALID_HANDLE, may_protect(&client.context, &encrypted));
    if (choice != NULL && strlen(choice + 4) > 0)
        returns(SEC_E_OK, SaslSetContextOption(&client.context, SASL_OPTION_AUTHZ_STRING,
                                               (void *)(choice + 4), (ULONG)strlen(choice + 4)));
    protect(&server.context, SECQOP_WRAP_NO_ENCRYPT, bytes, length);
    if (expected == SEC_E_OK) {
        returns(SEC_E_BUFFER_TOO_SMALL, initialize(1, flags, 3));
        returns(SEC_E_OK, initialize(1, flags, client.length));
        ok((client.attributes & 0x1001C) == mask, "attributes %x", (unsigned)client.attributes);
        ok(opens_as(&server.context, choice, 4 + (ULONG)strlen(choice + 4)), "another choice");
        test_told(&client.context, client.attributes);
        returns(layer == 1 ? SEC_E_QOP_NOT_SUPPORTED : SEC_E_OK, may_protect(&client.context, &encrypted));
        ok(encrypted == (layer == 4), "layer %u: encrypted %d", (unsigned)layer, encrypted);
    } else
        returns(expected, initialize(1, flags, TOKEN_ROOM));
    wire_length = 0;
    returns(SEC_E_INVALID_TOKEN, initialize(1, flags, TOKEN_ROOM));
    close_ends();
}

static void test_clients(void)
{
    test_offer(0, "\7\1\0\0", 4, SEC_E_OK, "\1\0\0\0");
    test_offer(0, "\1\0\0\0", 4, SEC_E_OK, "\1\0\0\0bob");
    test_offer(ISC_REQ_INTEGRITY, "\7\1\0\0", 4, SEC_E_OK, "\2\0\377\377");
    test_offer(ISC_REQ_INTEGRITY, "\2\0\0\0", 4, SEC_E_OK, "\2\0\377\377");
    test_offer(ISC_REQ_CONFIDENTIALITY, "\7\377\377\377", 4, SEC_E_OK, "\4\0\377\377u:bob");
    test_offer(ISC_REQ_CONFIDENTIALITY, "\374\1\0\0", 4, SEC_E_OK, "\4\0\377\377");
    test_offer(ISC_REQ_CONFIDENTIALITY, "\3\1\0\0", 4, SEC_E_QOP_NOT_SUPPORTED, NULL);
    test_offer(ISC_REQ_INTEGRITY, "\5\1\0\0", 4, SEC_E_QOP_NOT_SUPPORTED, NULL);
    test_offer(ISC_REQ_INTEGRITY, "\1\0\0\0", 4, SEC_E_QOP_NOT_SUPPORTED, NULL);
    test_offer(0, "\6\1\0\0", 4, SEC_E_QOP_NOT_SUPPORTED, NULL);
    test_offer(0, "", 0, SEC_E_INVALID_TOKEN, NULL);
    test_offer(0, "\7\1\0", 3, SEC_E_INVALID_TOKEN, NULL);
    test_offer(0, "\7\1\0\0\0", 5, SEC_E_INVALID_TOKEN, NULL);
    test_offer(0, "\0\1\0\0", 4, SEC_E_INVALID_TOKEN, NULL);
    test_offer(0, "\370\1\0\0", 4, SEC_E_INVALID_TOKEN, NULL);
}

/* Both credentials are freed after the first step; the contexts go on. */
static void test_freed(void)
{
    CredHandle of_client, of_server;
    open_ends("Kerberos");
    of_client = client.credential;
    of_server = server.credential;
    wire_length = 0;
    returns(SEC_I_CONTINUE_NEEDED, initialize(1, ISC_REQ_INTEGRITY, TOKEN_ROOM));
    returns(SEC_I_CONTINUE_NEEDED, answer(1, TOKEN_ROOM));
    returns(SEC_E_OK, FreeCredentialsHandle(&client.credential));
    returns(SEC_E_OK, FreeCredentialsHandle(&server.credential));
    returns(SEC_E_INVALID_HANDLE, FreeCredentialsHandle(&of_client));
    without_credentials = 1;
    returns(SEC_I_CONTINUE_NEEDED, initialize(1, ISC_REQ_INTEGRITY, TOKEN_ROOM));
    returns(SEC_I_CONTINUE_NEEDED, answer(1, TOKEN_ROOM));
    returns(SEC_E_OK, initialize(1, ISC_REQ_INTEGRITY, TOKEN_ROOM));
    returns(SEC_E_OK, answer(1, TOKEN_ROOM));
    without_credentials = 0;
    returns(SEC_E_OK, DeleteSecurityContext(&client.context));
    returns(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&client.context));
    returns(SEC_E_OK, DeleteSecurityContext(&server.context));
    returns(SEC_E_INVALID_HANDLE, FreeCredentialsHandle(&of_server));
}

/* The profiles, and whose a token is. */
static void test_profiles(void)
{
    static const char *const names[] = {"GSSAPI", "GSS-SPNEGO", "DIGEST-MD5"};
    static const char *const packages[] = {"Kerberos", "Negotiate", "WDigest"};
    char *profiles = NULL, *at, name[16];
    SecPkgInfoA *info = NULL;
    SecBuffer buffer;
    SecBufferDesc input = describe(&buffer, 1);
    ULONG count = 0, index;
    returns(SEC_E_OK, SaslEnumerateProfilesA(&profiles, &count));
    ok(count == 3, "%u profiles", (unsigned)count);
    for (index = 0, at = profiles; index < count && index < 3; index++, at += strlen(at) + 1) {
        ok(strcmp(at, names[index]) == 0, "%s", at);
        snprintf(name, sizeof name, "%s", names[index]);
        returns(SEC_E_OK, SaslGetProfilePackageA(name, &info));
        ok(strcmp(info->Name, packages[index]) == 0 && info->cbMaxToken >= 4096, "%s", info->Name);
        FreeContextBuffer(info);
    }
    FreeContextBuffer(profiles);
    open_ends("Kerberos");
    wire_length = 0;
    returns(SEC_I_CONTINUE_NEEDED, initialize(1, 0, TOKEN_ROOM));
    set(&buffer, SECBUFFER_TOKEN, wire, wire_length);
    returns(SEC_E_OK, SaslIdentifyPackageA(&input, &info));
    ok(strcmp(info->Name, "Kerberos") == 0, "%s", info->Name);
    FreeContextBuffer(info);
    close_ends();
}

int main(int argc, char **argv)
{
    heimdal = argued(argc, argv, "heimdal");
    test_choices();
    test_offers();
    test_clients();
    test_freed();
    test_profiles();
    return report_checks();
}
