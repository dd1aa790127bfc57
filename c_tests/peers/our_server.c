/* A participant (see lines.h): the server, by SaslAcceptSecurityContext.
 *
 *   our_server [mechanism=] [qop=auth|auth-int|auth-conf] [user= password=] [maxbuf=] [authzid=0]
 *              [bindings=type:data]
 *
 * mechanism is DIGEST-MD5 unless said otherwise; with GSSAPI maxbuf is the largest message taken, and
 * authzid=0 forbids authorization identities.
 * qop is the strongest that is offered. Realm and ciphers come from the library's configuration,
 * and accounts too unless one is given here: then the library asks this program for its password.
 */
#include "ours.h"

/* The one account of this program. */
struct account {
    const char *user, *password;
};

/* pGetKeyFn: tells the password of the account. */
static void SEC_ENTRY find_password(PVOID argument, PVOID principal, ULONG version, PVOID *key,
                                    SECURITY_STATUS *status)
{
    const struct account *account = argument;
    const SEC_WINNT_AUTH_IDENTITY_A *wanted = principal;
    SecBuffer *answer = *key;
    size_t length = strlen(account->password);
    (void)version;
    if (wanted->UserLength != strlen(account->user)
        || memcmp(wanted->User, account->user, wanted->UserLength) != 0) {
        *status = SEC_E_NO_CREDENTIALS;
        return;
    }
    if (answer->cbBuffer < length) {
        *status = SEC_E_BUFFER_TOO_SMALL;
        return;
    }
    memcpy(answer->pvBuffer, account->password, length);
    answer->cbBuffer = (ULONG)length;
    answer->BufferType = SECBUFFER_DATA;
    *status = SEC_E_OK;
}

int main(int argc, char **argv)
{
    static struct line line;
    static unsigned char token[TOKEN_MAX];
    CredHandle credential;
    CtxtHandle context;
    TimeStamp expiry;
    SecBuffer in[2], out;
    SecBufferDesc input = describe(in, 1 + set_bindings(&in[1], argc, argv)), output = describe(&out, 1);
    /* ULONG, as the native header has it: Windows' own unsigned long has the same size. */
    ULONG attributes = 0, asked_for = asked(argument(argc, argv, "qop", "auth-conf"), ASC_REQ_INTEGRITY);
    struct account account = {argument(argc, argv, "user", NULL), argument(argc, argv, "password", "")};
    SECURITY_STATUS status;
    SecPkgInfoA *package = find_package(argc, argv);
    int first = 1;

    check(AcquireCredentialsHandleA(NULL, package->Name, SECPKG_CRED_INBOUND, NULL, NULL,
                                    account.user != NULL ? find_password : NULL, &account, &credential,
                                    &expiry),
          "AcquireCredentialsHandle");
    FreeContextBuffer(package);
    do {
        /* Of these mechanisms DIGEST-MD5 alone begins with the server. */
        if (!first || !is_digest)
            get_token(&line);
        set(&in[0], SECBUFFER_TOKEN, line.data, (ULONG)line.length);
        set(&out, SECBUFFER_TOKEN, token, sizeof token);
        status = SaslAcceptSecurityContext(&credential, first ? NULL : &context,
                                           first && is_digest ? NULL : &input, asked_for,
                                           SECURITY_NATIVE_DREP, &context, &output, &attributes, &expiry);
        check(status, "SaslAcceptSecurityContext");
        if (status == SEC_I_CONTINUE_NEEDED || is_digest || out.cbBuffer > 0)
            put_base64("TOKEN", token, out.cbBuffer);
        if (first) {
            set_option(&context, SASL_OPTION_RECV_SIZE, argc, argv, "maxbuf");
            set_option(&context, SASL_OPTION_AUTHZ_PROCESSING, argc, argv, "authzid");
        }
        first = 0;
    } while (status == SEC_I_CONTINUE_NEEDED);
    report(&context, attributes, ASC_RET_INTEGRITY);
    messages(&context, &line);
    check(DeleteSecurityContext(&context), "DeleteSecurityContext");
    check(FreeCredentialsHandle(&credential), "FreeCredentialsHandle");
    return 0;
}
