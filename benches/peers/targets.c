/* What the library shall reach, and whether the run did. */

#include <math.h>
#include <stdio.h>

#include "bench.h"

static struct target {
    char name[96];
    double value, with, without;
    bool at_least;
} targets[64];
static size_t target_count;

/* Whether four hashes are made at once at the best here: the library may have been built to do without. */
static bool has_avx512(void)
{
#if defined __x86_64__ && !defined WITHOUT_AVX512
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

void report_targets(const char *name, double value, double with, double without, bool at_least)
{
    if (target_count == sizeof targets / sizeof targets[0])
        fail("too many targets");
    struct target *target = &targets[target_count++];
    snprintf(target->name, sizeof target->name, "%s", name);
    target->value = value;
    target->with = with;
    target->without = without;
    target->at_least = at_least;
}

void report_target(const char *name, double value, double bound, bool at_least)
{
    report_targets(name, value, bound, bound, at_least);
}

static const char *judge(const struct target *target)
{
    double bound = has_avx512() ? target->with : target->without;
    if (isnan(target->value))
        return "-";
    return (target->at_least ? target->value >= bound : target->value <= bound) ? "met" : "missed";
}

void report_verdicts(void)
{
    printf("\nTargets, on a machine %s AVX-512\n%-8s%-62s%10s%12s%10s%10s\n",
           has_avx512() ? "with" : "without", "", "", "", "", "AVX-512", "without");
    for (size_t n = 0; n < target_count; n++) {
        const struct target *target = &targets[n];
        const char *side = target->at_least ? "at least" : "at most";
        printf("%-8s%-62s%10.2f%12s%10.2f%10.2f\n", judge(target), target->name, target->value, side,
               target->with, target->without);
        report_record("target\t%s\t%s\t%.4f\t%s\t%g\t%g", judge(target), target->name, target->value, side,
                      target->with, target->without);
    }
}
