/* Clock, memory and medians; and a malloc that counts. */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/* glibc's own names for what we stand in front of. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

_Thread_local uint64_t allocations;

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    allocations++;
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
    allocations++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = memalign(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t worked(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

size_t resident(void)
{
    unsigned long all = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu %lu", &all, &pages) != 2)
        pages = 0;
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

uint64_t turn_time(const struct effort *effort, const struct peer *peer, size_t round)
{
    return round == 0 && peer->remote != NULL ? effort->warming : effort->turn;
}

double time_chain(uint64_t turn)
{
    uint64_t time = 0, count = 0;
    unsigned value = 1, step = 3;
    do {
        uint64_t start = worked();
        for (size_t n = 0; n < 256 * 1000; n += 8) {
            /* What the compiler cannot see through stays an instruction by itself. */
#define STEP \
    value += step; \
    __asm__ volatile("" : "+r"(value));
            STEP STEP STEP STEP STEP STEP STEP STEP
#undef STEP
        }
        time += worked() - start;
        count += 1000;
        __asm__ volatile("" : "+r"(step));
    } while (time < turn);
    return (double)time / (double)count;
}

void series_add(struct series *series, double value)
{
    if (series->count < MOST_ROUNDS)
        series->values[series->count++] = value;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double series_median(const struct series *series)
{
    struct series sorted = *series;
    if (sorted.count == 0)
        return NAN;
    qsort(sorted.values, sorted.count, sizeof sorted.values[0], compare);
    return sorted.values[sorted.count / 2];
}
