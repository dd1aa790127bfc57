/* A program that has never heard of a secur32.dll but Windows': it uses the packages of the system by
 * the function tables and prints each answer. With a port, it also speaks TLS by Schannel to a server
 * on this machine that sends each line back in reverse, such as
 *
 *     openssl s_server -accept 0 -key key.pem -cert cert.pem -rev
 *
 *     x86_64-w64-mingw32-gcc c_tests/windows/strangers*.c -o strangers.exe -lws2_32 -lcrypt32
 *     strangers [port]
 *
 * What is random in the answers is left out, so that two runs print the same. */
#include "strangers.h"

SecurityFunctionTableW *wide;
SecurityFunctionTableA *narrow;

WCHAR schannel[] = L"Schannel", kerberos[] = L"Kerberos", negotiate[] = L"Negotiate", ntlm[] = L"NTLM",
      host[] = L"localhost";
static WCHAR *const packages[] = {schannel, kerberos, negotiate, ntlm};
#define PACKAGES (sizeof packages / sizeof packages[0])

static WCHAR user[] = L"alice", domain[] = L"example.org", password[] = L"secret";
SEC_WINNT_AUTH_IDENTITY_W identity = {(unsigned short *)user,     5, (unsigned short *)domain,       11,
                                      (unsigned short *)password, 6, SEC_WINNT_AUTH_IDENTITY_UNICODE};

/* ---- packages ---- */

static void print_package(const SecPkgInfoW *info)
{
    printf("  package %ls: %08lX version %u id %u token %lu, %ls\n", info->Name,
           (unsigned long)info->fCapabilities, info->wVersion, info->wRPCID, (unsigned long)info->cbMaxToken,
           info->Comment);
}

/* Whether a block has room for structures of packages and their texts, and not a byte more. */
static int is_exact(const SecPkgInfoW *infos, ULONG count)
{
    SIZE_T size = count * sizeof *infos;
    ULONG i;
    for (i = 0; i < count; i++)
        size += (wcslen(infos[i].Name) + wcslen(infos[i].Comment) + 2) * sizeof(WCHAR);
    return HeapSize(GetProcessHeap(), 0, infos) == size;
}

static int is_exact_narrow(const SecPkgInfoA *infos, ULONG count)
{
    SIZE_T size = count * sizeof *infos;
    ULONG i;
    for (i = 0; i < count; i++)
        size += strlen(infos[i].Name) + strlen(infos[i].Comment) + 2;
    return HeapSize(GetProcessHeap(), 0, infos) == size;
}

static void list_packages(void)
{
    SecPkgInfoW *infos = NULL;
    SecPkgInfoA *others = NULL;
    ULONG count = 0, other_count = 0, i;
    printf("EnumerateSecurityPackages\n");
    STATUS("wide", wide->EnumerateSecurityPackagesW(&count, &infos));
    STATUS("narrow", narrow->EnumerateSecurityPackagesA(&other_count, &others));
    for (i = 0; i < count; i++) {
        char name[80];
        sprintf(name, "%ls", infos[i].Name);
        print_package(&infos[i]);
        if (count != other_count || strcmp(others[i].Name, name) != 0)
            printf("  the narrow list differs: %s\n", others[i].Name);
    }
    printf("  exact: %d %d\n", is_exact(infos, count), is_exact_narrow(others, other_count));
    STATUS("free", wide->FreeContextBuffer(infos));
    STATUS("free", wide->FreeContextBuffer(others));
}

static void ask_for_packages(void)
{
    size_t i;
    printf("QuerySecurityPackageInfo\n");
    for (i = 0; i < PACKAGES; i++) {
        SecPkgInfoW *info = NULL;
        SECURITY_STATUS status = wide->QuerySecurityPackageInfoW(packages[i], &info);
        printf("  %ls: %08lX\n", packages[i], (unsigned long)status);
        if (info == NULL)
            continue;
        print_package(info);
        printf("  exact: %d\n", is_exact(info, 1));
        STATUS("free", wide->FreeContextBuffer(info));
    }
}

/* ---- whose memory it is ---- */

typedef SECURITY_STATUS(SEC_ENTRY *free_function)(void *);

/* Memory of one secur32.dll is given back to whatever other one the process has, and to the heap. */
static void free_elsewhere(void)
{
    char path[MAX_PATH];
    SecPkgInfoW *info = NULL, *infos = NULL;
    ULONG count;
    HMODULE system;
    free_function free_there;
    GetSystemDirectoryA(path, sizeof path);
    strcat(path, "\\secur32.dll");
    system = LoadLibraryA(path);
    free_there = (free_function)(void (*)(void))GetProcAddress(system, "FreeContextBuffer");
    printf("FreeContextBuffer\n");
    wide->QuerySecurityPackageInfoW(kerberos, &info);
    STATUS("of one package, by the system's", free_there(info));
    wide->EnumerateSecurityPackagesW(&count, &infos);
    STATUS("of all, by the system's", free_there(infos));
    wide->QuerySecurityPackageInfoW(kerberos, &info);
    printf("  of one package, by the heap: %d\n", HeapFree(GetProcessHeap(), 0, info));
    wide->EnumerateSecurityPackagesW(&count, &infos);
    printf("  of all, by the heap: %d\n", HeapFree(GetProcessHeap(), 0, infos));
    STATUS("of the heap", wide->FreeContextBuffer(HeapAlloc(GetProcessHeap(), 0, 100)));
    STATUS("NULL", wide->FreeContextBuffer(NULL));
    FreeLibrary(system);
}

/* ---- credentials and first steps ---- */

static void first_step(CredHandle *credential, WCHAR *target)
{
    SecBuffer token;
    SecBufferDesc output;
    CtxtHandle context = {0, 0};
    ULONG attributes = 0, type;
    SECURITY_STATUS status;
    set_list(&output, &token, 1);
    set_buffer(&token, SECBUFFER_TOKEN, NULL, 0);
    status = wide->InitializeSecurityContextW(credential, NULL, target, ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL,
                                              0, &context, &output, &attributes, NULL);
    type = token.BufferType;
    printf("  first step: %08lX, attributes %08lX, %lu bytes of type %lu\n", (unsigned long)status,
           (unsigned long)attributes, (unsigned long)token.cbBuffer, (unsigned long)type);
    if (token.pvBuffer != NULL)
        STATUS("free", wide->FreeContextBuffer(token.pvBuffer));
    if (status >= 0)
        STATUS("delete", wide->DeleteSecurityContext(&context));
    else
        printf("  context: %d\n", context.dwLower != 0 || context.dwUpper != 0);
}

static void acquire(WCHAR *package, ULONG use, SEC_WINNT_AUTH_IDENTITY_W *who)
{
    CredHandle credential = {0, 0};
    TimeStamp expiry = {{0x5A5A5A5A, 0x5A5A5A5A}};
    SecPkgCredentials_NamesW names = {NULL};
    SECURITY_STATUS status =
        wide->AcquireCredentialsHandleW(NULL, package, use, NULL, who, NULL, NULL, &credential, &expiry);
    printf("  %ls, use %lu, identity %d: %08lX, expiry %d\n", package, (unsigned long)use, who != NULL,
           (unsigned long)status, expiry.LowPart != 0x5A5A5A5A);
    if (status != SEC_E_OK)
        return;
    STATUS("names", wide->QueryCredentialsAttributesW(&credential, SECPKG_CRED_ATTR_NAMES, &names));
    if (use & SECPKG_CRED_OUTBOUND)
        first_step(&credential, host);
    STATUS("free", wide->FreeCredentialsHandle(&credential));
}

static void acquire_all(void)
{
    size_t i;
    printf("AcquireCredentialsHandle\n");
    for (i = 0; i < PACKAGES; i++) {
        acquire(packages[i], SECPKG_CRED_OUTBOUND, NULL);
        acquire(packages[i], SECPKG_CRED_INBOUND, NULL);
        if (packages[i] != schannel)
            acquire(packages[i], SECPKG_CRED_OUTBOUND, &identity);
    }
}

/* ---- a server's steps ---- */

static void accept_garbage(void)
{
    char text[] = "no token of any package", output[512];
    SecBuffer in, out;
    SecBufferDesc input, answer;
    CtxtHandle context = {0, 0};
    CredHandle credential;
    ULONG attributes = 0;
    size_t i;
    printf("AcceptSecurityContext\n");
    for (i = 0; i < PACKAGES; i++) {
        SECURITY_STATUS status = wide->AcquireCredentialsHandleW(NULL, packages[i], SECPKG_CRED_INBOUND, NULL,
                                                                 NULL, NULL, NULL, &credential, NULL);
        if (status != SEC_E_OK)
            status = wide->AcquireCredentialsHandleW(NULL, packages[i], SECPKG_CRED_OUTBOUND, NULL, NULL,
                                                     NULL, NULL, &credential, NULL);
        if (status != SEC_E_OK)
            continue;
        set_list(&input, &in, 1);
        set_buffer(&in, SECBUFFER_TOKEN, text, sizeof text);
        set_list(&answer, &out, 1);
        set_buffer(&out, SECBUFFER_TOKEN, output, sizeof output);
        status = wide->AcceptSecurityContext(&credential, NULL, &input, 0, 0, &context, &answer, &attributes,
                                             NULL);
        printf("  %ls: %08lX\n", packages[i], (unsigned long)status);
        if (status >= 0)
            STATUS("delete", wide->DeleteSecurityContext(&context));
        STATUS("free", wide->FreeCredentialsHandle(&credential));
    }
}

/* ---- tables ---- */

/* Whether each member is the function that the DLL exports under its name. */
static void compare_tables(HMODULE library)
{
#define SAME(table, member, name) \
    printf("  %s: %d\n", #member, (void *)table->member == (void *)GetProcAddress(library, name))
    printf("tables: version %lu %lu, reserved %p %p %p %p\n", wide->dwVersion, narrow->dwVersion,
           wide->Reserved2, wide->Reserved8, narrow->Reserved2, narrow->Reserved8);
    SAME(wide, EnumerateSecurityPackagesW, "EnumerateSecurityPackagesW");
    SAME(wide, QueryCredentialsAttributesW, "QueryCredentialsAttributesW");
    SAME(wide, AcquireCredentialsHandleW, "AcquireCredentialsHandleW");
    SAME(wide, FreeCredentialsHandle, "FreeCredentialsHandle");
    SAME(wide, InitializeSecurityContextW, "InitializeSecurityContextW");
    SAME(wide, AcceptSecurityContext, "AcceptSecurityContext");
    SAME(wide, CompleteAuthToken, "CompleteAuthToken");
    SAME(wide, DeleteSecurityContext, "DeleteSecurityContext");
    SAME(wide, ApplyControlToken, "ApplyControlToken");
    SAME(wide, QueryContextAttributesW, "QueryContextAttributesW");
    SAME(wide, ImpersonateSecurityContext, "ImpersonateSecurityContext");
    SAME(wide, RevertSecurityContext, "RevertSecurityContext");
    SAME(wide, MakeSignature, "MakeSignature");
    SAME(wide, VerifySignature, "VerifySignature");
    SAME(wide, FreeContextBuffer, "FreeContextBuffer");
    SAME(wide, QuerySecurityPackageInfoW, "QuerySecurityPackageInfoW");
    SAME(wide, Reserved3, "EncryptMessage");
    SAME(wide, Reserved4, "DecryptMessage");
    SAME(wide, ExportSecurityContext, "ExportSecurityContext");
    SAME(wide, ImportSecurityContextW, "ImportSecurityContextW");
    SAME(wide, AddCredentialsW, "AddCredentialsW");
    SAME(wide, QuerySecurityContextToken, "QuerySecurityContextToken");
    SAME(wide, EncryptMessage, "EncryptMessage");
    SAME(wide, DecryptMessage, "DecryptMessage");
    SAME(wide, SetContextAttributesW, "SetContextAttributesW");
    SAME(narrow, EnumerateSecurityPackagesA, "EnumerateSecurityPackagesA");
    SAME(narrow, QueryCredentialsAttributesA, "QueryCredentialsAttributesA");
    SAME(narrow, AcquireCredentialsHandleA, "AcquireCredentialsHandleA");
    SAME(narrow, InitializeSecurityContextA, "InitializeSecurityContextA");
    SAME(narrow, QueryContextAttributesA, "QueryContextAttributesA");
    SAME(narrow, QuerySecurityPackageInfoA, "QuerySecurityPackageInfoA");
    SAME(narrow, Reserved3, "EncryptMessage");
    SAME(narrow, Reserved4, "DecryptMessage");
    SAME(narrow, ImportSecurityContextA, "ImportSecurityContextA");
    SAME(narrow, AddCredentialsA, "AddCredentialsA");
    SAME(narrow, SetContextAttributesA, "SetContextAttributesA");
#undef SAME
}

int main(int count, char **words)
{
    HMODULE library = LoadLibraryA("secur32.dll");
    INIT_SECURITY_INTERFACE_W table_w =
        (INIT_SECURITY_INTERFACE_W)(void (*)(void))GetProcAddress(library, "InitSecurityInterfaceW");
    INIT_SECURITY_INTERFACE_A table_a =
        (INIT_SECURITY_INTERFACE_A)(void (*)(void))GetProcAddress(library, "InitSecurityInterfaceA");
    wide = table_w();
    narrow = table_a();
    printf("the same tables again: %d\n", wide == table_w() && narrow == table_a());
    compare_tables(library);
    list_packages();
    ask_for_packages();
    free_elsewhere();
    acquire_all();
    exchange(ntlm);
    exchange(negotiate);
    accept_garbage();
    if (count > 1)
        speak_tls((unsigned short)atoi(words[1]));
    printf("end\n");
    return 0;
}
