/* What the programs share that hold both ends of an exchange: buffers, the ends. */
#ifndef GSSAPI_ENDS_H
#define GSSAPI_ENDS_H

#include "../harness.h"

#define TOKEN_ROOM 48256

/* Heimdal's library, with argument "heimdal": it names no encryption type, counts a message that it
 * refuses, and does not tell whether a client has bound itself to the channel. */
static int heimdal;

/* Whether an argument says so. */
static inline int argued(int argc, char **argv, const char *word)
{
    return argc > 1 && strcmp(argv[1], word) == 0;
}

static inline SecBufferDesc describe(SecBuffer *buffers, ULONG count)
{
    SecBufferDesc description;
    description.ulVersion = SECBUFFER_VERSION;
    description.cBuffers = count;
    description.pBuffers = buffers;
    return description;
}

static inline void set(SecBuffer *buffer, ULONG type, void *data, ULONG length)
{
    buffer->BufferType = type;
    buffer->pvBuffer = data;
    buffer->cbBuffer = length;
}

/* One end. */
struct end {
    CredHandle credential;
    CtxtHandle context;
    int begun;
    ULONG attributes;
    unsigned char token[TOKEN_ROOM];
    ULONG length;
};

static struct end client, server;

static inline void open_ends(const char *package)
{
    char name[32];
    snprintf(name, sizeof name, "%s", package);
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, name, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
                                                &client.credential, NULL));
    returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, name, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                                &server.credential, NULL));
}

static inline void close_ends(void)
{
    if (client.begun)
        returns(SEC_E_OK, DeleteSecurityContext(&client.context));
    if (server.begun)
        returns(SEC_E_OK, DeleteSecurityContext(&server.context));
    returns(SEC_E_OK, FreeCredentialsHandle(&client.credential));
    returns(SEC_E_OK, FreeCredentialsHandle(&server.credential));
}

#endif
