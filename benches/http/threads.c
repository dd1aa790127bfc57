/* Requests on one thread, and on two at once: what two threads do together, against one. */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "http.h"

#define THREADS 2
/* Long enough that a timed section outlasts the start of the other thread's. */
#define CROWD 512

/* Where threads wait for each other; they spin, so that they leave together. */
struct meeting {
    size_t parties;
    atomic_size_t arrived;
};

struct worker {
    pthread_t thread;
    enum algorithm algorithm;
    struct meeting *meeting;
    uint64_t turn;
    /* Requests a nanosecond: the first of sessions, and later ones. */
    double first, again;
};

static void meet(struct meeting *meeting)
{
    size_t ticket = atomic_fetch_add(&meeting->arrived, 1);
    size_t full = (ticket / meeting->parties + 1) * meeting->parties;
    while (atomic_load(&meeting->arrived) < full)
        sched_yield();
    /* A fresh slice of time, as who waited has: on a machine that others use too, one thread would else be
     * interrupted more often than two. */
    sched_yield();
}

static uint64_t begin_crowd(struct worker *worker, struct session *crowd)
{
    bool good = true;
    meet(worker->meeting);
    uint64_t start = now();
    for (size_t n = 0; n < CROWD; n++)
        good &= serve_challenge(worker->algorithm, &crowd[n]);
    uint64_t time = now() - start;
    for (size_t n = 0; n < CROWD; n++)
        good &= respond(&crowd[n]);
    meet(worker->meeting);
    start = now();
    for (size_t n = 0; n < CROWD; n++)
        good &= serve_first(worker->algorithm, &crowd[n]);
    time += now() - start;
    if (!good)
        fail("a first request on one of several threads failed");
    return time;
}

static uint64_t continue_crowd(struct worker *worker, struct session *crowd)
{
    bool good = true;
    for (size_t n = 0; n < CROWD; n++)
        good &= respond_again(&crowd[n]);
    meet(worker->meeting);
    uint64_t start = now();
    for (size_t n = 0; n < CROWD; n++)
        good &= serve_again(worker->algorithm, &crowd[n]);
    uint64_t time = now() - start;
    if (!good)
        fail("a later request on one of several threads failed");
    return time;
}

static uint64_t end_crowd(struct worker *worker, struct session *crowd)
{
    meet(worker->meeting);
    uint64_t start = now();
    for (size_t n = 0; n < CROWD; n++)
        DeleteSecurityContext(&crowd[n].server);
    uint64_t time = now() - start;
    for (size_t n = 0; n < CROWD; n++)
        DeleteSecurityContext(&crowd[n].client);
    return time;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct session *crowd = calloc(CROWD, sizeof *crowd);
    if (crowd == NULL)
        fail("out of memory");
    uint64_t first = 0, again = 0, count = 0;
    /* The same number on each thread, or one would wait for ever. */
    uint64_t goal = 1 + worker->turn / 1000000;
    for (; count < goal * CROWD; count += CROWD) {
        first += begin_crowd(worker, crowd);
        again += continue_crowd(worker, crowd);
        first += end_crowd(worker, crowd);
    }
    worker->first = (double)count / (double)first;
    worker->again = (double)count / (double)again;
    free(crowd);
    return NULL;
}

/* Nanoseconds for each request of all threads together. */
static void turn(enum algorithm algorithm, size_t threads, uint64_t turn, double *first, double *again)
{
    struct meeting meeting = {.parties = threads};
    struct worker workers[THREADS];
    double first_rate = 0, again_rate = 0;
    for (size_t n = 0; n < threads; n++) {
        workers[n] = (struct worker){.algorithm = algorithm, .meeting = &meeting, .turn = turn};
        if (pthread_create(&workers[n].thread, NULL, work, &workers[n]) != 0)
            fail("no thread can be made");
    }
    for (size_t n = 0; n < threads; n++) {
        pthread_join(workers[n].thread, NULL);
        first_rate += workers[n].first;
        again_rate += workers[n].again;
    }
    *first = 1 / first_rate;
    *again = 1 / again_rate;
}

static void crowd_line(const char *name, const struct series *one, const struct series *two,
                       const struct series *gain)
{
    printf("%-26s%12.0f%12.0f%11.2fx\n", name, series_median(one), series_median(two), series_median(gain));
}

void crowds_run(const struct effort *effort)
{
    static struct series firsts[THREADS + 1], agains[THREADS + 1];
    printf("\nA request by threads, all of them together, ns\n%-26s%12s%12s%12s\n", "", "1 thread",
           "2 threads", "2 against 1");
    for (enum algorithm algorithm = MD5_SESS; algorithm < ALGORITHMS; algorithm++) {
        for (size_t n = 0; n <= THREADS; n++)
            firsts[n].count = agains[n].count = 0;
        for (size_t round = 0; round <= effort->rounds; round++) {
            double first[2], again[2];
            for (size_t threads = 1; threads <= THREADS; threads++)
                turn(algorithm, threads, effort->turn, &first[threads - 1], &again[threads - 1]);
            for (size_t threads = 0; threads < THREADS && round > 0; threads++) {
                series_add(&firsts[threads], first[threads]);
                series_add(&agains[threads], again[threads]);
            }
            if (round > 0) {
                series_add(&firsts[THREADS], first[0] / first[1]);
                series_add(&agains[THREADS], again[0] / again[1]);
            }
        }
        char name[64];
        snprintf(name, sizeof name, "%s, first", algorithm_names[algorithm]);
        crowd_line(name, &firsts[0], &firsts[1], &firsts[THREADS]);
        snprintf(name, sizeof name, "%s, later", algorithm_names[algorithm]);
        crowd_line(name, &agains[0], &agains[1], &agains[THREADS]);
    }
    fflush(stdout);
}
