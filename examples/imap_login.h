/* The server's side of AUTHENTICATE (RFC 3501 section 6.2.2, RFC 4422, RFC 4959). */
#ifndef EXAMPLES_IMAP_LOGIN_H
#define EXAMPLES_IMAP_LOGIN_H

#include "imap_link.h"
#include "imap_mechanisms.h"

/* What a successful login leaves. */
struct login {
    int valid;          /* the context is ours to delete */
    CtxtHandle context; /* stays while the layer works with it */
    char user[256];     /* as QueryContextAttributes names it */
};

enum login_result {
    LOGIN_DONE,    /* in; the tagged OK is sent, and the layer works */
    LOGIN_REFUSED, /* not in; the tagged NO or BAD is sent */
    LOGIN_LOST     /* the connection cannot go on; see the link's result */
};

/* Runs one AUTHENTICATE command. `arguments` is what follows the word AUTHENTICATE. `*lost` is
 * why, for LOGIN_LOST. */
enum login_result login_run(struct login *login, struct link *link, struct mechanisms *mechanisms,
                            const char *tag, char *arguments, enum link_result *lost);

/* Deletes the context, if there is one. */
void login_close(struct login *login);

#endif
