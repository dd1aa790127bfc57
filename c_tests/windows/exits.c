/* Processes that end while four threads of theirs log in: each ends, whatever its threads were doing.
 *
 *     exits NUMBER     starts so many processes of itself, some at a time, and waits for each
 *     exits one I      is one of them
 *
 * When a process ends the system kills its other threads, and then tells each library. exits_library.dll
 * deletes there what its program has left, as libraries of programs do. */
#include "login.h"

#define THREADS 4
#define AT_ONCE 4
#define MINUTES 2 /* after which a process that ends within some milliseconds counts as hanging */

typedef void (*KEEP)(SecurityFunctionTableW *table, CtxtHandle *contexts, unsigned count);

static SecurityFunctionTableW *table;
static struct login shared;
static HANDLE busy[THREADS];

/* The configuration is looked for and read by every credential, the accounts' file by every login of
 * somebody who is not in it. */
static DWORD WINAPI log_in_again_and_again(void *is_busy)
{
    static WCHAR package[] = L"WDigest";
    while (is_busy != NULL) { /* for ever */
        struct login login;
        CredHandle credential;
        if (log_in(&login, table))
            log_out(&login);
        returns(SEC_E_OK, table->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL,
                                                           NULL, NULL, &credential, NULL));
        returns(SEC_E_OK, table->FreeCredentialsHandle(&credential));
        send_message(&shared);
        SetEvent(is_busy);
    }
    return 0;
}

static int be_one(unsigned number)
{
    static CtxtHandle left[2];
    char path[MAX_PATH];
    unsigned i;
    KEEP keep;
    path_beside_program(path);
    table = table_of(LoadLibraryA(path));
    keep = (KEEP)(void (*)(void))GetProcAddress(LoadLibraryA("exits_library.dll"), "keep");
    if (!ok_that(table != NULL && keep != NULL) || !log_in(&shared, table))
        return 1;
    left[0] = shared.client;
    left[1] = shared.server;
    keep(table, left, 2);
    for (i = 0; i < THREADS; i++) {
        busy[i] = CreateEventA(NULL, FALSE, FALSE, NULL);
        CloseHandle(CreateThread(NULL, 0, log_in_again_and_again, busy[i], 0, NULL));
    }
    WaitForMultipleObjects(THREADS, busy, TRUE, INFINITE);
    /* Not always at the same moment of what they do. */
    for (i = 0; i < number % 7; i++) {
        struct login login;
        if (log_in(&login, table))
            log_out(&login);
    }
    return 0;
}

static HANDLE start(const char *program, unsigned number)
{
    char line[MAX_PATH + 32];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    snprintf(line, sizeof line, "\"%s\" one %u", program, number);
    if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        abort();
    CloseHandle(process.hThread);
    return process.hProcess;
}

static void wait_for(HANDLE process, unsigned number)
{
    DWORD code = 0, ended = WaitForSingleObject(process, MINUTES * 60 * 1000);
    ok(ended == WAIT_OBJECT_0, "process %u hangs at its end\n", number);
    if (ended != WAIT_OBJECT_0)
        TerminateProcess(process, 2);
    else if (GetExitCodeProcess(process, &code))
        ok(code == 0, "process %u ended with %lu\n", number, code);
    CloseHandle(process);
}

int main(int argc, char **argv)
{
    HANDLE running[AT_ONCE] = {NULL};
    char program[MAX_PATH];
    unsigned i, count;
    if (argc == 3)
        return be_one((unsigned)atoi(argv[2]));
    GetModuleFileNameA(NULL, program, sizeof program);
    count = argc == 2 ? (unsigned)atoi(argv[1]) : 1;
    for (i = 0; i < count + AT_ONCE; i++) {
        HANDLE *place = &running[i % AT_ONCE];
        if (*place != NULL)
            wait_for(*place, i - AT_ONCE);
        *place = i < count ? start(program, i) : NULL;
    }
    return report_checks();
}
