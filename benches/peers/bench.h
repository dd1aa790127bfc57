/* A benchmark of servers of DIGEST-MD5 and SCRAM: this library, Cyrus libsasl2 and GNU SASL's libgsasl in one process, the JDK in
 * another, in turns. */

#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sspi.h>

/* The one account: what htdigest would write for it, and the same hash as bytes. */
#define USER "alice"
#define REALM "example.org"
#define PASSWORD "secret"
#define TARGET "imap/example.org"
#define HASH_HEX "543e1aec5d3614f03141652d6ada51b2"
/* What a server of SCRAM-SHA-256 keeps of it: what examples/scram_line.py made. */
#define SCRAM_COUNT "4096"
#define SCRAM_SALT "WZb0T761wISTz/e+V+jLsg=="
#define SCRAM_STORED "fxxnFyFyR4AdXzRv8UxX+KkqTBfqU6pk/KiAuLCObJE="
#define SCRAM_SERVER "3LTi+RmcyE/IZu5d/1LZinmILp9KlQzxFLUUbz65unY="
#define SCRAM_KEYS "SCRAM-SHA-256$" SCRAM_COUNT ":" SCRAM_SALT "$" SCRAM_STORED ":" SCRAM_SERVER

/* qop, and the cipher of auth-conf. */
enum layer { AUTH, AUTH_INT, RC4, DES, TRIPLE_DES, LAYERS };

extern const char *const layer_names[LAYERS];

/* A message of the exchange. */
struct text {
    size_t length;
    char bytes[1024];
};

/* A server's context, as its library names it. */
union context {
    void *pointer;
    CtxtHandle handle;
    uint32_t number;
};

/* What a server made of a message: its frame, length field first. `owned` goes to `drop`. */
struct sealed {
    const char *bytes;
    size_t length;
    void *owned;
};

/* Bytes of the length field in front of a message (RFC 4422, section 3.7). */
#define FIELD 4
/* Room behind the plain text of a frame that is sealed in place. */
#define TRAILER 64

/* Messages of one size that are sealed, or were and are opened, by one turn after the other. */
#define MOST_FRAMES 256
struct frames {
    size_t size, count, room, lengths[MOST_FRAMES];
    char *bytes;
};

static inline char *frame_at(struct frames *frames, size_t n)
{
    return frames->bytes + n * frames->room;
}

/* Servers that run in another process and time themselves: the calls of a turn at once, for `count` of what stands
 * below for one. `time` gets the nanoseconds that the servers worked. */
struct remote {
    bool (*begin)(enum layer layer, union context *contexts, struct text *challenges, size_t count,
                  uint64_t *time);
    bool (*finish)(union context *contexts, const struct text *responses, struct text *rspauths, size_t count,
                   uint64_t *time);
    bool (*end)(union context *contexts, size_t count, uint64_t *time);
    bool (*seal)(union context *context, struct frames *frames, uint64_t *time);
    bool (*unseal)(union context *context, struct frames *frames, uint64_t *time);
    /* Bytes in use. */
    double (*heap)(void);
};

/* Tables. */
enum part {
    IN_MEMORY = 1,
    IN_HANDSHAKES = 2,
    IN_LIVE = 4,
    IN_THREADS = 8,
    IN_MESSAGES = 16,
    IN_SCRAM = 32,
    EVERYWHERE = 63
};

/* A library's server. All functions may be called from several threads, one context from one thread at a time. */
struct peer {
    const char *name;
    /* Once a process. NULL, or why it cannot be used. `directory` is for files. */
    const char *(*open)(const char *directory);
    /* What it calls its version. */
    const char *(*version)(void);
    /* A new context and its challenge. */
    bool (*begin)(enum layer layer, union context *context, struct text *challenge);
    /* A new context of SCRAM-SHA-256, which goes on with `finish`, from a client's first message; its challenge. */
    bool (*begin_scram)(union context *context, const struct text *first, struct text *challenge);
    /* Judges a response and answers with rspauth. */
    bool (*finish)(union context *context, const struct text *response, struct text *rspauth);
    /* Frees a context, finished or not. */
    void (*end)(union context *context);
    /* Seals `length` bytes that stand at `frame + FIELD`; TRAILER bytes of room follow them. */
    bool (*seal)(union context *context, char *frame, size_t length, struct sealed *sealed);
    /* Opens a frame of `length` bytes. */
    bool (*unseal)(union context *context, char *frame, size_t length, struct sealed *plain);
    /* Frees what `owned` points to; NULL where nothing is ever owned. */
    void (*drop)(void *owned);
    /* The tables that it stands in. */
    enum part parts;
    /* NULL for a library in this process. */
    const struct remote *remote;
    /* Live contexts that a run keeps at most. */
    size_t most_live, most_live_full;
};

extern const struct peer secur32_peer, cyrus_peer, gsasl_peer, jdk_peer, jdk_new_peer;

/* Who is compared: this library is the first. */
#define MOST_PEERS 5
struct roster {
    const struct peer *peers[MOST_PEERS];
    size_t count;
    /* Which handshakes work, found out by trying. */
    bool works[MOST_PEERS][LAYERS];
};

/* Whether a peer stands in a table and its handshakes with the layer work. */
static inline bool runs(const struct roster *roster, size_t peer, enum layer layer, enum part part)
{
    return roster->works[peer][layer] && (roster->peers[peer]->parts & part) != 0;
}

/* --- credential.c */

/* A client's credential of a package. */
CredHandle client_acquire(const char *package, const char *password);

/* --- client.c: the client of every handshake is this library's; its calls are never timed. */

/* Once, after this library's server. `directory` is for files. */
void client_open(const char *directory);
/* From here on the client's password is this one. */
void client_password(const char *password);
/* Answers a challenge. */
bool client_answer(enum layer layer, union context *client, const struct text *challenge,
                   struct text *response);
/* Checks the server's rspauth. */
bool client_check(union context *client, const struct text *rspauth);
/* Whether the layer was agreed upon, and no other. */
bool client_has(enum layer layer, union context *client);
void client_end(union context *client);
/* Seals what stands at `frame + FIELD`; returns the frame's length, 0 for failure. */
size_t client_seal(union context *client, char *frame, size_t length);
/* Opens a frame and compares it with `plain`. */
bool client_unseal(union context *client, char *frame, size_t frame_length, const char *plain, size_t length);
/* A whole handshake, untimed. `client` may be NULL: then its side is freed. */
bool shake_hands(const struct peer *peer, enum layer layer, union context *server, union context *client);

/* --- turns.c: what is timed. All add to `cost`; false where a call failed. */

struct cost {
    uint64_t time, allocations;
};

bool begin_all(const struct peer *peer, enum layer layer, union context *contexts, struct text *challenges,
               size_t count, struct cost *cost);
bool finish_all(const struct peer *peer, union context *contexts, const struct text *responses,
                struct text *rspauths, size_t count, struct cost *cost);
bool end_all(const struct peer *peer, union context *contexts, size_t count, struct cost *cost);
bool seal_all(const struct peer *peer, union context *context, struct frames *frames, struct cost *cost);
bool unseal_all(const struct peer *peer, union context *context, struct frames *frames, struct cost *cost);

/* --- measure.c */

/* Nanoseconds of a clock that never goes back. */
uint64_t now(void);
/* Nanoseconds that this thread has run: other programs on the machine do not count. */
uint64_t worked(void);
/* Calls of malloc and its like by this thread so far. */
extern _Thread_local uint64_t allocations;
/* Resident memory of the process in bytes. */
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

/* Who is measured, and how much. */
struct effort {
    const struct roster *roster;
    bool full;
    size_t rounds;
    /* Timed nanoseconds of one turn, and of the first turn of a case, before any that count, where a compiler that
     * works while the program runs has to come to its end. */
    uint64_t turn, warming;
};

/* What a turn of that number takes at least. */
uint64_t turn_time(const struct effort *effort, const struct peer *peer, size_t round);
/* Nanoseconds of 256 instructions of one cycle that wait for one another, as a block of MD5 has them. */
double time_chain(uint64_t turn);

/* --- handshakes.c, live.c, threads.c, messages.c, memory.c, scram.c */

/* Contexts that a turn holds at once: in this process, and in another, which answers whole batches. */
#define BATCH 32
#define REMOTE_BATCH 512

/* Establishes `count` contexts, untimed, whole batches at a time where the peer wants that; or fails the program. */
void establish_all(const struct peer *peer, enum layer layer, union context *contexts, size_t count);
void end_each(const struct peer *peer, union context *contexts, size_t count);
/* Nanoseconds of the server's side of a handshake, by one turn; `allocated` gets its allocations, NAN where they are not
 * known. */
double handshake_time(const struct effort *effort, const struct peer *peer, enum layer layer, size_t round,
                      double *allocated);
/* The same by one turn of each peer after the other, again and again. */
void handshake_medians(const struct effort *effort, enum layer layer, enum part part,
                       double medians[MOST_PEERS], double allocated[MOST_PEERS]);
void handshakes_run(const struct effort *effort);
void live_run(const struct effort *effort);
void threads_run(const struct effort *effort);
void messages_run(const struct effort *effort);
/* Long messages of RC4 alone. */
void messages_start_run(const struct effort *effort);
void memory_run(const struct effort *effort);
/* `directory` has what this library's server was given. */
void scram_run(const struct effort *effort, const char *directory);

/* --- report.c */

/* Where every value goes too, line by line: NULL is nowhere. */
void report_open(const char *path);
/* Who is compared, in this line and in the tables that follow; the roster stays. */
void report_peers(const struct roster *compared);
/* The head of a table. `unit` says what its values are. */
void report_head(const char *title, const char *unit, enum part part);
/* One line: a name, a value of each peer (NAN: there is none), and how many times as good the first peer's is. */
void report_line(const char *name, const double values[MOST_PEERS]);
/* The same without comparison. */
void report_counts(const char *name, const double values[MOST_PEERS]);
/* How many times the first peer's value that of the peer called `name` is; NAN where there is no such. */
double report_ratio(const double values[MOST_PEERS], const char *name);
/* The same of the best peer. */
double report_best(const double values[MOST_PEERS]);
/* A line for programs to read: words, joined by tabs. */
void report_record(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- targets.c */

/* Remembers a target for the end: `value` shall be at least `bound`, or at most. NAN: there was nothing to compare. */
void report_target(const char *name, double value, double bound, bool at_least);
/* The same with bounds for processors with AVX-512 and without. */
void report_targets(const char *name, double value, double with, double without, bool at_least);
void report_verdicts(void);

/* --- failure.c */

/* Ends the program: something does not work. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
