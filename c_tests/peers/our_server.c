/* A participant (see lines.h): the server, by SaslAcceptSecurityContext.
 *
 *   our_server [mechanism=] [qop=auth|auth-int|auth-conf] [user= password=|keys=] [name=] [maxbuf=]
 *              [authzid=0] [bindings=type:data]
 *
 * mechanism is DIGEST-MD5 unless said otherwise; with GSSAPI maxbuf is the largest message taken, and
 * authzid=0 forbids authorization identities.
 * qop is the strongest that is offered. Realm and ciphers come from the library's configuration,
 * and accounts too unless one is given here: then the library asks this program for its password, or for
 * what is stored of it. name is who it is that logs in, where that is known before SASL begins: the name
 * in SASL's messages does not count then.
 */
#include "ours.h"

/* The one account of this program. */
struct account {
    const char *user, *password, *keys;
    const char *name; /* instead of the one that the library asks for; NULL for that one */
};

/* pGetKeyFn: tells the password or the keys of the account. */
static void SEC_ENTRY find_password(PVOID argument, PVOID principal, ULONG version, PVOID *key,
                                    SECURITY_STATUS *status)
{
    const struct account *account = argument;
    const SEC_WINNT_AUTH_IDENTITY_A *wanted = principal;
    SecBuffer *answer = *key;
    const char *secret = account->keys != NULL ? account->keys : account->password;
    const char *name = account->name != NULL ? account->name : (const char *)wanted->User;
    size_t length = strlen(secret), name_length = account->name != NULL ? strlen(name) : wanted->UserLength;
    (void)version;
    if (name_length != strlen(account->user) || memcmp(name, account->user, name_length) != 0) {
        *status = SEC_E_NO_CREDENTIALS;
        return;
    }
    if (answer->cbBuffer < length) {
        *status = SEC_E_BUFFER_TOO_SMALL;
        return;
    }
    memcpy(answer->pvBuffer, secret, length);
    answer->cbBuffer = (ULONG)length;
    answer->BufferType = account->keys != NULL ? SECBUFFER_TOKEN : SECBUFFER_DATA;
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
    struct account account = {argument(argc, argv, "user", NULL), argument(argc, argv, "password", ""),
                              argument(argc, argv, "keys", NULL), argument(argc, argv, "name", NULL)};
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
