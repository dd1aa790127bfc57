/* R63: identities of callers' own making, and packs of identities from anywhere. */
#include "login.h"

typedef PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity;

/* Each form, with texts that are not terminated in blocks of exactly their size. */
static void honest_forms(void)
{
    SEC_WINNT_AUTH_IDENTITY_A ansi;
    SEC_WINNT_AUTH_IDENTITY_W unicode;
    SEC_WINNT_AUTH_IDENTITY_EXA ex;
    SEC_WINNT_AUTH_IDENTITY_EXW exw;
    identity forms[4], copy;
    PCWSTR user, domain, password;
    size_t i;
    char *narrow = exact("alice", 5);
    WCHAR *broad = exact(wide("alice"), 10);

    memset(&ansi, 0, sizeof ansi);
    ansi.User = (void *)narrow;
    ansi.UserLength = 5;
    ansi.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    memset(&unicode, 0, sizeof unicode);
    unicode.User = (void *)broad;
    unicode.UserLength = 5;
    unicode.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    memset(&ex, 0, sizeof ex);
    ex.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
    ex.Length = sizeof ex;
    ex.User = (void *)narrow;
    ex.UserLength = 5;
    ex.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    memset(&exw, 0, sizeof exw);
    exw.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
    exw.Length = sizeof exw;
    exw.User = (void *)broad;
    exw.UserLength = 5;
    exw.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    forms[0] = &ansi;
    forms[1] = &unicode;
    forms[2] = &ex;
    forms[3] = &exw;
    for (i = 0; i < COUNT(forms); i++) {
        returns(SEC_E_OK, SspiValidateAuthIdentity(forms[i]));
        if (returns(SEC_E_OK, SspiEncodeAuthIdentityAsStrings(forms[i], &user, &domain, &password))) {
            ok(is_wide(user, "alice") && domain == NULL && password == NULL, "form %u", (unsigned)i);
            SspiLocalFree((void *)user);
            SspiLocalFree((void *)domain);
            SspiLocalFree((void *)password);
        }
        if (returns(SEC_E_OK, SspiCopyAuthIdentity(forms[i], &copy))) {
            BOOLEAN same_user = FALSE;
            returns(SEC_E_OK, SspiCompareAuthIdentities(forms[i], copy, &same_user, NULL));
            ok(same_user, "form %u and its copy differ", (unsigned)i);
            SspiFreeAuthIdentity(copy);
        }
    }
    /* their memory is the caller's */
    SspiFreeAuthIdentity(&ansi);
    SspiLocalFree(&unicode);
    SspiZeroAuthIdentity(&ex);
    free(narrow);
    free(broad);
}

static void wrong_forms(void)
{
    SEC_WINNT_AUTH_IDENTITY_W given;
    WCHAR text[] = {'a', 0xD800};
    struct row {
        const char *name;
        void *user;
        ULONG length, flags;
    } rows[] = {
        {"r63 no flag", NULL, 0, 0},
        {"r63 both flags", NULL, 0, SEC_WINNT_AUTH_IDENTITY_UNICODE | SEC_WINNT_AUTH_IDENTITY_ANSI},
        {"r63 length without text", NULL, 1, SEC_WINNT_AUTH_IDENTITY_UNICODE},
        {"r63 length 32768", NULL, 32768, SEC_WINNT_AUTH_IDENTITY_UNICODE},
        {"r63 length 2^32-1", NULL, 0xFFFFFFFF, SEC_WINNT_AUTH_IDENTITY_ANSI},
        {"r63 unpaired surrogate", NULL, 2, SEC_WINNT_AUTH_IDENTITY_UNICODE},
    };
    size_t i;
    rows[3].user = rows[4].user = rows[5].user = text;
    for (i = 0; i < COUNT(rows); i++) {
        identity copy = (identity)rows;
        in_row(rows[i].name);
        memset(&given, 0, sizeof given);
        given.User = rows[i].user;
        given.UserLength = rows[i].length;
        given.Flags = rows[i].flags;
        ours_returns(SEC_E_INVALID_PARAMETER, SspiValidateAuthIdentity(&given));
        ours_returns(SEC_E_INVALID_PARAMETER, SspiCopyAuthIdentity(&given, &copy));
        ours(copy == (identity)rows, "a failed call wrote a pointer");
    }
    in_row(NULL);
}

/* Packs cut at every byte, and with each byte changed: refused, or an identity that can be used. */
static void damaged_packs(void)
{
    identity given = NULL, made;
    char *bytes;
    ULONG length, i;
    if (!returns(SEC_E_OK,
                 SspiEncodeStringsAsAuthIdentity(wide("alice"), wide("DOM"), wide("secret"), &given))
        || !returns(SEC_E_OK, SspiMarshalAuthIdentity(given, &length, &bytes)))
        return;
    for (i = 0; i < length; i++) {
        char *copy = exact(bytes, i);
        made = (identity)&given;
        ours(SspiUnmarshalAuthIdentity(i, copy, &made) == SEC_E_INVALID_PARAMETER, "cut to %u", (unsigned)i);
        ours(made == (identity)&given, "a failed call wrote a pointer");
        free(copy);
        copy = exact(bytes, length);
        copy[i] = (char)(copy[i] ^ 0xFF);
        if (SspiUnmarshalAuthIdentity(length, copy, &made) == SEC_E_OK) {
            ours_returns(SEC_E_OK, SspiValidateAuthIdentity(made));
            SspiFreeAuthIdentity(made);
        } else {
            ours(made == (identity)&given, "a failed call wrote a pointer");
        }
        free(copy);
    }
    ours_returns(SEC_E_INVALID_PARAMETER, SspiUnmarshalAuthIdentity(length, NULL, &made));
    ours_returns(SEC_E_INVALID_PARAMETER, SspiUnmarshalAuthIdentity(length, bytes, NULL));
    ours_returns(SEC_E_INVALID_PARAMETER, SspiMarshalAuthIdentity(given, NULL, &bytes));
    SspiLocalFree(bytes);
    SspiFreeAuthIdentity(given);
}

/* An identity that was made here logs in. */
static void logs_in(void)
{
    struct exchange exchange;
    identity alice;
    prepare(&exchange, AUTH);
    returns(SEC_E_OK, FreeCredentialsHandle(&exchange.outbound));
    returns(SEC_E_OK, SspiEncodeStringsAsAuthIdentity(wide(USER), NULL, wide(PASSWORD), &alice));
    returns(SEC_E_OK, SspiEncryptAuthIdentity(alice));
    returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, (SEC_CHAR *)PACKAGE, SECPKG_CRED_OUTBOUND, NULL, alice,
                                                NULL, NULL, &exchange.outbound, NULL));
    SspiFreeAuthIdentity(alice); /* was copied */
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_OK, verify(&exchange));
    returns(SEC_E_OK, conclude(&exchange));
    finish(&exchange);
}

/* The first step of a client with an identity of this package list. */
static SECURITY_STATUS first_step(struct exchange *exchange, identity given)
{
    SECURITY_STATUS status;
    prepare(exchange, AUTH);
    returns(SEC_E_OK, FreeCredentialsHandle(&exchange->outbound));
    returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, (SEC_CHAR *)PACKAGE, SECPKG_CRED_OUTBOUND, NULL, given,
                                                NULL, NULL, &exchange->outbound, NULL));
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(exchange));
    status = respond(exchange);
    finish(exchange);
    return status;
}

/* A list decides, in every form of an identity. */
static void package_lists(void)
{
    static const struct {
        const char *list;
        SECURITY_STATUS expected;
    } rows[] = {
        {"", SEC_I_CONTINUE_NEEDED},
        {"!Kerberos,!NTLM", SEC_I_CONTINUE_NEEDED},
        {"NTLM, wdigest", SEC_I_CONTINUE_NEEDED},
        {"!wdigest", SEC_E_NO_CREDENTIALS},
        {"! WDigest ,WDigest", SEC_E_NO_CREDENTIALS},
        {"NTLM", SEC_E_NO_CREDENTIALS},
        {"WDigest5", SEC_E_NO_CREDENTIALS},
    };
    struct exchange exchange;
    identity all, without, again, copy;
    char *bytes;
    ULONG length;
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        SEC_WINNT_AUTH_IDENTITY_EXA ansi;
        SEC_WINNT_AUTH_IDENTITY_EXW unicode;
        in_row(rows[i].list);
        memset(&ansi, 0, sizeof ansi);
        ansi.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
        ansi.Length = sizeof ansi;
        ansi.User = (unsigned char *)USER;
        ansi.UserLength = sizeof USER - 1;
        ansi.Password = (unsigned char *)PASSWORD;
        ansi.PasswordLength = sizeof PASSWORD - 1;
        ansi.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
        ansi.PackageList = (unsigned char *)rows[i].list;
        ansi.PackageListLength = (ULONG)strlen(rows[i].list);
        ours_returns(rows[i].expected, first_step(&exchange, &ansi));
        memset(&unicode, 0, sizeof unicode);
        unicode.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
        unicode.Length = sizeof unicode;
        unicode.User = (void *)wide(USER);
        unicode.UserLength = sizeof USER - 1;
        unicode.Password = (void *)wide(PASSWORD);
        unicode.PasswordLength = sizeof PASSWORD - 1;
        unicode.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
        unicode.PackageList = (void *)wide(rows[i].list);
        unicode.PackageListLength = (ULONG)strlen(rows[i].list);
        ours_returns(rows[i].expected, first_step(&exchange, &unicode));
    }
    in_row("SspiExcludePackage");
    returns(SEC_E_OK, SspiEncodeStringsAsAuthIdentity(wide(USER), NULL, wide(PASSWORD), &all));
    returns(SEC_E_OK, SspiExcludePackage(all, wide("NTLM"), &without));
    ours_returns(SEC_I_CONTINUE_NEEDED, first_step(&exchange, without));
    returns(SEC_E_OK, SspiExcludePackage(without, wide("WDIGEST"), &again));
    ours_returns(SEC_E_NO_CREDENTIALS, first_step(&exchange, again));
    returns(SEC_E_OK, SspiEncryptAuthIdentity(again));
    returns(SEC_E_OK, SspiMarshalAuthIdentity(again, &length, &bytes));
    returns(SEC_E_OK, SspiUnmarshalAuthIdentity(length, bytes, &copy));
    ours_returns(SEC_E_NO_CREDENTIALS, first_step(&exchange, copy));
    SspiLocalFree(bytes);
    SspiFreeAuthIdentity(copy);
    SspiFreeAuthIdentity(again);
    SspiFreeAuthIdentity(without);
    SspiFreeAuthIdentity(all);
    in_row(NULL);
}

START_TEST(identity_forms)
{
    configure("");
    honest_forms();
    wrong_forms();
    damaged_packs();
    if (can_log_in()) {
        logs_in();
        package_lists();
    }
}
