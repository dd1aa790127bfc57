/* Package information, and the function tables. */
#include "login.h"

static void row(ULONG capabilities, USHORT version, USHORT rpc, ULONG token)
{
    ours(capabilities == 0x00800304, "capabilities 0x%X", (unsigned)capabilities);
    ok((capabilities & ~0x00800000u) == 0x304, "capabilities 0x%X", (unsigned)capabilities);
    ok(version == 1 && rpc == 21 && token == 4096, "version %u, rpc %u, token %u", version, rpc,
       (unsigned)token);
}

static void enumerated(void)
{
    PSecPkgInfoA list = NULL;
    PSecPkgInfoW wide_list = NULL;
    ULONG count = 0, i;
    int found = 0;
    if (returns(SEC_E_OK, EnumerateSecurityPackagesA(&count, &list))) {
        ok(count > 0, "no packages");
        for (i = 0; i < count; i++) {
            ok(list[i].Name != NULL && list[i].Comment != NULL, "package %u has no names", (unsigned)i);
            if (strcmp(list[i].Name, PACKAGE) == 0) {
                found = 1;
                row(list[i].fCapabilities, list[i].wVersion, list[i].wRPCID, list[i].cbMaxToken);
                ok(strcmp(list[i].Comment, "Digest Authentication for Windows") == 0, "comment %s",
                   list[i].Comment);
            }
        }
        ok(found, "%s is not listed", PACKAGE);
        returns(SEC_E_OK, FreeContextBuffer(list));
    }
    found = 0;
    if (returns(SEC_E_OK, EnumerateSecurityPackagesW(&count, &wide_list))) {
        for (i = 0; i < count; i++) {
            if (is_wide(wide_list[i].Name, PACKAGE)) {
                found = 1;
                row(wide_list[i].fCapabilities, wide_list[i].wVersion, wide_list[i].wRPCID,
                    wide_list[i].cbMaxToken);
                ok(is_wide(wide_list[i].Comment, "Digest Authentication for Windows"), "another comment");
            }
        }
        ok(found, "%s is not listed", PACKAGE);
        returns(SEC_E_OK, FreeContextBuffer(wide_list));
    }
    if (is_ours()) { /* Windows faults */
        ours_returns(SEC_E_INVALID_PARAMETER, EnumerateSecurityPackagesA(NULL, &list));
        ours_returns(SEC_E_INVALID_PARAMETER, EnumerateSecurityPackagesA(&count, NULL));
        ours_returns(SEC_E_INVALID_PARAMETER, EnumerateSecurityPackagesW(NULL, &wide_list));
        ours_returns(SEC_E_INVALID_PARAMETER, EnumerateSecurityPackagesW(&count, NULL));
    }
}

static void queried(void)
{
    static const char *const good[] = {"WDigest", "wdigest", "WDIGEST"};
    static const char *const unknown[] = {"Winetest", "", "WDiges", "WDigest ", "DIGEST-MD5"};
    PSecPkgInfoA info;
    PSecPkgInfoW wide_info;
    size_t i;
    for (i = 0; i < COUNT(good); i++) {
        if (returns(SEC_E_OK, QuerySecurityPackageInfoA((SEC_CHAR *)good[i], &info))) {
            ok(strcmp(info->Name, PACKAGE) == 0, "name %s", info->Name);
            row(info->fCapabilities, info->wVersion, info->wRPCID, info->cbMaxToken);
            returns(SEC_E_OK, FreeContextBuffer(info));
        }
        if (returns(SEC_E_OK, QuerySecurityPackageInfoW(wide(good[i]), &wide_info))) {
            ok(is_wide(wide_info->Name, PACKAGE), "another name");
            returns(SEC_E_OK, FreeContextBuffer(wide_info));
        }
    }
    for (i = 0; i < COUNT(unknown); i++) {
        info = (PSecPkgInfoA)&info;
        wide_info = (PSecPkgInfoW)&info;
        returns(SEC_E_SECPKG_NOT_FOUND, QuerySecurityPackageInfoA((SEC_CHAR *)unknown[i], &info));
        returns(SEC_E_SECPKG_NOT_FOUND, QuerySecurityPackageInfoW(wide(unknown[i]), &wide_info));
        ok(info == (PSecPkgInfoA)&info && wide_info == (PSecPkgInfoW)&info, "a failed call wrote a pointer");
    }
    if (is_ours()) {
        static WCHAR endless[40000];
        for (i = 0; i < COUNT(endless) - 1; i++)
            endless[i] = 'a';
        ours_returns(SEC_E_SECPKG_NOT_FOUND, QuerySecurityPackageInfoW(endless, &wide_info));
        ours_returns(SEC_E_SECPKG_NOT_FOUND, QuerySecurityPackageInfoA(NULL, &info));
        ours_returns(SEC_E_SECPKG_NOT_FOUND, QuerySecurityPackageInfoW(NULL, &wide_info));
        ours_returns(SEC_E_INVALID_PARAMETER, QuerySecurityPackageInfoA((SEC_CHAR *)PACKAGE, NULL));
        ours_returns(SEC_E_INVALID_PARAMETER, QuerySecurityPackageInfoW(wide(PACKAGE), NULL));
    }
}

/* Whether a member of a table, of whichever type, is this function. */
static int holds(const void *member, any_function function)
{
    return memcmp(member, &function, sizeof function) == 0;
}

#define HOLDS(table, member) \
    ok(holds(&(table)->member, ADDRESS(member)), #table ": " #member " is another function")

static void tables(void)
{
    PSecurityFunctionTableA a = InitSecurityInterfaceA();
    PSecurityFunctionTableW w = InitSecurityInterfaceW();
    if (!ok(a != NULL && w != NULL, "no tables"))
        return;
    ok(a == InitSecurityInterfaceA() && w == InitSecurityInterfaceW(), "not the same tables again");
    ok(a->dwVersion == 1 && w->dwVersion == 1, "versions %u, %u", (unsigned)a->dwVersion,
       (unsigned)w->dwVersion);
    HOLDS(a, EnumerateSecurityPackagesA);
    HOLDS(a, QueryCredentialsAttributesA);
    HOLDS(a, AcquireCredentialsHandleA);
    HOLDS(a, InitializeSecurityContextA);
    HOLDS(a, AcceptSecurityContext);
    HOLDS(a, CompleteAuthToken);
    HOLDS(a, DeleteSecurityContext);
    HOLDS(a, ApplyControlToken);
    HOLDS(a, QueryContextAttributesA);
    HOLDS(a, ImpersonateSecurityContext);
    HOLDS(a, RevertSecurityContext);
    HOLDS(a, MakeSignature);
    HOLDS(a, VerifySignature);
    HOLDS(a, FreeContextBuffer);
    HOLDS(a, QuerySecurityPackageInfoA);
    HOLDS(a, ExportSecurityContext);
    HOLDS(a, ImportSecurityContextA);
    HOLDS(a, AddCredentialsA);
    HOLDS(a, QuerySecurityContextToken);
    HOLDS(a, EncryptMessage);
    HOLDS(a, DecryptMessage);
    HOLDS(a, SetContextAttributesA);
    HOLDS(w, EnumerateSecurityPackagesW);
    HOLDS(w, QueryCredentialsAttributesW);
    HOLDS(w, AcquireCredentialsHandleW);
    HOLDS(w, InitializeSecurityContextW);
    HOLDS(w, AcceptSecurityContext);
    HOLDS(w, QueryContextAttributesW);
    HOLDS(w, QuerySecurityPackageInfoW);
    HOLDS(w, ImportSecurityContextW);
    HOLDS(w, AddCredentialsW);
    HOLDS(w, SetContextAttributesW);
    HOLDS(w, DecryptMessage);
#ifndef _WIN32 /* members that some versions of the platform's header lack */
    HOLDS(a, FreeCredentialsHandle);
    HOLDS(a, SetCredentialsAttributesA);
    HOLDS(a, ChangeAccountPasswordA);
    HOLDS(a, QueryContextAttributesExA);
    HOLDS(a, QueryCredentialsAttributesExA);
    HOLDS(w, SetCredentialsAttributesW);
    HOLDS(w, ChangeAccountPasswordW);
    HOLDS(w, QueryContextAttributesExW);
    HOLDS(w, QueryCredentialsAttributesExW);
#endif
    ok(holds(&a->Reserved2, NULL) && holds(&w->Reserved2, NULL), "Reserved2 is not NULL");
    ok(holds(&a->Reserved3, ADDRESS(EncryptMessage)) && holds(&w->Reserved3, ADDRESS(EncryptMessage)),
       "Reserved3 is not EncryptMessage");
    ok(holds(&a->Reserved4, ADDRESS(DecryptMessage)) && holds(&w->Reserved4, ADDRESS(DecryptMessage)),
       "Reserved4 is not DecryptMessage");
}

/* What programs cannot do here. */
static void unsupported(void)
{
    if (!is_ours()) {
        skip("installing and removing packages");
        return;
    }
#ifndef _WIN32 /* the machine's own library answers there */
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, AddSecurityPackageA((SEC_CHAR *)"x.dll", NULL));
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, AddSecurityPackageW(wide("x.dll"), NULL));
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, DeleteSecurityPackageA((SEC_CHAR *)"x.dll"));
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, DeleteSecurityPackageW(wide("x.dll")));
#endif
    {
        SecBuffer buffer;
        SecBufferDesc list = describe(&buffer, 1);
        SEC_CHAR text[] = "text";
        set_buffer(&buffer, SECBUFFER_TOKEN, NULL, 0);
        ours_returns(SEC_E_UNSUPPORTED_FUNCTION,
                     ChangeAccountPasswordA((SEC_CHAR *)PACKAGE, text, text, text, text, FALSE, 0, &list));
        ours_returns(SEC_E_UNSUPPORTED_FUNCTION,
                     ChangeAccountPasswordW(wide(PACKAGE), wide(text), wide(text), wide(text), wide(text),
                                            FALSE, 0, &list));
    }
}

START_TEST(packages)
{
    configure("");
    enumerated();
    queried();
    tables();
    unsupported();
}
