#include "http_login.h"

SECURITY_STATUS login_open(struct login *login, const char *user, const char *password, const char *domain)
{
    static char package[] = "WDigest";
    SEC_WINNT_AUTH_IDENTITY_A identity;
    memset(&identity, 0, sizeof identity);
    identity.User = (unsigned char *)user;
    identity.UserLength = (ULONG)strlen(user);
    identity.Password = (unsigned char *)password;
    identity.PasswordLength = (ULONG)strlen(password);
    if (domain != NULL) {
        identity.Domain = (unsigned char *)domain;
        identity.DomainLength = (ULONG)strlen(domain);
    }
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    login->has_context = 0;
    return AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL, NULL,
                                     &login->credential, NULL);
}

void login_close(struct login *login)
{
    if (login->has_context)
        DeleteSecurityContext(&login->context);
    FreeCredentialsHandle(&login->credential);
}

static void set(SecBuffer *buffer, ULONG type, const char *text)
{
    buffer->BufferType = type;
    buffer->cbBuffer = (ULONG)strlen(text);
    buffer->pvBuffer = (void *)text;
}

static void describe(SecBufferDesc *description, SecBuffer *buffers, ULONG count)
{
    description->ulVersion = SECBUFFER_VERSION;
    description->cBuffers = count;
    description->pBuffers = buffers;
}

SECURITY_STATUS login_respond(struct login *login, const char *challenges, const char *method,
                              const char *path, char response[LOGIN_TOKEN])
{
    SecBuffer input[3], output;
    SecBufferDesc inputs, outputs;
    ULONG attributes;
    SECURITY_STATUS status;
    set(&input[0], SECBUFFER_TOKEN, challenges);
    set(&input[1], SECBUFFER_PKG_PARAMS, method);
    set(&input[2], SECBUFFER_PKG_PARAMS, ""); /* the body's hash, for auth-int */
    describe(&inputs, input, 3);
    output.BufferType = SECBUFFER_TOKEN;
    output.cbBuffer = LOGIN_TOKEN - 1;
    output.pvBuffer = response;
    describe(&outputs, &output, 1);
    status = InitializeSecurityContextA(&login->credential, login->has_context ? &login->context : NULL,
                                        (char *)path, ISC_REQ_HTTP, 0, SECURITY_NATIVE_DREP, &inputs, 0,
                                        &login->context, &outputs, &attributes, NULL);
    if (status != SEC_E_OK)
        return status;
    login->has_context = 1;
    response[output.cbBuffer] = '\0';
    return status;
}

SECURITY_STATUS login_sign(struct login *login, const char *method, const char *path,
                           char response[LOGIN_TOKEN])
{
    SecBuffer buffers[5];
    SecBufferDesc message;
    SECURITY_STATUS status;
    set(&buffers[0], SECBUFFER_TOKEN, "");
    set(&buffers[1], SECBUFFER_PKG_PARAMS, method);
    set(&buffers[2], SECBUFFER_PKG_PARAMS, path);
    set(&buffers[3], SECBUFFER_PKG_PARAMS, "");
    buffers[4].BufferType = SECBUFFER_PADDING;
    buffers[4].cbBuffer = LOGIN_TOKEN - 1;
    buffers[4].pvBuffer = response;
    describe(&message, buffers, 5);
    status = MakeSignature(&login->context, 0, &message, 0);
    if (status == SEC_E_OK)
        response[buffers[4].cbBuffer] = '\0';
    return status;
}
