/* A client of IMAP that does nothing but log in, by DIGEST-MD5, many times at once. */

#ifndef LOGINS_H
#define LOGINS_H

#include "../peers/bench.h"

/* How far a login has come. */
enum stage { GREETING, CHALLENGE, PROOF, ANSWER };

enum outcome { UNDER_WAY, LET_IN, REFUSED };

struct login {
    int socket;
    enum stage stage;
    union context client;
    size_t length;
    char input[8192];
};

/* Connects to a port. */
void login_begin(struct login *login, unsigned port);
/* Reads what has come, and answers it. A login that is no longer under way has ended, with its connection. The program
 * fails where the server's proof is wrong, and where it says something that is no answer. */
enum outcome login_go_on(struct login *login);

#endif
