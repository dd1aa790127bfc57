/* Later requests with [shared], against those without and against an engine asked by hand. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "machines.h"

#define THREADS 8
#define CONNECTIONS 4
/* Of each thread in a turn. */
#define REQUESTS 250

static void nonce_make(char nonce[33])
{
    for (size_t n = 0; n < 32; n++)
        nonce[n] = "0123456789abcdef"[rand() % 16];
    nonce[32] = '\0';
}

static double time_requests(CredHandle credential)
{
    static struct turn turn;
    struct session session;
    calls_use(MD5_SESS, credential);
    establish(MD5_SESS, &session);
    for (size_t n = 0; n < OPERATIONS; n++) {
        bool good = respond_again(&session);
        uint64_t begun = now();
        good &= serve_again(MD5_SESS, &session);
        turn_add(&turn, begun);
        if (!good)
            fail("a later request failed");
    }
    serve_end(&session);
    return turn_tenth(&turn);
}

static double time_engine(int connection, bool claims)
{
    static struct turn turn;
    char nonce[33];
    nonce_make(nonce);
    for (unsigned n = 0; n < OPERATIONS; n++) {
        uint64_t begun = now();
        if (claims)
            engine_claim(connection, nonce, n + 1);
        else
            engine_ping(connection);
        turn_add(&turn, begun);
    }
    return turn_tenth(&turn);
}

/* ---- threads */

struct worker {
    pthread_t thread;
    struct session session;
    struct text *requests;
    char nonce[33];
};

static struct worker workers[THREADS];
static int connections[CONNECTIONS];
static size_t free_connections = CONNECTIONS;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;

static void *ask_by_library(void *given)
{
    struct worker *worker = given;
    for (size_t n = 0; n < REQUESTS; n++) {
        struct session session = worker->session;
        session.message = worker->requests[n];
        if (!serve_again(MD5_SESS, &session))
            fail("a later request failed");
    }
    return NULL;
}

static void *ask_by_hand(void *given)
{
    struct worker *worker = given;
    for (unsigned n = 0; n < REQUESTS; n++) {
        pthread_mutex_lock(&lock);
        while (free_connections == 0)
            pthread_cond_wait(&freed, &lock);
        int connection = connections[--free_connections];
        pthread_mutex_unlock(&lock);
        engine_claim(connection, worker->nonce, n + 1);
        pthread_mutex_lock(&lock);
        connections[free_connections++] = connection;
        pthread_cond_signal(&freed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static double rate(void *(*run)(void *))
{
    uint64_t begun = now();
    for (size_t n = 0; n < THREADS; n++)
        if (pthread_create(&workers[n].thread, NULL, run, &workers[n]) != 0)
            fail("no thread");
    for (size_t n = 0; n < THREADS; n++)
        pthread_join(workers[n].thread, NULL);
    return THREADS * REQUESTS * 1e9 / (double)(now() - begun);
}

static double rate_of_library(void)
{
    for (size_t n = 0; n < THREADS; n++) {
        struct worker *worker = &workers[n];
        establish(MD5_SESS, &worker->session);
        for (size_t k = 0; k < REQUESTS; k++) {
            if (!respond_again(&worker->session))
                fail("no later response");
            worker->requests[k] = worker->session.message;
        }
    }
    double found = rate(ask_by_library);
    for (size_t n = 0; n < THREADS; n++)
        serve_end(&workers[n].session);
    return found;
}

static double rate_of_hand(void)
{
    for (size_t n = 0; n < THREADS; n++)
        nonce_make(workers[n].nonce);
    return rate(ask_by_hand);
}

void claims_run(const struct effort *effort, const char *directory, const char *socket)
{
    static struct series local, shared, ping, claim, to_ping, to_claim, rates, bare_rates, to_rate;
    char lines[512];
    snprintf(lines, sizeof lines,
             "secret = \"sixteen bytes!!!\"\nhttp_nonce_count = \"window\"\n[shared]\nurl = \"unix://%s\"\n"
             "timeout = 10000\nconnections = %d\n",
             socket, CONNECTIONS);
    CredHandle with = calls_acquire(directory, MD5_SESS, lines);
    CredHandle without = calls_acquire(directory, MD5_SESS, "");
    int connection = engine_connect();
    for (size_t n = 0; n < CONNECTIONS; n++)
        connections[n] = engine_connect();
    for (size_t n = 0; n < THREADS; n++)
        if ((workers[n].requests = calloc(REQUESTS, sizeof(struct text))) == NULL)
            fail("no memory");
    for (size_t round = 0; round < effort->rounds; round++) {
        double alone = time_requests(without), beyond = time_requests(with) - alone;
        double pinged = time_engine(connection, false), claimed = time_engine(connection, true);
        series_add(&local, alone);
        series_add(&shared, beyond);
        series_add(&ping, pinged);
        series_add(&claim, claimed);
        series_add(&to_ping, beyond / pinged);
        series_add(&to_claim, beyond / claimed);
        calls_use(MD5_SESS, with);
        double ours = rate_of_library(), bare = rate_of_hand();
        series_add(&rates, ours);
        series_add(&bare_rates, bare);
        series_add(&to_rate, ours / bare);
    }
    printf(
        "\nA later request, µs: %.1f without an engine, %.1f more with [shared]; by hand a PING %.1f, a claim %.1f\n",
        series_median(&local) / 1000, series_median(&shared) / 1000, series_median(&ping) / 1000,
        series_median(&claim) / 1000);
    printf("%d threads over %d connections, a second: %.0f later requests; by hand %.0f claims\n", THREADS,
           CONNECTIONS, series_median(&rates), series_median(&bare_rates));
    report_target("[shared]: a claim, PINGs", series_median(&to_ping), 2.5, false);
    report_target("[shared]: a claim, the same by hand", series_median(&to_claim), 1.15, false);
    report_target("[shared]: 8 threads, the rate by hand", series_median(&to_rate), 0.9, true);
    close(connection);
}
