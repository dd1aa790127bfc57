/* TLS by Schannel: a handshake, what can be asked of a connection, a line there and back, the end. */
#include "strangers.h"

#define RECORD_MAX 20000

struct stream {
    SOCKET socket;
    CredHandle credential;
    CtxtHandle context;
    char bytes[RECORD_MAX]; /* received, and not used */
    ULONG length;
};

static int receive(struct stream *stream)
{
    int count =
        recv(stream->socket, stream->bytes + stream->length, (int)(sizeof stream->bytes - stream->length), 0);
    if (count <= 0) {
        printf("  the server is gone\n");
        return 0;
    }
    stream->length += (ULONG)count;
    return 1;
}

/* Leaves what a call has told to be unused. */
static void keep_extra(struct stream *stream, const SecBuffer *buffers, ULONG count)
{
    ULONG i, extra = 0;
    for (i = 0; i < count; i++) {
        if (buffers[i].BufferType == SECBUFFER_EXTRA)
            extra = buffers[i].cbBuffer;
    }
    memmove(stream->bytes, stream->bytes + stream->length - extra, extra);
    stream->length = extra;
}

static SECURITY_STATUS step(struct stream *stream, int first)
{
    SecBuffer in[2], out;
    SecBufferDesc input, output;
    CtxtHandle context = {0, 0};
    ULONG attributes = 0;
    SECURITY_STATUS status;
    set_list(&input, in, 2);
    set_buffer(&in[0], SECBUFFER_TOKEN, stream->bytes, stream->length);
    set_buffer(&in[1], SECBUFFER_EMPTY, NULL, 0);
    set_list(&output, &out, 1);
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0);
    status = wide->InitializeSecurityContextW(&stream->credential, first ? NULL : &stream->context, host,
                                              ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM
                                                  | ISC_REQ_CONFIDENTIALITY | ISC_REQ_MANUAL_CRED_VALIDATION,
                                              0, 0, first ? NULL : &input, 0, &context, &output, &attributes,
                                              NULL);
    if (status == SEC_E_INCOMPLETE_MESSAGE)
        return status;
    if (status == SEC_I_CONTINUE_NEEDED && out.cbBuffer == 0) { /* how many of these is up to the network */
        keep_extra(stream, in, 2);
        return status;
    }
    printf("  step: %08lX, attributes %08lX, %lu bytes", (unsigned long)status, (unsigned long)attributes,
           (unsigned long)out.cbBuffer);
    if (first)
        stream->context = context;
    else
        printf(", the same handle: %d",
               context.dwLower == stream->context.dwLower && context.dwUpper == stream->context.dwUpper);
    printf("\n");
    if (!first)
        keep_extra(stream, in, 2);
    if (out.pvBuffer != NULL) {
        send(stream->socket, out.pvBuffer, (int)out.cbBuffer, 0);
        STATUS("free", wide->FreeContextBuffer(out.pvBuffer));
    }
    return status;
}

static int shake_hands(struct stream *stream)
{
    SECURITY_STATUS status = step(stream, 1);
    while (status == SEC_I_CONTINUE_NEEDED || status == SEC_E_INCOMPLETE_MESSAGE) {
        if ((stream->length == 0 || status == SEC_E_INCOMPLETE_MESSAGE) && !receive(stream))
            return 0;
        status = step(stream, 0);
    }
    return status == SEC_E_OK;
}

static void ask_for_attributes(struct stream *stream)
{
    CtxtHandle *context = &stream->context;
    SecPkgContext_StreamSizes sizes;
    SecPkgContext_ConnectionInfo info;
    SecPkgContext_KeyInfoW keys;
    SecPkgContext_KeyInfoA narrow_keys;
    SecPkgContext_NegotiationInfoW negotiation;
    SecPkgContext_Bindings bindings;
    const CERT_CONTEXT *certificate = NULL;
    SECURITY_STATUS status = wide->QueryContextAttributesW(context, SECPKG_ATTR_STREAM_SIZES, &sizes);
    STATUS("stream sizes", status);
    if (status == SEC_E_OK)
        printf("  header %lu, trailer %lu, message %lu, buffers %lu, block %lu\n", sizes.cbHeader,
               sizes.cbTrailer, sizes.cbMaximumMessage, sizes.cBuffers, sizes.cbBlockSize);
    status = wide->QueryContextAttributesW(context, SECPKG_ATTR_CONNECTION_INFO, &info);
    STATUS("connection", status);
    if (status == SEC_E_OK)
        printf("  protocol %lX, cipher %X of %lu bits, hash %X, exchange %X\n", info.dwProtocol,
               info.aiCipher, info.dwCipherStrength, info.aiHash, info.aiExch);
    status = wide->QueryContextAttributesW(context, SECPKG_ATTR_KEY_INFO, &keys);
    STATUS("keys", status);
    if (status == SEC_E_OK) {
        printf("  %ls, %ls, %lu\n", (WCHAR *)keys.sSignatureAlgorithmName,
               (WCHAR *)keys.sEncryptAlgorithmName, keys.KeySize);
        STATUS("free", wide->FreeContextBuffer(keys.sSignatureAlgorithmName));
        STATUS("free", wide->FreeContextBuffer(keys.sEncryptAlgorithmName));
    }
    status = narrow->QueryContextAttributesA(context, SECPKG_ATTR_KEY_INFO, &narrow_keys);
    STATUS("keys, narrow", status);
    if (status == SEC_E_OK) {
        printf("  %s, %s\n", (char *)narrow_keys.sSignatureAlgorithmName,
               (char *)narrow_keys.sEncryptAlgorithmName);
        STATUS("free", narrow->FreeContextBuffer(narrow_keys.sSignatureAlgorithmName));
        STATUS("free", narrow->FreeContextBuffer(narrow_keys.sEncryptAlgorithmName));
    }
    STATUS("negotiation", wide->QueryContextAttributesW(context, SECPKG_ATTR_NEGOTIATION_INFO, &negotiation));
    status = wide->QueryContextAttributesW(context, SECPKG_ATTR_UNIQUE_BINDINGS, &bindings);
    STATUS("bindings", status);
    if (status == SEC_E_OK) {
        printf("  %lu bytes\n", bindings.BindingsLength);
        STATUS("free", wide->FreeContextBuffer(bindings.Bindings));
    }
    status = wide->QueryContextAttributesW(context, SECPKG_ATTR_REMOTE_CERT_CONTEXT, &certificate);
    STATUS("certificate", status);
    if (status == SEC_E_OK) {
        printf("  %lu bytes\n", certificate->cbCertEncoded);
        CertFreeCertificateContext(certificate);
    }
}

static void say_hello(struct stream *stream)
{
    SecPkgContext_StreamSizes sizes;
    SecBuffer buffers[4];
    SecBufferDesc list;
    char message[200];
    SECURITY_STATUS status;
    int i;
    wide->QueryContextAttributesW(&stream->context, SECPKG_ATTR_STREAM_SIZES, &sizes);
    memcpy(message + sizes.cbHeader, "stranger\n", 9);
    set_list(&list, buffers, 4);
    set_buffer(&buffers[0], SECBUFFER_STREAM_HEADER, message, sizes.cbHeader);
    set_buffer(&buffers[1], SECBUFFER_DATA, message + sizes.cbHeader, 9);
    set_buffer(&buffers[2], SECBUFFER_STREAM_TRAILER, message + sizes.cbHeader + 9, sizes.cbTrailer);
    set_buffer(&buffers[3], SECBUFFER_EMPTY, NULL, 0);
    STATUS("encrypt", wide->EncryptMessage(&stream->context, 0, &list, 0));
    printf("  %lu + %lu + %lu bytes\n", buffers[0].cbBuffer, buffers[1].cbBuffer, buffers[2].cbBuffer);
    send(stream->socket, message, (int)(buffers[0].cbBuffer + buffers[1].cbBuffer + buffers[2].cbBuffer), 0);
    do {
        if (stream->length == 0 && !receive(stream))
            return;
        set_buffer(&buffers[0], SECBUFFER_DATA, stream->bytes, stream->length);
        for (i = 1; i < 4; i++)
            set_buffer(&buffers[i], SECBUFFER_EMPTY, NULL, 0);
        status = wide->DecryptMessage(&stream->context, &list, 0, NULL);
        if (status == SEC_E_INCOMPLETE_MESSAGE && !receive(stream))
            return;
    } while (status == SEC_E_INCOMPLETE_MESSAGE);
    STATUS("decrypt", status);
    for (i = 0; i < 4; i++) {
        if (buffers[i].BufferType == SECBUFFER_DATA)
            printf("  %.*s", (int)buffers[i].cbBuffer, (char *)buffers[i].pvBuffer);
    }
    keep_extra(stream, buffers, 4);
}

static void say_goodbye(struct stream *stream)
{
    DWORD shutdown = SCHANNEL_SHUTDOWN;
    SecBuffer buffer;
    SecBufferDesc list;
    set_list(&list, &buffer, 1);
    set_buffer(&buffer, SECBUFFER_TOKEN, &shutdown, sizeof shutdown);
    STATUS("shutdown", wide->ApplyControlToken(&stream->context, &list));
    stream->length = 0;
    step(stream, 0);
}

void speak_tls(unsigned short port)
{
    struct stream *stream = calloc(1, sizeof *stream);
    struct sockaddr_in address;
    WSADATA data;
    printf("TLS\n");
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    WSAStartup(MAKEWORD(2, 2), &data);
    stream->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(stream->socket, (struct sockaddr *)&address, sizeof address) != 0) {
        printf("  no server\n");
        return;
    }
    STATUS("acquire", wide->AcquireCredentialsHandleW(NULL, schannel, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
                                                      NULL, &stream->credential, NULL));
    if (shake_hands(stream)) {
        ask_for_attributes(stream);
        say_hello(stream);
        say_goodbye(stream);
    }
    STATUS("free", wide->FreeCredentialsHandle(&stream->credential));
    STATUS("delete", wide->DeleteSecurityContext(&stream->context));
    closesocket(stream->socket);
    free(stream);
}
