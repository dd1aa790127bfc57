/* This library as the client of every handshake. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static CredHandle credential;

/* Every cipher, so that it is the server's offer that decides. */
static void allow_all(const char *directory)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/secur32.toml", directory);
    FILE *file = fopen(path, "w");
    if (file == NULL
        || fputs("[WDigest]\nDigestEncryptionAlgorithms = \"3des,rc4,des,rc4-56,rc4-40\"\n", file) < 0
        || fclose(file) != 0)
        fail("cannot write %s", path);
    setenv("SECUR32_CONFIG", path, 1);
}

void client_open(const char *directory)
{
    allow_all(directory);
    client_password(PASSWORD);
}

void client_password(const char *password)
{
    credential = client_acquire("WDigest", password);
}

bool client_answer(enum layer layer, union context *client, const struct text *challenge,
                   struct text *response)
{
    SecBuffer in = {(ULONG)challenge->length, SECBUFFER_TOKEN, (void *)challenge->bytes};
    SecBuffer out = {sizeof response->bytes, SECBUFFER_TOKEN, response->bytes};
    SecBufferDesc ins = {SECBUFFER_VERSION, 1, &in}, outs = {SECBUFFER_VERSION, 1, &out};
    ULONG attributes;
    /* ISC_REQ_INTEGRITY is not ASC_REQ_INTEGRITY. */
    ULONG wanted = layer == AUTH ? 0 : layer == AUTH_INT ? ISC_REQ_INTEGRITY : ISC_REQ_CONFIDENTIALITY;
    SECURITY_STATUS status =
        SaslInitializeSecurityContextA(&credential, NULL, (SEC_CHAR *)TARGET, wanted, 0, SECURITY_NATIVE_DREP,
                                       &ins, 0, &client->handle, &outs, &attributes, NULL);
    response->length = out.cbBuffer;
    return status == SEC_I_CONTINUE_NEEDED;
}

bool client_check(union context *client, const struct text *rspauth)
{
    SecBuffer in = {(ULONG)rspauth->length, SECBUFFER_TOKEN, (void *)rspauth->bytes};
    SecBuffer out = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc ins = {SECBUFFER_VERSION, 1, &in}, outs = {SECBUFFER_VERSION, 1, &out};
    ULONG attributes;
    return SaslInitializeSecurityContextA(NULL, &client->handle, (SEC_CHAR *)TARGET, 0, 0,
                                          SECURITY_NATIVE_DREP, &ins, 0, &client->handle, &outs, &attributes,
                                          NULL)
           == SEC_E_OK;
}

bool client_has(enum layer layer, union context *client)
{
    /* ALG_IDs of the ciphers; none has 0. */
    static const ULONG ciphers[LAYERS] = {[RC4] = 0x6801, [DES] = 0x6601, [TRIPLE_DES] = 0x6609};
    SecPkgContext_KeyInfoA info;
    if (layer == AUTH)
        return true;
    if (QueryContextAttributesA(&client->handle, SECPKG_ATTR_KEY_INFO, &info) != SEC_E_OK)
        return false;
    FreeContextBuffer(info.sSignatureAlgorithmName);
    FreeContextBuffer(info.sEncryptAlgorithmName);
    return info.EncryptAlgorithm == ciphers[layer];
}

void client_end(union context *client)
{
    DeleteSecurityContext(&client->handle);
}

size_t client_seal(union context *client, char *frame, size_t length)
{
    struct sealed sealed;
    return secur32_peer.seal(client, frame, length, &sealed) ? sealed.length : 0;
}

bool client_unseal(union context *client, char *frame, size_t frame_length, const char *plain, size_t length)
{
    struct sealed opened;
    return secur32_peer.unseal(client, frame, frame_length, &opened) && opened.length == length
           && memcmp(opened.bytes, plain, length) == 0;
}

bool shake_hands(const struct peer *peer, enum layer layer, union context *server, union context *client)
{
    union context own;
    union context *mine = client != NULL ? client : &own;
    struct text challenge, response, rspauth;
    if (!peer->begin(layer, server, &challenge))
        return false;
    if (!client_answer(layer, mine, &challenge, &response))
        return false;
    bool good =
        peer->finish(server, &response, &rspauth) && client_check(mine, &rspauth) && client_has(layer, mine);
    if (client == NULL || !good)
        client_end(mine);
    return good;
}
