#include "rpc_token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "imap_text.h"

/* The bytes of an identifier: "OWNER/EXPIRY". */
#define IDENTIFIER (TOKEN_OWNER + 32)

static void encode(const unsigned char *bytes, size_t length, char text[TOKEN_TEXT])
{
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
}

/* The bytes behind base64, NUL-terminated; their number, or -1. */
static long decode(const char *text, size_t length, unsigned char bytes[TOKEN_TEXT])
{
    long decoded;
    if (length >= TOKEN_TEXT)
        return -1;
    decoded = base64_decode(text, length, bytes);
    if (decoded < 0 || decoded > IDENTIFIER)
        return -1;
    bytes[decoded] = '\0';
    return decoded;
}

static int make_password(const struct token_key *key, const unsigned char *identifier, size_t length,
                         char password[TOKEN_TEXT])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_length = 0;
    if (HMAC(EVP_sha256(), key->bytes, (int)key->length, identifier, length, mac, &mac_length) == NULL)
        return 0;
    encode(mac, mac_length, password);
    return 1;
}

int token_make(const struct token_key *key, const char *owner, long expiry, char identifier[TOKEN_TEXT],
               char password[TOKEN_TEXT])
{
    char bytes[IDENTIFIER + 1];
    int length;
    if (*owner == '\0' || strlen(owner) > TOKEN_OWNER)
        return 0;
    length = snprintf(bytes, sizeof bytes, "%s/%ld", owner, expiry);
    encode((unsigned char *)bytes, (size_t)length, identifier);
    return make_password(key, (unsigned char *)bytes, (size_t)length, password);
}

int token_owner(const char *identifier, size_t length, long now, char owner[TOKEN_OWNER + 1])
{
    unsigned char bytes[TOKEN_TEXT];
    long decoded = decode(identifier, length, bytes), expiry;
    char *slash, *end;
    if (decoded < 0 || strlen((char *)bytes) != (size_t)decoded)
        return 0;
    slash = strrchr((char *)bytes, '/');
    if (slash == NULL || slash == (char *)bytes || slash - (char *)bytes > TOKEN_OWNER)
        return 0;
    expiry = strtol(slash + 1, &end, 10);
    if (end == slash + 1 || *end != '\0' || expiry <= now)
        return 0;
    *slash = '\0';
    strcpy(owner, (char *)bytes);
    return 1;
}

int token_password(const struct token_key *key, const char *identifier, size_t length,
                   char password[TOKEN_TEXT])
{
    unsigned char bytes[TOKEN_TEXT];
    long decoded = decode(identifier, length, bytes);
    return decoded >= 0 && make_password(key, bytes, (size_t)decoded, password);
}
