/* Exchanges of packages with tokens, such as NTLM, between two contexts of this process. */
#include "strangers.h"

#define TOKEN_MAX 16384

static char client_token[TOKEN_MAX], server_token[TOKEN_MAX];

/* One side of an exchange. */
struct side {
    const char *name;
    CredHandle credential;
    CtxtHandle context;
    int begun;
    SecBuffer token; /* to the other side */
};

static SECURITY_STATUS step(struct side *side, const SecBuffer *from, int is_server)
{
    SecBuffer in, out;
    SecBufferDesc input, output;
    CtxtHandle context = side->context, *known = side->begun ? &side->context : NULL;
    ULONG attributes = 0;
    SECURITY_STATUS status;
    in = *from;
    set_list(&input, &in, 1);
    set_buffer(&out, SECBUFFER_TOKEN, side->token.pvBuffer, TOKEN_MAX);
    set_list(&output, &out, 1);
    if (is_server)
        status = wide->AcceptSecurityContext(&side->credential, known, &input, ASC_REQ_CONFIDENTIALITY, 0,
                                             &context, &output, &attributes, NULL);
    else
        status = wide->InitializeSecurityContextW(&side->credential, known, host, ISC_REQ_CONFIDENTIALITY, 0,
                                                  0, from->cbBuffer ? &input : NULL, 0, &context, &output,
                                                  &attributes, NULL);
    side->token.cbBuffer = out.cbBuffer;
    printf("  %s: %08lX, attributes %08lX, %s, the same handle: %d\n", side->name, (unsigned long)status,
           (unsigned long)attributes, out.cbBuffer ? "a token" : "no token",
           !side->begun
               || (context.dwLower == side->context.dwLower && context.dwUpper == side->context.dwUpper));
    if (status >= 0) {
        side->context = context;
        side->begun = 1;
    }
    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE)
        STATUS("complete", wide->CompleteAuthToken(&side->context, &output));
    return status;
}

/* Signs and seals on one side, and opens on the other. */
static void send_message(struct side *from, struct side *to)
{
    char text[] = "a message", signature[64];
    SecBuffer buffers[2];
    SecBufferDesc list;
    SecPkgContext_Sizes sizes;
    ULONG qop = 77;
    SECURITY_STATUS status = wide->QueryContextAttributesW(&from->context, SECPKG_ATTR_SIZES, &sizes);
    STATUS("sizes", status);
    if (status == SEC_E_OK)
        printf("  token %lu, signature %lu, block %lu, trailer %lu\n", sizes.cbMaxToken, sizes.cbMaxSignature,
               sizes.cbBlockSize, sizes.cbSecurityTrailer);
    set_list(&list, buffers, 2);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, signature, sizeof signature);
    set_buffer(&buffers[1], SECBUFFER_DATA, text, sizeof text);
    STATUS("sign", wide->MakeSignature(&from->context, 0, &list, 0));
    printf("  %lu bytes\n", buffers[0].cbBuffer);
    STATUS("verify", wide->VerifySignature(&to->context, &list, 0, &qop));
    printf("  qop %lu\n", qop);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, signature, sizeof signature);
    STATUS("seal", wide->EncryptMessage(&from->context, 0, &list, 0));
    printf("  %lu bytes\n", buffers[0].cbBuffer);
    STATUS("open", wide->DecryptMessage(&to->context, &list, 0, &qop));
    printf("  qop %lu\n", qop);
}

void exchange(WCHAR *package)
{
    struct side client = {"client", {0, 0}, {0, 0}, 0, {0, SECBUFFER_TOKEN, client_token}};
    struct side server = {"server", {0, 0}, {0, 0}, 0, {0, SECBUFFER_TOKEN, server_token}};
    SECURITY_STATUS one = SEC_I_CONTINUE_NEEDED, other = SEC_I_CONTINUE_NEEDED;
    int round;
    printf("an exchange of %ls\n", package);
    if (wide->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL, NULL,
                                        &client.credential, NULL)
            != SEC_E_OK
        || wide->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                           &server.credential, NULL)
               != SEC_E_OK) {
        printf("  no credentials\n");
        return;
    }
    for (round = 0; round < 4; round++) {
        one = step(&client, &server.token, 0);
        if (one < 0 || client.token.cbBuffer == 0)
            break;
        other = step(&server, &client.token, 1);
        if (other < 0 || server.token.cbBuffer == 0)
            break;
    }
    if (client.begun && server.begun) {
        send_message(&client, &server);
        send_message(&server, &client);
    }
    if (client.begun)
        STATUS("delete", wide->DeleteSecurityContext(&client.context));
    if (server.begun)
        STATUS("delete", wide->DeleteSecurityContext(&server.context));
    STATUS("free", wide->FreeCredentialsHandle(&client.credential));
    STATUS("free", wide->FreeCredentialsHandle(&server.credential));
}
