/* Steps that find too little room for their token, of every capacity, each call by another thread than
 * the one before: nothing is lost, no token is taken twice, and the login goes through. Argument "heimdal": see ends.h. */
#include "ends.h"

#include <pthread.h>

#define FLAGS (ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT)
#define ALLOCATED 0xFFFFFFFF /* a capacity: the library's memory */
#define THREADS 4

/* One call. */
struct step {
    int server, sasl;
    const unsigned char *input;
    ULONG input_length, capacity;
    unsigned char token[TOKEN_ROOM]; /* the answer */
    ULONG length;                    /* its length, or the one needed */
    CtxtHandle context;
    SECURITY_STATUS status;
};

static void *call(void *given)
{
    struct step *step = given;
    struct end *end = step->server ? &server : &client;
    int allocated = step->capacity == ALLOCATED;
    unsigned char *memory = allocated ? NULL : malloc(step->capacity);
    char target[] = "imap/localhost";
    CtxtHandle *context = end->begun ? &end->context : NULL;
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    ULONG flags = step->server ? 0 : FLAGS, attributes;
    step->context = end->context;
    set(&in, SECBUFFER_TOKEN, (void *)step->input, step->input_length);
    set(&out, SECBUFFER_TOKEN, memory, allocated ? 0 : step->capacity);
    if (allocated)
        flags |= step->server ? ASC_REQ_ALLOCATE_MEMORY : ISC_REQ_ALLOCATE_MEMORY;
    if (step->server && step->sasl)
        step->status =
            SaslAcceptSecurityContext(&end->credential, context, &input, flags, SECURITY_NATIVE_DREP,
                                      &step->context, &output, &attributes, NULL);
    else if (step->server)
        step->status = AcceptSecurityContext(&end->credential, context, &input, flags, SECURITY_NATIVE_DREP,
                                             &step->context, &output, &attributes, NULL);
    else if (step->sasl)
        step->status =
            SaslInitializeSecurityContextA(&end->credential, context, target, flags, 0, SECURITY_NATIVE_DREP,
                                           step->input_length ? &input : NULL, 0, &step->context, &output,
                                           &attributes, NULL);
    else
        step->status = InitializeSecurityContextA(&end->credential, context, target, flags, 0,
                                                  SECURITY_NATIVE_DREP, step->input_length ? &input : NULL, 0,
                                                  &step->context, &output, &attributes, NULL);
    step->length = out.cbBuffer;
    if (step->status >= 0 && out.cbBuffer > 0)
        memcpy(step->token, out.pvBuffer, out.cbBuffer);
    if (allocated && step->status >= 0)
        FreeContextBuffer(out.pvBuffer);
    free(memory);
    return NULL;
}

/* The call on a thread of its own. */
static void on_a_thread(struct step *step)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, call, step) != 0)
        exit(2);
    pthread_join(thread, NULL);
}

/* Takes a step with each capacity below the one needed, then with that one, or in the library's memory. */
static SECURITY_STATUS take(struct step *step, int allocate)
{
    struct end *end = step->server ? &server : &client;
    ULONG capacity = 0, needed = 0;
    for (;; capacity++) {
        step->capacity = capacity;
        on_a_thread(step);
        if (step->status != SEC_E_BUFFER_TOO_SMALL)
            break;
        ok(step->length > capacity, "%u needed where there are %u", (unsigned)step->length,
           (unsigned)capacity);
        /* A client's first step is taken anew, and its token may be another. */
        ok(needed == 0 || needed == step->length || (!step->server && !end->begun), "%u, then %u needed",
           (unsigned)needed, (unsigned)step->length);
        needed = step->length;
        if (allocate && capacity + 1 == needed) {
            step->capacity = ALLOCATED;
            on_a_thread(step);
            break;
        }
        if (!step->server && !end->begun && capacity > 8 && capacity + 8 < needed)
            capacity = needed - 8;
    }
    if (step->status >= 0) {
        end->context = step->context;
        end->begun = 1;
    }
    return step->status;
}

static void login(const char *package, int sasl, int allocate)
{
    static struct step to_server, to_client;
    SECURITY_STATUS accepted = SEC_I_CONTINUE_NEEDED, initialized = SEC_I_CONTINUE_NEEDED;
    SecPkgContext_NamesA names;
    int steps;
    open_ends(package);
    to_client.server = 0;
    to_server.server = 1;
    to_client.sasl = to_server.sasl = sasl;
    to_client.input_length = 0;
    for (steps = 0; steps < 8 && (accepted != SEC_E_OK || initialized != SEC_E_OK); steps++) {
        if (initialized != SEC_E_OK) {
            initialized = take(&to_client, allocate);
            ok(initialized >= 0, "%s: initialize %08x", package, (unsigned)initialized);
            to_server.input = to_client.token;
            to_server.input_length = to_client.length;
        }
        if (initialized < 0 || accepted == SEC_E_OK)
            break;
        accepted = take(&to_server, allocate);
        ok(accepted >= 0, "%s: accept %08x", package, (unsigned)accepted);
        to_client.input = to_server.token;
        to_client.input_length = to_server.length;
        if (accepted < 0)
            break;
    }
    ok(accepted == SEC_E_OK && initialized == SEC_E_OK, "%s%s: %08x and %08x", package,
       sasl ? " by SASL" : "", (unsigned)accepted, (unsigned)initialized);
    if (accepted == SEC_E_OK) {
        returns(SEC_E_OK, QueryContextAttributesA(&server.context, SECPKG_ATTR_NAMES, &names));
        ok(strcmp(names.sUserName, "alice@EXAMPLE.ORG") == 0, "%s", names.sUserName);
        FreeContextBuffer(names.sUserName);
    }
    close_ends();
}

/* Threads that repeat a first step at once: one goes on, for the others the token is taken already. */
static void at_once(const char *package)
{
    static struct step first, steps[THREADS];
    pthread_t threads[THREADS];
    int i, succeeded = 0;
    open_ends(package);
    first.capacity = TOKEN_ROOM;
    on_a_thread(&first);
    ok(first.status == SEC_I_CONTINUE_NEEDED, "initialize %08x", (unsigned)first.status);
    client.context = first.context;
    client.begun = 1;
    for (i = 0; i < THREADS; i++) {
        steps[i].server = 1;
        steps[i].input = first.token;
        steps[i].input_length = first.length;
        steps[i].capacity = 1;
    }
    on_a_thread(&steps[0]);
    ok(steps[0].status == SEC_E_BUFFER_TOO_SMALL, "accept %08x", (unsigned)steps[0].status);
    for (i = 0; i < THREADS; i++) {
        steps[i].capacity = TOKEN_ROOM;
        if (pthread_create(&threads[i], NULL, call, &steps[i]) != 0)
            exit(2);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (steps[i].status < 0) {
            /* SPNEGO hides why the ticket was refused. */
            ok(steps[i].status == SEC_E_OUT_OF_SEQUENCE || steps[i].status == SEC_E_INVALID_TOKEN,
               "%s again: %08x", package, (unsigned)steps[i].status);
            continue;
        }
        succeeded++;
        returns(SEC_E_OK, DeleteSecurityContext(&steps[i].context));
    }
    /* Heimdal's library remembers no tickets: to it those of the others are new. */
    ok(heimdal ? succeeded >= 1 : succeeded == 1, "%d of %d threads went on", succeeded, THREADS);
    close_ends();
}

int main(int argc, char **argv)
{
    static const char *packages[] = {"Kerberos", "Negotiate"};
    int package, sasl, allocate;
    heimdal = argued(argc, argv, "heimdal");
    for (package = 0; package < 2; package++) {
        for (sasl = 0; sasl < 2; sasl++)
            for (allocate = 0; allocate < 2; allocate++)
                login(packages[package], sasl, allocate);
        at_once(packages[package]);
    }
    return report_checks();
}
