/* Threads that end while contexts live: what a thread has made outlives it, and is deleted by others
 * while it ends. Nothing is left behind. */
#include "login.h"
#include "usage.h"

#define THREADS 8
#define ROUNDS 50

static SecurityFunctionTableW *table;

static HANDLE start(LPTHREAD_START_ROUTINE run, void *argument)
{
    HANDLE thread = CreateThread(NULL, 0, run, argument, 0, NULL);
    if (thread == NULL)
        abort();
    return thread;
}

static void join(HANDLE thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

/* ---- a thread logs in and ends; others go on with its contexts ---- */

static DWORD WINAPI make(void *login)
{
    ok_that(log_in(login, table));
    return 0;
}

static void outlive(void)
{
    HANDLE threads[THREADS];
    struct login logins[THREADS];
    int i;
    for (i = 0; i < THREADS; i++)
        threads[i] = start(make, &logins[i]);
    for (i = 0; i < THREADS; i++)
        join(threads[i]);
    for (i = 0; i < THREADS; i++) {
        send_message(&logins[i]);
        log_out(&logins[i]);
    }
}

/* ---- a thread ends while another one deletes what it made ---- */

struct handover {
    struct login login;
    HANDLE made;
};

static DWORD WINAPI make_and_tell(void *argument)
{
    struct handover *handover = argument;
    ok_that(log_in(&handover->login, table));
    SetEvent(handover->made);
    return 0; /* here the thread-local data of the library is freed */
}

static DWORD WINAPI delete_when_made(void *argument)
{
    struct handover *handover = argument;
    WaitForSingleObject(handover->made, INFINITE);
    send_message(&handover->login);
    log_out(&handover->login);
    return 0;
}

static void end_while_deleted(void)
{
    struct handover handovers[THREADS];
    HANDLE makers[THREADS], deleters[THREADS];
    int i;
    for (i = 0; i < THREADS; i++) {
        handovers[i].made = CreateEventA(NULL, TRUE, FALSE, NULL);
        deleters[i] = start(delete_when_made, &handovers[i]);
        makers[i] = start(make_and_tell, &handovers[i]);
    }
    for (i = 0; i < THREADS; i++) {
        join(makers[i]);
        join(deleters[i]);
        CloseHandle(handovers[i].made);
    }
}

/* ---- a thread that has used the library lives on when the library is freed, and then ends ---- */

struct survivor {
    HANDLE ready, go;
    struct login login;
};

static DWORD WINAPI survive(void *argument)
{
    struct survivor *survivor = argument;
    ok_that(log_in(&survivor->login, table));
    SetEvent(survivor->ready);
    WaitForSingleObject(survivor->go, INFINITE);
    send_message(&survivor->login);
    log_out(&survivor->login);
    return 0;
}

static void free_under_a_thread(const char *path)
{
    struct survivor survivor;
    HMODULE library = LoadLibraryA(path);
    HANDLE thread;
    survivor.ready = CreateEventA(NULL, TRUE, FALSE, NULL);
    survivor.go = CreateEventA(NULL, TRUE, FALSE, NULL);
    thread = start(survive, &survivor);
    WaitForSingleObject(survivor.ready, INFINITE);
    ok_that(FreeLibrary(library));
    SetEvent(survivor.go);
    join(thread);
    CloseHandle(survivor.ready);
    CloseHandle(survivor.go);
}

static void everything(const char *path, int rounds)
{
    int i;
    for (i = 0; i < rounds && checks_failed() == 0; i++) {
        outlive();
        end_while_deleted();
        free_under_a_thread(path);
    }
}

int main(void)
{
    struct usage before, after;
    char path[MAX_PATH];
    HMODULE library;
    path_beside_program(path);
    library = LoadLibraryA(path);
    table = table_of(library);
    ok_that(FreeLibrary(library)); /* no reference is left, but the functions are */
    everything(path, ROUNDS);
    before = measure();
    everything(path, ROUNDS);
    after = measure();
    print_usage("before", before);
    print_usage("after", after);
    check_same(before, after);
    return report_checks();
}
