/* Logs in, frees everything, and looks through all of the process's memory for what nobody may find
 * there: the password, what is stored of it, the session key. The program's own copies are masked, and
 * so are its arguments, which are hexadecimal.
 *
 *     leftovers MODE PASSWORD HASH
 *
 * PASSWORD has at least 40 bytes: the C library's heap writes over the first 16 of what is freed. HASH
 * is what an account has, 16 or 32 bytes. Prints each secret that it finds, and how often. */
#define _GNU_SOURCE
#include "ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MASK 0x5A
#define LONGEST 128

struct secret {
    const char *name;
    unsigned length;
    unsigned char bytes[LONGEST]; /* masked */
};

static struct secret password = {"password", 0, {0}}, hash = {"hash", 0, {0}}, key = {"session key", 0, {0}};
static int answers_with_hash;
static struct login at;

static void wipe(void *memory, size_t length)
{
    volatile unsigned char *byte = memory;
    while (length-- > 0)
        *byte++ = 0;
}

static void read_masked(struct secret *secret, const char *digits)
{
    unsigned value;
    while (secret->length < LONGEST && sscanf(digits + 2 * secret->length, "%2x", &value) == 1)
        secret->bytes[secret->length++] = (unsigned char)value;
}

static void unmask(char *to, const struct secret *secret)
{
    unsigned i;
    for (i = 0; i < secret->length; i++)
        to[i] = (char)(secret->bytes[i] ^ MASK);
}

/* The last bytes of `secret`, without the `skip` first: how often they are in readable memory, one
 * for every `step` bytes with zeros between. */
static int count(const struct secret *secret, unsigned skip, unsigned step)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    static char line[600];
    int found = 0;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end, at;
        static char access[8];
        if (sscanf(line, "%lx-%lx %7s", &start, &end, access) != 3 || access[0] != 'r' || strstr(line, "[v"))
            continue;
        for (at = start; at + (secret->length - skip) * step <= end; at++) {
            const unsigned char *byte = (const unsigned char *)at;
            unsigned i = skip;
            while (i < secret->length && (*byte ^ MASK) == secret->bytes[i] && (step == 1 || byte[1] == 0)) {
                byte += step;
                i++;
            }
            found += i == secret->length;
        }
    }
    if (maps != NULL)
        fclose(maps);
    return found;
}

static void digits_of(struct secret *digits, const struct secret *secret)
{
    static const char table[] = "0123456789abcdef";
    unsigned i, value;
    for (i = 0; i < secret->length; i++) {
        value = secret->bytes[i] ^ MASK;
        digits->bytes[2 * i] = (unsigned char)(table[value >> 4] ^ MASK);
        digits->bytes[2 * i + 1] = (unsigned char)(table[value & 15] ^ MASK);
    }
    digits->length = 2 * secret->length;
}

static int look_for(const struct secret *secret)
{
    static struct secret digits;
    int plain, as_digits;
    if (secret->length == 0)
        return 0;
    plain = count(secret, 0, 1);
    digits_of(&digits, secret);
    as_digits = count(&digits, 0, 1);
    if (plain + as_digits > 0)
        printf("%s: %d plain, %d as digits\n", secret->name, plain, as_digits);
    return plain + as_digits;
}

static void SEC_ENTRY answer(PVOID argument, PVOID principal, ULONG version, PVOID *given,
                             SECURITY_STATUS *status)
{
    SecBuffer *buffer = *given;
    const struct secret *secret = answers_with_hash ? &hash : &password;
    (void)argument, (void)principal, (void)version;
    unmask(buffer->pvBuffer, secret);
    buffer->cbBuffer = secret->length;
    buffer->BufferType = answers_with_hash ? SECBUFFER_TOKEN : SECBUFFER_DATA;
    *status = SEC_E_OK;
}

static void acquire(SEC_GET_KEY_FN function)
{
    char plain[LONGEST + 1];
    memset(plain, 0, sizeof plain);
    unmask(plain, &password);
    CALL(SEC_E_OK, acquire_inbound(&at.inbound, function));
    CALL(SEC_E_OK, acquire_outbound(&at.outbound, "alice", plain));
    wipe(plain, sizeof plain);
}

static void release(void)
{
    FreeCredentialsHandle(&at.inbound);
    FreeCredentialsHandle(&at.outbound);
}

static void sasl(SEC_GET_KEY_FN function, ULONG asc, ULONG isc)
{
    static char data[200];
    SecPkgContext_SessionKey session;
    SecBuffer buffers[2];
    SecBufferDesc message = {SECBUFFER_VERSION, 2, buffers};
    unsigned i;
    acquire(function);
    CALL(SEC_I_CONTINUE_NEEDED, accept_step(&at.inbound, &at.server, NULL, NULL, &at.challenge, asc));
    CALL(SEC_I_CONTINUE_NEEDED,
         initialize_step(&at.outbound, &at.client, NULL, &at.challenge, &at.response, isc));
    CALL(SEC_E_OK, accept_step(NULL, &at.server, &at.server, &at.response, &at.proof, asc));
    CALL(SEC_E_OK, initialize_step(NULL, &at.client, &at.client, &at.proof, &at.challenge, isc));
    if (asc != 0) {
        buffers[0].BufferType = SECBUFFER_DATA;
        buffers[0].pvBuffer = data;
        buffers[0].cbBuffer = 100;
        buffers[1].BufferType = SECBUFFER_PADDING;
        buffers[1].pvBuffer = data + 100;
        buffers[1].cbBuffer = 40;
        CALL(SEC_E_OK, EncryptMessage(&at.server, 0, &message, 0));
    }
    CALL(SEC_E_OK, QueryContextAttributesA(&at.server, SECPKG_ATTR_SESSION_KEY, &session));
    for (i = 0; i < session.SessionKeyLength; i++)
        key.bytes[i] = session.SessionKey[i] ^ MASK;
    key.length = i;
    FreeContextBuffer(session.SessionKey);
    DeleteSecurityContext(&at.server);
    DeleteSecurityContext(&at.client);
    release();
}

static void http(void)
{
    static struct token none, challenge, response;
    CtxtHandle first, server, later, client;
    acquire(NULL);
    CALL(SEC_I_CONTINUE_NEEDED, http_accept(&at.inbound, &first, &none, "/", &challenge));
    CALL(SEC_E_OK, http_answer(&at.outbound, &client, &challenge, "/", &response));
    CALL(SEC_E_OK, http_accept(&at.inbound, &server, &response, "/", &challenge));
    CALL(SEC_E_OK, http_again(&client, "/2", &response));
    CALL(SEC_I_COMPLETE_NEEDED, http_accept(&at.inbound, &later, &response, "/2", &challenge));
    CALL(SEC_E_OK, http_complete(&later, &response, "/2"));
    DeleteSecurityContext(&first);
    DeleteSecurityContext(&server);
    DeleteSecurityContext(&later);
    DeleteSecurityContext(&client);
    release();
}

/* Ends early: the client's challenge is malformed, the server's user unknown. */
static void refused(void)
{
    acquire(NULL);
    CALL(SEC_I_CONTINUE_NEEDED, accept_step(&at.inbound, &at.server, NULL, NULL, &at.challenge, 0));
    CALL(SEC_E_QOP_NOT_SUPPORTED, initialize_step(&at.outbound, &at.client, NULL, &at.challenge, &at.response,
                                                  ISC_REQ_CONFIDENTIALITY));
    CALL(SEC_I_CONTINUE_NEEDED,
         initialize_step(&at.outbound, &at.client, NULL, &at.challenge, &at.response, 0));
    at.response.text[at.response.length - 1] ^= 1;
    memcpy(strstr(at.response.text, "alice"), "bobby", 5);
    accept_step(NULL, &at.server, &at.server, &at.response, &at.proof, 0);
    DeleteSecurityContext(&at.server);
    DeleteSecurityContext(&at.client);
    release();
}

int main(int argc, char **argv)
{
    char *planted = NULL;
    int found;
    const char *mode = argc == 4 ? argv[1] : "";
    if (argc != 4)
        return 3;
    read_masked(&password, argv[2]);
    read_masked(&hash, argv[3]);
    if (strcmp(mode, "planted") == 0) {
        planted = malloc(LONGEST);
        memset(planted, 0, LONGEST);
        unmask(planted, &password);
    } else if (strcmp(mode, "auth") == 0) {
        sasl(NULL, 0, 0);
    } else if (strcmp(mode, "integrity") == 0) {
        sasl(NULL, ASC_REQ_INTEGRITY, ISC_REQ_INTEGRITY);
    } else if (strcmp(mode, "confidentiality") == 0) {
        sasl(NULL, ASC_REQ_CONFIDENTIALITY, ISC_REQ_CONFIDENTIALITY);
    } else if (strcmp(mode, "callback-password") == 0) {
        sasl(answer, 0, 0);
    } else if (strcmp(mode, "callback-hash") == 0) {
        answers_with_hash = 1;
        sasl(answer, 0, 0);
    } else if (strcmp(mode, "http") == 0) {
        http();
    } else if (strcmp(mode, "refused") == 0) {
        refused();
    } else {
        return 3;
    }
    /* Without its first 16 bytes, as in a freed block; as bytes, and as UTF-16. */
    found = count(&password, 16, 1);
    found += count(&password, 16, 2);
    if (found > 0)
        printf("password: %d\n", found);
    found += look_for(&hash);
    found += look_for(&key);
    free(planted);
    return found > 0 ? 1 : 0;
}
