/* One connection of Hadoop's RPC: messages, each behind its length in four bytes, and under a security
 * layer inside messages of SASL, of which they take no notice: a message may be split over several. */
#ifndef EXAMPLES_RPC_LINK_H
#define EXAMPLES_RPC_LINK_H

#include "imap_layer.h"
#include "rpc_bytes.h"

/* The longest message taken. */
#define RPC_MESSAGE (1 << 20)

/* callId of messages that belong to no call. */
#define RPC_CALL_SASL (-33)
#define RPC_CALL_CONTEXT (-3)
#define RPC_CALL_PING (-4)

enum rpc_status { RPC_SUCCESS = 0, RPC_ERROR = 1, RPC_FATAL = 2 };

/* The states of RpcSaslProto. */
enum sasl_state {
    SASL_SUCCESS = 0,
    SASL_NEGOTIATE = 1,
    SASL_INITIATE = 2,
    SASL_CHALLENGE = 3,
    SASL_RESPONSE = 4,
    SASL_WRAP = 5
};

struct rpc_link {
    net_socket socket;
    struct layer layer;   /* LAYER_NONE until a login brought one */
    struct rpc_out frame; /* what was read last, without its length */
    struct rpc_out text;  /* opened, and not delivered yet */
    size_t delivered;     /* of `text`, and still pointed to */
};

/* Both say whether it went well: otherwise the connection is at its end. */

/* The next message, which stays until the next call: the call that it belongs to, and what follows. */
int link_read(struct rpc_link *link, long *call, struct rpc_in *body);
/* Sends an answer to a call, whose value is `body`; with an error, that is its class and text. */
int link_answer(struct rpc_link *link, long call, enum rpc_status status, const struct rpc_out *body);
int link_fail(struct rpc_link *link, long call, enum rpc_status status, const char *class_name,
              const char *text);

/* The body of a message of SASL; whether it is one. */
int sasl_read(struct rpc_in *body, enum sasl_state *state, struct rpc_in *token);
/* Sends one. With SASL_NEGOTIATE the token is the challenge of the one mechanism that is offered. */
int sasl_send(struct rpc_link *link, enum sasl_state state, const void *token, size_t length);

void link_close(struct rpc_link *link);

#endif
