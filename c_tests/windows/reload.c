/* Loads secur32.dll by its full path and frees it again, 1000 times after a warm-up of 100, and compares
 * what the process uses before and after.
 *
 *     reload bare      calls nothing
 *     reload work      a login, a message, and a ClientHello of Schannel's each time
 *     reload system    the ClientHello alone, with the system's own secur32.dll: what it loses itself
 */
#include "login.h"
#include "usage.h"

#define WARM_UP 100
#define ROUNDS 1000

static const char *what = "work";
static char path[MAX_PATH];

static void say_client_hello(SecurityFunctionTableW *table)
{
    static WCHAR package[] = L"Schannel", target[] = L"localhost";
    CredHandle credential;
    CtxtHandle context;
    SecBuffer token = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc output = {SECBUFFER_VERSION, 1, &token};
    ULONG attributes;
    returns(SEC_E_OK, table->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
                                                       NULL, &credential, NULL));
    returns(SEC_I_CONTINUE_NEEDED,
            table->InitializeSecurityContextW(&credential, NULL, target, ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL,
                                              0, &context, &output, &attributes, NULL));
    returns(SEC_E_OK, table->FreeContextBuffer(token.pvBuffer));
    returns(SEC_E_OK, table->DeleteSecurityContext(&context));
    returns(SEC_E_OK, table->FreeCredentialsHandle(&credential));
}

static void list_packages(SecurityFunctionTableW *table)
{
    SecPkgInfoW *infos;
    ULONG count;
    returns(SEC_E_OK, table->EnumerateSecurityPackagesW(&count, &infos));
    returns(SEC_E_OK, table->FreeContextBuffer(infos));
}

static void work(HMODULE library)
{
    SecurityFunctionTableW *table = table_of(library);
    struct login login;
    if (strcmp(what, "work") == 0 && log_in(&login, table)) {
        send_message(&login);
        log_out(&login);
    }
    list_packages(table);
    say_client_hello(table);
}

static DWORD WINAPI go_round(void *nothing)
{
    HMODULE library = LoadLibraryA(path);
    (void)nothing;
    if (!ok_that(library != NULL))
        return 0;
    if (strcmp(what, "bare") != 0)
        work(library);
    ok_that(FreeLibrary(library));
    return 0;
}

/* Every second round is a thread's, which then ends. */
static void go_rounds(int rounds)
{
    int i;
    for (i = 0; i < rounds && checks_failed() == 0; i++) {
        if (i % 2 == 0) {
            HANDLE thread = CreateThread(NULL, 0, go_round, NULL, 0, NULL);
            WaitForSingleObject(thread, INFINITE);
            CloseHandle(thread);
        } else {
            go_round(NULL);
        }
    }
}

int main(int count, char **words)
{
    struct usage before, after;
    if (count > 1)
        what = words[1];
    if (strcmp(what, "system") == 0)
        GetSystemDirectoryA(path, sizeof path), strcat(path, "\\secur32.dll");
    else
        path_beside_program(path);
    ok_that(GetModuleHandleA("secur32.dll") == NULL);
    go_rounds(WARM_UP);
    before = measure();
    go_rounds(ROUNDS);
    after = measure();
    print_usage("before", before);
    print_usage("after", after);
    if (strcmp(what, "system") != 0)
        check_same(before, after);
    return report_checks();
}
