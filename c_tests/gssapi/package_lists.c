/* Package lists of identities over Kerberos and Negotiate: what a first step of a client, and of a server,
 * says. */
#include "ends.h"

static SEC_WINNT_AUTH_IDENTITY_EXA with_list(const char *list)
{
    static char user[] = "alice", password[] = "secret";
    SEC_WINNT_AUTH_IDENTITY_EXA identity;
    memset(&identity, 0, sizeof identity);
    identity.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
    identity.Length = sizeof identity;
    if (!heimdal) { /* whose Negotiate knows tickets only */
        identity.User = (unsigned char *)user;
        identity.UserLength = sizeof user - 1;
        identity.Password = (unsigned char *)password;
        identity.PasswordLength = sizeof password - 1;
    }
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    identity.PackageList = (unsigned char *)list;
    identity.PackageListLength = (ULONG)strlen(list);
    return identity;
}

/* Acquires for `usage`, and takes the client's first step, then the server's with its token. */
static SECURITY_STATUS first_step(const char *package, ULONG usage, void *identity)
{
    static struct end own, other;
    char target[] = "imap/localhost", name[32];
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    struct end *initiator = usage == SECPKG_CRED_OUTBOUND ? &own : &other;
    struct end *acceptor = usage == SECPKG_CRED_OUTBOUND ? &other : &own;
    SECURITY_STATUS status;
    snprintf(name, sizeof name, "%s", package);
    returns(SEC_E_OK,
            AcquireCredentialsHandleA(NULL, name, usage, NULL, identity, NULL, NULL, &own.credential, NULL));
    returns(SEC_E_OK,
            AcquireCredentialsHandleA(NULL, name, SECPKG_CRED_OUTBOUND + SECPKG_CRED_INBOUND - usage, NULL,
                                      NULL, NULL, NULL, &other.credential, NULL));
    set(&out, SECBUFFER_TOKEN, initiator->token, sizeof initiator->token);
    status = InitializeSecurityContextA(&initiator->credential, NULL, target, 0, 0, SECURITY_NATIVE_DREP,
                                        NULL, 0, &initiator->context, &output, &initiator->attributes, NULL);
    if (status >= 0) {
        set(&in, SECBUFFER_TOKEN, initiator->token, out.cbBuffer);
        set(&out, SECBUFFER_TOKEN, acceptor->token, sizeof acceptor->token);
        returns(SEC_E_OK, DeleteSecurityContext(&initiator->context));
        status = AcceptSecurityContext(&acceptor->credential, NULL, &input, 0, SECURITY_NATIVE_DREP,
                                       &acceptor->context, &output, &acceptor->attributes, NULL);
        if (status >= 0)
            returns(SEC_E_OK, DeleteSecurityContext(&acceptor->context));
    }
    returns(SEC_E_OK, FreeCredentialsHandle(&own.credential));
    returns(SEC_E_OK, FreeCredentialsHandle(&other.credential));
    return status;
}

static const struct {
    const char *package, *list;
    SECURITY_STATUS expected;
} rows[] = {
    {"Kerberos", "", SEC_E_OK},
    {"Kerberos", "!NTLM", SEC_E_OK},
    {"Kerberos", "ntlm, KERBEROS", SEC_E_OK},
    {"Kerberos", "!Negotiate", SEC_E_OK},
    {"Kerberos", "!kerberos", SEC_E_NO_CREDENTIALS},
    {"Kerberos", "NTLM", SEC_E_NO_CREDENTIALS},
    {"Negotiate", "", SEC_E_OK},
    {"Negotiate", "!NTLM", SEC_E_OK},
    {"Negotiate", "Kerberos", SEC_E_OK},
    {"Negotiate", " ! Kerberos", SEC_E_NO_CREDENTIALS},
    {"Negotiate", "NTLM", SEC_E_NO_CREDENTIALS},
    {"Negotiate", "pku2u,NTLM", SEC_E_NO_CREDENTIALS},
    {"Negotiate", "Kerberos,!Kerberos", SEC_E_NO_CREDENTIALS},
};

int main(int argc, char **argv)
{
    static const WCHAR kerberos[] = {'k', 'e', 'r', 'b', 'e', 'r', 'o', 's', 0};
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE without;
    size_t i;
    heimdal = argued(argc, argv, "heimdal");
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ULONG usage;
        for (usage = SECPKG_CRED_INBOUND; usage <= SECPKG_CRED_OUTBOUND; usage++) {
            SEC_WINNT_AUTH_IDENTITY_EXA identity = with_list(rows[i].list);
            SECURITY_STATUS status = first_step(rows[i].package, usage, &identity);
            ok(status == rows[i].expected, "%s with \"%s\", use %u: %08x", rows[i].package, rows[i].list,
               (unsigned)usage, (unsigned)status);
        }
    }
    /* Of the user who has a ticket. */
    returns(SEC_E_OK, SspiExcludePackage(NULL, kerberos, &without));
    returns(SEC_E_NO_CREDENTIALS, first_step("Negotiate", SECPKG_CRED_OUTBOUND, without));
    SspiFreeAuthIdentity(without);
    return report_checks();
}
