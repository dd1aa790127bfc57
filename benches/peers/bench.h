/* A benchmark of servers of DIGEST-MD5: this library, Cyrus libsasl2 and GNU SASL's libgsasl, in one process and in turns. */

#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sspi.h>

/* The one account: what htdigest would write for it, and the same hash as octets. */
#define USER "alice"
#define REALM "example.org"
#define PASSWORD "secret"
#define TARGET "imap/example.org"
#define HASH_HEX "543e1aec5d3614f03141652d6ada51b2"

/* qop, and the cipher of auth-conf. */
enum layer { AUTH, AUTH_INT, RC4, DES, TRIPLE_DES, LAYERS };

extern const char *const layer_names[LAYERS];

/* A message of the exchange. */
struct text {
    size_t length;
    char octets[1024];
};

/* A server's context, as its library names it. */
union context {
    void *pointer;
    CtxtHandle handle;
};

/* What a server made of a message: its frame, length field first. `owned` goes to `drop`. */
struct sealed {
    const char *octets;
    size_t length;
    void *owned;
};

/* Octets of the length field in front of a message (RFC 4422, section 3.7). */
#define FIELD 4
/* Room behind the plain text of a frame that is sealed in place. */
#define TRAILER 64

/* A library's server. All functions may be called from several threads, one context from one thread at a time. */
struct peer {
    const char *name;
    /* Once a process. NULL, or why it cannot be used. `directory` is for files. */
    const char *(*open)(const char *directory);
    /* A new context and its challenge. */
    bool (*begin)(enum layer layer, union context *context, struct text *challenge);
    /* Judges a response and answers with rspauth. */
    bool (*finish)(union context *context, const struct text *response, struct text *rspauth);
    /* Frees a context, finished or not. */
    void (*end)(union context *context);
    /* Seals `length` octets that stand at `frame + FIELD`; TRAILER octets of room follow them. */
    bool (*seal)(union context *context, char *frame, size_t length, struct sealed *sealed);
    /* Opens a frame of `length` octets. */
    bool (*unseal)(union context *context, char *frame, size_t length, struct sealed *plain);
    /* Frees what `owned` points to; NULL where nothing is ever owned. */
    void (*drop)(void *owned);
    /* Live contexts that a run keeps at most. */
    size_t most_live, most_live_full;
    /* How many times as fast as this peer a handshake of ours shall be. */
    double shake_bound;
};

extern const struct peer secur32_peer, cyrus_peer, gsasl_peer;

/* Peers in use; this library is the first. */
#define MOST_PEERS 3
extern const struct peer *peers[MOST_PEERS];
extern size_t peer_count;
/* Which handshakes work: found out by trying. */
extern bool works[MOST_PEERS][LAYERS];

/* --- client.c: the client of every handshake is this library's; its calls are never timed. */

void client_open(void);
/* Answers a challenge. */
bool client_answer(enum layer layer, union context *client, const struct text *challenge, struct text *response);
/* Checks the server's rspauth. */
bool client_check(union context *client, const struct text *rspauth);
void client_end(union context *client);
/* Seals what stands at `frame + FIELD`; returns the frame's length, 0 for failure. */
size_t client_seal(union context *client, char *frame, size_t length);
/* Opens a frame and compares it with `plain`. */
bool client_unseal(union context *client, char *frame, size_t frame_length, const char *plain, size_t length);
/* A whole handshake, untimed. `client` may be NULL: then its side is freed. */
bool shake_hands(const struct peer *peer, enum layer layer, union context *server, union context *client);

/* --- measure.c */

/* Nanoseconds of a clock that never goes back. */
uint64_t now(void);
/* Nanoseconds that this thread has run: other programs on the machine do not count. */
uint64_t worked(void);
/* Calls of malloc and its like by this thread so far. */
extern _Thread_local uint64_t allocations;
/* Resident memory of the process in octets. */
size_t resident(void);

/* What the rounds of one case gave, in the unit of the case. */
#define MOST_ROUNDS 201
struct series {
    size_t count;
    double values[MOST_ROUNDS];
};

void series_add(struct series *series, double value);
/* NAN for a series without values. */
double series_median(const struct series *series);

/* How much is measured. */
struct effort {
    bool full;
    size_t rounds;
    /* Timed nanoseconds of one turn. */
    uint64_t turn;
};

/* --- handshakes.c, threads.c, messages.c, memory.c */

/* Contexts that a turn holds at once. */
#define BATCH 32

void handshakes_run(const struct effort *effort);
void threads_run(const struct effort *effort);
void messages_run(const struct effort *effort);
void memory_run(void);

/* --- report.c */

/* The head of a table. `unit` says what its values are. */
void report_head(const char *title, const char *unit);
/* One line: a name, a value of each peer (NAN: there is none), and how many times as good the first peer's is. */
void report_line(const char *name, const double values[MOST_PEERS]);
/* The same without comparison. */
void report_counts(const char *name, const double values[MOST_PEERS]);
/* How many times the first peer's value the best of the others' is; NAN where there is no other. */
double report_best(const double values[MOST_PEERS]);
/* Remembers a target for the end: `value` shall be at least `bound`, or at most. */
void report_target(const char *name, double value, double bound, bool at_least);
void report_verdicts(void);
/* Ends the program: something does not work. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
