/* Whom a context has authenticated: what both servers of the examples compare before they let
 * somebody in. */
#ifndef EXAMPLES_PEER_H
#define EXAMPLES_PEER_H

#include "portable.h"

#define SECURITY_WIN32
#include <security.h>

/* The account's name in `user`. It is compared as it is, byte for byte: no two accounts have the
 * same. One that does not fit is SEC_E_BUFFER_TOO_SMALL, since cut off it could be another's. */
SECURITY_STATUS peer_user(CtxtHandle *context, char *user, size_t room);

/* SEC_E_OK where the account is one of `realm`, or of the empty realm, which clients of Windows
 * send; any other is SEC_E_LOGON_DENIED. The library lets in what its configuration lists: a server
 * whose realms are worth different things compares. NULL stands for whatever the library lets in. */
SECURITY_STATUS peer_check_realm(CtxtHandle *context, const char *realm);

#endif
