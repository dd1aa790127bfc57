/* Logins of a client at a server within one process, to try a program's own accounts with. */
#ifndef EXAMPLES_ACCOUNTS_LOGIN_H
#define EXAMPLES_ACCOUNTS_LOGIN_H

#ifdef _WIN32
#include <windows.h>
#endif
#define SECURITY_WIN32
#include <security.h>

/* Documented, but missing in the headers of Windows itself. */
#ifndef ASC_REQ_HTTP
#define ASC_REQ_HTTP 0x10000000
#endif
#ifndef ISC_REQ_HTTP
#define ISC_REQ_HTTP 0x10000000
#endif

/* A server's credential; `look_up` may be NULL, and then the configuration says where users are found. */
SECURITY_STATUS accounts_server(SEC_GET_KEY_FN look_up, void *argument, CredHandle *server);

/* By DIGEST-MD5, whose hash is MD5: what the server says of this user with this password. */
SECURITY_STATUS accounts_login_sasl(CredHandle *server, const char *user, const char *password);

/* By HTTP's Digest, with the algorithm that the configuration offers first. */
SECURITY_STATUS accounts_login_http(CredHandle *server, const char *user, const char *password);

/* Logs users in, one for each line of standard input, which is `sasl` or `http`, a blank, the user's
 * name, a blank, and the password; answers each line with the server's status in hexadecimal digits.
 * Returns what main is to return. */
int accounts_serve(SEC_GET_KEY_FN look_up, void *argument);

#endif
