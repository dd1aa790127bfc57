/* What the programs share that hold both ends of an exchange: checks, buffers, the ends. */
#ifndef GSSAPI_ENDS_H
#define GSSAPI_ENDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECURITY_WIN32
#ifdef _WIN32
#include <windows.h>
#endif
#include <sspi.h>

#define TOKEN_ROOM 48256

static int tests, failures;

/* Heimdal's library, with argument "heimdal": it names no encryption type, counts a message that it
 * refuses, and does not tell whether a client has bound itself to the channel. */
static int heimdal;

/* Whether an argument says so. */
static inline int argued(int argc, char **argv, const char *word) {
    return argc > 1 && strcmp(argv[1], word) == 0;
}

#define ok(condition, ...)                                                                         \
    do {                                                                                           \
        tests++;                                                                                   \
        if (!(condition)) {                                                                        \
            failures++;                                                                            \
            printf("%s:%d: ", __FILE__, __LINE__);                                                 \
            printf(__VA_ARGS__);                                                                   \
            printf("\n");                                                                          \
        }                                                                                          \
    } while (0)

#define status_is(call, expected)                                                                  \
    do {                                                                                           \
        SECURITY_STATUS status_ = (call);                                                          \
        ok(status_ == (expected), "%s: 0x%08X", #call, (unsigned)status_);                         \
    } while (0)

static inline SecBufferDesc describe(SecBuffer *buffers, ULONG count) {
    SecBufferDesc description;
    description.ulVersion = SECBUFFER_VERSION;
    description.cBuffers = count;
    description.pBuffers = buffers;
    return description;
}

static inline void set(SecBuffer *buffer, ULONG type, void *data, ULONG length) {
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

static inline void open_ends(const char *package) {
    char name[32];
    snprintf(name, sizeof name, "%s", package);
    memset(&client, 0, sizeof client);
    memset(&server, 0, sizeof server);
    status_is(AcquireCredentialsHandleA(NULL, name, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
                                        &client.credential, NULL), SEC_E_OK);
    status_is(AcquireCredentialsHandleA(NULL, name, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                        &server.credential, NULL), SEC_E_OK);
}

static inline void close_ends(void) {
    if (client.begun)
        status_is(DeleteSecurityContext(&client.context), SEC_E_OK);
    if (server.begun)
        status_is(DeleteSecurityContext(&server.context), SEC_E_OK);
    status_is(FreeCredentialsHandle(&client.credential), SEC_E_OK);
    status_is(FreeCredentialsHandle(&server.credential), SEC_E_OK);
}

#endif
