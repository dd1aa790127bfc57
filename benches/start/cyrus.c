/* The first calls of a server with Cyrus SASL, which loads its plugins in sasl_server_init: all that are installed. */

#include <sasl/sasl.h>

#include "start.h"

void cyrus_run(const char *path, struct times *times)
{
    sasl_conn_t *connection = NULL;
    const char *token;
    unsigned length;
    void *library = library_open(path);
    FUNCTION(library, sasl_server_init);
    FUNCTION(library, sasl_server_new);
    FUNCTION(library, sasl_server_start);
    note(times, LOADED);
    if (the_sasl_server_init(NULL, "secur32-bench") != SASL_OK)
        fail("sasl_server_init failed");
    note(times, CREDENTIAL);
    if (the_sasl_server_new("imap", REALM, REALM, NULL, NULL, NULL, 0, &connection) != SASL_OK)
        fail("sasl_server_new failed");
    if (the_sasl_server_start(connection, "DIGEST-MD5", NULL, 0, &token, &length) != SASL_CONTINUE)
        fail("sasl_server_start failed");
    note(times, CHALLENGE);
}
