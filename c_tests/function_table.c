/* Every slot of the function tables is the exported function of its name. */

#ifdef _WIN32
#define SECURITY_WIN32
#include <windows.h>
#endif
#include <sspi.h>
#include <stdio.h>

typedef void (*function)(void);

static int failures;

static void same(const char *name, function slot, function exported)
{
    if (slot != exported || slot == NULL) {
        printf("%s is another function in the table\n", name);
        failures++;
    }
}

/* On Windows a function's name may stand for the caller's own jump to it. */
#ifdef _WIN32
#define EXPORTED(name) ((function)GetProcAddress(GetModuleHandleA("secur32.dll"), #name))
#else
#define EXPORTED(name) ((function)name)
#endif
#define SAME(name) same(#name, (function)table->name, EXPORTED(name))

/* Windows' tables keep two old functions in slots that have no name any more. */
static void same_data(const char *name, const void *slot, function exported)
{
    union {
        const void *data;
        function code;
    } either;
    either.data = slot;
    same(name, either.code, exported);
}

#define BOTH \
    SAME(FreeCredentialsHandle); \
    SAME(AcceptSecurityContext); \
    SAME(CompleteAuthToken); \
    SAME(DeleteSecurityContext); \
    SAME(ApplyControlToken); \
    SAME(ImpersonateSecurityContext); \
    SAME(RevertSecurityContext); \
    SAME(MakeSignature); \
    SAME(VerifySignature); \
    SAME(FreeContextBuffer); \
    SAME(ExportSecurityContext); \
    SAME(QuerySecurityContextToken); \
    SAME(EncryptMessage); \
    SAME(DecryptMessage); \
    same_data("Reserved3", table->Reserved3, EXPORTED(EncryptMessage)); \
    same_data("Reserved4", table->Reserved4, EXPORTED(DecryptMessage)); \
    if (table->Reserved2 != NULL || table->Reserved8 != NULL) { \
        puts("a reserved slot is in use"); \
        failures++; \
    } \
    if (table->dwVersion < SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION \
        || table->dwVersion > SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5) { \
        printf("dwVersion is %u\n", (unsigned)table->dwVersion); \
        failures++; \
    }

static void test_wide(void)
{
    PSecurityFunctionTableW table = InitSecurityInterfaceW();
    if (table == NULL || table != InitSecurityInterfaceW()) {
        puts("InitSecurityInterfaceW gives one table");
        failures++;
        return;
    }
    BOTH SAME(EnumerateSecurityPackagesW);
    SAME(QueryCredentialsAttributesW);
    SAME(AcquireCredentialsHandleW);
    SAME(InitializeSecurityContextW);
    SAME(QueryContextAttributesW);
    SAME(QuerySecurityPackageInfoW);
    SAME(ImportSecurityContextW);
    SAME(AddCredentialsW);
    SAME(SetContextAttributesW);
    SAME(SetCredentialsAttributesW);
    SAME(ChangeAccountPasswordW);
#ifndef _WIN32 /* where secur32.dll has them in the tables only */
    SAME(QueryContextAttributesExW);
    SAME(QueryCredentialsAttributesExW);
#endif
}

static void test_ansi(void)
{
    PSecurityFunctionTableA table = InitSecurityInterfaceA();
    if (table == NULL || table != InitSecurityInterfaceA()) {
        puts("InitSecurityInterfaceA gives one table");
        failures++;
        return;
    }
    BOTH SAME(EnumerateSecurityPackagesA);
    SAME(QueryCredentialsAttributesA);
    SAME(AcquireCredentialsHandleA);
    SAME(InitializeSecurityContextA);
    SAME(QueryContextAttributesA);
    SAME(QuerySecurityPackageInfoA);
    SAME(ImportSecurityContextA);
    SAME(AddCredentialsA);
    SAME(SetContextAttributesA);
    SAME(SetCredentialsAttributesA);
    SAME(ChangeAccountPasswordA);
#ifndef _WIN32 /* where secur32.dll has them in the tables only */
    SAME(QueryContextAttributesExA);
    SAME(QueryCredentialsAttributesExA);
#endif
}

int main(void)
{
    test_wide();
    test_ansi();
    return failures != 0;
}
