/* The Sspi helpers for identities: made, taken apart, compared, protected, packed. */
#include "login.h"

typedef PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity;

static identity made(const char *user, const char *domain, const char *password)
{
    identity made = NULL;
    returns(SEC_E_OK, SspiEncodeStringsAsAuthIdentity(wide(user), wide(domain), wide(password), &made));
    return made;
}

/* Whether the strings of an identity are these; NULL is none. */
static void is_made_of(identity given, const char *user, const char *domain, const char *password)
{
    PCWSTR texts[3] = {(PCWSTR)&given, (PCWSTR)&given, (PCWSTR)&given};
    const char *expected[3];
    int i;
    expected[0] = user;
    expected[1] = domain;
    expected[2] = password;
    if (!returns(SEC_E_OK, SspiEncodeAuthIdentityAsStrings(given, &texts[0], &texts[1], &texts[2])))
        return;
    for (i = 0; i < 3; i++) {
        ok(expected[i] == NULL ? texts[i] == NULL : is_wide(texts[i], expected[i]), "string %d", i);
        SspiLocalFree((void *)texts[i]);
    }
}

static void strings(void)
{
    static const struct {
        const char *user, *domain, *password;
    } rows[] = {
        {"alice", "DOM", "secret"}, {"alice", NULL, "secret"}, {"alice", "", "secret"},
        {"alice", NULL, NULL},      {NULL, "DOM", NULL},       {NULL, NULL, "secret"},
    };
    identity given, copy;
    char *bytes;
    ULONG length;
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        given = made(rows[i].user, rows[i].domain, rows[i].password);
        if (given == NULL)
            continue;
        is_made_of(given, rows[i].user, rows[i].domain, rows[i].password);
        returns(SEC_E_OK, SspiValidateAuthIdentity(given));
        if (returns(SEC_E_OK, SspiCopyAuthIdentity(given, &copy))) {
            is_made_of(copy, rows[i].user, rows[i].domain, rows[i].password);
            SspiFreeAuthIdentity(copy);
        }
        if (returns(SEC_E_OK, SspiMarshalAuthIdentity(given, &length, &bytes))) {
            char *block = exact(bytes, length);
            SspiLocalFree(bytes);
            if (returns(SEC_E_OK, SspiUnmarshalAuthIdentity(length, block, &copy))) {
                is_made_of(copy, rows[i].user, rows[i].domain, rows[i].password);
                SspiFreeAuthIdentity(copy);
            }
            free(block);
        }
        SspiFreeAuthIdentity(given);
    }
    copy = (identity)&given;
    returns(SEC_E_INVALID_TOKEN, SspiEncodeStringsAsAuthIdentity(NULL, NULL, NULL, NULL));
    returns(SEC_E_INVALID_TOKEN, SspiEncodeStringsAsAuthIdentity(NULL, NULL, NULL, &copy));
    ok(copy == (identity)&given, "a failed call wrote a pointer");
}

static void wrong_strings(void)
{
    static WCHAR endless[40000];
    WCHAR unpaired[] = {'a', 0xD83D, 'b', 0}, backwards[] = {0xDE00, 0xD83D, 0}, pair[] = {0xD83D, 0xDE00, 0};
    identity out = NULL;
    PCWSTR text;
    size_t i;
    if (!is_ours())
        return;
    for (i = 0; i < COUNT(endless) - 1; i++)
        endless[i] = 'a';
    in_row("r63 strings");
    ours_returns(SEC_E_INVALID_PARAMETER, SspiEncodeStringsAsAuthIdentity(endless, NULL, NULL, &out));
    ours_returns(SEC_E_INVALID_PARAMETER, SspiEncodeStringsAsAuthIdentity(unpaired, NULL, NULL, &out));
    ours_returns(SEC_E_INVALID_PARAMETER, SspiEncodeStringsAsAuthIdentity(NULL, backwards, NULL, &out));
    ours_returns(SEC_E_INVALID_PARAMETER, SspiEncodeStringsAsAuthIdentity(pair, NULL, NULL, NULL));
    ours(out == NULL, "a failed call wrote a pointer");
    endless[32767] = 0; /* the longest */
    if (ours_returns(SEC_E_OK, SspiEncodeStringsAsAuthIdentity(pair, endless, NULL, &out)))
        SspiFreeAuthIdentity(out);
    ours_returns(SEC_E_INVALID_PARAMETER, SspiEncodeAuthIdentityAsStrings(NULL, &text, &text, &text));
    ours_returns(SEC_E_INVALID_PARAMETER, SspiCopyAuthIdentity(NULL, &out));
    ours_returns(SEC_E_INVALID_PARAMETER, SspiValidateAuthIdentity(NULL));
    in_row(NULL);
}

static void compared(void)
{
    static const struct {
        const char *user, *domain, *password;
        BOOLEAN same_user, same_identity;
    } rows[] = {
        {"alice", "DOM", "secret", TRUE, TRUE},  {"ALICE", "dom", "secret", TRUE, TRUE},
        {"alice", "DOM", "Secret", TRUE, FALSE}, {"alice", "DOM2", "secret", FALSE, FALSE},
        {"bob", "DOM", "secret", FALSE, FALSE},  {"alice", "DOM", NULL, TRUE, FALSE},
    };
    identity alice = made("alice", "DOM", "secret");
    BOOLEAN user, same;
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        identity other = made(rows[i].user, rows[i].domain, rows[i].password);
        user = same = 77;
        returns(SEC_E_OK, SspiCompareAuthIdentities(alice, other, &user, &same));
        ok(user == rows[i].same_user && same == rows[i].same_identity, "row %u: %u, %u", (unsigned)i, user,
           same);
        returns(SEC_E_OK, SspiCompareAuthIdentities(other, alice, NULL, NULL));
        SspiFreeAuthIdentity(other);
    }
    returns(SEC_E_OK, SspiCompareAuthIdentities(alice, NULL, &user, &same));
    ok(!user && !same, "somebody is the logged-on user");
    returns(SEC_E_OK, SspiCompareAuthIdentities(NULL, NULL, &user, &same));
    ok(user && same, "the logged-on user is another");
    SspiFreeAuthIdentity(alice);
}

static void protected(void)
{
    identity alice = made("alice", "DOM", "secret"), copy = NULL;
    CredHandle credential;
    ours(!SspiIsAuthIdentityEncrypted(alice), "encrypted from the start");
    returns(SEC_E_OK, SspiEncryptAuthIdentity(alice));
    ok(SspiIsAuthIdentityEncrypted(alice), "not encrypted");
    ours_returns(SEC_E_OK, SspiEncryptAuthIdentity(alice)); /* stays as it is */
    ours_returns(SEC_E_OK, SspiCopyAuthIdentity(alice, &copy));
    ours(SspiIsAuthIdentityEncrypted(copy), "the copy is not encrypted");
    is_made_of(copy, "alice", "DOM", "secret");
    ours_returns(SEC_E_OK, AcquireCredentialsHandleW(NULL, wide(PACKAGE), SECPKG_CRED_OUTBOUND, NULL, copy,
                                                     NULL, NULL, &credential, NULL));
    returns(SEC_E_OK, FreeCredentialsHandle(&credential));
    returns(SEC_E_OK, SspiDecryptAuthIdentity(copy));
    ok(!SspiIsAuthIdentityEncrypted(copy), "still encrypted");
    ours_returns(SEC_E_OK, SspiDecryptAuthIdentity(copy));
    is_made_of(copy, "alice", "DOM", "secret");
    SspiFreeAuthIdentity(copy);
#ifndef _WIN32 /* exported by another library there */
    {
        ULONG option;
        returns(SEC_E_OK, SspiDecryptAuthIdentityEx(1, alice));
        for (option = 1; option <= 4; option *= 2) {
            returns(SEC_E_OK, SspiEncryptAuthIdentityEx(option, alice));
            ok(SspiIsAuthIdentityEncrypted(alice), "option %u", (unsigned)option);
            returns(SEC_E_OK, SspiDecryptAuthIdentityEx(option, alice));
        }
        ours_returns(SEC_E_INVALID_PARAMETER, SspiEncryptAuthIdentityEx(8, alice));
        ours_returns(SEC_E_INVALID_PARAMETER, SspiDecryptAuthIdentityEx(8, alice));
        returns(SEC_E_OK, SspiEncryptAuthIdentityEx(2, alice));
    }
#endif
    if (is_ours()) {
        SEC_WINNT_AUTH_IDENTITY_W own;
        memset(&own, 0, sizeof own);
        own.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
        ours_returns(SEC_E_INVALID_PARAMETER, SspiEncryptAuthIdentity(NULL));
        ours_returns(SEC_E_INVALID_PARAMETER, SspiDecryptAuthIdentity(NULL));
        ours_returns(SEC_E_INVALID_PARAMETER, SspiEncryptAuthIdentity(&own));
        ours(!SspiIsAuthIdentityEncrypted(NULL) && !SspiIsAuthIdentityEncrypted(&own), "encrypted");
    }
    SspiZeroAuthIdentity(alice);
    SspiFreeAuthIdentity(alice);
}

static void credential_manager(void)
{
    static const struct {
        const char *user, *domain, *target, *expected_target, *expected_user;
    } rows[] = {
        {"alice", "DOM", "host", "host", "DOM\\alice"},
        {"alice", "DOM", NULL, "DOM\\alice", "DOM\\alice"},
        {"alice", NULL, NULL, "alice", "alice"},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        identity given = made(rows[i].user, rows[i].domain, "secret");
        PCWSTR target = NULL, user = NULL;
        PUCHAR blob = NULL;
        ULONG type = 0, size = 0;
        if (returns(SEC_E_OK, SspiPrepareForCredRead(given, wide(rows[i].target), &type, &target))) {
            ok(type == 2 && is_wide(target, rows[i].expected_target), "row %u", (unsigned)i);
            SspiLocalFree((void *)target);
        }
        if (returns(SEC_E_OK, SspiPrepareForCredWrite(given, wide(rows[i].target), &type, &target, &user,
                                                      &blob, &size))) {
            ok(type == 2 && is_wide(target, rows[i].expected_target) && is_wide(user, rows[i].expected_user),
               "row %u", (unsigned)i);
            ok(size == 12 && memcmp(blob, wide("secret"), 12) == 0, "a blob of %u", (unsigned)size);
            SspiLocalFree((void *)target);
            SspiLocalFree((void *)user);
            SspiLocalFree(blob);
        }
        SspiFreeAuthIdentity(given);
    }
}

static void small_helpers(void)
{
    static const struct {
        const char *target, *host;
    } rows[] = {{"imap/mail.example.org", "mail.example.org"},
                {"imap/mail:143", "mail"},
                {"ldap/dc:389/example.org", "dc"},
                {"plain", "plain"}};
    identity given = made("alice", NULL, "secret"), without;
    PWSTR host;
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        in_row(rows[i].target);
        host = NULL;
        if (returns(SEC_E_OK, SspiGetTargetHostName(wide(rows[i].target), &host))) {
            ours(is_wide(host, rows[i].host), "another host");
            SspiLocalFree(host);
        }
    }
    in_row(NULL);
    if (is_ours()) {
        ours_returns(SEC_E_INVALID_PARAMETER, SspiGetTargetHostName(NULL, &host));
        ours_returns(SEC_E_INVALID_PARAMETER, SspiGetTargetHostName(wide("imap/"), &host));
        ours_returns(SEC_E_INVALID_PARAMETER, SspiExcludePackage(given, wide(""), &without));
        ours_returns(SEC_E_INVALID_PARAMETER, SspiExcludePackage(given, wide("a,b"), &without));
    }
    if (returns(SEC_E_OK, SspiExcludePackage(given, wide("NTLM"), &without))) {
        is_made_of(without, "alice", NULL, "secret");
        returns(SEC_E_OK, SspiValidateAuthIdentity(without));
        SspiFreeAuthIdentity(without);
    }
    SspiFreeAuthIdentity(given);
#ifndef _WIN32 /* exported by another library there */
    ok(SspiIsPromptingNeeded((ULONG)SEC_E_LOGON_DENIED), "denied");
    ok(SspiIsPromptingNeeded((ULONG)SEC_E_NO_CREDENTIALS), "no credentials");
    ok(SspiIsPromptingNeeded(1326), "ERROR_LOGON_FAILURE");
    ok(SspiIsPromptingNeeded(0xC000006D), "STATUS_LOGON_FAILURE");
    ok(!SspiIsPromptingNeeded(0) && !SspiIsPromptingNeeded((ULONG)SEC_E_INVALID_TOKEN), "otherwise");
#endif
}

START_TEST(identities)
{
    configure("");
    strings();
    wrong_strings();
    compared();
    protected();
    credential_manager();
    small_helpers();
}
