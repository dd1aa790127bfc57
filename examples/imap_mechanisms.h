/* The SASL mechanisms that the server offers, each with the credential behind it. */
#ifndef EXAMPLES_IMAP_MECHANISMS_H
#define EXAMPLES_IMAP_MECHANISMS_H

#include "imap_profiles.h"

struct mechanism {
    struct profile profile;
    CredHandle credential;
};

struct mechanisms {
    const char *realm; /* whose users are let in; NULL: whoever the library lets in */
    size_t count;
    struct mechanism list[PROFILES_MOST];
};

/* Acquires a credential for every profile of this machine that the server can serve, in the
 * machine's order. Says on standard error why where one fails; `count` may end as 0. */
void mechanisms_open(struct mechanisms *mechanisms);

/* Frees the credentials. Contexts made from them live on. */
void mechanisms_close(struct mechanisms *mechanisms);

/* The one of that name, without regard to case, or NULL. */
struct mechanism *mechanisms_find(struct mechanisms *mechanisms, const char *name);

#endif
