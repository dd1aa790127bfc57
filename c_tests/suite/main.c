/* Runs the subjects that are named on the command line, and counts. */
#include "test.h"

#include <stdarg.h>

#define SUBJECTS(X) \
    X(accept) X(accept_buffers) X(accounts) X(attributes) X(callback) X(callback_misuse) X(credentials) \
    X(handles) X(identities) X(identity_forms) X(initialize) X(malformed) X(malformed_state) X(memory) \
    X(message_parts) X(messages) X(messages_forged) X(packages) X(rooms) X(sasl) X(signatures) X(transfer)

#define DECLARE(name) START_TEST(name);
SUBJECTS(DECLARE)

static const struct {
    const char *name;
    void (*run)(void);
} subjects[] = {
#define LIST(name) {#name, test_##name},
    SUBJECTS(LIST)
};

static struct gate counters; /* its lock alone is used */
static unsigned long checks, failures, differences, skips;
static const char *row;

static void lock(void)
{
#ifdef _WIN32
    EnterCriticalSection(&counters.lock);
#else
    pthread_mutex_lock(&counters.lock);
#endif
}

static void unlock(void)
{
#ifdef _WIN32
    LeaveCriticalSection(&counters.lock);
#else
    pthread_mutex_unlock(&counters.lock);
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

static int run(const char *wanted)
{
    int found = 0;
    size_t i;
    for (i = 0; i < COUNT(subjects); i++) {
        unsigned long before = checks;
        if (strcmp(wanted, "all") != 0 && strcmp(wanted, subjects[i].name) != 0)
            continue;
        found = 1;
        subjects[i].run();
        row = NULL;
        printf("%s: %lu checks\n", subjects[i].name, checks - before);
        fflush(stdout);
    }
    return found;
}

int main(int count, char **words)
{
    int i;
    size_t j;
    if (count < 2) {
        for (j = 0; j < COUNT(subjects); j++)
            printf("%s\n", subjects[j].name);
        return 0;
    }
    gate_make(&counters);
    for (i = 1; i < count; i++) {
        if (!run(words[i])) {
            printf("%s: no such subject\n", words[i]);
            return 2;
        }
    }
    printf("%lu checks, %lu failed, %lu differ, %lu skipped\n", checks, failures, differences, skips);
    return failures != 0;
}
