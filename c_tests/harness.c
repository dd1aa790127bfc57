/* Counts checks, and says which failed. */
#include "harness.h"

#include <stdarg.h>

#ifdef _WIN32
static SRWLOCK counters = SRWLOCK_INIT;
#else
static pthread_mutex_t counters = PTHREAD_MUTEX_INITIALIZER;
#endif
static unsigned long checks, failures, differences, skips;
static const char *row;

static void lock(void)
{
#ifdef _WIN32
    AcquireSRWLockExclusive(&counters);
#else
    pthread_mutex_lock(&counters);
#endif
}

static void unlock(void)
{
#ifdef _WIN32
    ReleaseSRWLockExclusive(&counters);
#else
    pthread_mutex_unlock(&counters);
#endif
}

int is_ours(void)
{
#ifdef _WIN32
    return getenv("SECUR32_OURS") != NULL;
#else
    return 1;
#endif
}

int can_log_in(void)
{
    if (is_ours() || getenv("SECUR32_TEST_ACCOUNTS") != NULL)
        return 1;
    skip("exchanges, which need an account");
    return 0;
}

void in_row(const char *name)
{
    row = name;
}

/* Counts a check; returns whether its failure is to be reported, with the line begun. */
static int begin_report(enum claim whose, int holds, const char *file, int line)
{
    checks++;
    if (holds)
        return 0;
    if (whose == OURS && !is_ours()) {
        differences++;
        printf("%s:%d: differs from ours: ", file, line);
    } else {
        failures++;
        printf("%s:%d: FAILED: ", file, line);
    }
    if (row != NULL)
        printf("[%s] ", row);
    return 1;
}

int check(enum claim whose, int holds, const char *file, int line, const char *format, ...)
{
    lock();
    if (begin_report(whose, holds, file, line)) {
        va_list arguments;
        va_start(arguments, format);
        vprintf(format, arguments);
        va_end(arguments);
        printf("\n");
        fflush(stdout);
    }
    unlock();
    return holds;
}

int check_status(enum claim whose, SECURITY_STATUS got, SECURITY_STATUS expected, const char *call,
                 const char *file, int line)
{
    return check(whose, got == expected, file, line, "%s returned 0x%08X instead of 0x%08X", call,
                 (unsigned)got, (unsigned)expected);
}

void note_skip(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    lock();
    skips++;
    printf("%s:%d: SKIPPED: ", file, line);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    unlock();
}

unsigned long checks_made(void)
{
    unsigned long made;
    lock();
    made = checks;
    unlock();
    return made;
}

unsigned long checks_failed(void)
{
    unsigned long failed;
    lock();
    failed = failures;
    unlock();
    return failed;
}

int report_checks(void)
{
    printf("%lu checks, %lu failed, %lu differ, %lu skipped\n", checks, failures, differences, skips);
    return failures != 0;
}
