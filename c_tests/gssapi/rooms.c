/* Legs that find too little room for their token, of every capacity, each call by another thread than
 * the one before: nothing is lost, no token is taken twice, and the login goes through. Argument "heimdal": see ends.h. */
#include "ends.h"

#include <pthread.h>

#define FLAGS (ISC_REQ_MUTUAL_AUTH | ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT)
#define ALLOCATED 0xFFFFFFFF /* a capacity: the library's memory */
#define THREADS 4

/* One call. */
struct leg {
    int server, sasl;
    const unsigned char *input;
    ULONG input_length, capacity;
    unsigned char token[TOKEN_ROOM]; /* the answer */
    ULONG length;                    /* its length, or the one needed */
    CtxtHandle context;
    SECURITY_STATUS status;
};

static void *call(void *given) {
    struct leg *leg = given;
    struct end *end = leg->server ? &server : &client;
    int allocated = leg->capacity == ALLOCATED;
    unsigned char *memory = allocated ? NULL : malloc(leg->capacity);
    char target[] = "imap/localhost";
    CtxtHandle *context = end->begun ? &end->context : NULL;
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    ULONG flags = leg->server ? 0 : FLAGS, attributes;
    leg->context = end->context;
    set(&in, SECBUFFER_TOKEN, (void *)leg->input, leg->input_length);
    set(&out, SECBUFFER_TOKEN, memory, allocated ? 0 : leg->capacity);
    if (allocated)
        flags |= leg->server ? ASC_REQ_ALLOCATE_MEMORY : ISC_REQ_ALLOCATE_MEMORY;
    if (leg->server && leg->sasl)
        leg->status = SaslAcceptSecurityContext(&end->credential, context, &input, flags,
                                                SECURITY_NATIVE_DREP, &leg->context, &output,
                                                &attributes, NULL);
    else if (leg->server)
        leg->status = AcceptSecurityContext(&end->credential, context, &input, flags,
                                            SECURITY_NATIVE_DREP, &leg->context, &output,
                                            &attributes, NULL);
    else if (leg->sasl)
        leg->status = SaslInitializeSecurityContextA(
            &end->credential, context, target, flags, 0, SECURITY_NATIVE_DREP,
            leg->input_length ? &input : NULL, 0, &leg->context, &output, &attributes, NULL);
    else
        leg->status = InitializeSecurityContextA(
            &end->credential, context, target, flags, 0, SECURITY_NATIVE_DREP,
            leg->input_length ? &input : NULL, 0, &leg->context, &output, &attributes, NULL);
    leg->length = out.cbBuffer;
    if (leg->status >= 0 && out.cbBuffer > 0)
        memcpy(leg->token, out.pvBuffer, out.cbBuffer);
    if (allocated && leg->status >= 0)
        FreeContextBuffer(out.pvBuffer);
    free(memory);
    return NULL;
}

/* The call on a thread of its own. */
static void on_a_thread(struct leg *leg) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, call, leg) != 0)
        exit(2);
    pthread_join(thread, NULL);
}

/* Takes a leg with each capacity below the one needed, then with that one, or in the library's memory. */
static SECURITY_STATUS take(struct leg *leg, int allocate) {
    struct end *end = leg->server ? &server : &client;
    ULONG capacity = 0, needed = 0;
    for (;; capacity++) {
        leg->capacity = capacity;
        on_a_thread(leg);
        if (leg->status != SEC_E_BUFFER_TOO_SMALL)
            break;
        ok(leg->length > capacity, "%u needed where there are %u", (unsigned)leg->length,
           (unsigned)capacity);
        /* A client's first leg is taken anew, and its token may be another. */
        ok(needed == 0 || needed == leg->length || (!leg->server && !end->begun), "%u, then %u needed",
           (unsigned)needed, (unsigned)leg->length);
        needed = leg->length;
        if (allocate && capacity + 1 == needed) {
            leg->capacity = ALLOCATED;
            on_a_thread(leg);
            break;
        }
        if (!leg->server && !end->begun && capacity > 8 && capacity + 8 < needed)
            capacity = needed - 8;
    }
    if (leg->status >= 0) {
        end->context = leg->context;
        end->begun = 1;
    }
    return leg->status;
}

static void login(const char *package, int sasl, int allocate) {
    static struct leg to_server, to_client;
    SECURITY_STATUS accepted = SEC_I_CONTINUE_NEEDED, initialized = SEC_I_CONTINUE_NEEDED;
    SecPkgContext_NamesA names;
    int legs;
    open_ends(package);
    to_client.server = 0;
    to_server.server = 1;
    to_client.sasl = to_server.sasl = sasl;
    to_client.input_length = 0;
    for (legs = 0; legs < 8 && (accepted != SEC_E_OK || initialized != SEC_E_OK); legs++) {
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

/* Threads that repeat a first leg at once: one goes on, for the others the token is taken already. */
static void at_once(const char *package) {
    static struct leg first, legs[THREADS];
    pthread_t threads[THREADS];
    int i, succeeded = 0;
    open_ends(package);
    first.capacity = TOKEN_ROOM;
    on_a_thread(&first);
    ok(first.status == SEC_I_CONTINUE_NEEDED, "initialize %08x", (unsigned)first.status);
    client.context = first.context;
    client.begun = 1;
    for (i = 0; i < THREADS; i++) {
        legs[i].server = 1;
        legs[i].input = first.token;
        legs[i].input_length = first.length;
        legs[i].capacity = 1;
    }
    on_a_thread(&legs[0]);
    ok(legs[0].status == SEC_E_BUFFER_TOO_SMALL, "accept %08x", (unsigned)legs[0].status);
    for (i = 0; i < THREADS; i++) {
        legs[i].capacity = TOKEN_ROOM;
        if (pthread_create(&threads[i], NULL, call, &legs[i]) != 0)
            exit(2);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (legs[i].status < 0) {
            /* SPNEGO hides why the ticket was refused. */
            ok(legs[i].status == SEC_E_OUT_OF_SEQUENCE || legs[i].status == SEC_E_INVALID_TOKEN,
               "%s again: %08x", package, (unsigned)legs[i].status);
            continue;
        }
        succeeded++;
        returns(SEC_E_OK, DeleteSecurityContext(&legs[i].context));
    }
    /* Heimdal's library remembers no tickets: to it those of the others are new. */
    ok(heimdal ? succeeded >= 1 : succeeded == 1, "%d of %d threads went on", succeeded, THREADS);
    close_ends();
}

int main(int argc, char **argv) {
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
