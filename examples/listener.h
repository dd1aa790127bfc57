/* What both servers of the examples have in common: their arguments, and a loop that gives each
 * connection a thread of its own. */
#ifndef EXAMPLES_LISTENER_H
#define EXAMPLES_LISTENER_H

#include "portable.h"

struct listener {
    unsigned short port;
    const char *accounts;
    const char *realm;
    unsigned long connections; /* 0: without end */
    int talks;                 /* -v: print the dialogues */

    /* Serves one connection and closes it, on a thread of its own. */
    void (*serve)(void *context, net_socket socket, unsigned number, int talks);
    void *context;
};

/* Reads the arguments of `program`, starts the network and names account file and realm to the
 * library, which has not been called yet. Returns 0, or the program's exit status after saying why: 1 when
 * it cannot start, 2 for wrong arguments. */
int listener_start(struct listener *listener, const char *program, int count, char **arguments);

/* Serves connections on 127.0.0.1 until as many as were asked for have ended, after printing
 * "listening on 127.0.0.1:PORT". Returns the program's exit status. */
int listener_run(const struct listener *listener);

#endif
