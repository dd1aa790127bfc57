/* Messages under a security layer: a batch sealed by the server, and a genuine one opened by it. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define SIZES 4
/* The last is 64 KiB, less what fits no frame of the default 65536 bytes. */
static const size_t sizes[SIZES] = {64, 1024, 16384, 65536 - 32};
static const char *const size_names[SIZES] = {"64 B", "1 KiB", "16 KiB", "64 KiB"};

#define BATCH_BYTES (512 * 1024)

/* A session of each peer under one layer; the frames are shared in turns. */
struct session {
    union context server, client;
};

static void fill(struct frames *frames)
{
    for (size_t n = 0; n < frames->count; n++)
        for (size_t m = 0; m < frames->size; m++)
            frame_at(frames, n)[FIELD + m] = (char)(n + m * 7);
}

/* One message each way, compared byte for byte, so that only what works is timed. */
static bool talk(const struct peer *peer, struct session *session, struct frames *frames)
{
    struct sealed sealed, plain;
    char *expected = malloc(frames->size), *frame = frame_at(frames, 0), *copy = malloc(frames->room);
    fill(frames);
    memcpy(expected, frame + FIELD, frames->size);
    bool good = peer->seal(&session->server, frame, frames->size, &sealed) && sealed.length <= frames->room;
    if (good) {
        memcpy(copy, sealed.bytes, sealed.length);
        good = client_unseal(&session->client, copy, sealed.length, expected, frames->size);
        if (sealed.owned != NULL)
            peer->drop(sealed.owned);
    }
    fill(frames);
    size_t length = client_seal(&session->client, frame, frames->size);
    good = good && length != 0 && peer->unseal(&session->server, frame, length, &plain);
    if (good) {
        good = plain.length == frames->size && memcmp(plain.bytes, expected, frames->size) == 0;
        if (plain.owned != NULL)
            peer->drop(plain.owned);
    }
    free(expected);
    free(copy);
    return good;
}

/* Medians and allocations of one layer, size and direction. */
struct result {
    double nanoseconds[MOST_PEERS], allocations[MOST_PEERS];
};

static void prepare(struct session *session, struct frames *frames, bool sealing)
{
    for (size_t n = 0; n < frames->count && !sealing; n++)
        frames->lengths[n] = client_seal(&session->client, frame_at(frames, n), frames->size);
}

static void case_run(const struct effort *effort, enum layer layer, struct session sessions[MOST_PEERS],
                     struct frames *frames, bool sealing, struct result *result)
{
    struct series *series = calloc(MOST_PEERS, sizeof *series);
    if (series == NULL)
        fail("out of memory");
    for (size_t round = 0; round <= effort->rounds; round++)
        for (size_t p = 0; p < effort->roster->count; p++) {
            result->allocations[p] = NAN;
            if (!runs(effort->roster, p, layer, IN_MESSAGES))
                continue;
            uint64_t count = 0;
            struct cost cost = {0};
            do {
                prepare(&sessions[p], frames, sealing);
                if (!(sealing ? seal_all : unseal_all)(effort->roster->peers[p], &sessions[p].server, frames,
                                                       &cost))
                    fail("%s: messages of %s failed", effort->roster->peers[p]->name, layer_names[layer]);
                count += frames->count;
            } while (cost.time < turn_time(effort, effort->roster->peers[p], round));
            if (round > 0)
                series_add(&series[p], (double)cost.time / (double)count);
            if (effort->roster->peers[p]->remote == NULL)
                result->allocations[p] = (double)cost.allocations / (double)count;
        }
    for (size_t p = 0; p < effort->roster->count; p++)
        result->nanoseconds[p] = series_median(&series[p]);
    free(series);
}

/* Both directions of one size, on new sessions: what was sealed and not opened has spoilt the sequence of the old ones. */
static void size_run(const struct effort *effort, enum layer layer, size_t s, struct result results[2][SIZES])
{
    struct session sessions[MOST_PEERS];
    struct frames frames = {.size = sizes[s], .room = FIELD + sizes[s] + TRAILER};
    frames.count = BATCH_BYTES / frames.room < MOST_FRAMES ? BATCH_BYTES / frames.room : MOST_FRAMES;
    frames.bytes = malloc(frames.count * frames.room);
    if (frames.bytes == NULL)
        fail("out of memory");
    for (size_t p = 0; p < effort->roster->count; p++) {
        if (!runs(effort->roster, p, layer, IN_MESSAGES))
            continue;
        if (!shake_hands(effort->roster->peers[p], layer, &sessions[p].server, &sessions[p].client))
            fail("%s: a handshake with %s failed", effort->roster->peers[p]->name, layer_names[layer]);
        if (!talk(effort->roster->peers[p], &sessions[p], &frames))
            fail("%s: %s messages of %s do not get through", effort->roster->peers[p]->name,
                 layer_names[layer], size_names[s]);
    }
    for (int sealing = 0; sealing < 2; sealing++)
        case_run(effort, layer, sessions, &frames, sealing, &results[sealing][s]);
    for (size_t p = 0; p < effort->roster->count; p++)
        if (runs(effort->roster, p, layer, IN_MESSAGES)) {
            effort->roster->peers[p]->end(&sessions[p].server);
            client_end(&sessions[p].client);
        }
    free(frames.bytes);
}

static void table(const char *title, struct result results[2][SIZES])
{
    static const char *const verbs[2] = {"open", "seal"};
    char name[64];
    report_head(title, "ns", IN_MESSAGES);
    for (int sealing = 1; sealing >= 0; sealing--)
        for (size_t s = 0; s < SIZES; s++) {
            snprintf(name, sizeof name, "%s %s", verbs[sealing], size_names[s]);
            report_line(name, results[sealing][s].nanoseconds);
        }
    for (int sealing = 1; sealing >= 0; sealing--) {
        snprintf(name, sizeof name, "%s 64 B, allocations", verbs[sealing]);
        report_counts(name, results[sealing][0].allocations);
    }
}

/* Times as fast as the best peer: sealed and opened, at 64 B and at 16 KiB. */
static const double bounds[LAYERS][2][2] = {
    [AUTH_INT] = {{1.7, 1.2}, {1.7, 1.2}},
    [RC4] = {{2, 1.8}, {2, 1.8}},
    [DES] = {{1.5, 1.35}, {1.5, 6}},
    [TRIPLE_DES] = {{2.4, 1.9}, {2.4, 17}},
};

static void layer_targets(enum layer layer, struct result results[2][SIZES])
{
    static const size_t judged[2] = {0, 2};
    for (size_t n = 0; n < 2; n++)
        for (int sealing = 1; sealing >= 0; sealing--) {
            char name[96];
            snprintf(name, sizeof name, "%s %s, %s: times as fast as the best peer", layer_names[layer],
                     size_names[judged[n]], sealing ? "sealed" : "opened");
            report_target(name, report_best(results[sealing][judged[n]].nanoseconds),
                          bounds[layer][!sealing][n], true);
        }
}

void messages_run(const struct effort *effort)
{
    double calls = 0;
    for (enum layer layer = AUTH_INT; layer < LAYERS; layer++) {
        struct result results[2][SIZES] = {{{{0}, {0}}}};
        char title[64];
        for (size_t s = 0; s < SIZES; s++)
            size_run(effort, layer, s, results);
        snprintf(title, sizeof title, "Messages, %s", layer_names[layer]);
        table(title, results);
        layer_targets(layer, results);
        for (int sealing = 0; sealing < 2; sealing++)
            for (size_t s = 0; s < SIZES; s++)
                calls = fmax(calls, results[sealing][s].allocations[0]);
    }
    report_target("message: allocations, the worst", calls, 0, false);
}

void messages_start_run(const struct effort *effort)
{
    struct result results[2][SIZES];
    size_run(effort, RC4, 2, results);
    report_head("Messages, rc4", "ns", IN_MESSAGES);
    report_line("seal 16 KiB", results[1][2].nanoseconds);
    report_line("open 16 KiB", results[0][2].nanoseconds);
}
