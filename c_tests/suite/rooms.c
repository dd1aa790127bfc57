/* Steps that find too little room for their token, each call by a thread of its own: nothing is lost,
 * and the login goes through. */
#include "login.h"

/* One call, and what came of it. */
struct call {
    struct exchange *exchange;
    int server, allocate;
    const struct token *input;
    ULONG capacity, length;
    struct token output;
    CtxtHandle context;
    SECURITY_STATUS status;
};

static void run(void *given)
{
    struct call *call = given;
    struct exchange *exchange = call->exchange;
    CtxtHandle *own = call->server ? &exchange->server : &exchange->client;
    CtxtHandle *known = (call->server ? exchange->has_server : exchange->has_client) ? own : NULL;
    void *input = exact(call->input->text, call->input->length), *block = malloc(call->capacity);
    SecBuffer in, out;
    SecBufferDesc in_list = describe(&in, 1), out_list = describe(&out, 1);
    ULONG asc = exchange->asc | (call->allocate ? ASC_REQ_ALLOCATE_MEMORY : 0);
    ULONG isc = exchange->isc | (call->allocate ? ISC_REQ_ALLOCATE_MEMORY : 0);
    ULONG flags;
    call->context = *own;
    set_buffer(&in, SECBUFFER_TOKEN, input, call->input->length);
    set_buffer(&out, SECBUFFER_TOKEN, block, call->capacity);
    if (call->server && exchange->plain)
        call->status = AcceptSecurityContext(&exchange->inbound, known, &in_list, asc, 0, &call->context,
                                             &out_list, &flags, NULL);
    else if (call->server)
        call->status = SaslAcceptSecurityContext(&exchange->inbound, known, &in_list, asc, 0, &call->context,
                                                 &out_list, &flags, NULL);
    else if (exchange->plain)
        call->status = InitializeSecurityContextA(&exchange->outbound, known, (SEC_CHAR *)TARGET, isc, 0, 0,
                                                  &in_list, 0, &call->context, &out_list, &flags, NULL);
    else
        call->status =
            SaslInitializeSecurityContextA(&exchange->outbound, known, (SEC_CHAR *)TARGET, isc, 0, 0,
                                           &in_list, 0, &call->context, &out_list, &flags, NULL);
    call->length = out.cbBuffer;
    call->output.length = 0;
    if (call->status >= 0 && out.cbBuffer > 0 && out.cbBuffer <= TOKEN_MAX) {
        memcpy(call->output.text, out.pvBuffer, out.cbBuffer);
        call->output.length = out.cbBuffer;
    }
    if (call->allocate && call->status >= 0)
        returns(SEC_E_OK, FreeContextBuffer(out.pvBuffer));
    free(input);
    free(block);
}

static void on_a_thread(struct call *call)
{
    struct thread thread;
    thread_start(&thread, run, call);
    thread_join(&thread);
}

/* Takes a step with capacities below the one needed, then with that one, or in the library's memory. */
static SECURITY_STATUS take(struct exchange *exchange, int server, int allocate, const struct token *input,
                            struct token *output)
{
    static struct call call;
    ULONG needed;
    memset(&call, 0, sizeof call);
    call.exchange = exchange;
    call.server = server;
    call.input = input;
    on_a_thread(&call);
    needed = call.length;
    while (call.status == SEC_E_BUFFER_TOO_SMALL && call.capacity < needed) {
        ours(call.length == needed, "%u, then %u bytes needed", (unsigned)needed, (unsigned)call.length);
        call.capacity += call.capacity < 4 || call.capacity + 19 > needed ? 1 : 16;
        call.allocate = allocate && call.capacity == needed;
        on_a_thread(&call);
    }
    if (call.status >= 0) {
        *(server ? &exchange->server : &exchange->client) = call.context;
        *(server ? &exchange->has_server : &exchange->has_client) = 1;
        *output = call.output;
    }
    return call.status;
}

static void login_by_steps(int plain, int allocate, enum qop qop)
{
    static struct exchange exchange;
    static struct token nothing, answer;
    prepare(&exchange, qop);
    exchange.plain = plain;
    returns(SEC_I_CONTINUE_NEEDED, take(&exchange, 1, allocate, &nothing, &exchange.challenge));
    returns(SEC_I_CONTINUE_NEEDED, take(&exchange, 0, allocate, &exchange.challenge, &exchange.response));
    returns(SEC_E_OK, take(&exchange, 1, allocate, &exchange.response, &exchange.proof));
    returns(SEC_E_OK, take(&exchange, 0, allocate, &exchange.proof, &answer));
    finish(&exchange);
}

/* A first step that takes a token: the response to a challenge of another exchange, which is answered by
 * a new challenge. */
static void a_first_token(int plain, int allocate)
{
    static struct exchange exchange, other;
    if (!until_response(&other, AUTH))
        return;
    prepare(&exchange, AUTH);
    exchange.plain = plain;
    returns(SEC_I_CONTINUE_NEEDED, take(&exchange, 1, allocate, &other.response, &exchange.challenge));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_OK, verify(&exchange));
    returns(SEC_E_OK, conclude(&exchange));
    finish(&exchange);
    finish(&other);
}

START_TEST(rooms)
{
    int plain, allocate;
    if (!can_log_in())
        return;
    configure("");
    for (plain = 0; plain < 2; plain++) {
        for (allocate = 0; allocate < 2; allocate++) {
            login_by_steps(plain, allocate, AUTH);
            login_by_steps(plain, allocate, AUTH_CONF);
            a_first_token(plain, allocate);
        }
    }
}
