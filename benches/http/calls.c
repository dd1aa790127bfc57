/* This library as the server and as the client, through what <sspi.h> declares and nothing else. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

#define SHA256_HEX "d1659fff7a501be15962adc35514ca6a5868905695f2dd1093741f931e000a1f"

const char *const algorithm_names[ALGORITHMS] = {"MD5-sess", "SHA-256"};

static CredHandle credentials[ALGORITHMS], client_credential;

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(content, file) < 0 || fclose(file) != 0)
        fail("cannot write %s", path);
}

CredHandle calls_acquire(const char *directory, enum algorithm algorithm, const char *lines)
{
    char path[4096], content[2048];
    CredHandle credential;
    snprintf(path, sizeof path, "%s/secur32.toml", directory);
    snprintf(content, sizeof content, "[server]\nhttp_algorithms = [\"%s\"]\n%s", algorithm_names[algorithm],
             lines);
    write_file(path, content);
    setenv("SECUR32_CONFIG", path, 1);
    if (AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                  &credential, NULL)
        != SEC_E_OK)
        fail("the server's AcquireCredentialsHandle failed");
    return credential;
}

void calls_use(enum algorithm algorithm, CredHandle credential)
{
    credentials[algorithm] = credential;
}

void calls_open(const char *directory)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/accounts.htdigest", directory);
    write_file(path, USER ":" REALM ":" HASH_HEX "\n" USER ":" REALM ":" SHA256_HEX "\n");
    setenv("SECUR32_ACCOUNTS", path, 1);
    setenv("SECUR32_REALM", REALM, 1);
    for (enum algorithm algorithm = MD5_SESS; algorithm < ALGORITHMS; algorithm++)
        credentials[algorithm] = calls_acquire(directory, algorithm, "");
    calls_password(PASSWORD);
}

void calls_password(const char *password)
{
    client_credential = client_acquire("WDigest", password);
}

static SecBuffer parameter(const char *text)
{
    return (SecBuffer){(ULONG)strlen(text), SECBUFFER_PKG_PARAMS, (void *)text};
}

/* Response, method, target, hash of the body, realm. */
static void lay_out(SecBuffer buffers[5], const char *response, size_t length)
{
    buffers[0] = (SecBuffer){(ULONG)length, SECBUFFER_TOKEN, (void *)response};
    buffers[1] = parameter(METHOD);
    buffers[2] = parameter(PAGE);
    buffers[3] = buffers[4] = parameter("");
}

static SECURITY_STATUS accept_message(enum algorithm algorithm, CtxtHandle *old, SecBuffer ins[5],
                                      CtxtHandle *context, SecBuffer *out)
{
    SecBufferDesc inputs = {SECBUFFER_VERSION, 5, ins}, outputs = {SECBUFFER_VERSION, 1, out};
    ULONG attributes;
    return AcceptSecurityContext(&credentials[algorithm], old, &inputs, ASC_REQ_HTTP, SECURITY_NATIVE_DREP,
                                 context, &outputs, &attributes, NULL);
}

bool serve_challenge(enum algorithm algorithm, struct session *session)
{
    SecBuffer ins[5], out = {sizeof session->message.bytes, SECBUFFER_TOKEN, session->message.bytes};
    lay_out(ins, "", 0);
    SECURITY_STATUS status = accept_message(algorithm, NULL, ins, &session->server, &out);
    session->message.length = out.cbBuffer;
    return status == SEC_I_CONTINUE_NEEDED;
}

bool serve_first(enum algorithm algorithm, struct session *session)
{
    char answer[512];
    SecBuffer ins[5], out = {sizeof answer, SECBUFFER_TOKEN, answer};
    lay_out(ins, session->message.bytes, session->message.length);
    return accept_message(algorithm, &session->server, ins, &session->server, &out) == SEC_E_OK;
}

bool serve_again(enum algorithm algorithm, const struct session *session)
{
    char answer[512];
    CtxtHandle context;
    SecBuffer ins[5], out = {sizeof answer, SECBUFFER_TOKEN, answer};
    lay_out(ins, session->message.bytes, session->message.length);
    if (accept_message(algorithm, NULL, ins, &context, &out) != SEC_I_COMPLETE_NEEDED)
        return false;
    SecBufferDesc message = {SECBUFFER_VERSION, 5, ins};
    bool good = CompleteAuthToken(&context, &message) == SEC_E_OK;
    DeleteSecurityContext(&context);
    return good;
}

void serve_end(struct session *session)
{
    DeleteSecurityContext(&session->server);
    DeleteSecurityContext(&session->client);
}

bool serve_lookup(struct session *session)
{
    SecPkgContext_Sizes sizes;
    return QueryContextAttributesA(&session->server, SECPKG_ATTR_SIZES, &sizes) == SEC_E_OK;
}

bool respond(struct session *session)
{
    struct text challenge = session->message;
    SecBuffer ins[3] = {{(ULONG)challenge.length, SECBUFFER_TOKEN, challenge.bytes},
                        parameter(METHOD),
                        parameter("")};
    SecBuffer out = {sizeof session->message.bytes, SECBUFFER_TOKEN, session->message.bytes};
    SecBufferDesc inputs = {SECBUFFER_VERSION, 3, ins}, outputs = {SECBUFFER_VERSION, 1, &out};
    ULONG attributes;
    SECURITY_STATUS status = InitializeSecurityContextA(&client_credential, NULL, (SEC_CHAR *)PAGE,
                                                        ISC_REQ_HTTP, 0, SECURITY_NATIVE_DREP, &inputs, 0,
                                                        &session->client, &outputs, &attributes, NULL);
    session->message.length = out.cbBuffer;
    return status == SEC_E_OK;
}

bool respond_again(struct session *session)
{
    SecBuffer buffers[5];
    lay_out(buffers, "", 0);
    buffers[4] = (SecBuffer){sizeof session->message.bytes, SECBUFFER_PADDING, session->message.bytes};
    SecBufferDesc message = {SECBUFFER_VERSION, 5, buffers};
    SECURITY_STATUS status = MakeSignature(&session->client, 0, &message, 0);
    session->message.length = buffers[4].cbBuffer;
    return status == SEC_E_OK;
}

void establish(enum algorithm algorithm, struct session *session)
{
    if (!serve_challenge(algorithm, session) || !respond(session) || !serve_first(algorithm, session))
        fail("no session with %s", algorithm_names[algorithm]);
}
