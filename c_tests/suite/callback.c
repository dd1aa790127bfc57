/* pGetKeyFn: accounts that are the program's own, by the contract in secur32.h at
 * AcquireCredentialsHandleW. */
#include "login.h"

/* What the function below answers, and what it saw. */
struct directory {
    const void *answer;
    ULONG length, kind;
    SECURITY_STATUS status;
    int narrow; /* credential of AcquireCredentialsHandleA */
    void (*meanwhile)(struct directory *);
    struct exchange *exchange;
    unsigned calls, mistakes;
};

static int is_text(const void *text, ULONG length, const char *expected, int narrow)
{
    ULONG i;
    if (length != strlen(expected))
        return 0;
    for (i = 0; i <= length; i++) { /* with its terminator */
        WCHAR unit;
        if (narrow)
            unit = ((const unsigned char *)text)[i];
        else
            memcpy(&unit, (const char *)text + i * sizeof unit, sizeof unit);
        if (unit != (unsigned char)expected[i])
            return 0;
    }
    return 1;
}

static void SEC_ENTRY look_up(void *argument, void *principal, ULONG version, void **key,
                              SECURITY_STATUS *status)
{
    struct directory *directory = argument;
    const SEC_WINNT_AUTH_IDENTITY_W *who = principal;
    SecBuffer *answer = *key;
    unsigned i;

    directory->calls++;
    directory->mistakes += version != 0;
    directory->mistakes += *status != SEC_E_INTERNAL_ERROR;
    directory->mistakes += answer->cbBuffer != 1024 || answer->BufferType != SECBUFFER_EMPTY;
    for (i = 0; i < 1024; i++)
        directory->mistakes += ((unsigned char *)answer->pvBuffer)[i] != 0;
    directory->mistakes += who->Password != NULL || who->PasswordLength != 0;
    directory->mistakes +=
        who->Flags != (directory->narrow ? SEC_WINNT_AUTH_IDENTITY_ANSI : SEC_WINNT_AUTH_IDENTITY_UNICODE);
    directory->mistakes += !is_text(who->User, who->UserLength, USER, directory->narrow);
    directory->mistakes += !is_text(who->Domain, who->DomainLength, REALM, directory->narrow);

    if (directory->meanwhile != NULL)
        directory->meanwhile(directory);
    if (directory->length > 0)
        memcpy(answer->pvBuffer, directory->answer, directory->length);
    answer->cbBuffer = directory->length;
    answer->BufferType = directory->kind;
    *status = directory->status;
}

/* An exchange whose server asks `directory`, up to the response; then the server's judgement. */
static SECURITY_STATUS judged(struct directory *directory, enum qop qop, struct exchange *exchange)
{
    prepare(exchange, qop);
    returns(SEC_E_OK, FreeCredentialsHandle(&exchange->inbound));
    directory->exchange = exchange;
    directory->calls = directory->mistakes = 0;
    if (directory->narrow)
        returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, (SEC_CHAR *)PACKAGE, SECPKG_CRED_INBOUND, NULL,
                                                    NULL, look_up, directory, &exchange->inbound, NULL));
    else
        returns(SEC_E_OK, AcquireCredentialsHandleW(NULL, wide(PACKAGE), SECPKG_CRED_INBOUND, NULL, NULL,
                                                    look_up, directory, &exchange->inbound, NULL));
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(exchange));
    returns(SEC_I_CONTINUE_NEEDED, respond(exchange));
    return verify(exchange);
}

static const unsigned char hash[16] = {0x54, 0x3E, 0x1A, 0xEC, 0x5D, 0x36, 0x14, 0xF0,
                                       0x31, 0x41, 0x65, 0x2D, 0x6A, 0xDA, 0x51, 0xB2};

static void answers(void)
{
    static const WCHAR utf16[] = {'s', 'e', 'c', 'r', 'e', 't', 0};
    static const struct {
        const char *name;
        const void *answer;
        ULONG length, kind;
        SECURITY_STATUS status, expected;
        int narrow;
    } rows[] = {
        {"password", utf16, 12, SECBUFFER_DATA, SEC_E_OK, SEC_E_OK, 0},
        {"password, terminated", utf16, 14, SECBUFFER_DATA, SEC_E_OK, SEC_E_OK, 0},
        {"ansi password", "secret", 6, SECBUFFER_DATA, SEC_E_OK, SEC_E_OK, 1},
        {"ansi password, terminated", "secret", 7, SECBUFFER_DATA, SEC_E_OK, SEC_E_OK, 1},
        {"hash", hash, 16, SECBUFFER_TOKEN, SEC_E_OK, SEC_E_OK, 0},
        {"hash, ansi", hash, 16, SECBUFFER_TOKEN, SEC_E_OK, SEC_E_OK, 1},
        {"wrong password", "secreT", 6, SECBUFFER_DATA, SEC_E_OK, SEC_E_LOGON_DENIED, 1},
        {"empty password", "", 0, SECBUFFER_DATA, SEC_E_OK, SEC_E_LOGON_DENIED, 1},
        {"wrong hash", "0123456789abcdef", 16, SECBUFFER_TOKEN, SEC_E_OK, SEC_E_LOGON_DENIED, 0},
        {"no such user", NULL, 0, SECBUFFER_EMPTY, SEC_E_OK, SEC_E_LOGON_DENIED, 0},
        {"no such user, by NO_CREDENTIALS", NULL, 0, SECBUFFER_EMPTY, SEC_E_NO_CREDENTIALS,
         SEC_E_LOGON_DENIED, 0},
        {"no such user, by LOGON_DENIED", NULL, 0, SECBUFFER_EMPTY, SEC_E_LOGON_DENIED, SEC_E_LOGON_DENIED,
         0},
        {"no such user, by UNKNOWN_CREDENTIALS", NULL, 0, SECBUFFER_EMPTY, SEC_E_UNKNOWN_CREDENTIALS,
         SEC_E_LOGON_DENIED, 1},
        {"r39 a refusal beside a password", "secret", 6, SECBUFFER_DATA, SEC_E_LOGON_DENIED,
         SEC_E_LOGON_DENIED, 1},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        struct directory directory;
        struct exchange exchange;
        memset(&directory, 0, sizeof directory);
        directory.answer = rows[i].answer;
        directory.length = rows[i].length;
        directory.kind = rows[i].kind;
        directory.status = rows[i].status;
        directory.narrow = rows[i].narrow;
        in_row(rows[i].name);
        ours_returns(rows[i].expected, judged(&directory, AUTH_CONF, &exchange));
        ours(directory.calls == 1, "asked %u times", directory.calls);
        ours(directory.mistakes == 0, "asked with %u mistakes", directory.mistakes);
        if (rows[i].expected == SEC_E_OK)
            ours_returns(SEC_E_OK, conclude(&exchange));
        finish(&exchange);
    }
    in_row(NULL);
}

/* R65: the function calls the library, about the context that waits for it. */
static void query_it(struct directory *directory)
{
    SecPkgContext_Sizes sizes;
    ULONG value;
    CtxtHandle *context = &directory->exchange->server;
    returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes));
    returns(SEC_E_OK, SaslGetContextOption(context, SASL_OPTION_RECV_SIZE, &value, 4, NULL));
}

static void step_it(struct directory *directory)
{
    /* a second step while the first is on its way */
    CtxtHandle *context = &directory->exchange->server;
    SecBuffer buffer;
    SecBufferDesc list = describe(&buffer, 1);
    set_buffer(&buffer, SECBUFFER_TOKEN, directory->exchange->response.text,
               directory->exchange->response.length);
    ours_returns(STATUS_LOGON_FAILURE,
                 SaslAcceptSecurityContext(NULL, context, &list, 0, 0, NULL, &list, NULL, NULL));
}

static void log_in_meanwhile(struct directory *directory)
{
    struct exchange exchange;
    (void)directory;
    if (login(&exchange, AUTH_INT))
        finish(&exchange);
}

static void free_credential(struct directory *directory)
{
    returns(SEC_E_OK, FreeCredentialsHandle(&directory->exchange->inbound));
    directory->exchange->has_inbound = 0;
}

static void delete_it(struct directory *directory)
{
    returns(SEC_E_OK, DeleteSecurityContext(&directory->exchange->server));
    returns(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&directory->exchange->server));
    directory->exchange->has_server = 0;
}

static void reentrant(void)
{
    static const struct {
        const char *name;
        void (*meanwhile)(struct directory *);
    } rows[] = {{"r65 queries the context", query_it},
                {"r65 takes another step of it", step_it},
                {"r65 logs somebody in", log_in_meanwhile},
                {"r65 frees the credential", free_credential},
                {"r65 deletes the context", delete_it}};
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        struct directory directory;
        struct exchange exchange;
        memset(&directory, 0, sizeof directory);
        directory.answer = hash;
        directory.length = sizeof hash;
        directory.kind = SECBUFFER_TOKEN;
        directory.status = SEC_E_OK;
        directory.meanwhile = rows[i].meanwhile;
        in_row(rows[i].name);
        if (rows[i].meanwhile == delete_it) {
            /* the step that was under way ends undisturbed; the handle stays dead */
            ours_returns(SEC_E_OK, judged(&directory, AUTH_INT, &exchange));
            returns(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&exchange.server));
            exchange.has_server = 0;
            ours_returns(SEC_E_OK, conclude(&exchange));
        } else {
            ours_returns(SEC_E_OK, judged(&directory, AUTH_INT, &exchange));
            ours_returns(SEC_E_OK, conclude(&exchange));
        }
        finish(&exchange);
    }
    in_row(NULL);
}

/* R38: threads that share one credential, whose function is asked by all of them. */
struct shared {
    CredHandle inbound;
    int wrong; /* this thread's client has a wrong password */
};

static void SEC_ENTRY constant(void *argument, void *principal, ULONG version, void **key,
                               SECURITY_STATUS *status)
{
    SecBuffer *answer = *key;
    (void)argument;
    (void)principal;
    (void)version;
    memcpy(answer->pvBuffer, hash, sizeof hash);
    answer->cbBuffer = sizeof hash;
    answer->BufferType = SECBUFFER_TOKEN;
    *status = SEC_E_OK;
}

static void log_in_often(void *given)
{
    struct shared *shared = given;
    unsigned i;
    for (i = 0; i < 25; i++) {
        struct exchange exchange;
        memset(&exchange, 0, sizeof exchange);
        exchange.inbound = shared->inbound;
        exchange.has_outbound = returns(SEC_E_OK, acquire_outbound(&exchange.outbound, USER, NULL,
                                                                   shared->wrong ? "no" : PASSWORD));
        returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
        returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
        ours_returns(shared->wrong ? SEC_E_LOGON_DENIED : SEC_E_OK, verify(&exchange));
        finish(&exchange);
    }
}

static void threads(void)
{
    struct shared shared[4];
    struct thread thread[4];
    unsigned i;
    returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, (SEC_CHAR *)PACKAGE, SECPKG_CRED_INBOUND, NULL, NULL,
                                                constant, NULL, &shared[0].inbound, NULL));
    for (i = 0; i < COUNT(thread); i++) {
        shared[i].inbound = shared[0].inbound;
        shared[i].wrong = i % 2;
        thread_start(&thread[i], log_in_often, &shared[i]);
    }
    for (i = 0; i < COUNT(thread); i++)
        thread_join(&thread[i]);
    returns(SEC_E_OK, FreeCredentialsHandle(&shared[0].inbound));
}

START_TEST(callback)
{
    if (!is_ours()) {
        skip("Windows does not call pGetKeyFn");
        return;
    }
    configure("");
    answers();
    reentrant();
    threads();
}
