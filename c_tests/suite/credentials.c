/* Credentials: acquired, asked about, freed. */
#include "login.h"

static SECURITY_STATUS acquire(const char *package, ULONG use, void *logon, void *identity,
                               CredHandle *credential)
{
    return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)package, use, logon, identity, NULL, NULL, credential,
                                     NULL);
}

static void arguments(void)
{
    static const struct {
        const char *name, *package;
        ULONG use;
        SECURITY_STATUS expected;
    } rows[] = {
        {"inbound", "WDigest", SECPKG_CRED_INBOUND, SEC_E_OK},
        {"outbound", "WDigest", SECPKG_CRED_OUTBOUND, SEC_E_OK},
        {"both", "WDigest", SECPKG_CRED_BOTH, SEC_E_OK},
        {"lower case", "wdigest", SECPKG_CRED_INBOUND, SEC_E_OK},
        {"higher bits", "WDigest", SECPKG_CRED_INBOUND | 0x30, SEC_E_OK},
        {"no use", "WDigest", 0, SEC_E_UNKNOWN_CREDENTIALS},
        {"default use", "WDigest", 4, SEC_E_UNKNOWN_CREDENTIALS},
        {"unknown use", "WDigest", 8, SEC_E_UNKNOWN_CREDENTIALS},
        {"unknown package", "Winetest", SECPKG_CRED_INBOUND, SEC_E_SECPKG_NOT_FOUND},
        {"empty package", "", SECPKG_CRED_INBOUND, SEC_E_SECPKG_NOT_FOUND},
        {"no package", NULL, SECPKG_CRED_INBOUND, SEC_E_SECPKG_NOT_FOUND},
        {"a profile is no package", "DIGEST-MD5", SECPKG_CRED_INBOUND, SEC_E_SECPKG_NOT_FOUND},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        CredHandle credential = {0x1234, 0x5678}, wide_credential = {0x1234, 0x5678};
        TimeStamp expiry;
        SECURITY_STATUS expected = rows[i].expected;
        in_row(rows[i].name);
        expiry.LowPart = 1;
        ours_returns(expected, acquire(rows[i].package, rows[i].use, NULL, NULL, &credential));
        ours_returns(expected, AcquireCredentialsHandleW(NULL, wide(rows[i].package), rows[i].use, NULL, NULL,
                                                         NULL, NULL, &wide_credential, &expiry));
        if (expected == SEC_E_OK) {
            ours(expiry.LowPart == 0xFFFFFFFF && expiry.HighPart == 0x7FFFFFFF, "another expiry");
            returns(SEC_E_OK, FreeCredentialsHandle(&credential));
            returns(SEC_E_INVALID_HANDLE, FreeCredentialsHandle(&credential));
            returns(SEC_E_OK, FreeCredentialsHandle(&wide_credential));
        } else {
            ours(credential.dwLower == 0x1234 && wide_credential.dwUpper == 0x5678 && expiry.LowPart == 1,
                 "a failed call wrote something");
        }
    }
    in_row(NULL);
    {
        CredHandle credential;
        LONG logon[2] = {1, 0};
        ours_returns(SEC_E_NOT_OWNER, acquire(PACKAGE, SECPKG_CRED_INBOUND, logon, NULL, &credential));
        ours_returns(SEC_E_INVALID_HANDLE, acquire(PACKAGE, SECPKG_CRED_INBOUND, NULL, NULL, NULL));
    }
}

/* R63 where identities are taken: the encodings and lengths of SEC_WINNT_AUTH_IDENTITY. */
static void identities(void)
{
    WCHAR user[] = {'a', 'l', 'i', 'c', 'e'}, unpaired[] = {'a', 0xDC00, 'b'};
    SEC_WINNT_AUTH_IDENTITY_W identity;
    CredHandle credential;
    static const struct {
        const char *name;
        ULONG flags, user_length;
        SECURITY_STATUS expected;
    } rows[] = {
        {"r63 unicode", SEC_WINNT_AUTH_IDENTITY_UNICODE, 5, SEC_E_OK},
        {"r63 neither ansi nor unicode", 0, 5, SEC_E_UNKNOWN_CREDENTIALS},
        {"r63 only another bit", 8, 5, SEC_E_UNKNOWN_CREDENTIALS},
        {"r63 length 32768", SEC_WINNT_AUTH_IDENTITY_UNICODE, 32768, SEC_E_UNKNOWN_CREDENTIALS},
        {"r63 length 2^32-1", SEC_WINNT_AUTH_IDENTITY_UNICODE, 0xFFFFFFFF, SEC_E_UNKNOWN_CREDENTIALS},
        {"r63 length 2^31", SEC_WINNT_AUTH_IDENTITY_UNICODE, 0x80000000, SEC_E_UNKNOWN_CREDENTIALS},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        in_row(rows[i].name);
        memset(&identity, 0, sizeof identity);
        identity.User = exact(user, sizeof user);
        identity.UserLength = rows[i].user_length;
        identity.Flags = rows[i].flags;
        if (ours_returns(rows[i].expected,
                         acquire(PACKAGE, SECPKG_CRED_OUTBOUND, NULL, &identity, &credential))
            && rows[i].expected == SEC_E_OK)
            returns(SEC_E_OK, FreeCredentialsHandle(&credential));
        free(identity.User);
    }
    {
        /* lengths that count terminators, or a NUL that is none */
        static const struct {
            const char *name, *text;
            ULONG length;
            SECURITY_STATUS expected;
        } zeros[] = {
            {"no NUL", "alice", 5, SEC_E_OK},
            {"a terminator", "alice", 6, SEC_E_UNKNOWN_CREDENTIALS},
            {"three terminators", "alice\0\0", 8, SEC_E_UNKNOWN_CREDENTIALS},
            {"only a terminator", "", 1, SEC_E_UNKNOWN_CREDENTIALS},
            {"a NUL inside", "ali\0ce", 6, SEC_E_UNKNOWN_CREDENTIALS},
            {"a NUL in front", "\0alice", 6, SEC_E_UNKNOWN_CREDENTIALS},
        };
        size_t text, unit;
        for (i = 0; i < COUNT(zeros); i++) {
            for (text = 0; text < 6; text++) {
                ULONG length = zeros[i].length, size = text % 2 ? 2 * length : length;
                unsigned char *copy = calloc(size, 1);
                SEC_WINNT_AUTH_IDENTITY_A one;
                in_row(zeros[i].name);
                for (unit = 0; unit < length; unit++) /* little-endian, as every machine here */
                    copy[text % 2 ? 2 * unit : unit] = (unsigned char)zeros[i].text[unit];
                memset(&one, 0, sizeof one);
                one.Flags = text % 2 ? SEC_WINNT_AUTH_IDENTITY_UNICODE : SEC_WINNT_AUTH_IDENTITY_ANSI;
                *(text < 2 ? &one.User : text < 4 ? &one.Domain : &one.Password) = copy;
                *(text < 2 ? &one.UserLength : text < 4 ? &one.DomainLength : &one.PasswordLength) = length;
                if (ours_returns(zeros[i].expected,
                                 acquire(PACKAGE, SECPKG_CRED_OUTBOUND, NULL, &one, &credential))
                    && zeros[i].expected == SEC_E_OK)
                    returns(SEC_E_OK, FreeCredentialsHandle(&credential));
                ours_returns(zeros[i].expected == SEC_E_OK ? SEC_E_OK : SEC_E_INVALID_PARAMETER,
                             SspiValidateAuthIdentity(&one));
                free(copy);
            }
        }
    }
    in_row("r63 a length without text");
    memset(&identity, 0, sizeof identity);
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    identity.PasswordLength = 3;
    ours_returns(SEC_E_UNKNOWN_CREDENTIALS,
                 acquire(PACKAGE, SECPKG_CRED_OUTBOUND, NULL, &identity, &credential));
    in_row("r63 an unpaired surrogate");
    memset(&identity, 0, sizeof identity);
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    identity.User = (void *)unpaired;
    identity.UserLength = 3;
    ours_returns(SEC_E_UNKNOWN_CREDENTIALS,
                 acquire(PACKAGE, SECPKG_CRED_OUTBOUND, NULL, &identity, &credential));
    in_row(NULL);
}

/* The extended structures: their versions and sizes. */
static void extended(void)
{
    static const struct {
        const char *name;
        ULONG version, length;
        SECURITY_STATUS expected;
    } rows[] = {
        {"r63 ex", SEC_WINNT_AUTH_IDENTITY_VERSION, sizeof(SEC_WINNT_AUTH_IDENTITY_EXA), SEC_E_OK},
        {"r63 ex, length 0", SEC_WINNT_AUTH_IDENTITY_VERSION, 0, SEC_E_UNKNOWN_CREDENTIALS},
        {"r63 ex, one short", SEC_WINNT_AUTH_IDENTITY_VERSION, sizeof(SEC_WINNT_AUTH_IDENTITY_EXA) - 1,
         SEC_E_UNKNOWN_CREDENTIALS},
    };
    SEC_WINNT_AUTH_IDENTITY_EX2 packed;
    CredHandle credential;
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        SEC_WINNT_AUTH_IDENTITY_EXA identity;
        in_row(rows[i].name);
        memset(&identity, 0, sizeof identity);
        identity.Version = rows[i].version;
        identity.Length = rows[i].length;
        identity.User = (void *)"alice";
        identity.UserLength = 5;
        identity.Password = (void *)"secret";
        identity.PasswordLength = 6;
        identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
        if (ours_returns(rows[i].expected,
                         acquire(PACKAGE, SECPKG_CRED_OUTBOUND, NULL, &identity, &credential))
            && rows[i].expected == SEC_E_OK)
            returns(SEC_E_OK, FreeCredentialsHandle(&credential));
    }
    in_row("r63 ex2 whose header has no size");
    memset(&packed, 0, sizeof packed);
    packed.Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2;
    ours_returns(SEC_E_UNKNOWN_CREDENTIALS,
                 acquire(PACKAGE, SECPKG_CRED_OUTBOUND, NULL, &packed, &credential));
    in_row("r63 ex2 whose texts lie outside");
    packed.cbHeaderLength = sizeof packed;
    packed.cbStructureLength = sizeof packed;
    packed.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    packed.UserOffset = 0xFFFFFFF0;
    packed.UserLength = 32;
    ours_returns(SEC_E_UNKNOWN_CREDENTIALS,
                 acquire(PACKAGE, SECPKG_CRED_OUTBOUND, NULL, &packed, &credential));
    in_row(NULL);
}

static void names(void)
{
    CredHandle credential;
    SecPkgCredentials_NamesA name = {NULL};
    SecPkgCredentials_NamesW wide_name = {NULL};
    if (!returns(SEC_E_OK, acquire_outbound(&credential, USER, "DOM", PASSWORD)))
        return;
    if (returns(SEC_E_OK, QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &name))) {
        ours(strcmp(name.sUserName, "DOM\\alice") == 0, "name %s", name.sUserName);
        returns(SEC_E_OK, FreeContextBuffer(name.sUserName));
    }
    if (returns(SEC_E_OK, QueryCredentialsAttributesW(&credential, SECPKG_CRED_ATTR_NAMES, &wide_name))) {
        ours(is_wide(wide_name.sUserName, "DOM\\alice"), "another name");
        returns(SEC_E_OK, FreeContextBuffer(wide_name.sUserName));
    }
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, QueryCredentialsAttributesA(&credential, 77, &name));
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, QueryCredentialsAttributesW(&credential, 0, &name));
    ours_returns(SEC_E_INVALID_PARAMETER, QueryCredentialsAttributesA(&credential, 1, NULL));
#ifndef _WIN32 /* exported by another library there */
    returns(SEC_E_OK, QueryCredentialsAttributesExA(&credential, 1, &name, sizeof name));
    returns(SEC_E_OK, FreeContextBuffer(name.sUserName));
    returns(SEC_E_OK, QueryCredentialsAttributesExW(&credential, 1, &wide_name, sizeof wide_name));
    returns(SEC_E_OK, FreeContextBuffer(wide_name.sUserName));
    name.sUserName = NULL;
    returns(SEC_E_BUFFER_TOO_SMALL, QueryCredentialsAttributesExA(&credential, 1, &name, sizeof name - 1));
    returns(SEC_E_BUFFER_TOO_SMALL, QueryCredentialsAttributesExW(&credential, 1, &name, 0));
    ok(name.sUserName == NULL, "a failed call wrote something");
#endif
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, SetCredentialsAttributesA(&credential, 1, &name, 8));
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, SetCredentialsAttributesW(&credential, 1, &name, 8));
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION,
                 AddCredentialsA(&credential, NULL, (SEC_CHAR *)PACKAGE, 1, NULL, NULL, NULL, NULL));
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION,
                 AddCredentialsW(&credential, NULL, wide(PACKAGE), 1, NULL, NULL, NULL, NULL));
    returns(SEC_E_OK, FreeCredentialsHandle(&credential));
    returns(SEC_E_INVALID_HANDLE, QueryCredentialsAttributesA(&credential, 1, &name));
    returns(SEC_E_INVALID_HANDLE, QueryCredentialsAttributesW(&credential, 1, &name));
    returns(SEC_E_INVALID_HANDLE, SetCredentialsAttributesA(&credential, 1, &name, 8));
    returns(SEC_E_INVALID_HANDLE,
            AddCredentialsA(&credential, NULL, (SEC_CHAR *)PACKAGE, 1, NULL, NULL, NULL, NULL));

    /* without an identity: the process's user */
    returns(SEC_E_OK, acquire(PACKAGE, SECPKG_CRED_INBOUND, NULL, NULL, &credential));
    if (returns(SEC_E_OK, QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &name))) {
        ok(name.sUserName != NULL, "no name");
        returns(SEC_E_OK, FreeContextBuffer(name.sUserName));
    }
    returns(SEC_E_OK, FreeCredentialsHandle(&credential));
}

/* A wrong configuration is not half applied. */
static void configurations(void)
{
    static const struct {
        const char *more;
        SECURITY_STATUS expected;
    } rows[] = {
        {"maxbuf = 65536", SEC_E_OK},
        {"maxbuf = 16", SEC_E_INTERNAL_ERROR},
        {"no_such_key = 1", SEC_E_INTERNAL_ERROR},
        {"[WDigest]\nUTF8SASL = \"perhaps\"", SEC_E_INTERNAL_ERROR},
        {"[WDigest]\nDigestEncryptionAlgorithms = \"aes\"", SEC_E_INTERNAL_ERROR},
        {"not toml", SEC_E_INTERNAL_ERROR},
    };
    CredHandle credential;
    size_t i;
    if (!is_ours())
        return;
    for (i = 0; i < COUNT(rows); i++) {
        in_row(rows[i].more);
        configure(rows[i].more);
        if (ours_returns(rows[i].expected, acquire_inbound(&credential)) && rows[i].expected == SEC_E_OK)
            returns(SEC_E_OK, FreeCredentialsHandle(&credential));
    }
    in_row(NULL);
    environment_set("SECUR32_CONFIG", "/no/such/file.toml");
    ours_returns(SEC_E_INTERNAL_ERROR, acquire_inbound(&credential));
    configure("");
}

START_TEST(credentials)
{
    configure("");
    arguments();
    identities();
    extended();
    names();
    configurations();
}
