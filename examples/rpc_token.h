/* Tokens that stand for a user, as Hadoop has them: an identifier that says whose it is and until when,
 * and a password that is made of the identifier with a key of the server alone. So the server keeps no
 * accounts: it makes the password anew for each login. In SASL both are base64. */
#ifndef EXAMPLES_RPC_TOKEN_H
#define EXAMPLES_RPC_TOKEN_H

#include "portable.h"

/* Bytes of either in base64, with its NUL. */
#define TOKEN_TEXT 512

/* The most bytes of an owner's name. */
#define TOKEN_OWNER 200

struct token_key {
    const char *bytes;
    size_t length;
};

/* A token for `owner` that ends at `expiry`, in seconds since 1970; whether the name fits. */
int token_make(const struct token_key *key, const char *owner, long expiry, char identifier[TOKEN_TEXT],
               char password[TOKEN_TEXT]);

/* The owner in an identifier, which has to be one that this program writes and that has not ended at
 * `now`; whether it is. Whether its holder knows the password is SASL's to find out. */
int token_owner(const char *identifier, size_t length, long now, char owner[TOKEN_OWNER + 1]);

/* The password that belongs to an identifier; whether there is one. */
int token_password(const struct token_key *key, const char *identifier, size_t length,
                   char password[TOKEN_TEXT]);

#endif
