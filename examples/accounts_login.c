#include "accounts_login.h"

#include <stdio.h>
#include <string.h>

#define METHOD "GET"
#define PATH "/"

struct token {
    SecBuffer buffer;
    char memory[4096];
};

static SecBufferDesc describe(SecBuffer *buffers, ULONG count)
{
    SecBufferDesc description;
    description.ulVersion = SECBUFFER_VERSION;
    description.cBuffers = count;
    description.pBuffers = buffers;
    return description;
}

static void set(SecBuffer *buffer, ULONG type, const char *text)
{
    buffer->BufferType = type;
    buffer->cbBuffer = (ULONG)strlen(text);
    buffer->pvBuffer = (void *)text;
}

static SecBufferDesc empty(struct token *token)
{
    token->buffer.BufferType = SECBUFFER_TOKEN;
    token->buffer.cbBuffer = sizeof token->memory;
    token->buffer.pvBuffer = token->memory;
    return describe(&token->buffer, 1);
}

/* Names and passwords are UTF-8 here, which the functions for ANSI strings do not take on Windows. */
#ifdef _WIN32
#define IDENTITY SEC_WINNT_AUTH_IDENTITY_W
#define IDENTITY_FLAGS SEC_WINNT_AUTH_IDENTITY_UNICODE
typedef WCHAR unit;

static ULONG convert(const char *text, unit *units, int room)
{
    int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, units, room);
    return length > 0 ? (ULONG)length - 1 : 0;
}
#else
#define IDENTITY SEC_WINNT_AUTH_IDENTITY_A
#define IDENTITY_FLAGS SEC_WINNT_AUTH_IDENTITY_ANSI
typedef unsigned char unit;

static ULONG convert(const char *text, unit *units, int room)
{
    return (ULONG)snprintf((char *)units, (size_t)room, "%s", text);
}
#endif

static SECURITY_STATUS client_credential(const char *user, const char *password, CredHandle *client)
{
    static char package[] = "WDigest";
    unit names[256], secret[512];
    IDENTITY identity;
    memset(&identity, 0, sizeof identity);
    identity.User = names;
    identity.UserLength = convert(user, names, sizeof names / sizeof names[0]);
    identity.Password = secret;
    identity.PasswordLength = convert(password, secret, sizeof secret / sizeof secret[0]);
    identity.Flags = IDENTITY_FLAGS;
    return AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL, NULL, client,
                                     NULL);
}

SECURITY_STATUS accounts_server(SEC_GET_KEY_FN look_up, void *argument, CredHandle *server)
{
    static char package[] = "WDigest";
    return AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, look_up, argument,
                                     server, NULL);
}

SECURITY_STATUS accounts_login_sasl(CredHandle *server, const char *user, const char *password)
{
    static char target[] = "imap/localhost";
    CredHandle client;
    CtxtHandle ours, theirs;
    struct token challenge, response, answer;
    SecBuffer none;
    SecBufferDesc nothing = describe(&none, 1), challenges = empty(&challenge), responses = empty(&response),
                  answers = empty(&answer);
    ULONG attributes;
    SECURITY_STATUS status = client_credential(user, password, &client);
    if (status != SEC_E_OK)
        return status;
    set(&none, SECBUFFER_TOKEN, "");
    status = SaslAcceptSecurityContext(server, NULL, &nothing, 0, SECURITY_NATIVE_DREP, &ours, &challenges,
                                       &attributes, NULL);
    if (status == SEC_I_CONTINUE_NEEDED) {
        status = SaslInitializeSecurityContextA(&client, NULL, target, 0, 0, SECURITY_NATIVE_DREP,
                                                &challenges, 0, &theirs, &responses, &attributes, NULL);
        if (status == SEC_I_CONTINUE_NEEDED) {
            status = SaslAcceptSecurityContext(server, &ours, &responses, 0, SECURITY_NATIVE_DREP, &ours,
                                               &answers, &attributes, NULL);
            DeleteSecurityContext(&theirs);
        }
        DeleteSecurityContext(&ours);
    }
    FreeCredentialsHandle(&client);
    return status;
}

static SECURITY_STATUS accept_http(CredHandle *server, SecBuffer *response, CtxtHandle *context,
                                   SecBufferDesc *output)
{
    SecBuffer input[5];
    SecBufferDesc inputs = describe(input, 5);
    ULONG attributes;
    input[0] = *response;
    set(&input[1], SECBUFFER_PKG_PARAMS, METHOD);
    set(&input[2], SECBUFFER_PKG_PARAMS, PATH);
    set(&input[3], SECBUFFER_PKG_PARAMS, ""); /* the body's hash, for auth-int */
    set(&input[4], SECBUFFER_PKG_PARAMS, ""); /* the configured realm */
    return AcceptSecurityContext(server, NULL, &inputs, ASC_REQ_HTTP, SECURITY_NATIVE_DREP, context, output,
                                 &attributes, NULL);
}

SECURITY_STATUS accounts_login_http(CredHandle *server, const char *user, const char *password)
{
    static char target[] = PATH;
    CredHandle client;
    CtxtHandle ours, theirs;
    struct token challenge, response, answer;
    SecBuffer none, input[3];
    SecBufferDesc inputs = describe(input, 3), challenges = empty(&challenge), responses = empty(&response),
                  answers = empty(&answer);
    ULONG attributes;
    SECURITY_STATUS status = client_credential(user, password, &client);
    if (status != SEC_E_OK)
        return status;
    set(&none, SECBUFFER_TOKEN, "");
    status = accept_http(server, &none, &ours, &challenges);
    if (status == SEC_I_CONTINUE_NEEDED) {
        DeleteSecurityContext(&ours);
        input[0] = challenge.buffer;
        set(&input[1], SECBUFFER_PKG_PARAMS, METHOD);
        set(&input[2], SECBUFFER_PKG_PARAMS, "");
        status = InitializeSecurityContextA(&client, NULL, target, ISC_REQ_HTTP, 0, SECURITY_NATIVE_DREP,
                                            &inputs, 0, &theirs, &responses, &attributes, NULL);
        if (status == SEC_E_OK) {
            status = accept_http(server, &response.buffer, &ours, &answers);
            if (status == SEC_E_OK)
                DeleteSecurityContext(&ours);
            DeleteSecurityContext(&theirs);
        }
    }
    FreeCredentialsHandle(&client);
    return status;
}

int accounts_serve(SEC_GET_KEY_FN look_up, void *argument)
{
    char line[1024], kind[8], user[256], password[512];
    CredHandle server;
    SECURITY_STATUS status = accounts_server(look_up, argument, &server);
    if (status != SEC_E_OK) {
        fprintf(stderr, "no credential: 0x%08X\n", (unsigned)status);
        return 1;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%7s %255s %511[^\n]", kind, user, password) != 3) {
            fprintf(stderr, "a line is: sasl|http USER PASSWORD\n");
            return 2;
        }
        status = strcmp(kind, "http") == 0 ? accounts_login_http(&server, user, password)
                                           : accounts_login_sasl(&server, user, password);
        printf("0x%08X\n", (unsigned)status);
        fflush(stdout);
    }
    FreeCredentialsHandle(&server);
    return 0;
}
