#include "ends.h"

#include <stdlib.h>
#include <string.h>

static struct login at;

/* Both credentials and the exchange up to its end. */
static void log_in(ULONG asc, ULONG isc, const char *user, const char *password, SEC_GET_KEY_FN function)
{
    CALL(SEC_E_OK, acquire_inbound(&at.inbound, function));
    CALL(SEC_E_OK, acquire_outbound(&at.outbound, user, password));
    CALL(SEC_I_CONTINUE_NEEDED, accept_step(&at.inbound, &at.server, NULL, NULL, &at.challenge, asc));
    CALL(SEC_I_CONTINUE_NEEDED,
         initialize_step(&at.outbound, &at.client, NULL, &at.challenge, &at.response, isc));
    CALL(SEC_E_OK, accept_step(NULL, &at.server, &at.server, &at.response, &at.proof, asc));
    CALL(SEC_E_OK, initialize_step(NULL, &at.client, &at.client, &at.proof, &at.challenge, isc));
}

static void log_out(void)
{
    RUN(DeleteSecurityContext(&at.server));
    RUN(DeleteSecurityContext(&at.client));
    RUN(FreeCredentialsHandle(&at.inbound));
    RUN(FreeCredentialsHandle(&at.outbound));
}

/* Seals or signs a text and opens or verifies it. */
static void message(CtxtHandle *from, CtxtHandle *to, int sealed)
{
    static char memory[400], sent[400];
    SecBuffer made[2], given[2];
    SecBufferDesc making = {SECBUFFER_VERSION, 2, made}, giving = {SECBUFFER_VERSION, 2, given};
    ULONG whole, i;
    for (i = 0; i < 100; i++)
        memory[i] = (char)i;
    made[0].BufferType = SECBUFFER_DATA;
    made[0].pvBuffer = memory;
    made[0].cbBuffer = 100;
    made[1].BufferType = sealed ? SECBUFFER_PADDING : SECBUFFER_TOKEN;
    made[1].pvBuffer = memory + 100;
    made[1].cbBuffer = 40;
    if (sealed)
        CALL(SEC_E_OK, EncryptMessage(from, 0, &making, 0));
    else
        CALL(SEC_E_OK, MakeSignature(from, 0, &making, 0));
    whole = 100 + made[1].cbBuffer;
    memcpy(sent, memory, whole);
    if (!sealed) {
        CALL(SEC_E_OK, VerifySignature(to, &making, 0, NULL));
        return;
    }
    given[0].BufferType = SECBUFFER_STREAM;
    given[0].pvBuffer = sent;
    given[0].cbBuffer = whole;
    given[1].BufferType = SECBUFFER_DATA;
    given[1].pvBuffer = NULL;
    given[1].cbBuffer = 0;
    CALL(SEC_E_OK, DecryptMessage(to, &giving, 0, NULL));
    for (i = 0; i < 100; i++)
        if (given[1].cbBuffer != 100 || ((char *)given[1].pvBuffer)[i] != (char)i)
            broken("another text than was sealed");
}

static void messages(int seal)
{
    int i;
    for (i = 0; i < 3; i++) {
        message(&at.server, &at.client, seal);
        message(&at.client, &at.server, seal);
    }
}

/* The server's context goes into another and on there. */
static void hand_over(void)
{
    SecBuffer packed = {0, 0, NULL};
    CtxtHandle other;
    SEC_CHAR package[] = "WDigest";
    CALL(SEC_E_OK, ExportSecurityContext(&at.server, 0, &packed, NULL));
    CALL(SEC_E_OK, ImportSecurityContextA(package, &packed, NULL, &other));
    RUN(FreeContextBuffer(packed.pvBuffer));
    RUN(DeleteSecurityContext(&at.server));
    at.server = other;
}

static void auth(void)
{
    log_in(0, 0, "alice", "secret", NULL);
    query_all(&at.server);
    query_all(&at.client);
    hand_over();
    log_out();
}

static void integrity(void)
{
    log_in(ASC_REQ_INTEGRITY | ASC_REQ_ALLOCATE_MEMORY, ISC_REQ_INTEGRITY | ISC_REQ_ALLOCATE_MEMORY, "alice",
           "secret", NULL);
    messages(1);
    hand_over();
    messages(1);
    log_out();
}

static void confidentiality(void)
{
    log_in(ASC_REQ_CONFIDENTIALITY, ISC_REQ_CONFIDENTIALITY, "alice", "secret", NULL);
    messages(1);
    hand_over();
    messages(1);
    query_all(&at.server);
    log_out();
}

static void signatures(void)
{
    log_in(ASC_REQ_INTEGRITY, ISC_REQ_INTEGRITY, "alice", "secret", NULL);
    messages(0);
    log_out();
}

/* Beyond ASCII, by a file that has the hash of the name in ISO 8859-1. */
static void beyond_ascii(void)
{
    log_in(0, 0, "J\303\274rgen", "geh\303\244im", NULL);
    query_all(&at.server);
    log_out();
}

static void SEC_ENTRY password_of(PVOID argument, PVOID principal, ULONG version, PVOID *key,
                                  SECURITY_STATUS *status)
{
    SecBuffer *answer = *key;
    (void)argument, (void)principal, (void)version;
    memcpy(answer->pvBuffer, "geh\303\244im", 7);
    answer->cbBuffer = 7;
    answer->BufferType = SECBUFFER_DATA;
    *status = SEC_E_OK;
}

static void callback(void)
{
    log_in(0, 0, "J\303\274rgen", "geh\303\244im", password_of);
    log_out();
    log_in(0, 0, "alice", "geh\303\244im", password_of);
    log_out();
}

static void denied(void)
{
    CALL(SEC_E_OK, acquire_inbound(&at.inbound, NULL));
    CALL(SEC_E_OK, acquire_outbound(&at.outbound, "alice", "wrong"));
    CALL(SEC_I_CONTINUE_NEEDED, accept_step(&at.inbound, &at.server, NULL, NULL, &at.challenge, 0));
    CALL(SEC_I_CONTINUE_NEEDED,
         initialize_step(&at.outbound, &at.client, NULL, &at.challenge, &at.response, 0));
    CALL(SEC_E_LOGON_DENIED, accept_step(NULL, &at.server, &at.server, &at.response, &at.proof, 0));
    log_out();
}

static void options(void)
{
    char value[64];
    ULONG needed, number = 1000, i;
    log_in(ASC_REQ_INTEGRITY, ISC_REQ_INTEGRITY, "alice", "secret", NULL);
    CALL(SEC_E_OK, SaslSetContextOption(&at.client, SASL_OPTION_SEND_SIZE, &number, sizeof number));
    CALL(SEC_E_OK, SaslSetContextOption(&at.client, SASL_OPTION_AUTHZ_STRING, (void *)"bob", 3));
    for (i = SASL_OPTION_SEND_SIZE; i <= SASL_OPTION_AUTHZ_STRING; i++) {
        CALL(SEC_E_OK, SaslGetContextOption(&at.client, i, value, sizeof value, &needed));
        CALL(SEC_E_OK, SaslGetContextOption(&at.server, i, value, sizeof value, &needed));
    }
    log_out();
}

static void many(void)
{
    static CtxtHandle contexts[200];
    int i;
    CALL(SEC_E_OK, acquire_inbound(&at.inbound, NULL));
    for (i = 0; i < COUNT(contexts); i++)
        CALL(SEC_I_CONTINUE_NEEDED, accept_step(&at.inbound, &contexts[i], NULL, NULL, &at.challenge, 0));
    for (i = 0; i < COUNT(contexts); i++)
        RUN(DeleteSecurityContext(&contexts[i]));
    RUN(FreeCredentialsHandle(&at.inbound));
}

static void packages(void)
{
    SecBuffer buffer = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc input = {SECBUFFER_VERSION, 1, &buffer};
    SecPkgInfoW *wide;
    SecPkgInfoA *narrow;
    SEC_CHAR *list, package[] = "WDigest", profile[] = "DIGEST-MD5";
    SEC_WCHAR *wide_list;
    ULONG count;
    CALL(SEC_E_OK, EnumerateSecurityPackagesW(&count, &wide));
    RUN(FreeContextBuffer(wide));
    CALL(SEC_E_OK, EnumerateSecurityPackagesA(&count, &narrow));
    RUN(FreeContextBuffer(narrow));
    CALL(SEC_E_OK, QuerySecurityPackageInfoA(package, &narrow));
    RUN(FreeContextBuffer(narrow));
    CALL(SEC_E_OK, SaslGetProfilePackageA(profile, &narrow));
    RUN(FreeContextBuffer(narrow));
    CALL(SEC_E_OK, SaslEnumerateProfilesA(&list, &count));
    RUN(FreeContextBuffer(list));
    CALL(SEC_E_OK, SaslEnumerateProfilesW(&wide_list, &count));
    RUN(FreeContextBuffer(wide_list));
    CALL(SEC_E_OK, acquire_inbound(&at.inbound, NULL));
    CALL(SEC_I_CONTINUE_NEEDED, accept_step(&at.inbound, &at.server, NULL, NULL, &at.challenge, 0));
    buffer.pvBuffer = at.challenge.text;
    buffer.cbBuffer = at.challenge.length;
    CALL(SEC_E_OK, SaslIdentifyPackageA(&input, &narrow));
    RUN(FreeContextBuffer(narrow));
    CALL(SEC_E_OK, SaslIdentifyPackageW(&input, &wide));
    RUN(FreeContextBuffer(wide));
    RUN(DeleteSecurityContext(&at.server));
    RUN(FreeCredentialsHandle(&at.inbound));
}

static void http(void)
{
    static struct token none, challenge, response;
    CtxtHandle first, server, later, client;
    CALL(SEC_E_OK, acquire_inbound(&at.inbound, NULL));
    CALL(SEC_E_OK, acquire_outbound(&at.outbound, "alice", "secret"));
    CALL(SEC_I_CONTINUE_NEEDED, http_accept(&at.inbound, &first, &none, "/", &challenge));
    CALL(SEC_E_OK, http_answer(&at.outbound, &client, &challenge, "/", &response));
    CALL(SEC_E_OK, http_accept(&at.inbound, &server, &response, "/", &challenge));
    query_names(&server);
    CALL(SEC_E_OK, http_again(&client, "/second", &response));
    CALL(SEC_I_COMPLETE_NEEDED, http_accept(&at.inbound, &later, &response, "/second", &challenge));
    CALL(SEC_E_OK, http_complete(&later, &response, "/second"));
    query_names(&later);
    RUN(DeleteSecurityContext(&first));
    RUN(DeleteSecurityContext(&server));
    RUN(DeleteSecurityContext(&later));
    RUN(DeleteSecurityContext(&client));
    RUN(FreeCredentialsHandle(&at.inbound));
    RUN(FreeCredentialsHandle(&at.outbound));
}

typedef PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity;

/* A client whose identity the helpers have made. */
static SECURITY_STATUS acquire_with(identity given)
{
    SEC_WCHAR package[16];
    widen(package, "WDigest", COUNT(package));
    return AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_OUTBOUND, NULL, given, NULL, NULL,
                                     &at.outbound, NULL);
}

static void identities(void)
{
    static WCHAR user[32], domain[32], password[32], package[32], target[64];
    identity made, copy, without;
    PCWSTR texts[3];
    WCHAR *host;
    char *bytes;
    UCHAR *blob;
    ULONG length, kind, size;
    BOOLEAN same[2];
    int i;
    widen(user, "alice", COUNT(user));
    widen(domain, "DOM", COUNT(domain));
    widen(password, "geh\303\244im\342\202\254", COUNT(password));
    widen(package, "NTLM", COUNT(package));
    widen(target, "imap/mail.example.org:143", COUNT(target));
    CALL(SEC_E_OK, SspiEncodeStringsAsAuthIdentity(user, domain, password, &made));
    CALL(SEC_E_OK, SspiValidateAuthIdentity(made));
    CALL(SEC_E_OK, SspiEncodeAuthIdentityAsStrings(made, &texts[0], &texts[1], &texts[2]));
    for (i = 0; i < 3; i++)
        RUN(SspiLocalFree((void *)texts[i]));
    CALL(SEC_E_OK, SspiEncryptAuthIdentity(made));
    CALL(SEC_E_OK, acquire_with(made));
    RUN(FreeCredentialsHandle(&at.outbound));
    CALL(SEC_E_OK, SspiCopyAuthIdentity(made, &copy));
    CALL(SEC_E_OK, SspiCompareAuthIdentities(made, copy, &same[0], &same[1]));
    CALL(SEC_E_OK, SspiDecryptAuthIdentity(copy));
    RUN(SspiFreeAuthIdentity(copy));
    CALL(SEC_E_OK, SspiMarshalAuthIdentity(made, &length, &bytes));
    CALL(SEC_E_OK, SspiUnmarshalAuthIdentity(length, bytes, &copy));
    RUN(SspiLocalFree(bytes));
    CALL(SEC_E_OK, SspiExcludePackage(copy, package, &without));
    CALL(SEC_E_OK, acquire_with(without));
    RUN(FreeCredentialsHandle(&at.outbound));
    RUN(SspiFreeAuthIdentity(without));
    CALL(SEC_E_OK, SspiPrepareForCredRead(copy, NULL, &kind, &texts[0]));
    RUN(SspiLocalFree((void *)texts[0]));
    CALL(SEC_E_OK, SspiPrepareForCredWrite(copy, target, &kind, &texts[0], &texts[1], &blob, &size));
    RUN(SspiLocalFree((void *)texts[0]));
    RUN(SspiLocalFree((void *)texts[1]));
    RUN(SspiLocalFree(blob));
    CALL(SEC_E_OK, SspiGetTargetHostName(target, &host));
    RUN(SspiLocalFree(host));
    RUN(SspiZeroAuthIdentity(copy));
    RUN(SspiFreeAuthIdentity(copy));
    RUN(SspiFreeAuthIdentity(made));
}

const struct scene SCENES[] = {
    {"auth", auth, 2},
    {"integrity", integrity, 2},
    {"confidentiality", confidentiality, 2},
    {"signatures", signatures, 2},
    {"beyond_ascii", beyond_ascii, 2},
    {"callback", callback, 2},
    {"denied", denied, 2},
    {"options", options, 2},
    {"many", many, 2},
    {"packages", packages, 2},
    {"http", http, 600},
    {"identities", identities, 2},
};
const int SCENE_COUNT = COUNT(SCENES);
