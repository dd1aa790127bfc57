/* A participant (see lines.h): the client, by SaslInitializeSecurityContext.
 *
 *   our_client [mechanism=] target= [user= password=] [domain=] [authzid=] [maxbuf=]
 *              [qop=auth|auth-int|auth-conf] [bindings=type:data]
 *
 * user, password and domain are UTF-8. Without domain the challenge's realm is used, without user the
 * machine's own credentials.
 */
#include "ours.h"

/* A string in UTF-16, as a Windows program has it. */
struct wide {
    unsigned short units[2048];
    ULONG length;
};

/* Names up to U+FFFF serve here. */
static void widen(const char *text, struct wide *wide)
{
    const unsigned char *byte = (const unsigned char *)text;
    wide->length = 0;
    while (*byte != 0 && wide->length < 2047) {
        unsigned unit = *byte++, more = unit >= 0xE0 ? 2 : unit >= 0xC0 ? 1 : 0;
        unit &= more == 2 ? 0x0Fu : more == 1 ? 0x1Fu : 0x7Fu;
        for (; more > 0 && *byte != 0; more--)
            unit = unit << 6 | (*byte++ & 0x3Fu);
        wide->units[wide->length++] = (unsigned short)unit;
    }
    wide->units[wide->length] = 0;
}

static void acquire(CredHandle *credential, int argc, char **argv)
{
    static struct wide user, password, domain;
    SecPkgInfoA *package = find_package(argc, argv);
    const char *domain_text = argument(argc, argv, "domain", NULL);
    SEC_WINNT_AUTH_IDENTITY_W identity;
    TimeStamp expiry;
    widen(argument(argc, argv, "user", ""), &user);
    widen(argument(argc, argv, "password", ""), &password);
    memset(&identity, 0, sizeof identity);
    identity.User = user.units;
    identity.UserLength = user.length;
    identity.Password = password.units;
    identity.PasswordLength = password.length;
    if (domain_text != NULL) {
        widen(domain_text, &domain);
        identity.Domain = domain.units;
        identity.DomainLength = domain.length;
    }
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    check(AcquireCredentialsHandleA(NULL, package->Name, SECPKG_CRED_OUTBOUND, NULL,
                                    user.length > 0 ? &identity : NULL, NULL, NULL, credential, &expiry),
          "AcquireCredentialsHandle");
    FreeContextBuffer(package);
}

int main(int argc, char **argv)
{
    static struct line line;
    char target[256], authzid[256];
    static unsigned char token[TOKEN_MAX];
    CredHandle credential;
    CtxtHandle context;
    TimeStamp expiry;
    SecBuffer in[2], out;
    ULONG bindings = set_bindings(&in[1], argc, argv);
    SecBufferDesc first = describe(&in[1], 1), input = describe(in, 1 + bindings), output = describe(&out, 1);
    ULONG attributes = 0;
    ULONG asked_for = asked(argument(argc, argv, "qop", "auth"), ISC_REQ_INTEGRITY);
    SECURITY_STATUS status;

    snprintf(target, sizeof target, "%s", argument(argc, argv, "target", "imap/localhost"));
    snprintf(authzid, sizeof authzid, "%s", argument(argc, argv, "authzid", ""));
    acquire(&credential, argc, argv);
    set(&out, SECBUFFER_TOKEN, token, sizeof token);
    /* The documented first call: no challenge yet. It makes the context that takes the authzid. */
    status = SaslInitializeSecurityContextA(&credential, NULL, target, asked_for, 0, SECURITY_NATIVE_DREP,
                                            bindings > 0 ? &first : NULL, 0, &context, &output, &attributes,
                                            &expiry);
    check(status, "SaslInitializeSecurityContext");
    if (authzid[0] != '\0') {
        check(SaslSetContextOption(&context, SASL_OPTION_AUTHZ_STRING, authzid, (ULONG)strlen(authzid)),
              "SaslSetContextOption");
        /* SCRAM's first message has it, and is made anew for an empty challenge. */
        if (strncmp(argument(argc, argv, "mechanism", ""), "SCRAM-", 6) == 0) {
            set(&in[0], SECBUFFER_TOKEN, NULL, 0);
            set(&out, SECBUFFER_TOKEN, token, sizeof token);
            status = SaslInitializeSecurityContextA(&credential, &context, target, asked_for, 0,
                                                    SECURITY_NATIVE_DREP, &input, 0, &context, &output,
                                                    &attributes, &expiry);
            check(status, "SaslInitializeSecurityContext");
        }
    }
    set_option(&context, SASL_OPTION_RECV_SIZE, argc, argv, "maxbuf");
    if (!is_digest)
        put_base64("TOKEN", token, out.cbBuffer);
    while (status == SEC_I_CONTINUE_NEEDED) {
        get_token(&line);
        set(&in[0], SECBUFFER_TOKEN, line.data, (ULONG)line.length);
        set(&out, SECBUFFER_TOKEN, token, sizeof token);
        status =
            SaslInitializeSecurityContextA(&credential, &context, target, asked_for, 0, SECURITY_NATIVE_DREP,
                                           &input, 0, &context, &output, &attributes, &expiry);
        check(status, "SaslInitializeSecurityContext");
        if (status == SEC_I_CONTINUE_NEEDED || out.cbBuffer > 0)
            put_base64("TOKEN", token, out.cbBuffer);
    }
    report(&context, attributes, ISC_RET_INTEGRITY);
    messages(&context, &line);
    check(DeleteSecurityContext(&context), "DeleteSecurityContext");
    check(FreeCredentialsHandle(&credential), "FreeCredentialsHandle");
    return 0;
}
