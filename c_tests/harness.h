/* The harness of the C tests, in Wine's way of writing them, without Wine: claims that are counted. The
 * programs of suite/, gssapi/ and windows/ are written with it; suite/main.c tells how to build and run
 * the suite. A program ends by `return report_checks();`: its exit status is 0 when no check failed. */
#ifndef C_TESTS_HARNESS_H
#define C_TESTS_HARNESS_H

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

/* One subject of the suite: a function of the list in its main.c. */
#define START_TEST(name) void test_##name(void)

/* A claim about every implementation, with a printf text for its failure. */
#define ok(condition, ...) check(WINDOWS, !!(condition), __FILE__, __LINE__, __VA_ARGS__)

/* The same, where the condition says enough. */
#define ok_that(condition) ok(condition, "%s", #condition)

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

int check(enum claim whose, int holds, const char *file, int line, const char *format, ...) PRINTF_LIKE(5, 6);
int check_status(enum claim whose, SECURITY_STATUS got, SECURITY_STATUS expected, const char *call,
                 const char *file, int line);
void note_skip(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4);

/* How many checks were made, and how many failed, so far. */
unsigned long checks_made(void);
unsigned long checks_failed(void);

/* The last words of a program, which count the checks, and its exit status. */
int report_checks(void);

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
