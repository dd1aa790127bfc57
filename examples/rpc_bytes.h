/* Bytes as Hadoop's RPC has them: fields of Protocol Buffers in what describes a message, and Java's
 * big-endian numbers and strings in a call. */
#ifndef EXAMPLES_RPC_BYTES_H
#define EXAMPLES_RPC_BYTES_H

#include "portable.h"

/* Bytes to read; what does not fit or is missing sets `failed`, and reads as nothing. */
struct rpc_in {
    const unsigned char *next;
    size_t left;
    int failed;
};

/* Bytes that grow; without memory `failed` is set. Of zeros at first, freed with out_free. */
struct rpc_out {
    unsigned char *bytes;
    size_t length, capacity;
    int failed;
};

/* A field of a message: a number, or bytes. */
struct rpc_field {
    unsigned number;
    unsigned long long value;
    struct rpc_in bytes;
};

struct rpc_in in_begin(const void *bytes, size_t length);
const unsigned char *in_take(struct rpc_in *in, size_t length);
unsigned long in_int(struct rpc_in *in); /* four bytes */
/* Bytes behind their length as Protocol Buffers write it. */
struct rpc_in in_delimited(struct rpc_in *in);
/* The next field; whether there was one. */
int in_field(struct rpc_in *in, struct rpc_field *field);
/* A string behind its length in two bytes; whether it is `expected`. */
int in_is_string(struct rpc_in *in, const char *expected);

void out_free(struct rpc_out *out);
void out_add(struct rpc_out *out, const void *bytes, size_t length);
void out_int(struct rpc_out *out, unsigned long value);
void out_string(struct rpc_out *out, const char *text);
void out_varint(struct rpc_out *out, unsigned long long value);
void out_number_field(struct rpc_out *out, unsigned number, unsigned long long value);
void out_bytes_field(struct rpc_out *out, unsigned number, const void *bytes, size_t length);
/* A message behind its length. */
void out_delimited(struct rpc_out *out, const struct rpc_out *message);
/* Takes `length` bytes off the front. */
void out_drop(struct rpc_out *out, size_t length);

#endif
