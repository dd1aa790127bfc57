/* What the programs of this directory share: a login by DIGEST-MD5 from one context to
 * another through a function table. The account is alice's of examples/accounts.htdigest, by
 * SECUR32_ACCOUNTS and SECUR32_REALM. */
#ifndef C_TESTS_WINDOWS_LOGIN_H
#define C_TESTS_WINDOWS_LOGIN_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#include "../harness.h"

/* The path of secur32.dll in the program's own directory. */
static inline void path_beside_program(char *path)
{
    char *end;
    GetModuleFileNameA(NULL, path, MAX_PATH);
    end = strrchr(path, '\\');
    strcpy(end != NULL ? end + 1 : path, "secur32.dll");
}

static inline SecurityFunctionTableW *table_of(HMODULE library)
{
    INIT_SECURITY_INTERFACE_W table =
        (INIT_SECURITY_INTERFACE_W)(void (*)(void))GetProcAddress(library, "InitSecurityInterfaceW");
    return table != NULL ? table() : NULL;
}

/* Both sides of a login. */
struct login {
    SecurityFunctionTableW *table;
    CtxtHandle client, server;
};

static inline SECURITY_STATUS take_step(struct login *login, CredHandle *credential, CtxtHandle *context,
                                        int begun, SecBuffer *in, SecBuffer *out, int is_server)
{
    static WCHAR target[] = L"imap/mail.example.org";
    SecBufferDesc input = {SECBUFFER_VERSION, 1, in}, output = {SECBUFFER_VERSION, 1, out};
    ULONG attributes;
    if (is_server)
        return login->table->AcceptSecurityContext(credential, begun ? context : NULL, &input,
                                                   ASC_REQ_INTEGRITY, 0, context, &output, &attributes, NULL);
    return login->table->InitializeSecurityContextW(credential, begun ? context : NULL, target,
                                                    ISC_REQ_INTEGRITY, 0, 0, &input, 0, context, &output,
                                                    &attributes, NULL);
}

/* Logs in; both contexts are the caller's to delete. Returns whether it went well. */
static inline int log_in(struct login *login, SecurityFunctionTableW *table)
{
    static WCHAR package[] = L"WDigest", user[] = L"alice", realm[] = L"example.org", password[] = L"secret";
    SEC_WINNT_AUTH_IDENTITY_W identity = {(unsigned short *)user,     5, (unsigned short *)realm,        11,
                                          (unsigned short *)password, 6, SEC_WINNT_AUTH_IDENTITY_UNICODE};
    char bytes[2][4096];
    SecBuffer to_client = {sizeof bytes[0], SECBUFFER_TOKEN, bytes[0]};
    SecBuffer to_server = {sizeof bytes[1], SECBUFFER_TOKEN, bytes[1]};
    SecBuffer nothing = {0, SECBUFFER_TOKEN, NULL};
    CredHandle inbound, outbound;
    int good;
    login->table = table;
    if (!returns(SEC_E_OK, table->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL,
                                                            NULL, NULL, &inbound, NULL))
        || !returns(SEC_E_OK, table->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_OUTBOUND, NULL,
                                                               &identity, NULL, NULL, &outbound, NULL)))
        return 0;
    good =
        returns(SEC_I_CONTINUE_NEEDED, take_step(login, &inbound, &login->server, 0, &nothing, &to_client, 1))
        && returns(SEC_I_CONTINUE_NEEDED,
                   take_step(login, &outbound, &login->client, 0, &to_client, &to_server, 0));
    to_client.cbBuffer = sizeof bytes[0];
    good =
        good && returns(SEC_E_OK, take_step(login, &inbound, &login->server, 1, &to_server, &to_client, 1));
    to_server.cbBuffer = sizeof bytes[1];
    good =
        good && returns(SEC_E_OK, take_step(login, &outbound, &login->client, 1, &to_client, &to_server, 0));
    returns(SEC_E_OK, table->FreeCredentialsHandle(&inbound));
    returns(SEC_E_OK, table->FreeCredentialsHandle(&outbound));
    return good;
}

/* Signs a message on the client's side, and checks it on the server's. */
static inline void send_message(struct login *login)
{
    char text[] = "a message", signature[64];
    SecBuffer buffers[2] = {{sizeof signature, SECBUFFER_TOKEN, signature},
                            {sizeof text, SECBUFFER_DATA, text}};
    SecBufferDesc list = {SECBUFFER_VERSION, 2, buffers};
    returns(SEC_E_OK, login->table->MakeSignature(&login->client, 0, &list, 0));
    returns(SEC_E_OK, login->table->VerifySignature(&login->server, &list, 0, NULL));
}

static inline void log_out(struct login *login)
{
    returns(SEC_E_OK, login->table->DeleteSecurityContext(&login->client));
    returns(SEC_E_OK, login->table->DeleteSecurityContext(&login->server));
}

#endif
