/* An exchange between the library's two roles in one process, step by step, with texts that a test can
 * edit on the way. Every token is handed over in a heap block of exactly its size. */
#ifndef C_TESTS_LOGIN_H
#define C_TESTS_LOGIN_H

#include "../harness.h"

#define USER "alice"
#define PASSWORD "secret"
#define REALM "example.org"
#define TARGET "imap/mail.example.org"
#define PACKAGE "WDigest"
#define TOKEN_MAX 4096

/* What the accounts file has unless a test says otherwise. */
#define ALICE "alice:example.org:543e1aec5d3614f03141652d6ada51b2\n"

enum qop { AUTH, AUTH_INT, AUTH_CONF };

struct token {
    ULONG length;
    char text[8192]; /* terminated */
};

struct exchange {
    CredHandle inbound, outbound;
    CtxtHandle server, client;
    int has_inbound, has_outbound, has_server, has_client;
    int plain;                        /* without the Sasl functions */
    ULONG asc, isc;                   /* what is asked for */
    ULONG server_flags, client_flags; /* what was returned last */
    struct token challenge, response, proof;
};

/* Writes secur32.toml and the accounts file and makes the library find them. `more` is text for the
 * end of secur32.toml, whose current table is [server]. */
void configure(const char *more);
void write_accounts(const char *text);
/* The file of SCRAM's keys, for what `configure` is given. */
const char *stored_keys_path(void);
void write_stored_keys(const char *text);
/* What [WDigest] has as DigestEncryptionAlgorithms in the configurations that follow; NULL is the
 * default. */
void choose_cipher(const char *cipher);

/* A text as UTF-16, in one of a few static buffers that take turns. Main thread only. */
WCHAR *wide(const char *ascii);
/* Whether a UTF-16 text is this ASCII text. */
int is_wide(const WCHAR *text, const char *ascii);

/* A heap block of exactly `length` bytes that holds a copy. */
void *exact(const void *bytes, size_t length);

void set_buffer(SecBuffer *buffer, ULONG type, void *memory, ULONG length);
SecBufferDesc describe(SecBuffer *buffers, ULONG count);

SECURITY_STATUS acquire_inbound(CredHandle *credential);
/* A NULL `domain` is none, an empty one is an empty one. */
SECURITY_STATUS acquire_outbound(CredHandle *credential, const char *user, const char *domain,
                                 const char *password);

/* Both credentials, and what both sides ask for. */
void prepare(struct exchange *exchange, enum qop qop);
/* Server: the challenge. */
SECURITY_STATUS make_challenge(struct exchange *exchange);
/* Client: the response to `exchange->challenge`. */
SECURITY_STATUS respond(struct exchange *exchange);
/* Server: takes `exchange->response`. */
SECURITY_STATUS verify(struct exchange *exchange);
/* Server: takes any bytes. */
SECURITY_STATUS verify_bytes(struct exchange *exchange, const void *bytes, ULONG length);
/* Client: takes `exchange->proof`. */
SECURITY_STATUS conclude(struct exchange *exchange);
/* Up to the response, inclusive. */
int until_response(struct exchange *exchange, enum qop qop);
/* The whole exchange; 1 when it succeeded. */
int login(struct exchange *exchange, enum qop qop);
/* Deletes and frees all that there is. */
void finish(struct exchange *exchange);

/* Sets the value of a directive, with its quotes; without the directive, adds it. NULL removes it. */
void set_directive(struct token *token, const char *name, const char *value);
/* The value of a directive without its quotes, or an empty text. Static memory. */
const char *directive(const struct token *token, const char *name);
void append(struct token *token, const char *text);

/* The forms of a sealed message in one heap block of exactly its size. */
struct sealed {
    unsigned char *body;
    ULONG length;
};

/* Seals `length` bytes of a pattern that begins with `seed`. */
int seal(CtxtHandle *context, ULONG length, unsigned seed, struct sealed *sealed);
/* Opens a copy as one DATA buffer; the status, with the pattern checked after SEC_E_OK. */
SECURITY_STATUS open_sealed(CtxtHandle *context, const struct sealed *sealed, ULONG expected_length,
                            unsigned seed);
void fill_pattern(unsigned char *bytes, ULONG length, unsigned seed);
int has_pattern(const unsigned char *bytes, ULONG length, unsigned seed);

#endif
