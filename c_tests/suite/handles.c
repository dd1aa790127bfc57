/* R61, R32, R42: handles that are none, are none any more, or are another's; and calls that race. */
#include "login.h"

/* Every function that takes a context refuses this one. */
static void no_context(CtxtHandle *context)
{
    SecPkgContext_Sizes sizes;
    SecBuffer buffer;
    SecBufferDesc list = describe(&buffer, 1);
    CtxtHandle fresh;
    ULONG value = 4096;
    void *token = &value;
    set_buffer(&buffer, SECBUFFER_TOKEN, &value, sizeof value);
    returns(SEC_E_INVALID_HANDLE, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes));
    returns(SEC_E_INVALID_HANDLE, QueryContextAttributesW(context, SECPKG_ATTR_SIZES, &sizes));
    returns(SEC_E_INVALID_HANDLE, MakeSignature(context, 0, &list, 0));
    returns(SEC_E_INVALID_HANDLE, VerifySignature(context, &list, 0, NULL));
    returns(SEC_E_INVALID_HANDLE, EncryptMessage(context, 0, &list, 0));
    returns(SEC_E_INVALID_HANDLE, DecryptMessage(context, &list, 0, NULL));
    returns(SEC_E_INVALID_HANDLE, SaslSetContextOption(context, SASL_OPTION_SEND_SIZE, &value, 4));
    returns(SEC_E_INVALID_HANDLE, SaslGetContextOption(context, 1, &value, 4, NULL));
    returns(SEC_E_INVALID_HANDLE, CompleteAuthToken(context, &list));
    returns(SEC_E_INVALID_HANDLE, ApplyControlToken(context, &list));
    returns(SEC_E_INVALID_HANDLE, ImpersonateSecurityContext(context));
    returns(SEC_E_INVALID_HANDLE, RevertSecurityContext(context));
    returns(SEC_E_INVALID_HANDLE, QuerySecurityContextToken(context, &token));
    ours(token == &value, "a failed call wrote a token");
    returns(SEC_E_INVALID_HANDLE, ExportSecurityContext(context, 0, &buffer, NULL));
    returns(SEC_E_INVALID_HANDLE, DeleteSecurityContext(context));
    if (context == NULL || (context->dwLower == 0 && context->dwUpper == 0))
        return; /* a first call */
    returns(SEC_E_INVALID_HANDLE,
            AcceptSecurityContext(NULL, context, &list, 0, 0, &fresh, &list, NULL, NULL));
    returns(SEC_E_INVALID_HANDLE,
            SaslAcceptSecurityContext(NULL, context, &list, 0, 0, &fresh, &list, NULL, NULL));
    returns(SEC_E_INVALID_HANDLE,
            InitializeSecurityContextA(NULL, context, NULL, 0, 0, 0, &list, 0, &fresh, &list, NULL, NULL));
    returns(SEC_E_INVALID_HANDLE, SaslInitializeSecurityContextW(NULL, context, NULL, 0, 0, 0, &list, 0,
                                                                 &fresh, &list, NULL, NULL));
}

static void not_handles(void)
{
    struct exchange exchange;
    CtxtHandle handle;
    if (!until_response(&exchange, AUTH))
        return;
    in_row("r61 NULL");
    if (is_ours())
        no_context(NULL);
    in_row("r61 zero");
    memset(&handle, 0, sizeof handle);
    no_context(&handle);
    in_row("r61 all ones");
    memset(&handle, 0xFF, sizeof handle);
    no_context(&handle);
    in_row("r61 the credential as context");
    no_context(&exchange.inbound);
    in_row("r61 the context as credential");
    returns(SEC_E_INVALID_HANDLE, FreeCredentialsHandle(&exchange.server));
    in_row("r61 swapped words");
    handle.dwLower = exchange.server.dwUpper;
    handle.dwUpper = exchange.server.dwLower;
    no_context(&handle);
    in_row("r61 lower word of one, upper of another");
    handle.dwLower = exchange.server.dwLower;
    handle.dwUpper = exchange.client.dwUpper;
    no_context(&handle);
    in_row("r61 the address of a handle");
    handle.dwLower = handle.dwUpper = (ULONG_PTR)&exchange;
    no_context(&handle);
    in_row("r61 a server's context to initialize, a client's to accept");
    {
        SecBuffer in, out;
        SecBufferDesc in_list = describe(&in, 1), out_list = describe(&out, 1);
        char output[TOKEN_MAX];
        set_buffer(&in, SECBUFFER_TOKEN, exchange.response.text, exchange.response.length);
        set_buffer(&out, SECBUFFER_TOKEN, output, sizeof output);
        ours_returns(SEC_E_INVALID_HANDLE,
                     SaslAcceptSecurityContext(&exchange.inbound, &exchange.client, &in_list, 0, 0, &handle,
                                               &out_list, NULL, NULL));
        ours_returns(SEC_E_INVALID_HANDLE,
                     SaslInitializeSecurityContextA(&exchange.outbound, &exchange.server, NULL, 0, 0, 0,
                                                    &in_list, 0, &handle, &out_list, NULL, NULL));
    }
    in_row(NULL);
    returns(SEC_E_OK, verify(&exchange)); /* all that has harmed nobody */
    returns(SEC_E_OK, conclude(&exchange));
    finish(&exchange);
}

/* Each bit of a handle counts. */
static void forged(void)
{
    struct exchange exchange;
    unsigned bit;
    prepare(&exchange, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    in_row("r61 one bit off");
    for (bit = 0; bit < 2 * 8 * sizeof(ULONG_PTR); bit++) {
        CtxtHandle handle = exchange.server;
        if (bit < 8 * sizeof(ULONG_PTR))
            handle.dwLower ^= (ULONG_PTR)1 << bit;
        else
            handle.dwUpper ^= (ULONG_PTR)1 << (bit - 8 * sizeof(ULONG_PTR));
        ok(DeleteSecurityContext(&handle) == SEC_E_INVALID_HANDLE, "bit %u", bit);
        handle = exchange.inbound;
        if (bit < 8 * sizeof(ULONG_PTR))
            handle.dwLower ^= (ULONG_PTR)1 << bit;
        else
            handle.dwUpper ^= (ULONG_PTR)1 << (bit - 8 * sizeof(ULONG_PTR));
        ok(FreeCredentialsHandle(&handle) == SEC_E_INVALID_HANDLE, "bit %u", bit);
    }
    in_row(NULL);
    finish(&exchange);
}

static void stale(void)
{
    struct exchange exchange, other;
    CtxtHandle copy;
    CredHandle credential;
    prepare(&exchange, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    copy = exchange.server; /* a copied handle is as good, and dies with the first */
    credential = exchange.inbound;
    {
        SecPkgContext_Sizes sizes;
        returns(SEC_E_OK, QueryContextAttributesA(&copy, SECPKG_ATTR_SIZES, &sizes));
    }
    finish(&exchange);
    in_row("r61 stale");
    no_context(&copy);
    prepare(&other, AUTH); /* takes the places that were left */
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&other));
    no_context(&copy);
    returns(SEC_E_INVALID_HANDLE, FreeCredentialsHandle(&credential));
    {
        SecBuffer out;
        SecBufferDesc list = describe(&out, 1);
        char output[TOKEN_MAX];
        set_buffer(&out, SECBUFFER_TOKEN, output, sizeof output);
        returns(SEC_E_INVALID_HANDLE,
                SaslAcceptSecurityContext(&credential, NULL, NULL, 0, 0, &copy, &list, NULL, NULL));
    }
    in_row(NULL);
    finish(&other);
}

/* What no package here does, on a good handle; and {0, 0} as a first call. */
static void good_handles(void)
{
    struct exchange exchange;
    SecBuffer out;
    SecBufferDesc list = describe(&out, 1);
    CtxtHandle context = {0, 0};
    char output[TOKEN_MAX];
    void *token = &exchange;
    prepare(&exchange, AUTH);
    set_buffer(&out, SECBUFFER_TOKEN, output, sizeof output);
    ours_returns(SEC_I_CONTINUE_NEEDED, SaslAcceptSecurityContext(&exchange.inbound, &context, NULL, 0, 0,
                                                                  &context, &list, NULL, NULL));
    ours(context.dwLower != 0 || context.dwUpper != 0, "a zero handle was issued");
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, CompleteAuthToken(&context, &list));
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, ApplyControlToken(&context, &list));
    ours_returns(SEC_E_NO_IMPERSONATION, ImpersonateSecurityContext(&context));
    ours_returns(SEC_E_NO_IMPERSONATION, QuerySecurityContextToken(&context, &token));
    ours_returns(SEC_E_OK, RevertSecurityContext(&context));
    ours(token == &exchange, "a failed call wrote a token");
    returns(SEC_E_OK, DeleteSecurityContext(&context));
    returns(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&context));
    finish(&exchange);
}

/* R33: thousands of contexts, and of exchanges that were given up. */
#define THOUSANDS 2000
static void many(void)
{
    static CtxtHandle contexts[THOUSANDS];
    struct exchange exchange;
    SecBuffer out;
    SecBufferDesc list = describe(&out, 1);
    char output[TOKEN_MAX];
    unsigned i, failed = 0, turn;
    prepare(&exchange, AUTH);
    for (turn = 0; turn < 2; turn++) {
        for (i = 0; i < THOUSANDS; i++) {
            set_buffer(&out, SECBUFFER_TOKEN, output, sizeof output);
            failed += SaslAcceptSecurityContext(&exchange.inbound, NULL, NULL, 0, 0, &contexts[i], &list,
                                                NULL, NULL)
                      != SEC_I_CONTINUE_NEEDED;
        }
        ok(failed == 0, "%u contexts could not be made", failed);
        for (i = 0; i < THOUSANDS; i += 2)
            failed += DeleteSecurityContext(&contexts[i]) != SEC_E_OK;
        for (i = 0; i < THOUSANDS; i++)
            failed += DeleteSecurityContext(&contexts[i]) != (i % 2 == 0 ? SEC_E_INVALID_HANDLE : SEC_E_OK);
        ok(failed == 0, "%u contexts could not be deleted, once", failed);
    }
    finish(&exchange);
}

/* R61: of two threads that delete the same, one does. */
struct doubled {
    CtxtHandle context;
    CredHandle credential;
    struct gate *gate;
    SECURITY_STATUS deleted, freed;
};

static void delete_both(void *given)
{
    struct doubled *doubled = given;
    gate_wait(doubled->gate);
    doubled->deleted = DeleteSecurityContext(&doubled->context);
    doubled->freed = FreeCredentialsHandle(&doubled->credential);
}

static void doubled_deletes(void)
{
    unsigned turn;
    for (turn = 0; turn < 25; turn++) {
        struct exchange exchange;
        struct doubled doubled[2];
        struct thread threads[2];
        struct gate gate;
        unsigned i;
        prepare(&exchange, AUTH);
        returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
        gate_make(&gate);
        for (i = 0; i < 2; i++) {
            doubled[i].context = exchange.server;
            doubled[i].credential = exchange.inbound;
            doubled[i].gate = &gate;
            thread_start(&threads[i], delete_both, &doubled[i]);
        }
        gate_open(&gate);
        thread_join(&threads[0]);
        thread_join(&threads[1]);
        ok((doubled[0].deleted == SEC_E_OK) + (doubled[1].deleted == SEC_E_OK) == 1
               && (doubled[0].deleted == SEC_E_INVALID_HANDLE) + (doubled[1].deleted == SEC_E_INVALID_HANDLE)
                      == 1,
           "deleted: 0x%08X, 0x%08X", (unsigned)doubled[0].deleted, (unsigned)doubled[1].deleted);
        ok((doubled[0].freed == SEC_E_OK) + (doubled[1].freed == SEC_E_OK) == 1, "freed: 0x%08X, 0x%08X",
           (unsigned)doubled[0].freed, (unsigned)doubled[1].freed);
        exchange.has_server = exchange.has_inbound = 0;
        finish(&exchange);
    }
}

/* R42: a context goes while messages are sealed with it. */
struct busy {
    CtxtHandle context;
    struct gate begun;
    SECURITY_STATUS last;
};

static void seal_until_refused(void *given)
{
    struct busy *busy = given;
    unsigned i;
    for (i = 0;; i++) {
        unsigned char memory[4096 + 24];
        SecBuffer buffers[2];
        SecBufferDesc list = describe(buffers, 2);
        memset(memory, 'x', sizeof memory);
        set_buffer(&buffers[0], SECBUFFER_DATA, memory, 4096);
        set_buffer(&buffers[1], SECBUFFER_PADDING, memory + 4096, 24);
        busy->last = EncryptMessage(&busy->context, 0, &list, 0);
        if (busy->last != SEC_E_OK)
            return;
        if (i == 3)
            gate_open(&busy->begun);
    }
}

static void deleted_meanwhile(void)
{
    unsigned turn;
    for (turn = 0; turn < 10; turn++) {
        struct exchange exchange;
        struct busy busy;
        struct thread thread;
        if (!login(&exchange, AUTH_CONF))
            return;
        busy.context = exchange.server;
        gate_make(&busy.begun);
        thread_start(&thread, seal_until_refused, &busy);
        gate_wait(&busy.begun);
        returns(SEC_E_OK, DeleteSecurityContext(&exchange.server));
        thread_join(&thread);
        returns(SEC_E_INVALID_HANDLE, busy.last);
        exchange.has_server = 0;
        finish(&exchange);
    }
}

/* Threads that do not know of one another. */
static void log_in_often(void *given)
{
    unsigned i;
    (void)given;
    for (i = 0; i < 20; i++) {
        struct exchange exchange;
        struct sealed sealed;
        if (!login(&exchange, AUTH_CONF))
            return;
        if (seal(&exchange.server, 100, i, &sealed))
            returns(SEC_E_OK, open_sealed(&exchange.client, &sealed, 100, i));
        free(sealed.body);
        finish(&exchange);
    }
}

static void side_by_side(void)
{
    struct thread threads[4];
    unsigned i;
    for (i = 0; i < COUNT(threads); i++)
        thread_start(&threads[i], log_in_often, NULL);
    for (i = 0; i < COUNT(threads); i++)
        thread_join(&threads[i]);
}

START_TEST(handles)
{
    if (!can_log_in())
        return;
    configure("");
    not_handles();
    forged();
    stale();
    good_handles();
    many();
    doubled_deletes();
    deleted_meanwhile();
    side_by_side();
}
