#include "imap_layer.h"

#include "imap_text.h"

/* Text per frame where the peer would take more: a reply here is never that long. */
#define TEXT_PER_FRAME 16384

const char *layer_name(enum layer_kind kind)
{
    switch (kind) {
    case LAYER_INTEGRITY:
        return "integrity";
    case LAYER_CONFIDENTIALITY:
        return "confidentiality";
    default:
        return "none";
    }
}

/* The longest text that the peer takes in one frame. Packages without stream sizes still answer
 * the SASL option. */
static SECURITY_STATUS ask_maximum(CtxtHandle *context, ULONG *maximum)
{
    SecPkgContext_StreamSizes stream;
    SECURITY_STATUS status = QueryContextAttributesA(context, SECPKG_ATTR_STREAM_SIZES, &stream);
    if (status == SEC_E_OK)
        *maximum = stream.cbMaximumMessage;
    else if (status == SEC_E_UNSUPPORTED_FUNCTION)
        status = SaslGetContextOption(context, SASL_OPTION_SEND_SIZE, maximum, sizeof *maximum, NULL);
    return status;
}

enum layer_form layer_form_of(const char *package)
{
    return same_word(package, "WDigest") ? FORM_BEHIND : FORM_AROUND;
}

SECURITY_STATUS layer_open(struct layer *layer, CtxtHandle *context, enum layer_kind kind,
                           enum layer_form form)
{
    SecPkgContext_Sizes sizes;
    ULONG maximum = 0;
    SECURITY_STATUS status = QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes);
    if (status == SEC_E_OK)
        status = ask_maximum(context, &maximum);
    if (status != SEC_E_OK)
        return status;
    if (maximum == 0)
        return SEC_E_BUFFER_TOO_SMALL; /* the peer takes no text at all */
    layer->kind = kind;
    layer->context = context;
    layer->maximum = maximum < TEXT_PER_FRAME ? maximum : TEXT_PER_FRAME;
    layer->header = form == FORM_AROUND ? sizes.cbSecurityTrailer : 0;
    layer->trailer = sizes.cbBlockSize + (form == FORM_AROUND ? 0 : sizes.cbMaxSignature);
    layer->frame = malloc(LAYER_HEAD + (size_t)layer->header + layer->maximum + layer->trailer);
    return layer->frame == NULL ? SEC_E_INSUFFICIENT_MEMORY : SEC_E_OK;
}

void layer_close(struct layer *layer)
{
    free(layer->frame);
    memset(layer, 0, sizeof *layer);
}

SECURITY_STATUS layer_seal(struct layer *layer, const char *text, ULONG length, size_t *frame_length)
{
    SecBuffer buffers[3];
    SecBufferDesc message;
    SECURITY_STATUS status;
    unsigned char *start = layer->frame + LAYER_HEAD;
    ULONG body, header;

    memcpy(start + layer->header, text, length);
    buffers[0].BufferType = layer->header > 0 ? SECBUFFER_TOKEN : SECBUFFER_EMPTY;
    buffers[0].cbBuffer = layer->header;
    buffers[0].pvBuffer = layer->header > 0 ? start : NULL;
    buffers[1].BufferType = SECBUFFER_DATA;
    buffers[1].cbBuffer = length;
    buffers[1].pvBuffer = start + layer->header;
    buffers[2].BufferType = SECBUFFER_PADDING;
    buffers[2].cbBuffer = layer->trailer;
    buffers[2].pvBuffer = start + layer->header + length;
    message.ulVersion = SECBUFFER_VERSION;
    message.cBuffers = 3;
    message.pBuffers = buffers;
    status = EncryptMessage(layer->context, 0, &message, 0);
    if (status != SEC_E_OK)
        return status;

    header = buffers[0].cbBuffer;
    body = header + buffers[1].cbBuffer + buffers[2].cbBuffer;
    if (header < layer->header) /* it took less than it may: the text closes up */
        memmove(start + header, start + layer->header, body - header);
    layer->frame[0] = (unsigned char)(body >> 24);
    layer->frame[1] = (unsigned char)(body >> 16);
    layer->frame[2] = (unsigned char)(body >> 8);
    layer->frame[3] = (unsigned char)body;
    *frame_length = LAYER_HEAD + (size_t)body;
    return SEC_E_OK;
}

SECURITY_STATUS layer_unseal(struct layer *layer, unsigned char *body, ULONG length, char **text,
                             ULONG *text_length)
{
    SecBuffer buffers[2];
    SecBufferDesc message;
    SECURITY_STATUS status;

    buffers[0].BufferType = SECBUFFER_STREAM;
    buffers[0].cbBuffer = length;
    buffers[0].pvBuffer = body;
    buffers[1].BufferType = SECBUFFER_DATA;
    buffers[1].cbBuffer = 0;
    buffers[1].pvBuffer = NULL;
    message.ulVersion = SECBUFFER_VERSION;
    message.cBuffers = 2;
    message.pBuffers = buffers;
    status = DecryptMessage(layer->context, &message, 0, NULL);
    if (status != SEC_E_OK)
        return status;
    *text = buffers[1].pvBuffer;
    *text_length = buffers[1].cbBuffer;
    return SEC_E_OK;
}

unsigned long layer_body_length(const unsigned char head[LAYER_HEAD])
{
    return (unsigned long)head[0] << 24 | (unsigned long)head[1] << 16 | (unsigned long)head[2] << 8
           | head[3];
}

const char *status_name(SECURITY_STATUS status, char space[16])
{
    switch (status) {
    case SEC_E_OK:
        return "SEC_E_OK";
    case SEC_I_CONTINUE_NEEDED:
        return "SEC_I_CONTINUE_NEEDED";
    case SEC_E_INSUFFICIENT_MEMORY:
        return "SEC_E_INSUFFICIENT_MEMORY";
    case SEC_E_UNSUPPORTED_FUNCTION:
        return "SEC_E_UNSUPPORTED_FUNCTION";
    case SEC_E_SECPKG_NOT_FOUND:
        return "SEC_E_SECPKG_NOT_FOUND";
    case SEC_E_INVALID_TOKEN:
        return "SEC_E_INVALID_TOKEN";
    case SEC_E_QOP_NOT_SUPPORTED:
        return "SEC_E_QOP_NOT_SUPPORTED";
    case SEC_E_TARGET_UNKNOWN:
        return "SEC_E_TARGET_UNKNOWN";
    case SEC_E_LOGON_DENIED:
        return "SEC_E_LOGON_DENIED";
    case SEC_E_NO_CREDENTIALS:
        return "SEC_E_NO_CREDENTIALS";
    case SEC_E_MESSAGE_ALTERED:
        return "SEC_E_MESSAGE_ALTERED";
    case SEC_E_OUT_OF_SEQUENCE:
        return "SEC_E_OUT_OF_SEQUENCE";
    case SEC_E_NO_AUTHENTICATING_AUTHORITY:
        return "SEC_E_NO_AUTHENTICATING_AUTHORITY";
    case SEC_E_INCOMPLETE_MESSAGE:
        return "SEC_E_INCOMPLETE_MESSAGE";
    case SEC_E_BUFFER_TOO_SMALL:
        return "SEC_E_BUFFER_TOO_SMALL";
    case SEC_E_WRONG_PRINCIPAL:
        return "SEC_E_WRONG_PRINCIPAL";
    default:
        snprintf(space, 16, "0x%08X", (unsigned)status);
        return space;
    }
}
