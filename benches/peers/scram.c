/* SCRAM-SHA-256 from stored keys: the server's side of a login, and the memory of its contexts. The client is this
 * library's, which hashes its password once. */

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* Contexts that are weighed together. */
#define WEIGHED 16384

static CredHandle credential;

/* One step of the client: `from` NULL is the first. */
static SECURITY_STATUS step(union context *client, const struct text *from, struct text *to)
{
    SecBuffer in = {from == NULL ? 0 : (ULONG)from->length, SECBUFFER_TOKEN,
                    from == NULL ? NULL : (void *)from->bytes};
    SecBuffer out = {sizeof to->bytes, SECBUFFER_TOKEN, to->bytes};
    SecBufferDesc ins = {SECBUFFER_VERSION, 1, &in}, outs = {SECBUFFER_VERSION, 1, &out};
    ULONG attributes;
    SECURITY_STATUS status =
        SaslInitializeSecurityContextA(&credential, from == NULL ? NULL : &client->handle, NULL, 0, 0,
                                       SECURITY_NATIVE_DREP, &ins, 0, &client->handle, &outs, &attributes,
                                       NULL);
    to->length = out.cbBuffer;
    return status;
}

static void begin(const struct peer *peer, union context *server, union context *client,
                  struct text *challenge, struct cost *cost)
{
    struct text first;
    if (step(client, NULL, &first) != SEC_I_CONTINUE_NEEDED)
        fail("SCRAM's client does not begin");
    cost->allocations -= allocations;
    cost->time -= worked();
    bool good = peer->begin_scram(server, &first, challenge);
    cost->time += worked();
    cost->allocations += allocations;
    if (!good)
        fail("%s: SCRAM-SHA-256 does not begin", peer->name);
}

/* A login, whose server stays. */
static void log_in(const struct peer *peer, union context *server, struct cost *cost)
{
    union context client;
    struct text challenge, answer, signature, nothing;
    begin(peer, server, &client, &challenge, cost);
    if (step(&client, &challenge, &answer) != SEC_I_CONTINUE_NEEDED)
        fail("%s: SCRAM's client does not answer", peer->name);
    cost->allocations -= allocations;
    cost->time -= worked();
    bool good = peer->finish(server, &answer, &signature);
    cost->time += worked();
    cost->allocations += allocations;
    if (!good || step(&client, &signature, &nothing) != SEC_E_OK)
        fail("%s: a login by SCRAM-SHA-256 failed", peer->name);
    client_end(&client);
}

/* What two readings of the clock cost, which stand around each of the two calls. */
static double clock_cost(void)
{
    uint64_t time = 0;
    for (size_t n = 0; n < 10000; n++) {
        time -= worked();
        time += worked();
    }
    return (double)time / 10000;
}

/* Nanoseconds of one login by one turn, with what its end costs. */
static double turn(const struct effort *effort, const struct peer *peer, double clock, double *allocated)
{
    static union context servers[BATCH];
    struct cost cost = {0};
    uint64_t count = 0;
    do {
        for (size_t n = 0; n < BATCH; n++)
            log_in(peer, &servers[n], &cost);
        if (!end_all(peer, servers, BATCH, &cost))
            fail("%s: contexts do not end", peer->name);
        count += BATCH;
    } while (cost.time < effort->turn);
    *allocated = (double)cost.allocations / (double)count;
    return (double)cost.time / (double)count - 2 * clock;
}

static double heap(void)
{
    struct mallinfo2 info = mallinfo2();
    return (double)info.uordblks + (double)info.hblkhd;
}

/* Bytes of the heap for each context: established, or waiting for the client's last message. */
static double weigh(const struct peer *peer, bool established)
{
    union context *servers = calloc(WEIGHED, sizeof *servers);
    struct cost unused = {0};
    if (servers == NULL)
        fail("out of memory");
    log_in(peer, &servers[0], &unused);
    double before = heap();
    for (size_t n = 1; n < WEIGHED; n++) {
        union context client;
        struct text challenge;
        if (established) {
            log_in(peer, &servers[n], &unused);
            continue;
        }
        begin(peer, &servers[n], &client, &challenge, &unused);
        client_end(&client);
    }
    double weight = (heap() - before) / (WEIGHED - 1);
    end_each(peer, servers, WEIGHED);
    free(servers);
    return weight;
}

/* What the client's first login costs, whose password is hashed, in microseconds. */
static double hash_time(const struct peer *peer)
{
    union context server, client;
    struct text challenge, answer;
    struct cost unused = {0};
    FreeCredentialsHandle(&credential);
    credential = client_acquire("SCRAM-SHA-256", PASSWORD);
    begin(peer, &server, &client, &challenge, &unused);
    uint64_t start = worked();
    if (step(&client, &challenge, &answer) != SEC_I_CONTINUE_NEEDED)
        fail("SCRAM's client does not answer");
    uint64_t time = worked() - start;
    client_end(&client);
    peer->end(&server);
    return (double)time / 1000;
}

static void client_row(const struct effort *effort)
{
    double values[MOST_PEERS];
    struct series series = {0};
    for (size_t p = 0; p < MOST_PEERS; p++)
        values[p] = NAN;
    for (size_t round = 0; round < effort->rounds; round++)
        series_add(&series, hash_time(effort->roster->peers[0]));
    values[0] = series_median(&series);
    report_head("SCRAM-SHA-256, a client's first answer", "microseconds", IN_SCRAM);
    report_counts("4,096 iterations", values);
}

void scram_run(const struct effort *effort, const char *directory)
{
    char path[4096];
    static struct series series[MOST_PEERS];
    double medians[MOST_PEERS], allocated[MOST_PEERS], waiting[MOST_PEERS], established[MOST_PEERS];
    const struct roster *roster = effort->roster;
    snprintf(path, sizeof path, "%s/secur32-scram.toml", directory);
    setenv("SECUR32_CONFIG", path, 1);
    credential = client_acquire("SCRAM-SHA-256", PASSWORD);
    for (size_t p = 0; p < MOST_PEERS; p++)
        medians[p] = allocated[p] = waiting[p] = established[p] = NAN;
    double clock = clock_cost();
    for (size_t round = 0; round <= effort->rounds; round++)
        for (size_t p = 0; p < roster->count; p++) {
            if (roster->peers[p]->begin_scram == NULL)
                continue;
            double time = turn(effort, roster->peers[p], clock, &allocated[p]);
            /* The first round warms up. */
            if (round > 0)
                series_add(&series[p], time);
        }
    for (size_t p = 0; p < roster->count; p++) {
        medians[p] = series_median(&series[p]);
        if (roster->peers[p]->begin_scram != NULL) {
            waiting[p] = weigh(roster->peers[p], false);
            established[p] = weigh(roster->peers[p], true);
        }
    }
    report_head("SCRAM-SHA-256 from stored keys, the server's side", "nanoseconds", IN_SCRAM);
    report_line("login", medians);
    report_counts("login, allocations", allocated);
    report_head("SCRAM-SHA-256, the heap of a server's context", "bytes", IN_SCRAM);
    report_line("challenged", waiting);
    report_line("established", established);
    client_row(effort);
    report_target("scram: a login, times as fast as GNU SASL", report_ratio(medians, "GNU SASL"), 3, true);
    report_target("scram: a login, times as fast as Cyrus", report_ratio(medians, "Cyrus"), 3, true);
    report_target("scram: bytes of a challenged context", waiting[0], 400, false);
    report_target("scram: bytes of an established context", established[0], 400, false);
}
