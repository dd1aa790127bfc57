/* The least that a request can cost: the compressions of its hashes, timed with libcrypto's, and one look-up. */

#include <dlfcn.h>
#include <string.h>

#include "http.h"

/* Bytes of a block of MD5 and of SHA-256, and of what every message is padded with at least. */
#define BLOCK 64
#define PADDING 9

typedef void transform(void *state, const unsigned char *block);

static transform *transforms[ALGORITHMS];

const char *bound_open(void)
{
    static const char *const names[ALGORITHMS] = {"MD5_Transform", "SHA256_Transform"};
    void *library = dlopen("libcrypto.so.3", RTLD_NOW);
    if (library == NULL)
        return "libcrypto.so.3 is missing (Debian: apt install libssl3)";
    for (enum algorithm algorithm = MD5_SESS; algorithm < ALGORITHMS; algorithm++) {
        void *found = dlsym(library, names[algorithm]);
        if (found == NULL)
            return "libcrypto has no compressions of its own to call";
        memcpy(&transforms[algorithm], &found, sizeof found);
    }
    return NULL;
}

double time_compression(enum algorithm algorithm, uint64_t turn)
{
    /* Larger than the state of either; its first words are the chaining value, whatever they are. */
    static _Alignas(16) unsigned char state[512];
    static const unsigned char block[BLOCK] = "one block";
    uint64_t count = 0, time = 0;
    while (time < turn) {
        uint64_t start = worked();
        for (size_t n = 0; n < 1000; n++)
            transforms[algorithm](state, block);
        time += worked() - start;
        count += 1000;
    }
    return (double)time / (double)count;
}

double time_lookup(struct session *session, uint64_t turn)
{
    uint64_t count = 0, time = 0;
    bool good = true;
    while (time < turn && good) {
        uint64_t start = worked();
        for (size_t n = 0; n < 1000; n++)
            good &= serve_lookup(session);
        time += worked() - start;
        count += 1000;
    }
    if (!good)
        fail("QueryContextAttributes failed");
    return (double)time / (double)count;
}

/* Bytes of a quoted directive's value; `name` has the quote that opens it. */
static size_t value_length(const struct text *response, const char *name)
{
    const char *end = response->bytes + response->length;
    const char *at = memmem(response->bytes, response->length, name, strlen(name));
    if (at == NULL)
        fail("the response has no %s", name);
    at += strlen(name);
    const char *quote = memchr(at, '"', (size_t)(end - at));
    if (quote == NULL)
        fail("%s is not closed", name);
    return (size_t)(quote - at);
}

static size_t blocks(size_t bytes)
{
    return (bytes + PADDING + BLOCK - 1) / BLOCK;
}

/* RFC 7616, section 3.4.1: A2 is method:uri; the response covers A1's digits, nonce, nc, cnonce, qop and A2's
 * digits, with colons between. A session's A1 covers the secret's digits, nonce and cnonce (section 3.4.2). */
size_t count_compressions(enum algorithm algorithm, const struct text *response, bool with_a1)
{
    size_t digits = algorithm == SHA256 ? 64 : 32;
    size_t nonce = value_length(response, ",nonce=\"");
    size_t cnonce = value_length(response, "cnonce=\"");
    size_t count = blocks(sizeof METHOD + value_length(response, "uri=\""));
    count += blocks(digits + 1 + nonce + 1 + 8 + 1 + cnonce + 1 + 4 + 1 + digits);
    if (with_a1 && algorithm == MD5_SESS)
        count += blocks(digits + 1 + nonce + 1 + cnonce);
    return count;
}
