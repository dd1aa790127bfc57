/* Messages with a known text: login.h. */
#include "login.h"

void fill_pattern(unsigned char *bytes, ULONG length, unsigned seed)
{
    ULONG i;
    for (i = 0; i < length; i++)
        bytes[i] = (unsigned char)(seed + i * 7u + (i >> 8));
}

int has_pattern(const unsigned char *bytes, ULONG length, unsigned seed)
{
    ULONG i;
    for (i = 0; i < length; i++) {
        if (bytes[i] != (unsigned char)(seed + i * 7u + (i >> 8)))
            return 0;
    }
    return 1;
}

int seal(CtxtHandle *context, ULONG length, unsigned seed, struct sealed *sealed)
{
    SecPkgContext_Sizes sizes;
    SecBuffer buffers[2];
    SecBufferDesc list = describe(buffers, 2);
    unsigned char *text, *trailer;
    int good;
    sealed->body = NULL;
    sealed->length = 0;
    if (!returns(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes)))
        return 0;
    text = malloc(length > 0 ? length : 1);
    trailer = malloc(sizes.cbMaxSignature + sizes.cbBlockSize);
    if (text == NULL || trailer == NULL)
        abort();
    fill_pattern(text, length, seed);
    set_buffer(&buffers[0], SECBUFFER_DATA, text, length);
    set_buffer(&buffers[1], SECBUFFER_PADDING, trailer, sizes.cbMaxSignature + sizes.cbBlockSize);
    good = returns(SEC_E_OK, EncryptMessage(context, 0, &list, 0));
    if (good) {
        good = ok(buffers[0].cbBuffer == length, "the data has %u bytes instead of %u",
                  (unsigned)buffers[0].cbBuffer, (unsigned)length);
        sealed->length = length + buffers[1].cbBuffer;
        sealed->body = malloc(sealed->length);
        if (sealed->body == NULL)
            abort();
        memcpy(sealed->body, text, length);
        memcpy(sealed->body + length, trailer, buffers[1].cbBuffer);
    }
    free(text);
    free(trailer);
    return good;
}

SECURITY_STATUS open_sealed(CtxtHandle *context, const struct sealed *sealed, ULONG expected_length,
                            unsigned seed)
{
    unsigned char *copy = exact(sealed->body, sealed->length);
    SecBuffer buffer;
    SecBufferDesc list = describe(&buffer, 1);
    SECURITY_STATUS status;
    set_buffer(&buffer, SECBUFFER_DATA, copy, sealed->length);
    status = DecryptMessage(context, &list, 0, NULL);
    if (status == SEC_E_OK) {
        ok(buffer.cbBuffer == expected_length, "the text has %u bytes instead of %u",
           (unsigned)buffer.cbBuffer, (unsigned)expected_length);
        ok(has_pattern(copy, buffer.cbBuffer, seed), "the text is another");
    } else {
        ours(memcmp(copy, sealed->body, sealed->length) == 0, "a refused message was changed");
        ours(buffer.cbBuffer == sealed->length, "a refused message's length was changed");
    }
    free(copy);
    return status;
}
