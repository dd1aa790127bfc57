#include "rpc_link.h"

/* The version of the protocol that answers say. */
#define VERSION 9

/* Reads until `out` has `length` bytes more. */
static int receive(struct rpc_link *link, struct rpc_out *out, size_t length)
{
    unsigned char data[16384];
    while (length > 0) {
        int received = net_receive(link->socket, data, length < sizeof data ? length : sizeof data);
        if (received <= 0)
            return 0;
        out_add(out, data, (size_t)received);
        length -= (size_t)received;
    }
    return !out->failed;
}

/* The next frame from the network, into link->frame. */
static int receive_frame(struct rpc_link *link)
{
    struct rpc_in head;
    unsigned long length;
    link->frame.length = 0;
    if (!receive(link, &link->frame, 4))
        return 0;
    head = in_begin(link->frame.bytes, 4);
    length = in_int(&head);
    link->frame.length = 0;
    return length <= RPC_MESSAGE && receive(link, &link->frame, length);
}

/* RpcRequestHeaderProto: of its fields the third, callId, as sint32. */
static int read_header(struct rpc_in *in, long *call)
{
    struct rpc_in header = in_delimited(in);
    struct rpc_field field;
    int found = 0;
    while (in_field(&header, &field)) {
        if (field.number != 3)
            continue;
        *call = (long)(field.value >> 1);
        if (field.value & 1)
            *call = -*call - 1;
        found = 1;
    }
    return found && !header.failed && !in->failed;
}

/* Opens frames until there are `wanted` bytes. */
static int open_until(struct rpc_link *link, size_t wanted)
{
    while (link->text.length < wanted) {
        struct rpc_in frame, token;
        enum sasl_state state;
        char *text;
        ULONG length;
        long call;
        if (!receive_frame(link))
            return 0;
        frame = in_begin(link->frame.bytes, link->frame.length);
        if (!read_header(&frame, &call) || call != RPC_CALL_SASL || !sasl_read(&frame, &state, &token)
            || state != SASL_WRAP)
            return 0;
        /* A wrapped token has no length of its own: the message around it has. */
        if (layer_unseal(&link->layer, (unsigned char *)token.next, (ULONG)token.left, &text, &length)
            != SEC_E_OK)
            return 0;
        out_add(&link->text, text, length);
        if (link->text.failed)
            return 0;
    }
    return 1;
}

static int read_opened(struct rpc_link *link, struct rpc_in *message)
{
    struct rpc_in head;
    unsigned long length;
    out_drop(&link->text, link->delivered);
    link->delivered = 0;
    if (!open_until(link, 4))
        return 0;
    head = in_begin(link->text.bytes, 4);
    length = in_int(&head);
    if (length > RPC_MESSAGE || !open_until(link, 4 + length))
        return 0;
    link->delivered = 4 + length;
    *message = in_begin(link->text.bytes + 4, length);
    return 1;
}

int link_read(struct rpc_link *link, long *call, struct rpc_in *body)
{
    if (link->layer.kind != LAYER_NONE) {
        if (!read_opened(link, body))
            return 0;
    } else {
        if (!receive_frame(link))
            return 0;
        *body = in_begin(link->frame.bytes, link->frame.length);
    }
    return read_header(body, call);
}

static int send_frame(struct rpc_link *link, const struct rpc_out *message)
{
    struct rpc_out frame = {NULL, 0, 0, 0};
    int sent;
    out_int(&frame, (unsigned long)message->length);
    out_add(&frame, message->bytes, message->length);
    sent = !message->failed && !frame.failed && net_send(link->socket, frame.bytes, frame.length) == 0;
    out_free(&frame);
    return sent;
}

/* RpcResponseHeaderProto: callId, status, version, and with an error its class, text and detail. */
static void write_header(struct rpc_out *out, long call, enum rpc_status status, const char *class_name,
                         const char *text)
{
    struct rpc_out header = {NULL, 0, 0, 0};
    out_number_field(&header, 1, (unsigned long)call & 0xFFFFFFFF);
    out_number_field(&header, 2, status);
    out_number_field(&header, 3, VERSION);
    if (class_name != NULL) {
        out_bytes_field(&header, 4, class_name, strlen(class_name));
        out_bytes_field(&header, 5, text, strlen(text));
        out_number_field(&header, 6,
                         status == RPC_FATAL ? 15 : 1); /* FATAL_UNAUTHORIZED, ERROR_APPLICATION */
    }
    out_delimited(out, &header);
    out_free(&header);
}

/* Sends a message inside as many of SASL's as the layer needs. */
static int send_sealed(struct rpc_link *link, const struct rpc_out *message)
{
    struct rpc_out text = {NULL, 0, 0, 0};
    size_t at = 0;
    int sent = 1;
    out_int(&text, (unsigned long)message->length);
    out_add(&text, message->bytes, message->length);
    sent = !message->failed && !text.failed;
    while (sent && at < text.length) {
        size_t sealed, part = text.length - at;
        if (part > link->layer.maximum)
            part = link->layer.maximum;
        sent = layer_seal(&link->layer, (const char *)text.bytes + at, (ULONG)part, &sealed) == SEC_E_OK
               && sasl_send(link, SASL_WRAP, link->layer.frame + LAYER_HEAD, sealed - LAYER_HEAD);
        at += part;
    }
    out_free(&text);
    return sent;
}

static int send_message(struct rpc_link *link, struct rpc_out *message)
{
    int sent = link->layer.kind != LAYER_NONE ? send_sealed(link, message) : send_frame(link, message);
    out_free(message);
    return sent;
}

int link_answer(struct rpc_link *link, long call, enum rpc_status status, const struct rpc_out *body)
{
    struct rpc_out message = {NULL, 0, 0, 0};
    write_header(&message, call, status, NULL, NULL);
    out_add(&message, body->bytes, body->length);
    message.failed |= body->failed;
    return send_message(link, &message);
}

int link_fail(struct rpc_link *link, long call, enum rpc_status status, const char *class_name,
              const char *text)
{
    struct rpc_out message = {NULL, 0, 0, 0};
    write_header(&message, call, status, class_name, text);
    return send_message(link, &message);
}

int sasl_read(struct rpc_in *body, enum sasl_state *state, struct rpc_in *token)
{
    struct rpc_in message = in_delimited(body);
    struct rpc_field field;
    int found = 0;
    *token = in_begin(message.next, 0);
    while (in_field(&message, &field)) {
        if (field.number == 2) {
            *state = (enum sasl_state)field.value;
            found = 1;
        } else if (field.number == 3) {
            *token = field.bytes;
        }
    }
    return found && !message.failed;
}

int sasl_send(struct rpc_link *link, enum sasl_state state, const void *token, size_t length)
{
    struct rpc_out message = {NULL, 0, 0, 0}, body = {NULL, 0, 0, 0}, offer = {NULL, 0, 0, 0};
    int sent;
    out_number_field(&body, 2, state);
    if (state == SASL_NEGOTIATE) {
        out_bytes_field(&offer, 1, "TOKEN", 5);
        out_bytes_field(&offer, 2, "DIGEST-MD5", 10);
        out_bytes_field(&offer, 3, "", 0);        /* protocol */
        out_bytes_field(&offer, 4, "default", 7); /* serverId */
        out_bytes_field(&offer, 5, token, length);
        out_bytes_field(&body, 4, offer.bytes, offer.length);
    } else {
        out_bytes_field(&body, 3, token, length);
    }
    write_header(&message, RPC_CALL_SASL, RPC_SUCCESS, NULL, NULL);
    out_delimited(&message, &body);
    message.failed |= offer.failed;
    sent = send_frame(link, &message);
    out_free(&offer);
    out_free(&body);
    out_free(&message);
    return sent;
}

void link_close(struct rpc_link *link)
{
    layer_close(&link->layer);
    out_free(&link->frame);
    out_free(&link->text);
    net_hang_up(link->socket);
}
