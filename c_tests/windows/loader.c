/* Which secur32.dll a process gets: the one beside the program stays what its name stands for, whatever
 * that one has loaded itself, and the system's DLLs that forward to the name find it.
 *
 *     loader first NAME    with the DLL called NAME loaded before secur32.dll, such as sspicli.dll
 *     loader               secur32.dll alone at first, then by the others */
#include "login.h"

static WCHAR schannel[] = L"Schannel", target[] = L"localhost";

static HMODULE beside_program;

/* Wine's own does not have this name, and one that is loaded under a wrong path shows it. */
static int is_beside_program(HMODULE library)
{
    return library == beside_program && GetProcAddress(library, "SaslSetContextOption") != NULL;
}

/* What the name stands for, asked in each way that there is. */
static void name_is_ours(void)
{
    HMODULE loaded;
    ok_that(is_beside_program(GetModuleHandleA("secur32.dll")));
    ok_that(is_beside_program(GetModuleHandleW(L"SECUR32")));
    ok_that(GetModuleHandleExA(0, "secur32.dll", &loaded) && is_beside_program(loaded));
    FreeLibrary(loaded);
    loaded = LoadLibraryA("secur32.dll");
    ok_that(is_beside_program(loaded));
    FreeLibrary(loaded);
    loaded = LoadLibraryW(L"secur32");
    ok_that(is_beside_program(loaded));
    FreeLibrary(loaded);
}

static int lists_wdigest(SecurityFunctionTableW *table)
{
    SecPkgInfoW *infos;
    ULONG count, i;
    int found = 0;
    if (!returns(SEC_E_OK, table->EnumerateSecurityPackagesW(&count, &infos)))
        return 0;
    for (i = 0; i < count; i++)
        found += wcscmp(infos[i].Name, L"WDigest") == 0;
    returns(SEC_E_OK, table->FreeContextBuffer(infos));
    return found == 1;
}

static void say_client_hello(SecurityFunctionTableW *table)
{
    CredHandle credential;
    CtxtHandle context;
    SecBuffer token = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc output = {SECBUFFER_VERSION, 1, &token};
    ULONG attributes;
    returns(SEC_E_OK, table->AcquireCredentialsHandleW(NULL, schannel, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
                                                       NULL, &credential, NULL));
    returns(SEC_I_CONTINUE_NEEDED,
            table->InitializeSecurityContextW(&credential, NULL, target, ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL,
                                              0, &context, &output, &attributes, NULL));
    ok_that(token.cbBuffer > 100);
    returns(SEC_E_OK, table->FreeContextBuffer(token.pvBuffer));
    returns(SEC_E_OK, table->DeleteSecurityContext(&context));
    returns(SEC_E_OK, table->FreeCredentialsHandle(&credential));
}

/* Everything that a DLL of the system offers of secur32's is that one's. */
static void use_through(const char *name)
{
    static const char *const functions[] = {
        "AcquireCredentialsHandleW",  "DeleteSecurityContext",   "EnumerateSecurityPackagesA",
        "FreeContextBuffer",          "InitSecurityInterfaceA",  "InitSecurityInterfaceW",
        "InitializeSecurityContextW", "QueryContextAttributesA", "QuerySecurityPackageInfoW",
    };
    HMODULE library = LoadLibraryA(name);
    SecurityFunctionTableW *table;
    size_t i;
    if (!ok_that(library != NULL))
        return;
    for (i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        /* The first look-up of a forward loads what it leads to. */
        FARPROC found = GetProcAddress(library, functions[i]);
        if (beside_program == NULL)
            beside_program = GetModuleHandleA("secur32.dll");
        if (!ok_that(found != NULL && found == GetProcAddress(beside_program, functions[i])))
            printf("%s in %s\n", functions[i], name);
    }
    table = table_of(library);
    ok_that(table == table_of(beside_program));
    ok_that(lists_wdigest(table));
    say_client_hello(table);
    name_is_ours();
}

/* Programs in system32 and everything of the system's that loads secur32.dll when it is first used. */
static void use_by_others(void)
{
    static const char *const users[] = {"wldap32.dll", "winhttp.dll", "wininet.dll", "rpcrt4.dll"};
    size_t i;
    for (i = 0; i < sizeof users / sizeof users[0]; i++)
        ok_that(LoadLibraryA(users[i]) != NULL);
    name_is_ours();
}

int main(int count, char **words)
{
    if (count > 2 && strcmp(words[1], "first") == 0) {
        ok_that(GetModuleHandleA("secur32.dll") == NULL);
        use_through(words[2]);
        return report_checks();
    }
    beside_program = LoadLibraryA("secur32.dll");
    name_is_ours();
    ok_that(lists_wdigest(table_of(beside_program)));
    name_is_ours();
    say_client_hello(table_of(beside_program));
    name_is_ours();
    use_through("sspicli.dll");
    use_through("security.dll");
    use_by_others();
    return report_checks();
}
