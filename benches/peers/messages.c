/* Messages under a security layer: a batch sealed by the server, and a genuine one opened by it. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define SIZES 4
/* The last is 64 KiB, less what fits no frame of the default 65536 octets. */
static const size_t sizes[SIZES] = {64, 1024, 16384, 65536 - 32};
static const char *const size_names[SIZES] = {"64 B", "1 KiB", "16 KiB", "64 KiB"};

#define MOST_FRAMES 256
#define BATCH_OCTETS (512 * 1024)

/* A session of each peer under one layer, and the frames that they share in turns. */
struct session {
    union context server, client;
};

struct frames {
    size_t size, count, room, lengths[MOST_FRAMES];
    char *octets;
};

static char *frame_at(struct frames *frames, size_t n)
{
    return frames->octets + n * frames->room;
}

static void fill(struct frames *frames)
{
    for (size_t n = 0; n < frames->count; n++)
        for (size_t m = 0; m < frames->size; m++)
            frame_at(frames, n)[FIELD + m] = (char)(n + m * 7);
}

/* One message each way, compared octet for octet, so that only what works is timed. */
static bool talk(const struct peer *peer, struct session *session, struct frames *frames)
{
    struct sealed sealed, plain;
    char *expected = malloc(frames->size), *frame = frame_at(frames, 0), *copy = malloc(frames->room);
    fill(frames);
    memcpy(expected, frame + FIELD, frames->size);
    bool good = peer->seal(&session->server, frame, frames->size, &sealed) && sealed.length <= frames->room;
    if (good) {
        memcpy(copy, sealed.octets, sealed.length);
        good = client_unseal(&session->client, copy, sealed.length, expected, frames->size);
        if (sealed.owned != NULL)
            peer->drop(sealed.owned);
    }
    fill(frames);
    size_t length = client_seal(&session->client, frame, frames->size);
    good = good && length != 0 && peer->unseal(&session->server, frame, length, &plain);
    if (good) {
        good = plain.length == frames->size && memcmp(plain.octets, expected, frames->size) == 0;
        if (plain.owned != NULL)
            peer->drop(plain.owned);
    }
    free(expected);
    free(copy);
    return good;
}

static uint64_t seal_turn(const struct peer *peer, struct session *session, struct frames *frames)
{
    bool good = true;
    uint64_t start = worked();
    for (size_t n = 0; n < frames->count; n++) {
        struct sealed sealed;
        good &= peer->seal(&session->server, frame_at(frames, n), frames->size, &sealed);
        if (sealed.owned != NULL)
            peer->drop(sealed.owned);
    }
    uint64_t time = worked() - start;
    if (!good)
        fail("%s: sealing failed", peer->name);
    return time;
}

static uint64_t unseal_turn(const struct peer *peer, struct session *session, struct frames *frames)
{
    bool good = true;
    uint64_t start = worked();
    for (size_t n = 0; n < frames->count; n++) {
        struct sealed plain;
        good &= peer->unseal(&session->server, frame_at(frames, n), frames->lengths[n], &plain);
        if (good && plain.owned != NULL)
            peer->drop(plain.owned);
    }
    uint64_t time = worked() - start;
    if (!good)
        fail("%s: opening failed", peer->name);
    return time;
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
        for (size_t p = 0; p < peer_count; p++) {
            result->allocations[p] = NAN;
            if (!works[p][layer])
                continue;
            uint64_t time = 0, calls = 0, count = 0;
            do {
                prepare(&sessions[p], frames, sealing);
                uint64_t before = allocations;
                time += (sealing ? seal_turn : unseal_turn)(peers[p], &sessions[p], frames);
                calls += allocations - before;
                count += frames->count;
            } while (time < effort->turn);
            if (round > 0)
                series_add(&series[p], (double)time / (double)count);
            result->allocations[p] = (double)calls / (double)count;
        }
    for (size_t p = 0; p < peer_count; p++)
        result->nanoseconds[p] = series_median(&series[p]);
    free(series);
}

/* Both directions of one size, on new sessions: what was sealed and not opened has spoilt the sequence of the old ones. */
static void size_run(const struct effort *effort, enum layer layer, size_t s, struct result results[2][SIZES])
{
    struct session sessions[MOST_PEERS];
    struct frames frames = {.size = sizes[s], .room = FIELD + sizes[s] + TRAILER};
    frames.count = BATCH_OCTETS / frames.room < MOST_FRAMES ? BATCH_OCTETS / frames.room : MOST_FRAMES;
    frames.octets = malloc(frames.count * frames.room);
    if (frames.octets == NULL)
        fail("out of memory");
    for (size_t p = 0; p < peer_count; p++) {
        if (!works[p][layer])
            continue;
        if (!shake_hands(peers[p], layer, &sessions[p].server, &sessions[p].client))
            fail("%s: a handshake with %s failed", peers[p]->name, layer_names[layer]);
        if (!talk(peers[p], &sessions[p], &frames))
            fail("%s: %s messages of %s do not get through", peers[p]->name, layer_names[layer], size_names[s]);
    }
    for (int sealing = 0; sealing < 2; sealing++)
        case_run(effort, layer, sessions, &frames, sealing, &results[sealing][s]);
    for (size_t p = 0; p < peer_count; p++)
        if (works[p][layer]) {
            peers[p]->end(&sessions[p].server);
            client_end(&sessions[p].client);
        }
    free(frames.octets);
}

static void table(const char *title, struct result results[2][SIZES])
{
    static const char *const verbs[2] = {"open", "seal"};
    char name[64];
    report_head(title, "ns");
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

void messages_run(const struct effort *effort)
{
    double calls = 0, slowest = NAN;
    for (enum layer layer = AUTH_INT; layer < LAYERS; layer++) {
        struct result results[2][SIZES] = {{{{0}, {0}}}};
        char title[64];
        for (size_t s = 0; s < SIZES; s++)
            size_run(effort, layer, s, results);
        snprintf(title, sizeof title, "Messages, %s", layer_names[layer]);
        table(title, results);
        for (int sealing = 0; sealing < 2; sealing++)
            for (size_t s = 0; s < SIZES; s++) {
                if (s == 0)
                    slowest = fmin(slowest, report_best(results[sealing][s].nanoseconds));
                calls = fmax(calls, results[sealing][s].allocations[0]);
            }
    }
    if (!isnan(slowest))
        report_target("64-octet messages, times as fast as the best peer, the worst", slowest, 1.4, true);
    report_target("allocations of a message, the worst", calls, 0, false);
}
