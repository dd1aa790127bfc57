/* SCRAM: packages that are there once secur32.toml lists them, logins of users in a file and of a
 * program's own, and channel bindings. All of it is this library's alone. */
#include "login.h"

/* This library's own, of secur32.h, which Windows' headers stand in for there. */
#ifndef SECUR32_CRED_ATTR_LOGINS
#define SECUR32_CRED_ATTR_LOGINS 0x53330001
typedef struct _Secur32Credentials_Logins {
    ULONGLONG ullAccepted;
    ULONGLONG ullInitialized;
} Secur32Credentials_Logins;
#endif

#define NAME "user"
#define SECRET "pencil"
/* RFC 7677 §3. */
#define SHA256 \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==" \
    "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
/* RFC 5802 §5. */
#define SHA1 "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE="

/* One login, and what both sides pass. */
struct scram {
    const char *package;
    const char *name, *password;
    SEC_GET_KEY_FN function;
    const char *client_bindings, *server_bindings; /* NAME:DATA */
    int wide;
    SECURITY_STATUS expected; /* of the server's last step */
};

static const char *const mechanisms[] = {
    "SCRAM-SHA-512-PLUS", "SCRAM-SHA-512",    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-256",      "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1",
};

static void list(const char *profiles, const char *more)
{
    char text[1024];
    snprintf(text, sizeof text, "[sasl]\nprofiles = [%s]\n%s[scram]\naccounts = '%s'\n", profiles, more,
             stored_keys_path());
    configure(text);
    write_stored_keys(NAME ":" SHA256 "\n" NAME ":" SHA1 "\n");
}

/* Whether there is a package of this name, by every function that tells. */
static void is_there(const char *name, SECURITY_STATUS expected)
{
    PSecPkgInfoA info = NULL, packages = NULL;
    SEC_CHAR *profiles = NULL, *at;
    ULONG count = 0, i;
    CredHandle credential;
    int enumerated = 0, shown = 0;
    in_row(name);
    if (ours_returns(expected, QuerySecurityPackageInfoA((SEC_CHAR *)name, &info)) && expected == SEC_E_OK) {
        ours(info->fCapabilities == 0x00010014 && info->wVersion == 1 && info->wRPCID == 0xFFFF
                 && info->cbMaxToken == 4096,
             "capabilities 0x%X, version %u, rpc 0x%X, token %u", (unsigned)info->fCapabilities,
             info->wVersion, info->wRPCID, (unsigned)info->cbMaxToken);
        ours(strcmp(info->Name, name) == 0
                 && strcmp(info->Comment, "Salted Challenge Response (RFC 5802)") == 0,
             "%s: %s", info->Name, info->Comment);
        FreeContextBuffer(info);
    }
    if (ours_returns(expected, SaslGetProfilePackageW(wide(name), (PSecPkgInfoW *)&info))
        && expected == SEC_E_OK)
        FreeContextBuffer(info);
    ours_returns(expected, AcquireCredentialsHandleW(NULL, wide(name), SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
                                                     NULL, &credential, NULL));
    if (expected == SEC_E_OK)
        ours_returns(SEC_E_OK, FreeCredentialsHandle(&credential));
    if (ours_returns(SEC_E_OK, EnumerateSecurityPackagesA(&count, &packages))) {
        for (i = 0; i < count; i++)
            enumerated += strcmp(packages[i].Name, name) == 0;
        ours(enumerated == (expected == SEC_E_OK), "enumerated %d times", enumerated);
        FreeContextBuffer(packages);
    }
    if (ours_returns(SEC_E_OK, SaslEnumerateProfilesA(&profiles, &count))) {
        for (at = profiles; *at != '\0'; at += strlen(at) + 1)
            shown += strcmp(at, name) == 0;
        ours(shown == (expected == SEC_E_OK), "shown %d times", shown);
        FreeContextBuffer(profiles);
    }
    in_row(NULL);
}

static void listed(void)
{
    size_t i;
    configure("");
    for (i = 0; i < COUNT(mechanisms); i++)
        is_there(mechanisms[i], SEC_E_SECPKG_NOT_FOUND);
    list("'SCRAM-SHA-1', 'SCRAM-SHA-512-PLUS', 'DIGEST-MD5'", "");
    for (i = 0; i < COUNT(mechanisms); i++)
        is_there(mechanisms[i], i == 0 || i == 5 ? SEC_E_OK : SEC_E_SECPKG_NOT_FOUND);
    list("'SCRAM-SHA-1', 'SCRAM-SHA-512-PLUS', 'DIGEST-MD5'", "channel_bindings = 0\n");
    for (i = 0; i < COUNT(mechanisms); i++)
        is_there(mechanisms[i], i == 5 ? SEC_E_OK : SEC_E_SECPKG_NOT_FOUND);
}

/* The package of a first token, or an empty text. */
static const char *identified(const char *text)
{
    static char name[64];
    void *input = exact(text, strlen(text));
    PSecPkgInfoA info = NULL;
    SecBuffer buffer;
    SecBufferDesc tokens = describe(&buffer, 1);
    set_buffer(&buffer, SECBUFFER_TOKEN, input, (ULONG)strlen(text));
    name[0] = '\0';
    if (SaslIdentifyPackageA(&tokens, &info) == SEC_E_OK) {
        snprintf(name, sizeof name, "%s", info->Name);
        FreeContextBuffer(info);
    }
    free(input);
    return name;
}

static void identification(void)
{
    static const struct {
        const char *profiles, *token, *package;
    } rows[] = {
        {"'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'", "SCRAM-SHA-256", "SCRAM-SHA-256"},
        {"'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'", "scram-sha-256-plus n,,", "SCRAM-SHA-256-PLUS"},
        {"'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'", "n,,n=user,r=abc", "SCRAM-SHA-256"},
        {"'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'", "y,,n=user,r=abc", "SCRAM-SHA-256"},
        {"'SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'", "p=tls-unique,,n=user,r=abc", "SCRAM-SHA-256-PLUS"},
        {"'SCRAM-SHA-1'", "p=tls-unique,,n=user,r=abc", "SCRAM-SHA-1"},
        {"'SCRAM-SHA-1', 'SCRAM-SHA-256'", "n,,n=user,r=abc", ""},
        {"'SCRAM-SHA-1', 'SCRAM-SHA-256'", "SCRAM-SHA-1", "SCRAM-SHA-1"},
        {"'SCRAM-SHA-1', 'SCRAM-SHA-256'", "SCRAM-SHA-1-PLUS", ""},
        {"'DIGEST-MD5'", "n,,n=user,r=abc", ""},
        {"'DIGEST-MD5'", "SCRAM-SHA-1", ""},
        {"'SCRAM-SHA-1'", "n,,n=user", ""},
        {"'SCRAM-SHA-1', 'DIGEST-MD5'", "DIGEST-MD5", "WDigest"},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        in_row(rows[i].token);
        list(rows[i].profiles, "");
        ours(strcmp(identified(rows[i].token), rows[i].package) == 0, "%s", identified(rows[i].token));
    }
    in_row(NULL);
}

/* Takes a step: `in` is replaced by what goes out. `bindings` may be NULL. */
static SECURITY_STATUS take(const struct scram *scram, int server, CredHandle *credential,
                            CtxtHandle *context, int begun, struct token *in, const char *bindings)
{
    void *input = exact(in->text, in->length), *block = NULL;
    struct token out;
    SecBuffer buffers[2], answer;
    SecBufferDesc inputs = describe(buffers, 1), outputs = describe(&answer, 1);
    SECURITY_STATUS status;
    ULONG flags = 0;
    set_buffer(&buffers[0], SECBUFFER_TOKEN, input, in->length);
    set_buffer(&answer, SECBUFFER_TOKEN, out.text, TOKEN_MAX);
    if (bindings != NULL) {
        size_t length = sizeof(SEC_CHANNEL_BINDINGS) + strlen(bindings);
        SEC_CHANNEL_BINDINGS head;
        memset(&head, 0, sizeof head);
        head.cbApplicationDataLength = (ULONG)strlen(bindings);
        head.dwApplicationDataOffset = sizeof head;
        block = malloc(length);
        memcpy(block, &head, sizeof head);
        memcpy((char *)block + sizeof head, bindings, strlen(bindings));
        set_buffer(&buffers[1], SECBUFFER_CHANNEL_BINDINGS, block, (ULONG)length);
        inputs.cBuffers = 2;
    }
    if (server)
        status = SaslAcceptSecurityContext(credential, begun ? context : NULL, &inputs, ASC_REQ_MUTUAL_AUTH,
                                           SECURITY_NATIVE_DREP, context, &outputs, &flags, NULL);
    else if (scram->wide)
        status =
            SaslInitializeSecurityContextW(credential, begun ? context : NULL, NULL, ISC_REQ_MUTUAL_AUTH, 0,
                                           SECURITY_NATIVE_DREP, &inputs, 0, context, &outputs, &flags, NULL);
    else
        status =
            SaslInitializeSecurityContextA(credential, begun ? context : NULL, NULL, ISC_REQ_MUTUAL_AUTH, 0,
                                           SECURITY_NATIVE_DREP, &inputs, 0, context, &outputs, &flags, NULL);
    ours(status != SEC_E_OK || flags == ISC_RET_MUTUAL_AUTH, "flags 0x%X", (unsigned)flags);
    in->length = status < 0 ? 0 : answer.cbBuffer;
    memcpy(in->text, out.text, in->length);
    in->text[in->length] = '\0';
    free(block);
    free(input);
    return status;
}

static SECURITY_STATUS acquire(const struct scram *scram, ULONG use, CredHandle *credential)
{
    if (scram->wide) {
        SEC_WINNT_AUTH_IDENTITY_W who;
        memset(&who, 0, sizeof who);
        who.User = (void *)wide(scram->name);
        who.UserLength = (ULONG)strlen(scram->name);
        who.Password = (void *)wide(scram->password);
        who.PasswordLength = (ULONG)strlen(scram->password);
        who.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
        return AcquireCredentialsHandleW(NULL, wide(scram->package), use, NULL,
                                         use == SECPKG_CRED_OUTBOUND ? &who : NULL, scram->function, NULL,
                                         credential, NULL);
    } else {
        SEC_WINNT_AUTH_IDENTITY_A who;
        memset(&who, 0, sizeof who);
        who.User = (void *)scram->name;
        who.UserLength = (ULONG)strlen(scram->name);
        who.Password = (void *)scram->password;
        who.PasswordLength = (ULONG)strlen(scram->password);
        who.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
        return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)scram->package, use, NULL,
                                         use == SECPKG_CRED_OUTBOUND ? &who : NULL, scram->function, NULL,
                                         credential, NULL);
    }
}

static void established(CtxtHandle *context, const char *name)
{
    SecPkgContext_NamesA names;
    SecPkgContext_Sizes sizes;
    SecPkgContext_StreamSizes stream;
    char text[] = "text";
    SecBuffer data;
    SecBufferDesc message = describe(&data, 1);
    if (ours_returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &names))) {
        ours(strcmp(names.sUserName, name) == 0, "name %s", names.sUserName);
        FreeContextBuffer(names.sUserName);
    }
    ours_returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes));
    ours(sizes.cbMaxToken == 4096 && sizes.cbMaxSignature == 0 && sizes.cbBlockSize == 0
             && sizes.cbSecurityTrailer == 0,
         "sizes");
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION,
                 QueryContextAttributesA(context, SECPKG_ATTR_STREAM_SIZES, &stream));
    set_buffer(&data, SECBUFFER_DATA, text, 4);
    ours_returns(SEC_E_QOP_NOT_SUPPORTED, EncryptMessage(context, 0, &message, 0));
}

/* How often the package has let somebody in. */
static Secur32Credentials_Logins counted(CredHandle *credential, int wide)
{
    Secur32Credentials_Logins logins = {99, 99};
    ours_returns(SEC_E_OK, wide ? QueryCredentialsAttributesW(credential, SECUR32_CRED_ATTR_LOGINS, &logins)
                                : QueryCredentialsAttributesA(credential, SECUR32_CRED_ATTR_LOGINS, &logins));
    return logins;
}

static void log_in(const struct scram *scram)
{
    Secur32Credentials_Logins before, after;
    CredHandle inbound, outbound;
    CtxtHandle server, client;
    struct token token;
    in_row(scram->package);
    if (!ours_returns(SEC_E_OK, acquire(scram, SECPKG_CRED_INBOUND, &inbound))
        || !ours_returns(SEC_E_OK, acquire(scram, SECPKG_CRED_OUTBOUND, &outbound)))
        return;
    before = counted(&inbound, scram->wide);
    token.length = 0;
    ours_returns(SEC_I_CONTINUE_NEEDED, take(scram, 1, &inbound, &server, 0, &token, scram->server_bindings));
    ours(token.length == 0, "an empty challenge has %u bytes", (unsigned)token.length);
    ours_returns(SEC_I_CONTINUE_NEEDED,
                 take(scram, 0, &outbound, &client, 0, &token, scram->client_bindings));
    ours_returns(SEC_I_CONTINUE_NEEDED, take(scram, 1, &inbound, &server, 1, &token, scram->server_bindings));
    ours_returns(SEC_I_CONTINUE_NEEDED,
                 take(scram, 0, &outbound, &client, 1, &token, scram->client_bindings));
    ours_returns(scram->expected, take(scram, 1, &inbound, &server, 1, &token, scram->server_bindings));
    if (scram->expected == SEC_E_OK) {
        ours_returns(SEC_E_OK, take(scram, 0, &outbound, &client, 1, &token, scram->client_bindings));
        established(&server, scram->name);
        established(&client, scram->name);
    }
    after = counted(&outbound, scram->wide);
    ours(after.ullAccepted - before.ullAccepted == (scram->expected == SEC_E_OK)
             && after.ullInitialized - before.ullInitialized == (scram->expected == SEC_E_OK),
         "counts of the logins");
    ours_returns(SEC_E_OK, DeleteSecurityContext(&server));
    ours_returns(SEC_E_OK, DeleteSecurityContext(&client));
    ours_returns(SEC_E_OK, FreeCredentialsHandle(&inbound));
    ours_returns(SEC_E_OK, FreeCredentialsHandle(&outbound));
    in_row(NULL);
}

/* The program's own accounts: keys of NAME, whichever hash is asked for. */
static void SEC_ENTRY answer_keys(void *argument, void *principal, ULONG version, void **key,
                                  SECURITY_STATUS *status)
{
    SecBuffer *answer = *key;
    const char *text = version == 160 ? SHA1 : version == 256 ? SHA256 : "";
    (void)argument;
    (void)principal;
    memcpy(answer->pvBuffer, text, strlen(text));
    answer->cbBuffer = (ULONG)strlen(text);
    answer->BufferType = *text == '\0' ? SECBUFFER_EMPTY : SECBUFFER_TOKEN;
    *status = SEC_E_OK;
}

static void logins(void)
{
    static const struct scram rows[] = {
        {"SCRAM-SHA-256", NAME, SECRET, NULL, NULL, NULL, 0, SEC_E_OK},
        {"SCRAM-SHA-1", NAME, SECRET, NULL, NULL, NULL, 1, SEC_E_OK},
        {"scram-sha-256", NAME, "Pencil", NULL, NULL, NULL, 0, SEC_E_LOGON_DENIED},
        {"SCRAM-SHA-256", "nobody", SECRET, NULL, NULL, NULL, 1, SEC_E_LOGON_DENIED},
        /* the file has no keys of this hash */
        {"SCRAM-SHA-512", NAME, SECRET, NULL, NULL, NULL, 0, SEC_E_LOGON_DENIED},
        {"SCRAM-SHA-256-PLUS", NAME, SECRET, NULL, "tls-exporter:one", "tls-exporter:one", 1, SEC_E_OK},
        {"SCRAM-SHA-256-PLUS", NAME, SECRET, NULL, "tls-exporter:one", "tls-exporter:two", 0,
         SEC_E_BAD_BINDINGS},
        {"SCRAM-SHA-1", NAME, SECRET, answer_keys, NULL, NULL, 1, SEC_E_OK},
        {"SCRAM-SHA-256", NAME, SECRET, answer_keys, NULL, NULL, 0, SEC_E_OK},
        {"SCRAM-SHA-512", NAME, SECRET, answer_keys, NULL, NULL, 0, SEC_E_LOGON_DENIED},
    };
    size_t i;
    list("'SCRAM-SHA-256-PLUS', 'SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1'", "");
    for (i = 0; i < COUNT(rows); i++)
        log_in(&rows[i]);
}

START_TEST(scram)
{
    if (!is_ours()) {
        skip("Windows has no SCRAM");
        return;
    }
    listed();
    identification();
    logins();
    configure("");
}
