/* The SASL mechanisms of this machine, as SSPI tells them. */
#ifndef EXAMPLES_IMAP_PROFILES_H
#define EXAMPLES_IMAP_PROFILES_H

#include "imap_layer.h"

#define PROFILES_MOST 16

struct profile {
    char name[32];    /* the mechanism, "DIGEST-MD5" */
    char package[32]; /* what stands behind it, "WDigest" */
    enum layer_form form;
    int by_system; /* tickets and certificates of the system; the others want a name and a password */
};

/* Writes the names of the machine's profiles in its order, which sasl.profiles of secur32.toml can
 * set, and returns how many they are; says why on standard error where there are none. The mechanisms
 * that bind to TLS (RFC 5802 section 6) are left out: IMAP is without it here. */
size_t profiles_list(struct profile *list, size_t most);

/* Completes a profile that has its name. */
SECURITY_STATUS profile_find(struct profile *profile);

#endif
