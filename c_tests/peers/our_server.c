/* A participant (see lines.h): the server, by SaslAcceptSecurityContext.
 *
 *   our_server [qop=auth|auth-int|auth-conf]
 *
 * qop is the strongest that is offered. Accounts, realm and ciphers come from the library's
 * configuration.
 */
#include "ours.h"

int main(int argc, char **argv) {
    static struct line line;
    char package[] = "WDigest";
    unsigned char token[TOKEN_MAX];
    CredHandle credential;
    CtxtHandle context;
    TimeStamp expiry;
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    /* ULONG, as the native header has it: Windows' own unsigned long has the same size. */
    ULONG attributes = 0, asked_for = asked(argument(argc, argv, "qop", "auth-conf"),
                                            ASC_REQ_INTEGRITY);
    SECURITY_STATUS status;
    int first = 1;

    check(AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                    &credential, &expiry),
          "AcquireCredentialsHandle");
    do {
        if (!first)
            get_token(&line);
        set(&in, SECBUFFER_TOKEN, line.data, (ULONG)line.length);
        set(&out, SECBUFFER_TOKEN, token, sizeof token);
        status = SaslAcceptSecurityContext(&credential, first ? NULL : &context,
                                           first ? NULL : &input, asked_for,
                                           SECURITY_NATIVE_DREP, &context, &output, &attributes,
                                           &expiry);
        check(status, "SaslAcceptSecurityContext");
        put_base64("TOKEN", token, out.cbBuffer);
        first = 0;
    } while (status == SEC_I_CONTINUE_NEEDED);
    report(&context, attributes, ASC_RET_INTEGRITY);
    messages(&context, &line);
    check(DeleteSecurityContext(&context), "DeleteSecurityContext");
    check(FreeCredentialsHandle(&credential), "FreeCredentialsHandle");
    return 0;
}
