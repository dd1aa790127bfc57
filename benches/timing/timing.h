/* What others can tell by time: whether a name that they send is a user's. */

#ifndef TIMING_H
#define TIMING_H

#include <stdbool.h>
#include <stddef.h>

#include "../peers/bench.h"

/* Who a response is of; its password is always wrong. */
enum who { KNOWN, UNKNOWN, OTHER_UNKNOWN, WHO };

enum protocol { SASL, HTTP_MD5, HTTP_MD5_SESS, HTTP_SHA256, PROTOCOLS };

extern const char *const protocol_names[PROTOCOLS];

/* Where a server finds its users. */
enum source { FEW, MILLION, HASHES, ASCII, LATIN, DECOMPOSED, SOURCES };

extern const char *const source_names[SOURCES];

/* --- sources.c */

/* Once; `directory` is for files, and `many` is how many accounts are a million. */
void sources_open(const char *directory, size_t many);
void sources_close(void);
/* The server's credential; false where such a source has no secrets for the protocol. */
bool sources_acquire(enum source source, enum protocol protocol, CredHandle *server);
/* A name of this kind in such a source, all of one length: any one where there are many. */
void sources_name(enum source source, enum who who, size_t any, char name[32]);

/* --- steps.c: the server's judgement of one response is what is timed. */

/* A response before it is judged. */
struct turn {
    enum protocol protocol;
    CredHandle *server;
    CtxtHandle context, client;
    struct text response;
};

void turn_prepare(struct turn *turn, CredHandle *client);
SECURITY_STATUS turn_judge(struct turn *turn);
void turn_end(struct turn *turn);

#endif
