/* What a process has to do from its start to its first challenge. Neither library is linked: both are loaded. */

#ifndef START_H
#define START_H

#include "../peers/bench.h"

/* What is behind a process, in this order. */
enum step { MAIN, LOADED, CREDENTIAL, CHALLENGE, STEPS };

/* Nanoseconds that the process has worked up to each, which says more than a clock where other programs run; and when
 * the last one was, by the clock of `now`. */
struct times {
    uint64_t at[STEPS], end;
};

/* --- ours.c, cyrus.c: load the library of this path, and go on to a challenge of DIGEST-MD5. */

void ours_run(const char *path, struct times *times);
void cyrus_run(const char *path, struct times *times);

/* --- library.c */

void note(struct times *times, enum step step);

void *library_open(const char *path);
void *library_symbol(void *library, const char *name);

/* A function that a header declares, by its name. */
#define FUNCTION(library, name) __typeof__(name) *the_##name = library_symbol(library, #name)

#endif
