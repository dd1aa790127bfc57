/* Servers in processes of their own, asked by one client program in turns. */

#ifndef RIVALS_H
#define RIVALS_H

#include <sys/types.h>

#include "bench.h"

#define MOST_RIVALS 4

/* What rounds gave: how much in a second, microseconds of the server's processor time for one, and the share of the
 * time that the client was at work, which is no limit as long as it is below one. */
struct figures {
    struct series rates, work, client;
};

struct rival {
    const char *name;
    unsigned port;
    /* Its processor time is that of this process and all below it. */
    pid_t process;
};

/* One discipline. `turn`, which alone is timed, returns how much it got done; the others may be NULL. */
struct contest {
    const char *title;
    void (*prepare)(size_t rival);
    size_t (*turn)(size_t rival);
    void (*finish)(size_t rival);
};

/* Reads words of the form NAME=PORT,PROCESS; fails the program where one is not. */
void rivals_read(struct rival rivals[MOST_RIVALS], char **words, size_t count);
/* A connection to a port of this machine. */
int rivals_dial(unsigned port);
/* Turns of each rival, and a table. The first round does not count. */
void rivals_compare(const struct effort *effort, const struct rival *rivals, size_t count,
                    const struct contest *contest);

#endif
