/* The harness of the C tests: Wine's way of writing them, without Wine.
 *
 * Natively: `cargo test --test c_programs` builds and runs all of it, also under AddressSanitizer and
 * Valgrind. By hand, from the repository's root after `cargo build`:
 *
 *     cc -std=c99 -Iinclude c_tests/suite/[a-z]*.c -o suite -Ltarget/debug -lsecur32 -lpthread
 *     LD_LIBRARY_PATH=target/debug ./suite            # lists the subjects
 *     LD_LIBRARY_PATH=target/debug ./suite accept     # runs one
 *     LD_LIBRARY_PATH=target/debug ./suite all
 *
 * As .exe, for Wine or a real Windows:
 *
 *     x86_64-w64-mingw32-gcc -std=gnu99 c_tests/suite/[a-z]*.c -o suite.exe -lsecur32
 *
 * With our secur32.dll beside suite.exe, set SECUR32_OURS=1. Without it, Microsoft's is tested: what
 * is marked `ours` is then reported, but no failure. Whole exchanges need an account that WDigest
 * knows there: set SECUR32_TEST_ACCOUNTS=1 where user alice has the password of login.h; otherwise
 * they are skipped, loudly.
 *
 * The exit status is 0 when no check failed. */
#ifndef C_TESTS_TEST_H
#define C_TESTS_TEST_H

#include "portable.h"

#include <sspi.h>
#include <security.h>

#ifndef STATUS_LOGON_FAILURE
#define STATUS_LOGON_FAILURE ((LONG)0xC000006D)
#endif

#ifdef _WIN32 /* exported there, but in no header */
SECURITY_STATUS SEC_ENTRY SealMessage(PCtxtHandle, ULONG, PSecBufferDesc, ULONG);
SECURITY_STATUS SEC_ENTRY UnsealMessage(PCtxtHandle, PSecBufferDesc, ULONG, ULONG *);
#endif

#ifdef __GNUC__
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/* Whose word a claim is. */
enum claim {
    WINDOWS, /* documented by Microsoft, or seen on Windows */
    OURS     /* decided by this library, where Windows is silent or unknown */
};

/* One subject: a function of main.c's list. */
#define START_TEST(name) void test_##name(void)

/* A claim about every implementation, with a printf text for its failure. */
#define ok(condition, ...) check(WINDOWS, !!(condition), __FILE__, __LINE__, __VA_ARGS__)

/* A claim about this library alone. */
#define ours(condition, ...) check(OURS, !!(condition), __FILE__, __LINE__, __VA_ARGS__)

/* The same about the status of a call. Each gives 1 when it holds, else 0. */
#define returns(status, call) \
    check_status(WINDOWS, (SECURITY_STATUS)(call), (SECURITY_STATUS)(status), #call, __FILE__, __LINE__)
#define ours_returns(status, call) \
    check_status(OURS, (SECURITY_STATUS)(call), (SECURITY_STATUS)(status), #call, __FILE__, __LINE__)

/* Says that something is not tested here, and why. */
#define skip(...) note_skip(__FILE__, __LINE__, __VA_ARGS__)

/* Says in which row of a table the checks that follow are; NULL when it is over. Per thread no: rows
 * run on the main thread. */
void in_row(const char *name);

int check(enum claim whose, int holds, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(5, 6);
int check_status(enum claim whose, SECURITY_STATUS got, SECURITY_STATUS expected, const char *call,
                 const char *file, int line);
void note_skip(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4);

/* Whether this library is under test: natively always. */
int is_ours(void);

/* Whether FreeContextBuffer can tell a pointer that no library gave out, or that was freed before. On
 * Windows ours hands such a pointer on to the machine's own library, whose heap it would harm. */
#ifdef _WIN32
#define TELLS_WRONG_POINTERS 0
#else
#define TELLS_WRONG_POINTERS 1
#endif

/* Whether exchanges can succeed: with our library always. Says so where they cannot. */
int can_log_in(void);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
