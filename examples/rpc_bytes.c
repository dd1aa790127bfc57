#include "rpc_bytes.h"

struct rpc_in in_begin(const void *bytes, size_t length)
{
    struct rpc_in in;
    in.next = bytes;
    in.left = length;
    in.failed = 0;
    return in;
}

const unsigned char *in_take(struct rpc_in *in, size_t length)
{
    const unsigned char *taken = in->next;
    if (in->failed || length > in->left) {
        in->failed = 1;
        return NULL;
    }
    in->next += length;
    in->left -= length;
    return taken;
}

unsigned long in_int(struct rpc_in *in)
{
    const unsigned char *four = in_take(in, 4);
    if (four == NULL)
        return 0;
    return (unsigned long)four[0] << 24 | (unsigned long)four[1] << 16 | (unsigned long)four[2] << 8
           | four[3];
}

static unsigned long long in_varint(struct rpc_in *in)
{
    unsigned long long value = 0;
    unsigned shift;
    for (shift = 0; shift < 64; shift += 7) {
        const unsigned char *byte = in_take(in, 1);
        if (byte == NULL)
            return 0;
        value |= (unsigned long long)(*byte & 0x7F) << shift;
        if ((*byte & 0x80) == 0)
            return value;
    }
    in->failed = 1;
    return 0;
}

struct rpc_in in_delimited(struct rpc_in *in)
{
    unsigned long long length = in_varint(in);
    struct rpc_in inner = in_begin(in->next, 0);
    if (length > in->left)
        in->failed = 1;
    if (in->failed) {
        inner.failed = 1;
        return inner;
    }
    inner.left = (size_t)length;
    in_take(in, inner.left);
    return inner;
}

int in_field(struct rpc_in *in, struct rpc_field *field)
{
    unsigned long long tag;
    if (in->failed || in->left == 0)
        return 0;
    tag = in_varint(in);
    field->number = (unsigned)(tag >> 3);
    field->value = 0;
    field->bytes = in_begin(in->next, 0);
    if ((tag & 7) == 0)
        field->value = in_varint(in);
    else if ((tag & 7) == 2)
        field->bytes = in_delimited(in);
    else
        in->failed = 1;
    return !in->failed;
}

int in_is_string(struct rpc_in *in, const char *expected)
{
    const unsigned char *two = in_take(in, 2), *text;
    size_t length;
    if (two == NULL)
        return 0;
    length = (size_t)two[0] << 8 | two[1];
    text = in_take(in, length);
    return text != NULL && length == strlen(expected) && memcmp(text, expected, length) == 0;
}

void out_free(struct rpc_out *out)
{
    free(out->bytes);
    memset(out, 0, sizeof *out);
}

void out_add(struct rpc_out *out, const void *bytes, size_t length)
{
    if (out->failed || length == 0)
        return;
    if (length > out->capacity - out->length) {
        size_t capacity = 2 * out->capacity + length;
        unsigned char *grown = realloc(out->bytes, capacity);
        if (grown == NULL) {
            out->failed = 1;
            return;
        }
        out->bytes = grown;
        out->capacity = capacity;
    }
    memcpy(out->bytes + out->length, bytes, length);
    out->length += length;
}

void out_int(struct rpc_out *out, unsigned long value)
{
    unsigned char four[4];
    four[0] = (unsigned char)(value >> 24);
    four[1] = (unsigned char)(value >> 16);
    four[2] = (unsigned char)(value >> 8);
    four[3] = (unsigned char)value;
    out_add(out, four, 4);
}

void out_string(struct rpc_out *out, const char *text)
{
    size_t length = strlen(text);
    unsigned char two[2];
    two[0] = (unsigned char)(length >> 8);
    two[1] = (unsigned char)length;
    out_add(out, two, 2);
    out_add(out, text, length);
}

void out_varint(struct rpc_out *out, unsigned long long value)
{
    do {
        unsigned char byte = (unsigned char)(value & 0x7F);
        value >>= 7;
        byte |= value > 0 ? 0x80 : 0;
        out_add(out, &byte, 1);
    } while (value > 0);
}

void out_number_field(struct rpc_out *out, unsigned number, unsigned long long value)
{
    out_varint(out, (unsigned long long)number << 3);
    out_varint(out, value);
}

void out_bytes_field(struct rpc_out *out, unsigned number, const void *bytes, size_t length)
{
    out_varint(out, (unsigned long long)number << 3 | 2);
    out_varint(out, length);
    out_add(out, bytes, length);
}

void out_delimited(struct rpc_out *out, const struct rpc_out *message)
{
    out_varint(out, message->length);
    out_add(out, message->bytes, message->length);
    out->failed |= message->failed;
}

void out_drop(struct rpc_out *out, size_t length)
{
    if (length == 0)
        return;
    memmove(out->bytes, out->bytes + length, out->length - length);
    out->length -= length;
}
