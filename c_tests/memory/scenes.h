/* What the tests of memory have a program do: whole logins and whatever goes with them, with every
 * call of the library in CALL. */
#ifndef C_TESTS_SCENES_H
#define C_TESTS_SCENES_H

#include <sspi.h>

struct scene {
    const char *name;
    void (*play)(void);
    /* How often it is played until all that a process keeps is there: a session of HTTP makes a table
     * in one of many places, by its nonce. */
    int before;
};
extern const struct scene SCENES[];
extern const int SCENE_COUNT;

/* What a call may come to: for want of memory it is refused, and then, with memory, it is to do what
 * was expected of it. */
#define CALL(expected, call) \
    do { \
        SECURITY_STATUS called; \
        before_call(#call); \
        called = (call); \
        if (after_call(called, (expected))) \
            after_repeated((call), (expected)); \
    } while (0)
/* A call that returns no status. */
#define RUN(call) \
    do { \
        before_call(#call); \
        call; \
        heap_stop(); \
    } while (0)

void before_call(const char *text);
/* Whether it is to be repeated. */
int after_call(SECURITY_STATUS status, SECURITY_STATUS expected);
void after_repeated(SECURITY_STATUS status, SECURITY_STATUS expected);
void heap_stop(void);
/* The scene cannot go on: says where, and ends the process. */
void broken(const char *what);

#endif
