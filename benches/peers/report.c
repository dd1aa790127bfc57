/* Tables, ratios and verdicts. */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static struct target {
    char name[96];
    double value, bound;
    bool at_least;
} targets[16];
static size_t target_count;

void report_head(const char *title, const char *unit)
{
    printf("\n%s, %s\n%-26s", title, unit, "");
    for (size_t p = 0; p < peer_count; p++)
        printf("%12s", peers[p]->name);
    for (size_t p = 1; p < peer_count; p++)
        printf("%12s", peers[p]->name);
    printf("%s\n", peer_count > 2 ? "   best peer" : "");
}

static void values_print(const char *name, const double values[MOST_PEERS])
{
    printf("%-26s", name);
    for (size_t p = 0; p < peer_count; p++)
        if (isnan(values[p]))
            printf("%12s", "-");
        else
            printf("%12.*f", values[p] < 100 ? 2 : 0, values[p]);
}

double report_best(const double values[MOST_PEERS])
{
    double best = NAN;
    for (size_t p = 1; p < peer_count; p++)
        if (values[p] > 0 && !(best <= values[p]))
            best = values[p];
    return values[0] > 0 ? best / values[0] : NAN;
}

void report_line(const char *name, const double values[MOST_PEERS])
{
    values_print(name, values);
    for (size_t p = 1; p < peer_count; p++)
        if (values[p] > 0 && values[0] > 0)
            printf("%11.2fx", values[p] / values[0]);
        else
            printf("%12s", "-");
    if (peer_count > 2 && report_best(values) > 0)
        printf("%11.2fx", report_best(values));
    printf("\n");
    fflush(stdout);
}

void report_counts(const char *name, const double values[MOST_PEERS])
{
    values_print(name, values);
    printf("\n");
    fflush(stdout);
}

void report_target(const char *name, double value, double bound, bool at_least)
{
    if (target_count == sizeof targets / sizeof targets[0])
        fail("too many targets");
    struct target *target = &targets[target_count++];
    snprintf(target->name, sizeof target->name, "%s", name);
    target->value = value;
    target->bound = bound;
    target->at_least = at_least;
}

void report_verdicts(void)
{
    printf("\nTargets\n");
    for (size_t n = 0; n < target_count; n++) {
        const struct target *target = &targets[n];
        bool met = target->at_least ? target->value >= target->bound : target->value <= target->bound;
        printf("%-6s %s: %.2f (%s %.1f)\n", met ? "met" : "missed", target->name, target->value,
               target->at_least ? "at least" : "at most", target->bound);
    }
}

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "bench: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}
