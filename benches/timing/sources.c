/* Accounts of each kind, each with users whom the responses name and users whom they do not. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

#include "timing.h"

const char *const protocol_names[PROTOCOLS] = {"SASL", "MD5", "MD5-sess", "SHA-256"};
const char *const source_names[SOURCES] = {"file, few accounts", "file, a million, cold",
                                           "hashes by callback", "passwords, ASCII",
                                           "passwords, Latin",   "passwords, decomposed"};

static char few_path[4096], many_path[4096], config_path[4096];
static size_t many_accounts;

/* The hash is nobody's: all passwords are wrong. */
static void write_accounts(const char *path, size_t count)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        fail("cannot write %s", path);
    for (size_t n = 0; n < count; n++) {
        fprintf(file, "user%06zu:" REALM ":%032zu\n", n, n);
        if (count < 1000)
            fprintf(file, "user%06zu:" REALM ":%064zu\n", n, n);
    }
    /* Long ago, so that it is not read once more while responses are counted. */
    static const struct utimbuf past = {.actime = 1000000000, .modtime = 1000000000};
    if (fclose(file) != 0 || utime(path, &past) != 0)
        fail("cannot write %s", path);
}

static void configure(enum protocol protocol)
{
    FILE *file = fopen(config_path, "w");
    if (file == NULL)
        fail("cannot write %s", config_path);
    if (protocol != SASL)
        fprintf(file, "[server]\nhttp_algorithms = [\"%s\"]\n", protocol_names[protocol]);
    if (fclose(file) != 0)
        fail("cannot write %s", config_path);
}

void sources_open(const char *directory, size_t many)
{
    snprintf(few_path, sizeof few_path, "%s/few", directory);
    snprintf(many_path, sizeof many_path, "%s/many", directory);
    snprintf(config_path, sizeof config_path, "%s/secur32.toml", directory);
    many_accounts = many;
    write_accounts(few_path, 16);
    write_accounts(many_path, many);
    setenv("SECUR32_REALM", REALM, 1);
    setenv("SECUR32_CONFIG", config_path, 1);
    configure(SASL);
}

void sources_close(void)
{
    unlink(few_path);
    unlink(many_path);
    unlink(config_path);
}

/* Does the same for everyone, but for what it says. */
static void look_up(void *argument, void *principal, ULONG version, void **key, SECURITY_STATUS *status)
{
    static const char *const answers[SOURCES] = {[HASHES] = "0123456789abcdef",
                                                 [ASCII] = "a password of theirs",
                                                 [LATIN] = "p\xc3\xa4ssword of theirs",
                                                 [DECOMPOSED] = "pa\xcc\x88ssword of theirs"};
    const char *answer = answers[*(enum source *)argument];
    SEC_WINNT_AUTH_IDENTITY_A *name = principal;
    SecBuffer *buffer = *key;
    (void)version;
    bool is_known = name->User[0] == 'u';
    buffer->cbBuffer = (ULONG)strlen(answer);
    memcpy(buffer->pvBuffer, answer, buffer->cbBuffer);
    ULONG kind = *(enum source *)argument == HASHES ? SECBUFFER_TOKEN : SECBUFFER_DATA;
    buffer->BufferType = is_known ? kind : SECBUFFER_EMPTY;
    *status = SEC_E_OK;
}

bool sources_acquire(enum source source, enum protocol protocol, CredHandle *server)
{
    static enum source sources[SOURCES];
    sources[source] = source;
    /* The callback's hashes are of MD5, and so is the large file. */
    if (protocol == HTTP_SHA256 && (source == HASHES || source == MILLION))
        return false;
    configure(protocol);
    setenv("SECUR32_ACCOUNTS", source == MILLION ? many_path : few_path, 1);
    bool in_file = source == FEW || source == MILLION;
    if (AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_INBOUND, NULL, NULL,
                                  in_file ? NULL : look_up, &sources[source], server, NULL)
        != SEC_E_OK)
        fail("the server's AcquireCredentialsHandle failed");
    return true;
}

void sources_name(enum source source, enum who who, size_t any, char name[32])
{
    static const char *const kinds[WHO] = {"user", "xser", "yser"};
    snprintf(name, 32, "%s%06zu", kinds[who], source == MILLION ? any % many_accounts : 7);
}
