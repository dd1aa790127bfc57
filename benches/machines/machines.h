/* A benchmark of what many machines share, against the same questions asked by hand. */

#ifndef MACHINES_BENCH_H
#define MACHINES_BENCH_H

#include "../http/http.h"

/* Operations of a turn, each timed by itself. */
#define OPERATIONS 300

/* The time of each operation of a turn, in nanoseconds. */
struct turn {
    size_t count;
    double times[OPERATIONS];
};

void turn_add(struct turn *turn, uint64_t begun);
/* What a tenth of the operations took at most: on a machine with other work the median is the other work's. */
double turn_tenth(struct turn *turn);

/* --- engine.c: Redis by its protocol, on a Unix socket */

/* Loads the script of a file, and sets an epoch of its own. */
void engine_open(const char *socket, const char *script);
/* A further connection. */
int engine_connect(void);
void engine_ping(int connection);
/* Claims a count of a record, as the library does it. */
void engine_claim(int connection, const char nonce[33], unsigned count);

/* --- database.c: a prepared statement by the system's ODBC */

/* NULL, or why there is no database to ask. */
const char *database_open(const char *string, const char *query);
/* Asks for the one row of this user and realm. */
void database_ask(const char *user, const char *realm);

/* --- claims.c, lookups.c, accounts.c */

void claims_run(const struct effort *effort, const char *directory, const char *socket);
void lookups_run(const struct effort *effort, const char *directory, const char *string);
/* Before anything of the library has been used. */
void accounts_run(const char *directory);

#endif
