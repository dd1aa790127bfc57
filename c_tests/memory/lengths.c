/* Peers' messages of a kind and a length: what each costs is counted by callgrind, which runs this.
 *
 *     lengths                          # prints the kinds
 *     lengths [KIND BYTES]...          # a dump of callgrind's for each, named "KIND BYTES"
 */
#include "ends.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

enum taker { HTTP_SERVER, HTTP_CLIENT, SASL_SERVER, SASL_CLIENT, CLAIM, BINDINGS, UNMARSHAL, IMPORT };

/* Where a text has %n, the server's nonce stands. */
#define REST \
    "realm=\"example.org\",nonce=\"%n\",nc=00000001,qop=auth,response=\"0123456789abcdef0123456789abcdef\""
#define HTTP_REST REST ",uri=\"/\",cnonce=\"c\",algorithm=MD5-sess"
#define SASL_REST REST ",digest-uri=\"imap/h\",cnonce=\"c\""
#define OFFER "realm=\"example.org\",nonce=\"n\",qop=\"auth\",algorithm=MD5-sess"

static const struct kind {
    const char *name;
    enum taker taker;
    const char *before, *unit, *after;
} KINDS[] = {
    {"http-directives", HTTP_SERVER, "username=\"a\"," HTTP_REST, ",x=y", ""},
    {"http-commas", HTTP_SERVER, "username=\"a\"," HTTP_REST, ",", ""},
    {"http-blanks", HTTP_SERVER, "username=\"a\"," HTTP_REST, " ", ""},
    {"http-escapes", HTTP_SERVER, "username=\"", "\\a", "\"," HTTP_REST},
    {"http-backslashes", HTTP_SERVER, "username=\"", "\\\\", "\"," HTTP_REST},
    {"http-latin1", HTTP_SERVER, "username=\"", "\303\274", "\"," HTTP_REST},
    {"http-composed", HTTP_SERVER, "username=\"", "e\314\201", "\"," HTTP_REST},
    {"http-extended", HTTP_SERVER, "username*=UTF-8''", "%C3%BC", "," HTTP_REST},
    {"http-uri", HTTP_SERVER, "username=\"a\",uri=\"/", "u", "\",cnonce=\"c\",algorithm=MD5-sess," REST},
    {"http-unended", HTTP_SERVER, "username=\"a\"," HTTP_REST ",x=\"", "\\", ""},
    {"http-claim", CLAIM, "", "", ""},
    {"http-bindings", BINDINGS, "", "", ""},
    {"challenge-directives", HTTP_CLIENT, OFFER, ",x=y", ""},
    {"challenge-commas", HTTP_CLIENT, OFFER, ",", ""},
    {"challenge-schemes", HTTP_CLIENT, OFFER, ", Digest a=b", ""},
    {"challenge-names", HTTP_CLIENT, OFFER, ", Basic", ""},
    {"challenge-qop", HTTP_CLIENT, "realm=\"r\",nonce=\"n\",algorithm=MD5,qop=\"auth", ",x", "\""},
    {"challenge-realm", HTTP_CLIENT, "nonce=\"n\",qop=\"auth\",realm=\"", "\\\"", "\""},
    {"sasl-directives", SASL_SERVER, "username=\"a\"," SASL_REST, ",x=y", ""},
    {"sasl-commas", SASL_SERVER, "username=\"a\"," SASL_REST, ",", ""},
    {"sasl-escapes", SASL_SERVER, "username=\"", "\\a", "\"," SASL_REST},
    {"sasl-composed", SASL_SERVER, "charset=utf-8,username=\"", "e\314\201", "\"," SASL_REST},
    {"sasl-offer-directives", SASL_CLIENT, OFFER, ",x=y", ""},
    {"sasl-offer-realms", SASL_CLIENT, "nonce=\"n\",algorithm=md5-sess", ",realm=\"r\"", ""},
    {"sasl-offer-ciphers", SASL_CLIENT, "nonce=\"n\",algorithm=md5-sess,qop=\"auth\",cipher=\"rc4", ",x",
     "\""},
    {"identity", UNMARSHAL, "", "", ""},
    {"import", IMPORT, "", "", ""},
};

static struct login at;
static char *text;
static size_t length, room;
static char nonce[256];

static void put(const char *part)
{
    for (; *part != 0 && length + 1 < room; part++) {
        if (part[0] == '%' && part[1] == 'n') {
            put(nonce);
            part++;
        } else {
            text[length++] = *part;
        }
    }
}

static SecBufferDesc describe(SecBuffer *buffers, ULONG count)
{
    SecBufferDesc descriptor;
    descriptor.ulVersion = SECBUFFER_VERSION;
    descriptor.cBuffers = count;
    descriptor.pBuffers = buffers;
    return descriptor;
}

static void set(SecBuffer *buffer, ULONG type, const void *memory, size_t bytes)
{
    buffer->BufferType = type;
    buffer->pvBuffer = (void *)memory;
    buffer->cbBuffer = (ULONG)bytes;
}

/* The text as a response. */
static void to_http_server(void)
{
    SecBuffer buffers[5], made;
    SecBufferDesc input = describe(buffers, 5), output = describe(&made, 1);
    CtxtHandle context;
    ULONG attributes;
    set(&buffers[0], SECBUFFER_TOKEN, text, length);
    set(&buffers[1], SECBUFFER_PKG_PARAMS, "GET", 3);
    set(&buffers[2], SECBUFFER_PKG_PARAMS, "/", 1);
    set(&buffers[3], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&buffers[4], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&made, SECBUFFER_TOKEN, at.proof.text, sizeof at.proof.text);
    AcceptSecurityContext(&at.inbound, NULL, &input, ASC_REQ_HTTP, 0, &context, &output, &attributes, NULL);
}

/* `challenge` answered with a service's name, and a channel where there is one. */
static void to_http_client(const void *challenge, size_t bytes, const void *bindings, size_t bound)
{
    static char large[70000];
    SecBuffer buffers[5], made;
    SecBufferDesc input = describe(buffers, 5), output = describe(&made, 1);
    ULONG attributes;
    set(&buffers[0], SECBUFFER_TOKEN, challenge, bytes);
    set(&buffers[1], SECBUFFER_PKG_PARAMS, "GET", 3);
    set(&buffers[2], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&buffers[3], SECBUFFER_TARGET_HOST, "HTTP/h", 6);
    set(&buffers[4], bound > 0 ? SECBUFFER_CHANNEL_BINDINGS : SECBUFFER_EMPTY, bindings, bound);
    set(&made, SECBUFFER_TOKEN, large, sizeof large);
    if (InitializeSecurityContextA(&at.outbound, NULL, (SEC_CHAR *)"/", ISC_REQ_HTTP, 0, 0, &input, 0,
                                   &at.client, &output, &attributes, NULL)
            >= 0
        && made.cbBuffer < sizeof at.response.text) {
        memcpy(at.response.text, large, made.cbBuffer);
        at.response.text[made.cbBuffer] = 0;
    }
}

/* A right response whose claim names a long service again and again. */
static void claim(size_t bytes)
{
    char *dirs;
    size_t half = length + (bytes - length) / 2;
    to_http_client(at.challenge.text, at.challenge.length, NULL, 0);
    dirs = strstr(at.response.text, "hashed-dirs");
    if (dirs == NULL)
        exit(3);
    *dirs = 0;
    put(at.response.text);
    put("hashed-dirs=\"service-name");
    while (length < half)
        put(",service-name");
    put("\",service-name=\"");
    while (length < bytes)
        put("x");
    put("\"");
    to_http_server();
}

/* A channel with as many bytes of its own. */
static void bindings(size_t bytes)
{
    ULONG *block = calloc(1, 32 + bytes);
    block[6] = (ULONG)bytes;
    block[7] = 32;
    to_http_client(at.challenge.text, at.challenge.length, block, 32 + bytes);
    free(block);
}

static void identity(size_t bytes)
{
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE made, again;
    WCHAR *long_text = calloc(bytes / 2 + 1, sizeof *long_text);
    char *marshalled;
    ULONG size;
    size_t i;
    for (i = 0; i < bytes / 2; i++)
        long_text[i] = 'p';
    CALL(SEC_E_OK, SspiEncodeStringsAsAuthIdentity(NULL, NULL, long_text, &made));
    CALL(SEC_E_OK, SspiMarshalAuthIdentity(made, &size, &marshalled));
    CALL(SEC_E_OK, SspiUnmarshalAuthIdentity(size, marshalled, &again));
}

static void take(const struct kind *kind, size_t bytes)
{
    SEC_CHAR package[] = "WDigest";
    static struct token long_token;
    SecBuffer packed;
    switch (kind->taker) {
    case HTTP_SERVER:
        to_http_server();
        break;
    case HTTP_CLIENT:
        to_http_client(text, length, NULL, 0);
        break;
    case SASL_SERVER:
    case SASL_CLIENT:
        long_token.length = (ULONG)(length < sizeof long_token.text ? length : sizeof long_token.text);
        memcpy(long_token.text, text, long_token.length);
        if (kind->taker == SASL_SERVER)
            accept_step(NULL, &at.server, &at.server, &long_token, &at.proof, 0);
        else
            initialize_step(&at.outbound, &at.client, NULL, &long_token, &at.response, 0);
        break;
    case CLAIM:
        claim(bytes);
        break;
    case BINDINGS:
        bindings(bytes);
        break;
    case UNMARSHAL:
        identity(bytes);
        break;
    case IMPORT:
        memset(text, 'x', bytes);
        memcpy(text, "S32WDG02", 8);
        set(&packed, 0, text, bytes);
        ImportSecurityContextA(package, &packed, NULL, &at.client);
        break;
    }
}

/* The nonce that the text has to name: of HTTP, or of the exchange that is begun. */
static void begin(enum taker taker)
{
    static struct token none;
    const char *value;
    if (taker == SASL_SERVER)
        CALL(SEC_I_CONTINUE_NEEDED, accept_step(&at.inbound, &at.server, NULL, NULL, &at.challenge, 0));
    else
        CALL(SEC_I_CONTINUE_NEEDED, http_accept(&at.inbound, &at.server, &none, "/", &at.challenge));
    value = strstr(at.challenge.text, "nonce=\"");
    if (value == NULL || sscanf(value, "nonce=\"%255[^\"]", nonce) != 1)
        exit(3);
}

/* Plays a kind with a length; what is counted is what the library does with the message. */
static void play(const struct kind *kind, size_t bytes)
{
    char name[80];
    memset(&at, 0, sizeof at);
    room = bytes + 4096;
    length = 0;
    text = calloc(1, room);
    CALL(SEC_E_OK, acquire_inbound(&at.inbound, NULL));
    CALL(SEC_E_OK, acquire_outbound(&at.outbound, "alice", "secret"));
    begin(kind->taker);
    put(kind->before);
    while (*kind->unit != 0 && length < bytes)
        put(kind->unit);
    put(kind->after);
    snprintf(name, sizeof name, "%s %lu", kind->name, (unsigned long)bytes);
    CALLGRIND_ZERO_STATS;
    take(kind, bytes);
    CALLGRIND_DUMP_STATS_AT(name);
    free(text);
}

int main(int argc, char **argv)
{
    int i, word;
    for (i = 0; argc == 1 && i < COUNT(KINDS); i++)
        printf("%s\n", KINDS[i].name);
    for (word = 1; word + 1 < argc; word += 2) {
        for (i = 0; i < COUNT(KINDS) && strcmp(KINDS[i].name, argv[word]) != 0; i++)
            ;
        if (i == COUNT(KINDS))
            return 3;
        play(&KINDS[i], strtoul(argv[word + 1], NULL, 10));
    }
    return 0;
}
