/* Secrets as memcheck sees them: the hash that pGetKeyFn answers with, and for SCRAM the stored keys, are
 * marked as undefined, so that every branch on them, on what is computed from them, and every address made of it is reported. What the
 * library tells its caller (tokens, plaintext, whether a message was right) is no secret from there on
 * and marked as defined here. The branches by which it tells, and the tables of ciphers that cannot do
 * without, are the suppressions of constant_time.supp, each with its reason; .ci/constant-time runs
 * this and takes no other report.
 *
 *     constant_time            all logins and messages
 *     constant_time planted    a branch on the secret, which must be reported */
#include <secur32.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <valgrind/memcheck.h>

/* MD5("alice:example.org:secret") */
static const unsigned char hash[16] = {0x54, 0x3e, 0x1a, 0xec, 0x5d, 0x36, 0x14, 0xf0,
                                       0x31, 0x41, 0x65, 0x2d, 0x6a, 0xda, 0x51, 0xb2};
/* What is stored of "secret" for SCRAM, by the number that pGetKeyFn gets. */
static const struct {
    ULONG version;
    const char *package, *keys;
} scram[] = {
    {160, "SCRAM-SHA-1",
     "{SCRAM-SHA-1}4096,AAECAwQFBgcICQoLDA0ODw==,Y70Wjxts9xDvZXVZpf765VU+gt4=,"
     "6tMKK7QnVeI0U1t+EDZXP1e5Qys="},
    {256, "SCRAM-SHA-256",
     "{SCRAM-SHA-256}4096,AAECAwQFBgcICQoLDA0ODw==,THoPhoTAuqyoQsK4dUHncUzgfD8fdmhsgKZhWVqNP5U=,"
     "7YiHMMi2OcXGRogub03Ek06JRZ9bkhTOdCzHa5iPLiQ="},
    {512, "SCRAM-SHA-512",
     "{SCRAM-SHA-512}4096,AAECAwQFBgcICQoLDA0ODw==,"
     "p0NRv7AnRYEnDMi+LJb8mmadO7hlzCayf5kUIROPSkMktBhWBSZC2SSTpwiX/wTgdhXP1yVCxYG20zDPvsYR2w==,"
     "bSXNr+94D+xhqC+uXuzD1riNAGhDKr/M6m56dsacFLvOEouvG0Z24H/Oubr0fNZf9S4Z4ThZcUxXGF/QI8ek+A=="},
};
static int failures;
static volatile int sink;

static void expect(int holds, const char *what)
{
    if (!holds) {
        printf("FAILED: %s\n", what);
        failures++;
    }
}

static void SEC_ENTRY get_key(PVOID argument, PVOID principal, ULONG version, PVOID *key,
                              SECURITY_STATUS *status)
{
    SEC_WINNT_AUTH_IDENTITY_A *identity = principal;
    SecBuffer *buffer = *key;
    (void)version;
    *status = SEC_E_OK;
    if (strcmp((const char *)identity->User, "alice") != 0)
        return;
    memcpy(buffer->pvBuffer, hash, sizeof hash);
    buffer->cbBuffer = sizeof hash;
    buffer->BufferType = SECBUFFER_TOKEN;
    VALGRIND_MAKE_MEM_UNDEFINED(buffer->pvBuffer, sizeof hash);
    if (argument != NULL && ((unsigned char *)buffer->pvBuffer)[3] > 7)
        sink++;
}

/* Marks as undefined what base64 stands for, and not that a character is no separator: those bits of each
 * stay defined by which it is not ',', LF or NUL, one of a letter, two at most of others. The last group of
 * each key stays defined as a whole: how long the key is depends on it. */
static void hide_keys(unsigned char *text, size_t length)
{
    size_t n;
    for (n = 0; n + 4 < length; n++) {
        unsigned char differs = text[n] ^ ',', hidden;
        if (memchr(&text[n], ',', 5) != NULL)
            continue;
        hidden = text[n] & 0x40 ? 0xBF : (unsigned char)~(0x20 | (differs & -differs));
        VALGRIND_SET_VBITS(&text[n], &hidden, 1);
    }
}

/* The same for SCRAM. */
static void SEC_ENTRY get_stored_keys(PVOID argument, PVOID principal, ULONG version, PVOID *key,
                                      SECURITY_STATUS *status)
{
    SEC_WINNT_AUTH_IDENTITY_A *identity = principal;
    SecBuffer *buffer = *key;
    size_t n;
    (void)argument;
    *status = SEC_E_OK;
    if (strcmp((const char *)identity->User, "alice") != 0)
        return;
    for (n = 0; n < sizeof scram / sizeof scram[0]; n++)
        if (scram[n].version == version) {
            size_t length = strlen(scram[n].keys), place = strstr(scram[n].keys, "==,") + 3 - scram[n].keys;
            memcpy(buffer->pvBuffer, scram[n].keys, length);
            buffer->cbBuffer = (ULONG)length;
            buffer->BufferType = SECBUFFER_TOKEN;
            hide_keys((unsigned char *)buffer->pvBuffer + place, length - place);
        }
}

struct token {
    ULONG length;
    unsigned char text[4096];
};

static SECURITY_STATUS take(CredHandle *credential, CtxtHandle *context, int begun, int server, ULONG flags,
                            const struct token *in, struct token *out)
{
    SecBuffer given = {in->length, SECBUFFER_TOKEN, (void *)in->text};
    SecBuffer taken = {sizeof out->text, SECBUFFER_TOKEN, out->text};
    SecBufferDesc inputs = {0, 1, &given}, outputs = {0, 1, &taken};
    ULONG attributes;
    SECURITY_STATUS status;
    if (server)
        status = SaslAcceptSecurityContext(credential, begun ? context : NULL, &inputs, flags, 0, context,
                                           &outputs, &attributes, NULL);
    else
        status =
            SaslInitializeSecurityContextA(credential, begun ? context : NULL, (SEC_CHAR *)"imap/host", flags,
                                           0, 0, &inputs, 0, context, &outputs, &attributes, NULL);
    /* What is sent is no secret, nor is whether it was. */
    VALGRIND_MAKE_MEM_DEFINED(&status, sizeof status);
    VALGRIND_MAKE_MEM_DEFINED(&taken, sizeof taken);
    out->length = status >= 0 ? taken.cbBuffer : 0;
    VALGRIND_MAKE_MEM_DEFINED(out->text, sizeof out->text);
    return status;
}

/* A login by `password`; whether the server lets it in. The client begins where it is one of SCRAM. */
static int login(const char *package, CredHandle *inbound, const char *user, const char *password, ULONG asc,
                 ULONG isc, CtxtHandle *server, CtxtHandle *client)
{
    int begins = strcmp(package, "WDigest") != 0;
    SEC_WINNT_AUTH_IDENTITY_A identity = {(unsigned char *)user,       (ULONG)strlen(user),
                                          (unsigned char *)NULL,       0,
                                          (unsigned char *)password,   (ULONG)strlen(password),
                                          SEC_WINNT_AUTH_IDENTITY_ANSI};
    static struct token nothing, first, challenge, response, proof, end;
    CredHandle outbound;
    int good;
    expect(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)package, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
                                     NULL, &outbound, NULL)
               == SEC_E_OK,
           "a client's credential");
    if (begins)
        expect(take(&outbound, client, 0, 0, isc, &nothing, &first) == SEC_I_CONTINUE_NEEDED, "a first");
    expect(take(inbound, server, 0, 1, asc, begins ? &first : &nothing, &challenge) == SEC_I_CONTINUE_NEEDED,
           "a challenge");
    expect(take(&outbound, client, begins, 0, isc, &challenge, &response) == SEC_I_CONTINUE_NEEDED,
           "a response");
    good = take(inbound, server, 1, 1, asc, &response, &proof) == SEC_E_OK;
    if (good)
        expect(take(&outbound, client, 1, 0, isc, &proof, &end) == SEC_E_OK, "a proof");
    FreeCredentialsHandle(&outbound);
    return good;
}

static SECURITY_STATUS seal(CtxtHandle *context, unsigned char *body, ULONG length, ULONG *sealed)
{
    SecBuffer buffers[2] = {{length, SECBUFFER_DATA, body}, {24, SECBUFFER_PADDING, body + length}};
    SecBufferDesc message = {0, 2, buffers};
    SECURITY_STATUS status = EncryptMessage(context, 0, &message, 0);
    VALGRIND_MAKE_MEM_DEFINED(&status, sizeof status);
    VALGRIND_MAKE_MEM_DEFINED(buffers, sizeof buffers);
    VALGRIND_MAKE_MEM_DEFINED(body, length + 24);
    *sealed = length + buffers[1].cbBuffer;
    return status;
}

static SECURITY_STATUS open_body(CtxtHandle *context, unsigned char *body, ULONG length)
{
    SecBuffer buffer = {length, SECBUFFER_DATA, body};
    SecBufferDesc message = {0, 1, &buffer};
    SECURITY_STATUS status = DecryptMessage(context, &message, 0, NULL);
    VALGRIND_MAKE_MEM_DEFINED(&status, sizeof status);
    VALGRIND_MAKE_MEM_DEFINED(&buffer, sizeof buffer);
    VALGRIND_MAKE_MEM_DEFINED(body, length);
    return status;
}

/* Messages of lengths around those of blocks: as they were sent, with another byte of text, another
 * MAC, another padding. */
static void messages(CtxtHandle *server, CtxtHandle *client)
{
    static const ULONG lengths[] = {0, 1, 7, 8, 40, 64, 200, 1000};
    size_t n;
    for (n = 0; n < sizeof lengths / sizeof lengths[0]; n++) {
        unsigned char body[1100], copy[1100];
        ULONG sealed, at, places[3];
        memset(body, 'm', sizeof body);
        expect(seal(server, body, lengths[n], &sealed) == SEC_E_OK, "sealed by the server");
        expect(open_body(client, body, sealed) == SEC_E_OK, "opened by the client");
        memset(body, 'm', sizeof body);
        expect(seal(client, body, lengths[n], &sealed) == SEC_E_OK, "sealed by the client");
        places[0] = 0;
        places[1] = sealed - 8;  /* the MAC */
        places[2] = sealed - 18; /* the padding's last block, where there is one */
        for (at = 0; at < 3; at++) {
            memcpy(copy, body, sealed);
            copy[places[at] % sealed] ^= 0x10;
            expect(open_body(server, copy, sealed) != SEC_E_OK, "altered and opened");
        }
        expect(open_body(server, body, sealed) == SEC_E_OK, "opened by the server");
    }
}

static void configure(const char *directory, const char *cipher)
{
    char path[256];
    FILE *file;
    snprintf(path, sizeof path, "%s/secur32.toml", directory);
    file = fopen(path, "w");
    if (file == NULL)
        abort();
    fprintf(file,
            "[sasl]\nprofiles = [\"SCRAM-SHA-1\", \"SCRAM-SHA-256\", \"SCRAM-SHA-512\"]\n"
            "[WDigest]\nDigestEncryptionAlgorithms = \"%s\"\n[server]\nrealm = \"example.org\"\n",
            cipher);
    fclose(file);
    setenv("SECUR32_CONFIG", path, 1);
}

static void scram_logins(const char *package)
{
    static const struct {
        const char *user, *password;
        int welcome;
    } rows[] = {{"alice", "secret", 1}, {"alice", "Secret", 0}, {"mallory", "secret", 0}};
    CredHandle inbound;
    size_t n;
    expect(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)package, SECPKG_CRED_INBOUND, NULL, NULL,
                                     get_stored_keys, NULL, &inbound, NULL)
               == SEC_E_OK,
           "a server's credential of SCRAM");
    for (n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        CtxtHandle server, client;
        expect(login(package, &inbound, rows[n].user, rows[n].password, 0, 0, &server, &client)
                   == rows[n].welcome,
               "a login by SCRAM");
        DeleteSecurityContext(&server);
        DeleteSecurityContext(&client);
    }
    FreeCredentialsHandle(&inbound);
}

int main(int count, char **arguments)
{
    static const struct {
        const char *cipher;
        ULONG asc, isc;
    } layers[] = {
        {"rc4", 0, 0},
        {"rc4", ASC_REQ_INTEGRITY, ISC_REQ_INTEGRITY},
        {"rc4", ASC_REQ_CONFIDENTIALITY, ISC_REQ_CONFIDENTIALITY},
        {"des", ASC_REQ_CONFIDENTIALITY, ISC_REQ_CONFIDENTIALITY},
        {"3des", ASC_REQ_CONFIDENTIALITY, ISC_REQ_CONFIDENTIALITY},
    };
    char directory[] = "/tmp/secur32-constant-time-XXXXXX", path[256];
    int planted = count > 1 && strcmp(arguments[1], "planted") == 0;
    size_t n;
    if (mkdtemp(directory) == NULL)
        abort();
    for (n = 0; n < sizeof layers / sizeof layers[0]; n++) {
        CredHandle inbound;
        CtxtHandle server, client;
        configure(directory, layers[n].cipher);
        expect(AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_INBOUND, NULL, NULL,
                                         get_key, planted ? &inbound : NULL, &inbound, NULL)
                   == SEC_E_OK,
               "a server's credential");
        expect(login("WDigest", &inbound, "alice", "secret", layers[n].asc, layers[n].isc, &server, &client),
               "let in");
        if (layers[n].asc != 0)
            messages(&server, &client);
        DeleteSecurityContext(&server);
        DeleteSecurityContext(&client);
        expect(!login("WDigest", &inbound, "alice", "Secret", layers[n].asc, layers[n].isc, &server, &client),
               "a wrong password");
        DeleteSecurityContext(&server);
        DeleteSecurityContext(&client);
        expect(!login("WDigest", &inbound, "mallory", "secret", layers[n].asc, layers[n].isc, &server,
                      &client),
               "an unknown user");
        DeleteSecurityContext(&server);
        DeleteSecurityContext(&client);
        FreeCredentialsHandle(&inbound);
    }
    for (n = 0; n < sizeof scram / sizeof scram[0]; n++)
        scram_logins(scram[n].package);
    snprintf(path, sizeof path, "%s/secur32.toml", directory);
    unlink(path);
    rmdir(directory);
    printf("%s\n", failures == 0 ? "all as expected" : "failed");
    return failures != 0;
}
