/* Handshakes on one thread, and on two at once: what two threads do together, against one. */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bench.h"

#define THREADS 2
/* Long enough that a timed section outlasts the start of the other thread's. */
#define CROWD 256

struct crowd {
    union context servers[CROWD], clients[CROWD];
    struct text challenges[CROWD], responses[CROWD], rspauths[CROWD];
};

/* Where threads wait for each other; they spin, so that they leave together. */
struct meeting {
    size_t parties;
    atomic_size_t arrived;
};

struct worker {
    pthread_t thread;
    const struct peer *peer;
    struct meeting *meeting;
    uint64_t turn;
    double rate;
};

static void meet(struct meeting *meeting)
{
    size_t ticket = atomic_fetch_add(&meeting->arrived, 1);
    size_t full = (ticket / meeting->parties + 1) * meeting->parties;
    while (atomic_load(&meeting->arrived) < full)
        sched_yield();
    /* A fresh slice of time, as who waited has: on a machine that others use too, one thread would else
     * be interrupted more often than two. */
    sched_yield();
}

/* The server's time for a crowd of handshakes, each part begun together with the other thread. */
static uint64_t crowd_run(const struct peer *peer, struct meeting *meeting, struct crowd *crowd)
{
    bool good = true;
    meet(meeting);
    uint64_t start = now();
    for (size_t n = 0; n < CROWD; n++)
        good &= peer->begin(AUTH, &crowd->servers[n], &crowd->challenges[n]);
    uint64_t time = now() - start;
    for (size_t n = 0; n < CROWD && good; n++)
        good &= client_answer(AUTH, &crowd->clients[n], &crowd->challenges[n], &crowd->responses[n]);
    meet(meeting);
    start = now();
    for (size_t n = 0; n < CROWD && good; n++)
        good &= peer->finish(&crowd->servers[n], &crowd->responses[n], &crowd->rspauths[n]);
    time += now() - start;
    for (size_t n = 0; n < CROWD && good; n++) {
        good &= client_check(&crowd->clients[n], &crowd->rspauths[n]);
        client_end(&crowd->clients[n]);
    }
    meet(meeting);
    start = now();
    for (size_t n = 0; n < CROWD; n++)
        peer->end(&crowd->servers[n]);
    time += now() - start;
    if (!good)
        fail("%s: a handshake on one of several threads failed", peer->name);
    return time;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct crowd *crowd = malloc(sizeof *crowd);
    if (crowd == NULL)
        fail("out of memory");
    uint64_t time = 0, count = 0;
    /* The same number on each thread, or one would wait for ever. */
    uint64_t goal = 1 + worker->turn / 1000000;
    for (; count < goal * CROWD; count += CROWD)
        time += crowd_run(worker->peer, worker->meeting, crowd);
    worker->rate = (double)count / (double)time;
    free(crowd);
    return NULL;
}

/* Nanoseconds for each handshake of all threads together. */
static double turn(const struct peer *peer, size_t threads, uint64_t turn)
{
    struct meeting meeting = {.parties = threads};
    struct worker workers[THREADS];
    double rate = 0;
    for (size_t n = 0; n < threads; n++) {
        workers[n] = (struct worker){.peer = peer, .meeting = &meeting, .turn = turn};
        if (pthread_create(&workers[n].thread, NULL, work, &workers[n]) != 0)
            fail("no thread can be made");
    }
    for (size_t n = 0; n < threads; n++) {
        pthread_join(workers[n].thread, NULL);
        rate += workers[n].rate;
    }
    return 1 / rate;
}

void threads_run(const struct effort *effort)
{
    static struct series series[THREADS + 1][MOST_PEERS], ratios[MOST_PEERS];
    for (size_t round = 0; round <= effort->rounds; round++)
        for (size_t p = 0; p < effort->roster->count; p++) {
            if (!runs(effort->roster, p, AUTH, IN_THREADS))
                continue;
            double one = turn(effort->roster->peers[p], 1, effort->turn),
                   two = turn(effort->roster->peers[p], 2, effort->turn);
            if (round == 0)
                continue;
            series_add(&series[1][p], one);
            series_add(&series[2][p], two);
            series_add(&ratios[p], one / two);
        }
    double ones[MOST_PEERS] = {0}, twos[MOST_PEERS] = {0}, gains[MOST_PEERS] = {0};
    for (size_t p = 0; p < effort->roster->count; p++) {
        ones[p] = series_median(&series[1][p]);
        twos[p] = series_median(&series[2][p]);
        gains[p] = series_median(&ratios[p]);
    }
    report_head("Handshake (auth) by threads, all of them together", "ns", IN_THREADS);
    report_line("1 thread", ones);
    report_line("2 threads", twos);
    report_counts("2 threads against 1", gains);
    report_target("2 threads, times 1 thread", gains[0], 1.9, true);
}
