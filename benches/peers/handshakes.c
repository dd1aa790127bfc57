/* The server's side of a handshake: begin, judge, end. Only the server's calls are timed. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

struct batch {
    union context servers[REMOTE_BATCH], clients[REMOTE_BATCH];
    struct text challenges[REMOTE_BATCH], responses[REMOTE_BATCH], rspauths[REMOTE_BATCH];
};

static size_t batch_size(const struct peer *peer)
{
    return peer->remote != NULL ? REMOTE_BATCH : BATCH;
}

/* One for all: it is large, and belongs to no thread but the first. */
static struct batch batch;

/* The first `count` handshakes of the batch, up to contexts that stay. */
static void shake(const struct peer *peer, enum layer layer, size_t count, struct cost *cost)
{
    bool good = begin_all(peer, layer, batch.servers, batch.challenges, count, cost);
    for (size_t n = 0; n < count && good; n++)
        good &= client_answer(layer, &batch.clients[n], &batch.challenges[n], &batch.responses[n]);
    good = good && finish_all(peer, batch.servers, batch.responses, batch.rspauths, count, cost);
    for (size_t n = 0; n < count && good; n++) {
        good &= client_check(&batch.clients[n], &batch.rspauths[n]);
        client_end(&batch.clients[n]);
    }
    if (!good)
        fail("%s: a handshake with %s failed", peer->name, layer_names[layer]);
}

void establish_all(const struct peer *peer, enum layer layer, union context *contexts, size_t count)
{
    struct cost unused = {0};
    for (size_t done = 0, part; done < count; done += part) {
        part = count - done < batch_size(peer) ? count - done : batch_size(peer);
        shake(peer, layer, part, &unused);
        memcpy(&contexts[done], batch.servers, part * sizeof *contexts);
    }
}

void end_each(const struct peer *peer, union context *contexts, size_t count)
{
    struct cost unused = {0};
    for (size_t done = 0, part; done < count; done += part) {
        part = count - done < batch_size(peer) ? count - done : batch_size(peer);
        if (!end_all(peer, &contexts[done], part, &unused))
            fail("%s: contexts do not end", peer->name);
    }
}

/* What the server's calls of a batch of handshakes took, in all its life. */
static void turn(const struct peer *peer, enum layer layer, struct cost *cost)
{
    shake(peer, layer, batch_size(peer), cost);
    if (!end_all(peer, batch.servers, batch_size(peer), cost))
        fail("%s: contexts do not end", peer->name);
}

double handshake_time(const struct effort *effort, const struct peer *peer, enum layer layer, size_t round,
                      double *allocated)
{
    uint64_t count = 0;
    struct cost cost = {0};
    /* What was run before left behind, such as a heap to be tidied, is not this turn's to pay for. */
    turn(peer, layer, &cost);
    cost = (struct cost){0};
    do {
        turn(peer, layer, &cost);
        count += batch_size(peer);
    } while (cost.time < turn_time(effort, peer, round));
    *allocated = peer->remote == NULL ? (double)cost.allocations / (double)count : NAN;
    return (double)cost.time / (double)count;
}

void handshake_medians(const struct effort *effort, enum layer layer, enum part part,
                       double medians[MOST_PEERS], double allocated[MOST_PEERS])
{
    struct series *series = calloc(MOST_PEERS, sizeof *series);
    if (series == NULL)
        fail("out of memory");
    for (size_t p = 0; p < MOST_PEERS; p++)
        allocated[p] = NAN;
    for (size_t round = 0; round <= effort->rounds; round++)
        for (size_t p = 0; p < effort->roster->count; p++) {
            if (!runs(effort->roster, p, layer, part))
                continue;
            double time = handshake_time(effort, effort->roster->peers[p], layer, round, &allocated[p]);
            /* The first round warms up. */
            if (round > 0)
                series_add(&series[p], time);
        }
    for (size_t p = 0; p < effort->roster->count; p++)
        medians[p] = series_median(&series[p]);
    free(series);
}

/* What a handshake with auth takes at the least, in blocks of MD5 with their chain of 256 cycles: hashes, nonce and
 * tokens alone, measured with AVX-512 (560 ns of 74.5 ns) and without (930 ns). */
#define BOUND_WITH_AVX512 7.5
#define BOUND_WITHOUT 12.5

static void auth_targets(const double medians[MOST_PEERS], double chain)
{
    report_targets("handshake auth: times as fast as Cyrus", report_ratio(medians, "Cyrus"), 6, 4.5, true);
    report_targets("handshake auth: times as fast as GNU SASL", report_ratio(medians, "GNU SASL"), 4, 3,
                   true);
    report_targets("handshake auth: times as fast as the JDK, its factory kept", report_ratio(medians, "JDK"),
                   5, 3.8, true);
    report_targets("handshake auth: in blocks of MD5, 256 cycles each", medians[0] / chain,
                   1.5 * BOUND_WITH_AVX512, 1.5 * BOUND_WITHOUT, false);
}

static void layer_targets(enum layer layer, const double medians[MOST_PEERS])
{
    char name[64];
    if (layer == AUTH_INT) {
        report_target("handshake auth-int: times as fast as Cyrus", report_ratio(medians, "Cyrus"), 5, true);
        report_target("handshake auth-int: times as fast as GNU SASL", report_ratio(medians, "GNU SASL"), 3,
                      true);
        return;
    }
    snprintf(name, sizeof name, "handshake %s: times as fast as the best peer", layer_names[layer]);
    report_target(name, report_best(medians), 5, true);
}

static void qops_run(const struct effort *effort)
{
    double allocated[LAYERS][MOST_PEERS] = {{0}};
    struct series chain = {0};
    report_head("Handshake, server side", "ns", IN_HANDSHAKES);
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        double medians[MOST_PEERS] = {0};
        series_add(&chain, time_chain(effort->turn));
        handshake_medians(effort, layer, IN_HANDSHAKES, medians, allocated[layer]);
        series_add(&chain, time_chain(effort->turn));
        report_line(layer_names[layer], medians);
        if (layer == AUTH)
            auth_targets(medians, series_median(&chain));
        else
            layer_targets(layer, medians);
    }
    double block[MOST_PEERS] = {series_median(&chain), NAN, NAN, NAN, NAN};
    report_counts("a block of MD5, 256 cycles", block);
    report_head("Handshake, server side: allocations", "calls", IN_HANDSHAKES);
    double worst = 0;
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        report_line(layer_names[layer], allocated[layer]);
        worst = fmax(worst, allocated[layer][0]);
    }
    report_target("handshake: allocations, the worst", worst, 4, false);
}

void handshakes_run(const struct effort *effort)
{
    qops_run(effort);
    live_run(effort);
}
