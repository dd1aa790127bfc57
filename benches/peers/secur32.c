/* This library as the server, through what <sspi.h> declares and nothing else. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static CredHandle credentials[LAYERS], scram;

static const ULONG flags[LAYERS] = {0, ASC_REQ_INTEGRITY, ASC_REQ_CONFIDENTIALITY, ASC_REQ_CONFIDENTIALITY,
                                    ASC_REQ_CONFIDENTIALITY};

static bool write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    bool written = fputs(content, file) >= 0;
    return fclose(file) == 0 && written;
}

/* The configuration is read when a credential is acquired, so each layer gets one of its own. */
static const char *acquire(const char *directory, enum layer layer)
{
    static const char *const cipher[LAYERS] = {"rc4", "rc4", "rc4", "des", "3des"};
    char path[4096], content[128];
    snprintf(path, sizeof path, "%s/secur32-%s.toml", directory, cipher[layer]);
    snprintf(content, sizeof content, "[WDigest]\nDigestEncryptionAlgorithms = \"%s\"\n", cipher[layer]);
    if (!write_file(path, content))
        return "cannot write secur32.toml";
    setenv("SECUR32_CONFIG", path, 1);
    TimeStamp expiry;
    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_INBOUND, NULL,
                                                       NULL, NULL, NULL, &credentials[layer], &expiry);
    return status == SEC_E_OK ? NULL : "AcquireCredentialsHandle failed";
}

/* The same for SCRAM-SHA-256. */
static const char *acquire_scram(const char *directory)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/scram-accounts", directory);
    if (!write_file(path, USER ":" SCRAM_KEYS "\n"))
        return "cannot write the file of keys";
    snprintf(path, sizeof path, "%s/secur32-scram.toml", directory);
    if (!write_file(path, "[sasl]\nprofiles = [\"SCRAM-SHA-256\"]\n[scram]\naccounts = \"scram-accounts\"\n"))
        return "cannot write secur32.toml";
    setenv("SECUR32_CONFIG", path, 1);
    TimeStamp expiry;
    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"SCRAM-SHA-256", SECPKG_CRED_INBOUND,
                                                       NULL, NULL, NULL, NULL, &scram, &expiry);
    return status == SEC_E_OK ? NULL : "AcquireCredentialsHandle failed";
}

static const char *open_library(const char *directory)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/accounts.htdigest", directory);
    if (!write_file(path, USER ":" REALM ":" HASH_HEX "\n"))
        return "cannot write the account file";
    setenv("SECUR32_ACCOUNTS", path, 1);
    setenv("SECUR32_REALM", REALM, 1);
    const char *missing = acquire_scram(directory);
    if (missing != NULL)
        return missing;
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        const char *reason = acquire(directory, layer);
        if (reason != NULL)
            return reason;
    }
    return NULL;
}

static bool begin(enum layer layer, union context *context, struct text *challenge)
{
    SecBuffer in = {0, SECBUFFER_TOKEN, NULL};
    SecBuffer out = {sizeof challenge->bytes, SECBUFFER_TOKEN, challenge->bytes};
    SecBufferDesc ins = {SECBUFFER_VERSION, 1, &in}, outs = {SECBUFFER_VERSION, 1, &out};
    ULONG attributes;
    SECURITY_STATUS status =
        SaslAcceptSecurityContext(&credentials[layer], NULL, &ins, flags[layer], SECURITY_NATIVE_DREP,
                                  &context->handle, &outs, &attributes, NULL);
    challenge->length = out.cbBuffer;
    return status == SEC_I_CONTINUE_NEEDED;
}

static bool begin_scram(union context *context, const struct text *first, struct text *challenge)
{
    SecBuffer in = {(ULONG)first->length, SECBUFFER_TOKEN, (void *)first->bytes};
    SecBuffer out = {sizeof challenge->bytes, SECBUFFER_TOKEN, challenge->bytes};
    SecBufferDesc ins = {SECBUFFER_VERSION, 1, &in}, outs = {SECBUFFER_VERSION, 1, &out};
    ULONG attributes;
    SECURITY_STATUS status = SaslAcceptSecurityContext(&scram, NULL, &ins, 0, SECURITY_NATIVE_DREP,
                                                       &context->handle, &outs, &attributes, NULL);
    challenge->length = out.cbBuffer;
    return status == SEC_I_CONTINUE_NEEDED;
}

static bool finish(union context *context, const struct text *response, struct text *rspauth)
{
    SecBuffer in = {(ULONG)response->length, SECBUFFER_TOKEN, (void *)response->bytes};
    SecBuffer out = {sizeof rspauth->bytes, SECBUFFER_TOKEN, rspauth->bytes};
    SecBufferDesc ins = {SECBUFFER_VERSION, 1, &in}, outs = {SECBUFFER_VERSION, 1, &out};
    ULONG attributes;
    TimeStamp expiry;
    /* The credential may be left out on later steps: the context remembers it. */
    SECURITY_STATUS status = SaslAcceptSecurityContext(NULL, &context->handle, &ins, 0, SECURITY_NATIVE_DREP,
                                                       &context->handle, &outs, &attributes, &expiry);
    rspauth->length = out.cbBuffer;
    return status == SEC_E_OK;
}

static void end(union context *context)
{
    DeleteSecurityContext(&context->handle);
}

static void write_field(char *frame, size_t length)
{
    frame[0] = (char)(length >> 24);
    frame[1] = (char)(length >> 16);
    frame[2] = (char)(length >> 8);
    frame[3] = (char)length;
}

/* Seals in place; returns the length of the frame, 0 for failure. */
static size_t seal_frame(union context *context, char *frame, size_t length)
{
    SecBuffer parts[2] = {{(ULONG)length, SECBUFFER_DATA, frame + FIELD},
                          {TRAILER, SECBUFFER_PADDING, frame + FIELD + length}};
    SecBufferDesc message = {SECBUFFER_VERSION, 2, parts};
    if (EncryptMessage(&context->handle, 0, &message, 0) != SEC_E_OK)
        return 0;
    size_t body = (size_t)parts[0].cbBuffer + parts[1].cbBuffer;
    write_field(frame, body);
    return FIELD + body;
}

static bool seal(union context *context, char *frame, size_t length, struct sealed *sealed)
{
    sealed->bytes = frame;
    sealed->length = seal_frame(context, frame, length);
    sealed->owned = NULL;
    return sealed->length != 0;
}

static bool unseal(union context *context, char *frame, size_t length, struct sealed *plain)
{
    SecBuffer parts[2] = {{(ULONG)(length - FIELD), SECBUFFER_STREAM, frame + FIELD},
                          {0, SECBUFFER_DATA, NULL}};
    SecBufferDesc message = {SECBUFFER_VERSION, 2, parts};
    ULONG qop;
    if (DecryptMessage(&context->handle, &message, 0, &qop) != SEC_E_OK)
        return false;
    plain->bytes = parts[1].pvBuffer;
    plain->length = parts[1].cbBuffer;
    plain->owned = NULL;
    return true;
}

const struct peer secur32_peer = {
    .name = "secur32",
    .open = open_library,
    .begin = begin,
    .begin_scram = begin_scram,
    .finish = finish,
    .end = end,
    .seal = seal,
    .unseal = unseal,
    .parts = EVERYWHERE,
    .most_live = 1000000,
    .most_live_full = 1000000,
};
