/* The server's side of a request on one thread: the first of a session, and those after it. */

#include <malloc.h>
#include <math.h>
#include <stdio.h>

#include "http.h"

/* What was measured of an algorithm. */
struct figures {
    struct series first, again, each, lookup, first_ratio, again_ratio;
    size_t first_blocks, again_blocks;
    double first_allocations, again_allocations;
};

/* The meter of a timed section. */
struct meter {
    uint64_t time, allocated, count;
};

static struct session sessions[SESSIONS];

static void begin_timing(struct meter *meter)
{
    meter->allocated -= allocations;
    meter->time -= worked();
}

static void end_timing(struct meter *meter)
{
    meter->time += worked();
    meter->allocated += allocations;
}

static void check(bool good, enum algorithm algorithm)
{
    if (!good)
        fail("a request with %s failed", algorithm_names[algorithm]);
}

/* Challenges, first responses and, where `ends`, the end of the sessions. */
static void begin_sessions(enum algorithm algorithm, bool ends, struct meter *meter)
{
    bool good = true;
    begin_timing(meter);
    for (size_t n = 0; n < SESSIONS; n++)
        good &= serve_challenge(algorithm, &sessions[n]);
    end_timing(meter);
    for (size_t n = 0; n < SESSIONS; n++)
        good &= respond(&sessions[n]);
    begin_timing(meter);
    for (size_t n = 0; n < SESSIONS; n++)
        good &= serve_first(algorithm, &sessions[n]);
    end_timing(meter);
    check(good, algorithm);
    meter->count += SESSIONS;
    if (!ends)
        return;
    begin_timing(meter);
    for (size_t n = 0; n < SESSIONS; n++)
        DeleteSecurityContext(&sessions[n].server);
    end_timing(meter);
    for (size_t n = 0; n < SESSIONS; n++)
        DeleteSecurityContext(&sessions[n].client);
}

static void continue_sessions(enum algorithm algorithm, struct meter *meter)
{
    bool good = true;
    for (size_t n = 0; n < SESSIONS; n++)
        good &= respond_again(&sessions[n]);
    begin_timing(meter);
    for (size_t n = 0; n < SESSIONS; n++)
        good &= serve_again(algorithm, &sessions[n]);
    end_timing(meter);
    check(good, algorithm);
    meter->count += SESSIONS;
}

static void end_sessions(void)
{
    for (size_t n = 0; n < SESSIONS; n++)
        serve_end(&sessions[n]);
}

static double per_request(const struct meter *meter)
{
    return (double)meter->time / (double)meter->count;
}

/* The bound is measured before and after what it is compared with, and in the same round. */
static void round_run(const struct effort *effort, enum algorithm algorithm, bool counts,
                      struct figures *figures)
{
    struct meter first = {0}, again = {0}, untimed = {0};
    double each = time_compression(algorithm, effort->turn / 2);
    while (first.time < effort->turn)
        begin_sessions(algorithm, true, &first);
    begin_sessions(algorithm, false, &untimed);
    figures->first_blocks = count_compressions(algorithm, &sessions[0].message, true);
    double lookup = time_lookup(&sessions[0], effort->turn / 4);
    while (again.time < effort->turn)
        continue_sessions(algorithm, &again);
    figures->again_blocks = count_compressions(algorithm, &sessions[0].message, false);
    end_sessions();
    each = (each + time_compression(algorithm, effort->turn / 2)) / 2;
    if (!counts)
        return;
    series_add(&figures->each, each);
    series_add(&figures->lookup, lookup);
    series_add(&figures->first, per_request(&first));
    series_add(&figures->again, per_request(&again));
    series_add(&figures->first_ratio, per_request(&first) / ((double)figures->first_blocks * each + lookup));
    series_add(&figures->again_ratio, per_request(&again) / ((double)figures->again_blocks * each + lookup));
    figures->first_allocations = (double)first.allocated / (double)first.count;
    figures->again_allocations = (double)again.allocated / (double)again.count;
}

static void figures_print(const char *name, double time, size_t blocks, const struct figures *figures,
                          double ratio, double allocated)
{
    double each = series_median(&figures->each), lookup = series_median(&figures->lookup);
    printf("%-26s%12.0f%12zu%12.1f%12.1f%12.0f%11.2fx%12.2f\n", name, time, blocks, each, lookup,
           (double)blocks * each + lookup, ratio, allocated);
}

void requests_run(const struct effort *effort)
{
    static struct figures all[ALGORITHMS];
    for (size_t round = 0; round <= effort->rounds; round++)
        for (enum algorithm algorithm = MD5_SESS; algorithm < ALGORITHMS; algorithm++)
            round_run(effort, algorithm, round > 0, &all[algorithm]);
    printf("\nA request, server side, on one thread, ns\n%-26s%12s%12s%12s%12s%12s%12s%12s\n", "", "request",
           "blocks", "a block", "a look-up", "bound", "to bound", "allocations");
    for (enum algorithm algorithm = MD5_SESS; algorithm < ALGORITHMS; algorithm++) {
        const struct figures *figures = &all[algorithm];
        char name[96];
        snprintf(name, sizeof name, "%s, first", algorithm_names[algorithm]);
        figures_print(name, series_median(&figures->first), figures->first_blocks, figures,
                      series_median(&figures->first_ratio), figures->first_allocations);
        snprintf(name, sizeof name, "%s, later", algorithm_names[algorithm]);
        figures_print(name, series_median(&figures->again), figures->again_blocks, figures,
                      series_median(&figures->again_ratio), figures->again_allocations);
        snprintf(name, sizeof name, "re-authentication (%s), times its hashes and one look-up",
                 algorithm_names[algorithm]);
        report_target(name, series_median(&figures->again_ratio), 2, false);
    }
    fflush(stdout);
}

/* Bytes that are allocated and not freed. */
static size_t live_bytes(void)
{
    return mallinfo2().uordblks;
}

/* Whether what requests leave behind, or what they allocate, grows with the number of requests before. */
void history_run(const struct effort *effort)
{
    size_t many = (effort->full ? 1000000 : 100000) / SESSIONS;
    printf("\nLater requests of %d sessions, by history\n%-26s%12s%12s\n", SESSIONS, "", "allocations",
           "live bytes");
    for (enum algorithm algorithm = MD5_SESS; algorithm < ALGORITHMS; algorithm++) {
        struct meter early = {0}, meanwhile = {0}, late = {0}, untimed = {0};
        begin_sessions(algorithm, false, &untimed);
        continue_sessions(algorithm, &untimed);
        continue_sessions(algorithm, &early);
        size_t before = live_bytes();
        for (size_t n = 0; n < many; n++)
            continue_sessions(algorithm, &meanwhile);
        continue_sessions(algorithm, &late);
        size_t after = live_bytes();
        end_sessions();
        double grown = (double)after - (double)before;
        printf("%-10s after %-9d%12.2f%12zu\n", algorithm_names[algorithm], 2 * SESSIONS,
               (double)early.allocated / (double)early.count, before);
        printf("%-10s after %-9zu%12.2f%12zu\n", algorithm_names[algorithm], (many + 3) * SESSIONS,
               (double)late.allocated / (double)late.count, after);
        char name[96];
        snprintf(name, sizeof name, "bytes that later requests (%s) leave behind",
                 algorithm_names[algorithm]);
        report_target(name, fmax(grown, 0), 0, false);
        snprintf(name, sizeof name, "more allocations (%s) after many requests", algorithm_names[algorithm]);
        report_target(name, ((double)late.allocated - (double)early.allocated) / SESSIONS, 0, false);
    }
    fflush(stdout);
}
