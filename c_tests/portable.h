/* Threads, gates and the environment, alike on Windows and elsewhere: everything of the tests that is
 * platform specific. Include it first. */
#ifndef C_TESTS_PORTABLE_H
#define C_TESTS_PORTABLE_H

#ifdef _WIN32
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#define SECURITY_WIN32
#include <windows.h>
#include <process.h>
#else
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <pthread.h>
#include <unistd.h>
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- threads ---- */

struct thread {
    void (*run)(void *);
    void *argument;
#ifdef _WIN32
    HANDLE handle;
#else
    pthread_t handle;
#endif
};

#ifdef _WIN32
static inline DWORD WINAPI thread_main(LPVOID given)
#else
static inline void *thread_main(void *given)
#endif
{
    struct thread *thread = given;
    thread->run(thread->argument);
    return 0;
}

/* Runs `run(argument)` on a thread of its own; `thread` must live until it is joined. */
static inline void thread_start(struct thread *thread, void (*run)(void *), void *argument)
{
    thread->run = run;
    thread->argument = argument;
#ifdef _WIN32
    thread->handle = CreateThread(NULL, 0, thread_main, thread, 0, NULL);
    if (thread->handle == NULL)
        abort();
#else
    if (pthread_create(&thread->handle, NULL, thread_main, thread) != 0)
        abort();
#endif
}

static inline void thread_join(struct thread *thread)
{
#ifdef _WIN32
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
#else
    pthread_join(thread->handle, NULL);
#endif
}

/* What threads wait at until another has opened it. */
struct gate {
    int is_open;
#ifdef _WIN32
    CRITICAL_SECTION lock;
    CONDITION_VARIABLE changed;
#else
    pthread_mutex_t lock;
    pthread_cond_t changed;
#endif
};

static inline void gate_make(struct gate *gate)
{
    gate->is_open = 0;
#ifdef _WIN32
    InitializeCriticalSection(&gate->lock);
    InitializeConditionVariable(&gate->changed);
#else
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->changed, NULL);
#endif
}

static inline void gate_open(struct gate *gate)
{
#ifdef _WIN32
    EnterCriticalSection(&gate->lock);
    gate->is_open = 1;
    WakeAllConditionVariable(&gate->changed);
    LeaveCriticalSection(&gate->lock);
#else
    pthread_mutex_lock(&gate->lock);
    gate->is_open = 1;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
#endif
}

static inline void gate_wait(struct gate *gate)
{
#ifdef _WIN32
    EnterCriticalSection(&gate->lock);
    while (!gate->is_open)
        SleepConditionVariableCS(&gate->changed, &gate->lock, INFINITE);
    LeaveCriticalSection(&gate->lock);
#else
    pthread_mutex_lock(&gate->lock);
    while (!gate->is_open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
#endif
}

/* ---- the environment ---- */

/* Sets a variable of this process's environment; NULL removes it. No other thread may run. */
static inline void environment_set(const char *name, const char *value)
{
#ifdef _WIN32
    SetEnvironmentVariableA(name, value);
#else
    if (value != NULL)
        setenv(name, value, 1);
    else
        unsetenv(name);
#endif
}

static inline unsigned process_number(void)
{
#ifdef _WIN32
    return (unsigned)GetCurrentProcessId();
#else
    return (unsigned)getpid();
#endif
}

/* The directory for files that last as long as the process. */
static inline const char *temporary_directory(void)
{
    const char *found = getenv("TMPDIR");
#ifdef _WIN32
    if (found == NULL)
        found = getenv("TEMP");
#endif
    if (found != NULL)
        return found;
#ifdef _WIN32
    return ".";
#else
    return "/tmp";
#endif
}

/* Gives the file `from` the name `to`, at once, also where a file of that name exists. */
static inline int file_replace(const char *from, const char *to)
{
#ifdef _WIN32
    return MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING) ? 0 : -1;
#else
    return rename(from, to);
#endif
}

/* ---- exported functions ---- */

typedef void (*any_function)(void);

/* The address of an exported function: on Windows a program's own name for it may be a jump to it. */
#ifdef _WIN32
#define ADDRESS(name) ((any_function)GetProcAddress(GetModuleHandleA("secur32.dll"), #name))
#else
#define ADDRESS(name) ((any_function)name)
#endif

#endif
