/* The server's side of a handshake: begin, judge, end. Only the server's calls are timed. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

struct batch {
    union context servers[BATCH], clients[BATCH];
    struct text challenges[BATCH], responses[BATCH], rspauths[BATCH];
};

/* What the server's calls of `BATCH` handshakes took. */
static void turn(const struct peer *peer, enum layer layer, struct batch *batch, uint64_t *time, uint64_t *allocated)
{
    bool good = true;
    uint64_t allocations_before = allocations, start = worked();
    for (size_t n = 0; n < BATCH; n++)
        good &= peer->begin(layer, &batch->servers[n], &batch->challenges[n]);
    *time += worked() - start;
    *allocated += allocations - allocations_before;

    for (size_t n = 0; n < BATCH && good; n++)
        good &= client_answer(layer, &batch->clients[n], &batch->challenges[n], &batch->responses[n]);

    allocations_before = allocations;
    start = worked();
    for (size_t n = 0; n < BATCH && good; n++)
        good &= peer->finish(&batch->servers[n], &batch->responses[n], &batch->rspauths[n]);
    *time += worked() - start;
    *allocated += allocations - allocations_before;

    for (size_t n = 0; n < BATCH && good; n++) {
        good &= client_check(&batch->clients[n], &batch->rspauths[n]);
        client_end(&batch->clients[n]);
    }
    if (!good)
        fail("%s: a handshake with %s failed", peer->name, layer_names[layer]);

    allocations_before = allocations;
    start = worked();
    for (size_t n = 0; n < BATCH; n++)
        peer->end(&batch->servers[n]);
    *time += worked() - start;
    *allocated += allocations - allocations_before;
}

/* One turn of each peer after the other, again and again. */
static void case_run(const struct effort *effort, enum layer layer, double medians[MOST_PEERS],
                     double allocated[MOST_PEERS])
{
    static struct batch batch;
    struct series *series = calloc(MOST_PEERS, sizeof *series);
    if (series == NULL)
        fail("out of memory");
    for (size_t round = 0; round <= effort->rounds; round++)
        for (size_t p = 0; p < peer_count; p++) {
            allocated[p] = NAN;
            if (!works[p][layer])
                continue;
            uint64_t time = 0, calls = 0, count = 0;
            /* What the peer before left behind, such as a heap to be tidied, is not this one's to pay for. */
            turn(peers[p], layer, &batch, &time, &calls);
            time = calls = 0;
            do {
                turn(peers[p], layer, &batch, &time, &calls);
                count += BATCH;
            } while (time < effort->turn);
            /* The first round warms up. */
            if (round > 0)
                series_add(&series[p], (double)time / (double)count);
            allocated[p] = (double)calls / (double)count;
        }
    for (size_t p = 0; p < peer_count; p++)
        medians[p] = series_median(&series[p]);
    free(series);
}

static void verdict(const struct peer *peer, double ratio)
{
    char name[64];
    snprintf(name, sizeof name, "handshake (auth), times as fast as %s", peer->name);
    report_target(name, ratio, peer->shake_bound, true);
}

static void qops_run(const struct effort *effort)
{
    double allocated[LAYERS][MOST_PEERS] = {{0}};
    report_head("Handshake, server side", "ns");
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        double medians[MOST_PEERS] = {0};
        case_run(effort, layer, medians, allocated[layer]);
        report_line(layer_names[layer], medians);
        for (size_t p = 1; p < peer_count && layer == AUTH; p++)
            if (medians[p] > 0)
                verdict(peers[p], medians[p] / medians[0]);
    }
    report_head("Handshake, server side: allocations", "calls");
    double worst = 0;
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        report_line(layer_names[layer], allocated[layer]);
        worst = allocated[layer][0] > worst ? allocated[layer][0] : worst;
    }
    report_target("allocations of a handshake, the worst", worst, 6, false);
}

/* Contexts that stay while others are timed. */
struct live {
    union context *contexts;
    size_t count;
};

static void keep(const struct peer *peer, struct live *live, size_t count)
{
    if (count <= live->count)
        return;
    union context *grown = realloc(live->contexts, count * sizeof *grown);
    if (grown == NULL)
        fail("out of memory");
    live->contexts = grown;
    for (; live->count < count; live->count++)
        if (!shake_hands(peer, AUTH, &live->contexts[live->count], NULL))
            fail("%s: a handshake with %zu live contexts failed", peer->name, live->count);
}

static void live_run(const struct effort *effort)
{
    struct live live[MOST_PEERS] = {{0}};
    double unused[MOST_PEERS];
    report_head("Handshake (auth) while established contexts live", "ns");
    static const size_t counts[] = {1, 1000, SIZE_MAX};
    static const char *const names[] = {"1 context", "1,000 contexts", "most contexts"};
    for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
        double medians[MOST_PEERS] = {0};
        for (size_t p = 0; p < peer_count; p++) {
            size_t most = effort->full ? peers[p]->most_live_full : peers[p]->most_live;
            if (works[p][AUTH])
                keep(peers[p], &live[p], counts[n] < most ? counts[n] : most);
        }
        case_run(effort, AUTH, medians, unused);
        report_line(names[n], medians);
    }
    double kept[MOST_PEERS];
    for (size_t p = 0; p < MOST_PEERS; p++)
        kept[p] = (double)live[p].count;
    report_counts("contexts kept for \"most\"", kept);
    for (size_t p = 0; p < peer_count; p++) {
        for (size_t n = 0; n < live[p].count; n++)
            peers[p]->end(&live[p].contexts[n]);
        free(live[p].contexts);
    }
}

void handshakes_run(const struct effort *effort)
{
    qops_run(effort);
    live_run(effort);
}
