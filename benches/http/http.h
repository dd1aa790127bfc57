/* A benchmark of HTTP Digest's server side, against the bound that its hashes set. */

#ifndef HTTP_BENCH_H
#define HTTP_BENCH_H

#include "../peers/bench.h"

#define METHOD "GET"
#define PAGE "/page2"

enum algorithm { MD5_SESS, SHA256, ALGORITHMS };

extern const char *const algorithm_names[ALGORITHMS];

/* A user's session: the server's handle that keeps it, the client's context, and the message between them. */
struct session {
    CtxtHandle server, client;
    struct text message;
};

/* --- calls.c: exported functions only */

/* Once a process. `directory` is for files. */
void calls_open(const char *directory);
/* A server's credential: the configuration is read when it is acquired, so that each has one of its own, with further
 * lines. */
CredHandle calls_acquire(const char *directory, enum algorithm algorithm, const char *lines);
/* From here on the server's side of that algorithm is this credential's. */
void calls_use(enum algorithm algorithm, CredHandle credential);
/* The server's side: a challenge with a context of its own; the first response; one after it, on a handle that is
 * deleted again; the end. */
bool serve_challenge(enum algorithm algorithm, struct session *session);
bool serve_first(enum algorithm algorithm, struct session *session);
bool serve_again(enum algorithm algorithm, const struct session *session);
void serve_end(struct session *session);
/* One look-up of a handle, and little else. */
bool serve_lookup(struct session *session);
/* The client's side, never timed. `calls_password` changes the password of sessions that begin after it. */
void calls_password(const char *password);
bool respond(struct session *session);
bool respond_again(struct session *session);
/* A session that has begun; fails the program where it cannot. */
void establish(enum algorithm algorithm, struct session *session);

/* --- bound.c */

/* What the hashes of a request cost at least. */
struct bound {
    /* Of the hash function: blocks that a request's hashes have, and nanoseconds of each. */
    size_t compressions;
    double each;
    /* Nanoseconds of finding a handle. */
    double lookup;
};

/* NULL, or why no hash can be measured. */
const char *bound_open(void);
/* Blocks of the hashes behind a response whose A1 is known already, or has to be made too. */
size_t count_compressions(enum algorithm algorithm, const struct text *response, bool with_a1);
/* Nanoseconds of one compression: one turn. */
double time_compression(enum algorithm algorithm, uint64_t turn);
double time_lookup(struct session *session, uint64_t turn);

/* --- requests.c, threads.c */

/* Sessions that a turn holds at once. */
#define SESSIONS 64

void requests_run(const struct effort *effort);
void history_run(const struct effort *effort);
void crowds_run(const struct effort *effort);

/* --- load.c */

/* Compares web servers that run on this machine, each given as NAME=PORT,PROCESS. */
void load_run(const struct effort *effort, char **places, size_t count);

#endif
