/* A client that keeps its credential handle for longer than a ticket lives: begins a context with it for
 * each line of standard input, and prints the status. */
#include <stdio.h>
#include <string.h>

#define SECURITY_WIN32
#include <sspi.h>

#define TOKEN_ROOM 48256

int main(void)
{
    static unsigned char token[TOKEN_ROOM], user[] = "alice", password[] = "secret";
    static char package[] = "Kerberos", target[] = "imap/localhost";
    SEC_WINNT_AUTH_IDENTITY_A identity;
    CredHandle credential;
    char line[16];
    SECURITY_STATUS status;

    memset(&identity, 0, sizeof identity);
    identity.User = user;
    identity.UserLength = sizeof user - 1;
    identity.Password = password;
    identity.PasswordLength = sizeof password - 1;
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL, NULL,
                                       &credential, NULL);
    if (status != SEC_E_OK)
        return 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        CtxtHandle context;
        SecBuffer out = {sizeof token, SECBUFFER_TOKEN, token};
        SecBufferDesc output = {SECBUFFER_VERSION, 1, &out};
        ULONG attributes;
        status =
            InitializeSecurityContextA(&credential, NULL, target, ISC_REQ_MUTUAL_AUTH, 0,
                                       SECURITY_NATIVE_DREP, NULL, 0, &context, &output, &attributes, NULL);
        printf("0x%08X\n", (unsigned)status);
        fflush(stdout);
        if (status == SEC_I_CONTINUE_NEEDED)
            DeleteSecurityContext(&context);
    }
    return FreeCredentialsHandle(&credential) == SEC_E_OK ? 0 : 1;
}
