/* Children of a process whose other threads are inside the library: each child logs in right and wrong,
 * over SASL and HTTP, and uses and deletes what it has from its parent. None may wait for ever, none may
 * get another answer than a process of its own would.
 *
 *     fork CHILDREN pinned|free ACCOUNTS
 *
 * ACCOUNTS is the accounts file that the library has, which one thread writes again and again. The last
 * line counts the children, those that were ended by their alarm, and those with a wrong answer. */
#define _GNU_SOURCE
#include <sspi.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A hang is what lasts that long: far more than a slow machine needs. */
#define PATIENCE 60
#define THREADS 4
#define METHOD "GET"
#define URI "/index.html"
#define ALICE "alice:example.org:543e1aec5d3614f03141652d6ada51b2\n"

struct token {
    ULONG length;
    char text[4096];
};

static CredHandle shared_inbound, forking_inbound;
/* Established, and used by a thread while the process forks. */
static CtxtHandle shared_server, shared_client, shared_http;
static struct token shared_request;
static volatile int stop;
static const char *accounts;

/* Where a child went wrong is its exit status; zero is success. */
#define must(condition) \
    do { \
        if (!(condition)) \
            return __LINE__; \
    } while (0)

static void set(SecBuffer *buffer, ULONG type, const void *memory, ULONG length)
{
    buffer->BufferType = type;
    buffer->pvBuffer = (void *)memory;
    buffer->cbBuffer = length;
}

static SecBufferDesc describe(SecBuffer *buffers, ULONG count)
{
    SecBufferDesc description = {SECBUFFER_VERSION, 0, NULL};
    description.cBuffers = count;
    description.pBuffers = buffers;
    return description;
}

static SECURITY_STATUS inbound(CredHandle *credential, SEC_GET_KEY_FN look_up)
{
    return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_INBOUND, NULL, NULL, look_up,
                                     NULL, credential, NULL);
}

static SECURITY_STATUS outbound(CredHandle *credential, const char *password)
{
    SEC_WINNT_AUTH_IDENTITY_A identity;
    memset(&identity, 0, sizeof identity);
    identity.User = (unsigned char *)"alice";
    identity.UserLength = 5;
    identity.Password = (unsigned char *)password;
    identity.PasswordLength = (unsigned int)strlen(password);
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    return AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
                                     NULL, credential, NULL);
}

/* The output is the library's memory, so that what it keeps of that takes part. */
static SECURITY_STATUS sasl_step(int server, CredHandle *credential, CtxtHandle *context, int first,
                                 const struct token *in, struct token *out)
{
    SecBuffer input, output;
    SecBufferDesc inputs = describe(&input, 1), outputs = describe(&output, 1);
    CtxtHandle *old = first ? NULL : context;
    SECURITY_STATUS status;
    ULONG flags;
    set(&input, SECBUFFER_TOKEN, in->text, in->length);
    set(&output, SECBUFFER_TOKEN, NULL, 0);
    if (server)
        status = SaslAcceptSecurityContext(credential, old, &inputs,
                                           ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONFIDENTIALITY, 0, context,
                                           &outputs, &flags, NULL);
    else
        status = SaslInitializeSecurityContextA(credential, old, (SEC_CHAR *)"imap/h",
                                                ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY, 0, 0,
                                                &inputs, 0, context, &outputs, &flags, NULL);
    out->length = 0;
    if (status >= 0 && output.pvBuffer != NULL) {
        out->length = output.cbBuffer;
        memcpy(out->text, output.pvBuffer, output.cbBuffer);
        if (FreeContextBuffer(output.pvBuffer) != SEC_E_OK)
            return SEC_E_INTERNAL_ERROR;
    }
    return status;
}

static int sasl_login(CredHandle *in, CredHandle *out, CtxtHandle *server, CtxtHandle *client,
                      SECURITY_STATUS expected)
{
    struct token challenge, response, proof, end, none = {0, ""};
    must(sasl_step(1, in, server, 1, &none, &challenge) == SEC_I_CONTINUE_NEEDED);
    must(sasl_step(0, out, client, 1, &challenge, &response) == SEC_I_CONTINUE_NEEDED);
    must(sasl_step(1, in, server, 0, &response, &proof) == expected);
    if (expected == SEC_E_OK)
        must(sasl_step(0, out, client, 0, &proof, &end) == SEC_E_OK);
    return 0;
}

/* Seals with one end, and opens with the other where `server` is not NULL. */
static SECURITY_STATUS message(CtxtHandle *client, CtxtHandle *server)
{
    char text[16 + 64], trailer[64];
    SecBuffer buffers[2];
    SecBufferDesc description = describe(buffers, 2);
    SECURITY_STATUS status;
    ULONG qop;
    memset(text, 'x', 64);
    set(&buffers[0], SECBUFFER_DATA, text, 64);
    set(&buffers[1], SECBUFFER_TOKEN, trailer, sizeof trailer);
    status = EncryptMessage(client, 0, &description, 0);
    if (status != SEC_E_OK || server == NULL)
        return status;
    return DecryptMessage(server, &description, 0, &qop);
}

static SECURITY_STATUS http_challenge(CredHandle *in, CtxtHandle *server, struct token *challenge)
{
    SecBuffer input[4], output;
    SecBufferDesc inputs = describe(input, 4), outputs = describe(&output, 1);
    SECURITY_STATUS status;
    ULONG flags;
    set(&input[0], SECBUFFER_TOKEN, NULL, 0);
    set(&input[1], SECBUFFER_PKG_PARAMS, METHOD, sizeof METHOD - 1);
    set(&input[2], SECBUFFER_PKG_PARAMS, URI, sizeof URI - 1);
    set(&input[3], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&output, SECBUFFER_TOKEN, challenge->text, sizeof challenge->text);
    status = AcceptSecurityContext(in, NULL, &inputs, ASC_REQ_HTTP, 0, server, &outputs, &flags, NULL);
    challenge->length = output.cbBuffer;
    return status;
}

static SECURITY_STATUS http_respond(CredHandle *out, CtxtHandle *client, const struct token *challenge,
                                    struct token *response)
{
    SecBuffer input[3], output;
    SecBufferDesc inputs = describe(input, 3), outputs = describe(&output, 1);
    SECURITY_STATUS status;
    ULONG flags;
    set(&input[0], SECBUFFER_TOKEN, challenge->text, challenge->length);
    set(&input[1], SECBUFFER_PKG_PARAMS, METHOD, sizeof METHOD - 1);
    set(&input[2], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&output, SECBUFFER_TOKEN, response->text, sizeof response->text);
    status = InitializeSecurityContextA(out, NULL, (SEC_CHAR *)URI, ISC_REQ_HTTP, 0, 0, &inputs, 0, client,
                                        &outputs, &flags, NULL);
    response->length = output.cbBuffer;
    return status;
}

static SECURITY_STATUS http_accept(CredHandle *in, CtxtHandle *old, CtxtHandle *server,
                                   const struct token *response)
{
    struct token answer;
    SecBuffer input[4], output;
    SecBufferDesc inputs = describe(input, 4), outputs = describe(&output, 1);
    ULONG flags;
    set(&input[0], SECBUFFER_TOKEN, response->text, response->length);
    set(&input[1], SECBUFFER_PKG_PARAMS, METHOD, sizeof METHOD - 1);
    set(&input[2], SECBUFFER_PKG_PARAMS, URI, sizeof URI - 1);
    set(&input[3], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&output, SECBUFFER_TOKEN, answer.text, sizeof answer.text);
    return AcceptSecurityContext(in, old, &inputs, ASC_REQ_HTTP, 0, server, &outputs, &flags, NULL);
}

/* The next request of a client, made by its context. */
static SECURITY_STATUS http_sign(CtxtHandle *client, struct token *request)
{
    SecBuffer buffers[5];
    SecBufferDesc description = describe(buffers, 5);
    SECURITY_STATUS status;
    set(&buffers[0], SECBUFFER_TOKEN, NULL, 0);
    set(&buffers[1], SECBUFFER_PKG_PARAMS, METHOD, sizeof METHOD - 1);
    set(&buffers[2], SECBUFFER_PKG_PARAMS, URI, sizeof URI - 1);
    set(&buffers[3], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&buffers[4], SECBUFFER_PADDING, request->text, sizeof request->text);
    status = MakeSignature(client, 0, &description, 0);
    request->length = buffers[4].cbBuffer;
    return status;
}

static SECURITY_STATUS http_verify(CtxtHandle *server, const struct token *request)
{
    SecBuffer buffers[5];
    SecBufferDesc description = describe(buffers, 5);
    ULONG qop;
    set(&buffers[0], SECBUFFER_TOKEN, request->text, request->length);
    set(&buffers[1], SECBUFFER_PKG_PARAMS, METHOD, sizeof METHOD - 1);
    set(&buffers[2], SECBUFFER_PKG_PARAMS, URI, sizeof URI - 1);
    set(&buffers[3], SECBUFFER_PKG_PARAMS, NULL, 0);
    set(&buffers[4], SECBUFFER_PKG_PARAMS, NULL, 0);
    return VerifySignature(server, &description, 0, &qop);
}

static int http_login(CredHandle *in, CredHandle *out, SECURITY_STATUS expected)
{
    struct token challenge, response, request;
    CtxtHandle asked, server, client;
    SecPkgContext_NamesA names;
    SecPkgContext_Lifespan lifespan;
    must(http_challenge(in, &asked, &challenge) == SEC_I_CONTINUE_NEEDED);
    must(http_respond(out, &client, &challenge, &response) == SEC_E_OK);
    must(http_accept(in, &asked, &server, &response) == expected);
    if (expected == SEC_E_OK) {
        must(QueryContextAttributesA(&server, SECPKG_ATTR_NAMES, &names) == SEC_E_OK);
        must(strstr(names.sUserName, "alice") != NULL);
        must(FreeContextBuffer(names.sUserName) == SEC_E_OK);
        must(QueryContextAttributesA(&server, SECPKG_ATTR_LIFESPAN, &lifespan) == SEC_E_OK);
        must(http_sign(&client, &request) == SEC_E_OK);
        must(http_verify(&server, &request) == SEC_E_OK);
        must(http_verify(&server, &request) != SEC_E_OK); /* a replay */
    }
    must(DeleteSecurityContext(&asked) == SEC_E_OK);
    must(DeleteSecurityContext(&client) == SEC_E_OK);
    return 0;
}

/* All of it with credentials of its own, then those of the parent. */
static int all_logins(void)
{
    CredHandle in, right, wrong;
    CtxtHandle server, client;
    int line;
    must(inbound(&in, NULL) == SEC_E_OK);
    must(outbound(&right, "secret") == SEC_E_OK);
    must(outbound(&wrong, "wrong") == SEC_E_OK);
    if ((line = sasl_login(&in, &right, &server, &client, SEC_E_OK)) != 0)
        return line;
    must(message(&client, &server) == SEC_E_OK);
    must(DeleteSecurityContext(&server) == SEC_E_OK);
    must(DeleteSecurityContext(&client) == SEC_E_OK);
    if ((line = sasl_login(&in, &wrong, &server, &client, SEC_E_LOGON_DENIED)) != 0)
        return line;
    DeleteSecurityContext(&server);
    DeleteSecurityContext(&client);
    if ((line = http_login(&in, &right, SEC_E_OK)) != 0)
        return line;
    if ((line = http_login(&in, &wrong, SEC_E_LOGON_DENIED)) != 0)
        return line;
    if ((line = http_login(&shared_inbound, &right, SEC_E_OK)) != 0)
        return line;
    must(FreeCredentialsHandle(&wrong) == SEC_E_OK);
    must(FreeCredentialsHandle(&right) == SEC_E_OK);
    must(FreeCredentialsHandle(&in) == SEC_E_OK);
    return 0;
}

/* The child: what other threads were using is whole, or refused. */
static int child(int number)
{
    SECURITY_STATUS status;
    int line;
    alarm(PATIENCE);
    if ((line = all_logins()) != 0)
        return line;
    status = message(&shared_client, NULL);
    must(status == SEC_E_OK || status == SEC_E_INVALID_HANDLE);
    status = http_sign(&shared_http, &shared_request);
    must(status == SEC_E_OK || status == SEC_E_INVALID_HANDLE);
    must(DeleteSecurityContext(&shared_client) == SEC_E_OK);
    must(message(&shared_client, NULL) == SEC_E_INVALID_HANDLE);
    must(DeleteSecurityContext(&shared_server) == SEC_E_OK);
    must(FreeCredentialsHandle(&shared_inbound) == SEC_E_OK);
    if (number % 8 == 0 || number % 8 == 3) {
        int ended;
        pid_t grandchild = fork();
        if (grandchild == 0) {
            alarm(PATIENCE);
            _exit(inbound(&shared_inbound, NULL) == SEC_E_OK && all_logins() == 0 ? 0 : 1);
        }
        must(waitpid(grandchild, &ended, 0) == grandchild && ended == 0);
    }
    return 0;
}

static void write_accounts(int number)
{
    char fresh[512];
    FILE *file;
    snprintf(fresh, sizeof fresh, "%s.fresh", accounts);
    file = fopen(fresh, "w");
    if (file == NULL)
        abort();
    fputs(ALICE, file);
    fprintf(file, "user%d:example.org:543e1aec5d3614f03141652d6ada51b2\n", number);
    fclose(file);
    if (rename(fresh, accounts) != 0)
        abort();
}

static void *logs_in(void *unused)
{
    (void)unused;
    while (!stop) {
        int line = all_logins();
        if (line != 0) {
            fprintf(stderr, "a thread of the parent's failed in line %d\n", line);
            abort();
        }
    }
    return NULL;
}

static void *uses_what_is_shared(void *unused)
{
    struct token request;
    (void)unused;
    while (!stop) {
        if (message(&shared_client, &shared_server) != SEC_E_OK
            || http_sign(&shared_http, &request) != SEC_E_OK)
            abort();
    }
    return NULL;
}

static void *rewrites(void *unused)
{
    CredHandle in, wrong;
    CtxtHandle server, client;
    int number = 0;
    (void)unused;
    while (!stop) {
        write_accounts(number++);
        if (inbound(&in, NULL) != SEC_E_OK || outbound(&wrong, "wrong") != SEC_E_OK
            || sasl_login(&in, &wrong, &server, &client, SEC_E_LOGON_DENIED) != 0)
            abort();
        DeleteSecurityContext(&server);
        DeleteSecurityContext(&client);
        FreeCredentialsHandle(&in);
        FreeCredentialsHandle(&wrong);
    }
    return NULL;
}

static pid_t forked;

/* A source of accounts that forks: both processes go on with the login. */
static void SEC_ENTRY forks(void *argument, void *principal, ULONG version, void **key,
                            SECURITY_STATUS *status)
{
    SecBuffer *answer = *key;
    (void)argument;
    (void)principal;
    (void)version;
    forked = fork();
    if (forked == 0)
        alarm(PATIENCE);
    memcpy(answer->pvBuffer, "secret", 6);
    answer->cbBuffer = 6;
    answer->BufferType = SECBUFFER_DATA;
    *status = SEC_E_OK;
}

/* Counts a child that has ended. */
static void count(pid_t process, int *hung, int *wrong)
{
    int ended;
    if (process < 0 || waitpid(process, &ended, 0) != process)
        abort();
    if (WIFSIGNALED(ended) && WTERMSIG(ended) == SIGALRM)
        ++*hung;
    else if (ended != 0) {
        ++*wrong;
        fprintf(stderr, "a child ended with %x\n", (unsigned)ended);
    }
}

int main(int argc, char **argv)
{
    void *(*const work[THREADS])(void *) = {logs_in, logs_in, uses_what_is_shared, rewrites};
    struct token challenge;
    pthread_t threads[THREADS];
    CredHandle right;
    CtxtHandle asked, server, client;
    int children, i, hung = 0, wrong = 0, line;
    if (argc != 4)
        return 2;
    children = atoi(argv[1]);
    accounts = argv[3];
    if (strcmp(argv[2], "pinned") == 0) {
        cpu_set_t one;
        CPU_ZERO(&one);
        for (i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++) {
            CPU_SET(i, &one);
            if (sched_setaffinity(0, sizeof one, &one) != 0)
                CPU_ZERO(&one);
        }
    }
    write_accounts(0);
    if (inbound(&shared_inbound, NULL) != SEC_E_OK || inbound(&forking_inbound, forks) != SEC_E_OK
        || outbound(&right, "secret") != SEC_E_OK
        || sasl_login(&shared_inbound, &right, &shared_server, &shared_client, SEC_E_OK) != 0
        || http_challenge(&shared_inbound, &asked, &challenge) != SEC_I_CONTINUE_NEEDED
        || http_respond(&right, &shared_http, &challenge, &shared_request) != SEC_E_OK) {
        fprintf(stderr, "the parent cannot log in\n");
        return 1;
    }
    for (i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work[i], NULL) != 0)
            return 1;
    for (i = 0; i < children; i++) {
        pid_t process;
        if (i % 4 == 3) {
            line = sasl_login(&forking_inbound, &right, &server, &client, SEC_E_OK);
            process = forked;
            if (process == 0)
                _exit(line == 0 && (line = child(i)) == 0 ? 0 : line % 250 + 1);
            if (line != 0)
                return 1;
            DeleteSecurityContext(&server);
            DeleteSecurityContext(&client);
        } else {
            process = fork();
            if (process == 0)
                _exit((line = child(i)) == 0 ? 0 : line % 250 + 1);
        }
        count(process, &hung, &wrong);
    }
    stop = 1;
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d children, %d hung, %d wrong\n", children, hung, wrong);
    return hung + wrong != 0;
}
