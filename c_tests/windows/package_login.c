/* WDigest as a package of another secur32.dll: found by its name, and a whole login by DIGEST-MD5 with
 * messages signed and sealed, both roles in this process. The account is alice's of
 * examples/accounts.htdigest, by SECUR32_ACCOUNTS and SECUR32_REALM. */
#define _WIN32_WINNT 0x0A00
#include "../harness.h"

struct side {
    CredHandle credential;
    CtxtHandle context;
    int has_context;
    ULONG attributes;
};

static SecBuffer buffer(ULONG type, void *memory, ULONG length)
{
    SecBuffer made;
    made.cbBuffer = length;
    made.BufferType = type;
    made.pvBuffer = memory;
    return made;
}

static int acquire(struct side *client, struct side *server)
{
    static char package[] = "WDigest", user[] = "alice", password[] = "secret";
    SEC_WINNT_AUTH_IDENTITY_A identity;
    TimeStamp expiry;
    memset(&identity, 0, sizeof identity);
    identity.User = (unsigned char *)user;
    identity.UserLength = (unsigned long)strlen(user);
    identity.Password = (unsigned char *)password;
    identity.PasswordLength = (unsigned long)strlen(password);
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    return returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &identity,
                                                       NULL, NULL, &client->credential, &expiry))
           && returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL,
                                                          NULL, NULL, &server->credential, &expiry));
}

/* One token in, at most 4096 bytes of one out. */
static SECURITY_STATUS accept_token(struct side *server, SecBuffer *in, SecBuffer *out, ULONG flags)
{
    SecBufferDesc input = {SECBUFFER_VERSION, 1, in}, output = {SECBUFFER_VERSION, 1, out};
    CtxtHandle *context = server->has_context ? &server->context : NULL;
    TimeStamp expiry;
    out->cbBuffer = 4096;
    server->has_context = 1;
    return AcceptSecurityContext(&server->credential, context, &input, flags, SECURITY_NATIVE_DREP,
                                 &server->context, &output, &server->attributes, &expiry);
}

static SECURITY_STATUS answer_token(struct side *client, SecBuffer *in, SecBuffer *out, ULONG flags)
{
    static char target[] = "imap/mail.example.org";
    SecBufferDesc input = {SECBUFFER_VERSION, 1, in}, output = {SECBUFFER_VERSION, 1, out};
    CtxtHandle *context = client->has_context ? &client->context : NULL;
    TimeStamp expiry;
    out->cbBuffer = 4096;
    client->has_context = 1;
    return InitializeSecurityContextA(&client->credential, context, target, flags, 0, SECURITY_NATIVE_DREP,
                                      &input, 0, &client->context, &output, &client->attributes, &expiry);
}

static int log_in(struct side *client, struct side *server, ULONG asked_of_client, ULONG asked_of_server)
{
    static char challenge[4096], response[4096];
    SecBuffer nothing = buffer(SECBUFFER_TOKEN, NULL, 0);
    SecBuffer down = buffer(SECBUFFER_TOKEN, challenge, 0), up = buffer(SECBUFFER_TOKEN, response, 0);
    client->has_context = server->has_context = 0;
    return returns(SEC_I_CONTINUE_NEEDED, accept_token(server, &nothing, &down, asked_of_server))
           && returns(SEC_I_CONTINUE_NEEDED, answer_token(client, &down, &up, asked_of_client))
           && returns(SEC_E_OK, accept_token(server, &up, &down, asked_of_server))
           && returns(SEC_E_OK, answer_token(client, &down, &up, asked_of_client));
}

/* A signature goes from one side to the other with its text. */
static void sign(struct side *from, struct side *to)
{
    char text[] = "a message that is signed", signature[64];
    SecBuffer buffers[2];
    SecBufferDesc message = {SECBUFFER_VERSION, 2, buffers};
    ULONG quality;
    buffers[0] = buffer(SECBUFFER_TOKEN, signature, sizeof signature);
    buffers[1] = buffer(SECBUFFER_DATA, text, sizeof text);
    returns(SEC_E_OK, MakeSignature(&from->context, 0, &message, 0));
    text[0] ^= 1;
    returns(SEC_E_MESSAGE_ALTERED, VerifySignature(&to->context, &message, 0, &quality));
    text[0] ^= 1;
    returns(SEC_E_OK, VerifySignature(&to->context, &message, 0, &quality));
}

/* A sealed message goes as the bytes of its buffers in a row. */
static void seal(struct side *from, struct side *to)
{
    static const char text[] = "a message that is sealed";
    char bytes[256];
    SecPkgContext_Sizes sizes;
    SecBuffer buffers[2];
    SecBufferDesc message = {SECBUFFER_VERSION, 2, buffers};
    ULONG quality;
    if (!returns(SEC_E_OK, QueryContextAttributesA(&from->context, SECPKG_ATTR_SIZES, &sizes)))
        return;
    memcpy(bytes, text, sizeof text);
    buffers[0] = buffer(SECBUFFER_DATA, bytes, sizeof text);
    buffers[1] = buffer(SECBUFFER_PADDING, bytes + sizeof text, sizes.cbMaxSignature + sizes.cbBlockSize);
    if (!returns(SEC_E_OK, EncryptMessage(&from->context, 0, &message, 0)))
        return;
    ok(memcmp(bytes, text, sizeof text) != 0, "a sealed message is open");
    buffers[0].cbBuffer += buffers[1].cbBuffer;
    message.cBuffers = 1;
    if (returns(SEC_E_OK, DecryptMessage(&to->context, &message, 0, &quality)))
        ok(buffers[0].cbBuffer == sizeof text && memcmp(bytes, text, sizeof text) == 0,
           "a sealed message opens as something else");
}

static void is_alice(struct side *server)
{
    SecPkgContext_NamesA names;
    if (!returns(SEC_E_OK, QueryContextAttributesA(&server->context, SECPKG_ATTR_NAMES, &names)))
        return;
    ok(strcmp(names.sUserName, "example.org\\alice") == 0, "%s logged in", names.sUserName);
    FreeContextBuffer(names.sUserName);
}

static void log_out(struct side *side)
{
    returns(SEC_E_OK, DeleteSecurityContext(&side->context));
}

int main(void)
{
    static WCHAR package[] = L"WDigest";
    struct side client, server;
    PSecPkgInfoW info;
    if (returns(SEC_E_OK, QuerySecurityPackageInfoW(package, &info))) {
        ok(info->wRPCID == 21, "wRPCID is %d", info->wRPCID);
        returns(SEC_E_OK, FreeContextBuffer(info));
    }
    if (!acquire(&client, &server))
        return report_checks();
    if (log_in(&client, &server, ISC_REQ_INTEGRITY, ASC_REQ_INTEGRITY)) {
        is_alice(&server);
        sign(&client, &server);
        sign(&server, &client);
        log_out(&client);
        log_out(&server);
    }
    if (log_in(&client, &server, ISC_REQ_CONFIDENTIALITY, ASC_REQ_CONFIDENTIALITY)) {
        seal(&client, &server);
        seal(&server, &client);
        log_out(&client);
        log_out(&server);
    }
    returns(SEC_E_OK, FreeCredentialsHandle(&client.credential));
    returns(SEC_E_OK, FreeCredentialsHandle(&server.credential));
    return report_checks();
}
