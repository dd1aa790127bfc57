/* Handshakes while many established contexts live. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

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
    establish_all(peer, AUTH, live->contexts + live->count, count - live->count);
    live->count = count;
}

/* A copy of this process that stays with few contexts, so that many can be compared with few in turns. */
struct twin {
    pid_t process;
    int ask, answer;
};

static double one_turn(const struct effort *effort)
{
    double unused;
    return handshake_time(effort, effort->roster->peers[0], AUTH, 1, &unused);
}

static _Noreturn void be_twin(const struct effort *effort, int asked, int answer)
{
    char byte;
    while (read(asked, &byte, 1) == 1) {
        double time = one_turn(effort);
        if (write(answer, &time, sizeof time) != sizeof time)
            break;
    }
    _exit(0);
}

static struct twin begin_twin(const struct effort *effort)
{
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0)
        fail("no pipe can be made");
    fflush(stdout);
    pid_t process = fork();
    if (process < 0)
        fail("no process can be made");
    if (process == 0) {
        close(to[1]);
        be_twin(effort, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    return (struct twin){process, to[1], from[0]};
}

static double twin_turn(const struct twin *twin)
{
    double time;
    if (write(twin->ask, "", 1) != 1 || read(twin->answer, &time, sizeof time) != sizeof time)
        fail("the process with few contexts has ended");
    return time;
}

static void end_twin(const struct twin *twin)
{
    close(twin->ask);
    close(twin->answer);
    waitpid(twin->process, NULL, 0);
}

/* How many times as long this library takes here as there. */
static double most_to_few(const struct effort *effort, const struct twin *twin)
{
    static struct series ratios;
    for (size_t round = 0; round <= effort->rounds; round++) {
        double few = twin_turn(twin), most = one_turn(effort);
        if (round > 0)
            series_add(&ratios, most / few);
    }
    return series_median(&ratios);
}

/* Handshakes with so many others established. */
static void live_case(const struct effort *effort, const char *name, size_t wanted,
                      struct live live[MOST_PEERS])
{
    double medians[MOST_PEERS] = {0}, unused[MOST_PEERS];
    for (size_t p = 0; p < effort->roster->count; p++) {
        size_t most =
            effort->full ? effort->roster->peers[p]->most_live_full : effort->roster->peers[p]->most_live;
        if (runs(effort->roster, p, AUTH, IN_LIVE))
            keep(effort->roster->peers[p], &live[p], wanted < most ? wanted : most);
    }
    handshake_medians(effort, AUTH, IN_LIVE, medians, unused);
    report_line(name, medians);
}

void live_run(const struct effort *effort)
{
    struct live live[MOST_PEERS] = {{0}};
    double kept[MOST_PEERS];
    report_head("Handshake (auth) while established contexts live", "ns", IN_LIVE);
    live_case(effort, "16 contexts", 16, live);
    struct twin twin = begin_twin(effort);
    live_case(effort, "1,000 contexts", 1000, live);
    live_case(effort, "most contexts", SIZE_MAX, live);
    for (size_t p = 0; p < MOST_PEERS; p++)
        kept[p] = (double)live[p].count;
    report_counts("contexts kept for \"most\"", kept);
    report_target("handshake auth: 1,000,000 contexts live, times 16", most_to_few(effort, &twin), 1.05,
                  false);
    end_twin(&twin);
    for (size_t p = 0; p < effort->roster->count; p++) {
        end_each(effort->roster->peers[p], live[p].contexts, live[p].count);
        free(live[p].contexts);
    }
}
