/* Whom a client's credential speaks for while others log in to the credential cache. For each line of
 * standard input: "acquire PACKAGE" acquires a credential of the cache and "password PACKAGE" one of
 * alice's by her password, "name" prints whom it names, and "login" logs in with it and prints whom the
 * server sees, or the client's status. */
#include <stdio.h>
#include <string.h>

#define SECURITY_WIN32
#include <sspi.h>

#define TOKEN_ROOM 48256

static struct end {
    CredHandle credential;
    CtxtHandle context;
    ULONG attributes, length;
    unsigned char token[TOKEN_ROOM];
} client, server;

static void set(SecBuffer *buffer, void *token, ULONG length)
{
    buffer->BufferType = SECBUFFER_TOKEN;
    buffer->pvBuffer = token;
    buffer->cbBuffer = length;
}

static const char *logged_in(const char *package)
{
    static char text[256];
    char target[] = "imap/localhost";
    SECURITY_STATUS initialized = SEC_I_CONTINUE_NEEDED, accepted = SEC_I_CONTINUE_NEEDED;
    SecPkgContext_NamesA names;
    char name[32];
    int steps;
    CtxtHandle *known_client = NULL, *known_server = NULL;
    snprintf(name, sizeof name, "%s", package);
    if (AcquireCredentialsHandleA(NULL, name, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL, &server.credential,
                                  NULL)
        != SEC_E_OK)
        return "no keytab";
    for (steps = 0; steps < 6 && (initialized != SEC_E_OK || accepted != SEC_E_OK); steps++) {
        SecBuffer in, out;
        SecBufferDesc input = {SECBUFFER_VERSION, 1, NULL}, output = {SECBUFFER_VERSION, 1, NULL};
        input.pBuffers = &in;
        output.pBuffers = &out;
        if (initialized != SEC_E_OK) {
            set(&in, server.token, server.length);
            set(&out, client.token, sizeof client.token);
            initialized =
                InitializeSecurityContextA(&client.credential, known_client, target, ISC_REQ_MUTUAL_AUTH, 0,
                                           SECURITY_NATIVE_DREP, known_client ? &input : NULL, 0,
                                           &client.context, &output, &client.attributes, NULL);
            if (initialized < 0)
                break;
            known_client = &client.context;
            client.length = out.cbBuffer;
        }
        if (accepted == SEC_E_OK)
            continue;
        set(&in, client.token, client.length);
        set(&out, server.token, sizeof server.token);
        accepted = AcceptSecurityContext(&server.credential, known_server, &input, 0, SECURITY_NATIVE_DREP,
                                         &server.context, &output, &server.attributes, NULL);
        if (accepted < 0)
            break;
        known_server = &server.context;
        server.length = out.cbBuffer;
    }
    if (accepted == SEC_E_OK
        && QueryContextAttributesA(&server.context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK) {
        snprintf(text, sizeof text, "%s", names.sUserName);
        FreeContextBuffer(names.sUserName);
    } else {
        snprintf(text, sizeof text, "%08X", (unsigned)(initialized < 0 ? initialized : accepted));
    }
    if (known_client)
        DeleteSecurityContext(known_client);
    if (known_server)
        DeleteSecurityContext(known_server);
    FreeCredentialsHandle(&server.credential);
    server.length = client.length = 0;
    return text;
}

int main(void)
{
    static char line[64], package[32];
    SecPkgCredentials_NamesA names;
    static unsigned char user[] = "alice", domain[] = "example.org", password[] = "secret";
    SEC_WINNT_AUTH_IDENTITY_A alice;
    int acquired = 0;
    memset(&alice, 0, sizeof alice);
    alice.User = user;
    alice.UserLength = sizeof user - 1;
    alice.Domain = domain;
    alice.DomainLength = sizeof domain - 1;
    alice.Password = password;
    alice.PasswordLength = sizeof password - 1;
    alice.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strchr(line, ' ') != NULL) {
            if (acquired)
                FreeCredentialsHandle(&client.credential);
            snprintf(package, sizeof package, "%s", strchr(line, ' ') + 1);
            acquired = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL,
                                                 line[0] == 'p' ? &alice : NULL, NULL, NULL,
                                                 &client.credential, NULL)
                       == SEC_E_OK;
            puts(acquired ? "acquired" : "not acquired");
        } else if (strcmp(line, "name") == 0) {
            if (QueryCredentialsAttributesA(&client.credential, SECPKG_CRED_ATTR_NAMES, &names) != SEC_E_OK)
                return 1;
            puts(names.sUserName);
            FreeContextBuffer(names.sUserName);
        } else {
            puts(logged_in(package));
        }
        fflush(stdout);
    }
    return 0;
}
