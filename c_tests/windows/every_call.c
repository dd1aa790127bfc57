/* Calls every function of secur32.dll with harmless arguments, and prints a line for each call:
 *
 *     name (arguments) result outputs
 *
 * The result is the status, or `raises` and the exception's number, or `absent`. Of each output there
 * is one mark: `=` not touched, `w` written, or the number that is in it now.
 *
 *     x86_64-w64-mingw32-gcc c_tests/windows/every_call.c -o every_call.exe
 *     every_call
 *
 * An exception may leave locks held or memory broken: the calls are made by a child process, and by
 * another one after each exception. */
#define _WIN32_WINNT 0x0A00
#define SECURITY_WIN32
#include <windows.h>
#include <schannel.h>
#include <sspi.h>
#include <ntsecapi.h>
#include <secext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "every_call.h"

#define WORDS_MAX 14
#define ROOM 512 /* bytes of each output */

/* Exit status of a child process: all calls made; or one raised, which has been printed. */
#define DONE 99
#define RAISED 98

#define STUB 0x80000100 /* what Wine raises for a function that it does not have */

typedef ULONG_PTR word;
typedef void (*any_function)(void);

static HMODULE library;

static any_function find(const char *name)
{
    return (any_function)GetProcAddress(library, name);
}

/* ---- arguments ---- */

/* What the text of an argument became. */
struct argument {
    char text[80];
    ULONG number;
    SecBuffer buffer;
    SecBufferDesc list;
    SEC_WINNT_AUTH_IDENTITY_W identity;
    WCHAR wide[80];
    DECLSPEC_ALIGN(16) unsigned char memory[ROOM], before[ROOM];
};

static struct argument arguments[WORDS_MAX];

static void widen(WCHAR *to, const char *text)
{
    while ((*to++ = (unsigned char)*text++) != 0)
        ;
}

static word memory_of(struct argument *made, int byte)
{
    memset(made->memory, byte, ROOM);
    memset(made->before, byte, ROOM);
    return (word)made->memory;
}

static word list_of(struct argument *made, ULONG length)
{
    SecBuffer buffer = {length, SECBUFFER_TOKEN, made->memory};
    SecBufferDesc list = {SECBUFFER_VERSION, 1, &made->buffer};
    memory_of(made, 0);
    made->buffer = buffer;
    made->list = list;
    return (word)&made->list;
}

/* A handle that the library itself gave out, for Schannel on the client's side. */
static word live_handle(struct argument *made, int context)
{
    SECURITY_STATUS status;
    CredHandle *handle = (CredHandle *)memory_of(made, 0), credential;
    SecBuffer buffer = {sizeof arguments[0].before, SECBUFFER_TOKEN, made->before};
    SecBufferDesc list = {SECBUFFER_VERSION, 1, &buffer};
    WCHAR package[] = UNISP_NAME_W, target[] = L"localhost";
    ULONG attributes;
    ACQUIRE_CREDENTIALS_HANDLE_FN_W acquire =
        (ACQUIRE_CREDENTIALS_HANDLE_FN_W)find("AcquireCredentialsHandleW");
    INITIALIZE_SECURITY_CONTEXT_FN_W initialize =
        (INITIALIZE_SECURITY_CONTEXT_FN_W)find("InitializeSecurityContextW");
    status = acquire(NULL, package, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL, &credential, NULL);
    *handle = credential;
    if (context && status == SEC_E_OK)
        status = initialize(&credential, NULL, target, 0, 0, 0, NULL, 0, handle, &list, &attributes, NULL);
    if (status < 0)
        printf("no handle of Schannel: %08lX\n", (unsigned long)status);
    memcpy(made->before, made->memory, ROOM);
    return (word)handle;
}

static word lsa_connection(void)
{
    HANDLE connection = NULL;
    NTSTATUS(NTAPI * connect)(PHANDLE) = (NTSTATUS(NTAPI *)(PHANDLE))find("LsaConnectUntrusted");
    connect(&connection);
    return (word)connection;
}

/* LSA_STRING, and UNICODE_STRING where the text is wide, begin alike. */
static word counted_text(struct argument *made, const char *text)
{
    LSA_STRING *string = (LSA_STRING *)memory_of(made, 0);
    strcpy(made->text, text);
    string->Length = (USHORT)strlen(text);
    string->MaximumLength = (USHORT)(string->Length + 1);
    string->Buffer = made->text;
    memcpy(made->before, made->memory, ROOM);
    return (word)string;
}

static word identity_of(struct argument *made)
{
    static WCHAR user[] = L"alice", domain[] = L"example.org", password[] = L"secret";
    SEC_WINNT_AUTH_IDENTITY_W identity = {(unsigned short *)user,     5, (unsigned short *)domain,       11,
                                          (unsigned short *)password, 6, SEC_WINNT_AUTH_IDENTITY_UNICODE};
    made->identity = identity;
    return (word)&made->identity;
}

/* What every_call.h says of arguments. */
static word make_argument(struct argument *made, const char *text)
{
    const char *value = strchr(text, ':');
    memset(made, 0, sizeof *made);
    value = value != NULL ? value + 1 : text;
    if (strncmp(text, "a:", 2) == 0)
        return (word)strcpy(made->text, value);
    if (strncmp(text, "w:", 2) == 0) {
        widen(made->wide, value);
        return (word)made->wide;
    }
    if (strncmp(text, "lsa:", 4) == 0)
        return counted_text(made, value);
    if (strncmp(text, "size:", 5) == 0) {
        made->number = strtoul(value, NULL, 0);
        return (word)&made->number;
    }
    if (strncmp(text, "token:", 6) == 0)
        return list_of(made, strtoul(value, NULL, 0));
    if (strcmp(text, "fresh") == 0)
        return memory_of(made, 0x5A);
    if (strcmp(text, "zero") == 0)
        return memory_of(made, 0);
    if (strcmp(text, "credential") == 0 || strcmp(text, "context") == 0)
        return live_handle(made, strcmp(text, "context") == 0);
    if (strcmp(text, "connection") == 0)
        return lsa_connection();
    if (strcmp(text, "identity") == 0)
        return identity_of(made);
    return (word)strtoul(text, NULL, 0);
}

/* What became of an argument. */
static void print_output(const struct argument *made, const char *text)
{
    if (strncmp(text, "size:", 5) == 0)
        printf(" %lu", (unsigned long)made->number);
    else if (strncmp(text, "token:", 6) == 0)
        printf(" %lu", (unsigned long)made->buffer.cbBuffer);
    else if (strcmp(text, "fresh") == 0 || strcmp(text, "zero") == 0)
        printf(" %c", memcmp(made->memory, made->before, ROOM) == 0 ? '=' : 'w');
}

/* ---- calls ---- */

static word call(any_function function, int words, const word *a)
{
    switch (words) {
    case 0:
        return ((word(WINAPI *)(void))function)();
    case 1:
        return ((word(WINAPI *)(word))function)(a[0]);
    case 2:
        return ((word(WINAPI *)(word, word))function)(a[0], a[1]);
    case 3:
        return ((word(WINAPI *)(word, word, word))function)(a[0], a[1], a[2]);
    case 4:
        return ((word(WINAPI *)(word, word, word, word))function)(a[0], a[1], a[2], a[3]);
    case 5:
        return ((word(WINAPI *)(word, word, word, word, word))function)(a[0], a[1], a[2], a[3], a[4]);
    case 6:
        return ((word(WINAPI *)(word, word, word, word, word, word))function)(a[0], a[1], a[2], a[3], a[4],
                                                                              a[5]);
    case 7:
        return ((word(WINAPI *)(word, word, word, word, word, word, word))function)(a[0], a[1], a[2], a[3],
                                                                                    a[4], a[5], a[6]);
    case 8:
        return ((word(WINAPI *)(word, word, word, word, word, word, word,
                                word))function)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
    case 9:
        return ((word(WINAPI *)(word, word, word, word, word, word, word, word,
                                word))function)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8]);
    case 12:
        return ((word(WINAPI *)(word, word, word, word, word, word, word, word, word, word, word,
                                word))function)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9],
                                                a[10], a[11]);
    case 14:
        return ((word(WINAPI *)(word, word, word, word, word, word, word, word, word, word, word, word, word,
                                word))function)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9],
                                                a[10], a[11], a[12], a[13]);
    default:
        abort();
    }
}

static void print_result(enum kind kind, word value)
{
    switch (kind) {
    case STATUS:
        printf("%08lX", (unsigned long)(value & 0xFFFFFFFF));
        break;
    case TRUTH:
        printf("%s", (value & 0xFF) ? "TRUE" : "FALSE");
        break;
    case TRUTH_OR_ERROR:
        if (value & 0xFF)
            printf("TRUE");
        else
            printf("FALSE, error %lu", (unsigned long)GetLastError());
        break;
    case POINTER:
        printf("%s", value != 0 ? "a pointer" : "NULL");
        break;
    case NOTHING:
        printf("returns");
        break;
    }
}

/* Splits a row's text in place; absent arguments at the end are 0. */
static void split(char *text, const char **pieces)
{
    int i;
    char *piece = strtok(text, " ");
    for (i = 0; i < WORDS_MAX; i++) {
        pieces[i] = piece != NULL ? piece : "0";
        if (piece != NULL)
            piece = strtok(NULL, " ");
    }
}

static void run_call(const struct function *function, const char *given)
{
    char text[200];
    const char *pieces[WORDS_MAX];
    word words[WORDS_MAX];
    int i;
    any_function address = find(function->name);
    word value;
    printf("%s (%s) ", function->name, given);
    fflush(stdout);
    if (address == NULL) {
        printf("absent\n");
        return;
    }
    strcpy(text, given);
    split(text, pieces);
    for (i = 0; i < function->words; i++)
        words[i] = make_argument(&arguments[i], pieces[i]);
    SetLastError(0);
    value = call(address, function->words, words);
    print_result(function->kind, value);
    for (i = 0; i < function->words; i++)
        print_output(&arguments[i], pieces[i]);
    printf("\n");
}

/* ---- all of them ---- */

/* The number of the call that a child process makes, which the parent sees. */
static volatile LONG *current;

/* Goes through all calls in order, and makes those from number `from` on; returns their number. */
static int run_from(int from)
{
    size_t i, j;
    ULONG k;
    int number = 0;
    for (i = 0; i < COUNT(functions); i++) {
        if (number++ >= from) {
            *current = number - 1;
            run_call(&functions[i], "");
        }
        for (j = 0; j < COUNT(rows); j++) {
            const struct row *row = &rows[j];
            if (strcmp(row->name, functions[i].name) != 0)
                continue;
            for (k = row->first; k <= row->last; k++) {
                char text[200];
                sprintf(text, row->arguments, k);
                if (number++ >= from) {
                    *current = number - 1;
                    run_call(&functions[i], text);
                }
            }
        }
    }
    return number;
}

static LONG WINAPI tell(EXCEPTION_POINTERS *exception)
{
    printf("raises %08lX\n", (unsigned long)exception->ExceptionRecord->ExceptionCode);
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), RAISED);
    return EXCEPTION_EXECUTE_HANDLER;
}

/* Wine ends the process itself where nobody handles its own exception; others are looked at last. */
static LONG WINAPI tell_stub(EXCEPTION_POINTERS *exception)
{
    if (exception->ExceptionRecord->ExceptionCode == STUB)
        return tell(exception);
    return EXCEPTION_CONTINUE_SEARCH;
}

/* Makes the calls from a number on in a child process; returns its exit status. */
static DWORD run_child(int from, HANDLE shared)
{
    char program[MAX_PATH], command[MAX_PATH + 40];
    STARTUPINFOA start;
    PROCESS_INFORMATION child;
    DWORD status;
    memset(&start, 0, sizeof start);
    start.cb = sizeof start;
    GetModuleFileNameA(NULL, program, sizeof program);
    sprintf(command, "\"%s\" %d %lu", program, from, (unsigned long)(word)shared);
    fflush(stdout);
    if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &child)) {
        printf("no child process: error %lu\n", (unsigned long)GetLastError());
        exit(2);
    }
    if (WaitForSingleObject(child.hProcess, 60000) != WAIT_OBJECT_0) {
        printf("hangs\n");
        TerminateProcess(child.hProcess, RAISED);
        WaitForSingleObject(child.hProcess, INFINITE);
    }
    GetExitCodeProcess(child.hProcess, &status);
    CloseHandle(child.hProcess);
    CloseHandle(child.hThread);
    return status;
}

static void be_child(const char *from, const char *shared)
{
    HANDLE mapping = (HANDLE)(word)strtoul(shared, NULL, 10);
    current = MapViewOfFile(mapping, FILE_MAP_WRITE, 0, 0, sizeof *current);
    library = LoadLibraryA("secur32.dll");
    SetUnhandledExceptionFilter(tell);
    AddVectoredExceptionHandler(1, tell_stub);
    run_from(atoi(from));
    fflush(stdout);
    ExitProcess(DONE);
}

int main(int count, char **words)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    HANDLE shared;
    DWORD status = RAISED;
    int next = 0;
    if (count > 2)
        be_child(words[1], words[2]);
    shared = CreateFileMappingA(INVALID_HANDLE_VALUE, &inherited, PAGE_READWRITE, 0, sizeof *current, NULL);
    current = MapViewOfFile(shared, FILE_MAP_WRITE, 0, 0, sizeof *current);
    while (status != DONE) {
        *current = -1;
        status = run_child(next, shared);
        if (status != DONE && status != RAISED) /* no stack is left, say */
            printf("ends the process\n");
        if (*current < next && status != DONE)
            return 1; /* not even one call */
        next = *current + 1;
    }
    return 0;
}
