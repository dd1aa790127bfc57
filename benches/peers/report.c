/* Tables and ratios, for people and for programs. */

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"

static FILE *records;

/* Who is compared; nobody before `report_peers`. */
static const struct roster *roster = &(const struct roster){.count = 0};

/* The table that is being printed. */
static const char *table;
static enum part shown;

void report_open(const char *path)
{
    records = fopen(path, "w");
    if (records == NULL)
        fail("%s cannot be written", path);
}

void report_record(const char *format, ...)
{
    if (records == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(records, format, arguments);
    va_end(arguments);
    putc('\n', records);
    fflush(records);
}

void report_peers(const struct roster *compared)
{
    roster = compared;
    for (size_t p = 1; p < roster->count; p++) {
        printf("%s%s %s", p == 1 ? "Compared with " : ", ", roster->peers[p]->name,
               roster->peers[p]->version());
        report_record("peer\t%s\t%s", roster->peers[p]->name, roster->peers[p]->version());
    }
    printf("%s\n", roster->count > 1 ? "." : "There is nothing to compare with.");
}

static bool is_shown(size_t p)
{
    return (roster->peers[p]->parts & shown) != 0;
}

static size_t shown_peers(void)
{
    size_t count = 0;
    for (size_t p = 0; p < roster->count; p++)
        count += is_shown(p);
    return count;
}

void report_head(const char *title, const char *unit, enum part part)
{
    table = title;
    shown = part;
    printf("\n%s, %s\n%-26s", title, unit, "");
    for (size_t p = 0; p < roster->count; p++)
        if (is_shown(p))
            printf("%10s", roster->peers[p]->name);
    printf(" ");
    for (size_t p = 1; p < roster->count; p++)
        if (is_shown(p))
            printf("%10s", roster->peers[p]->name);
    printf("%s\n", shown_peers() > 2 ? " best peer" : "");
}

static void values_print(const char *name, const double values[MOST_PEERS])
{
    printf("%-26s", name);
    for (size_t p = 0; p < roster->count; p++) {
        if (!is_shown(p))
            continue;
        if (isnan(values[p])) {
            printf("%10s", "-");
            continue;
        }
        printf("%10.*f", values[p] < 100 ? 2 : 0, values[p]);
        report_record("value\t%s\t%s\t%s\t%.2f", table, name, roster->peers[p]->name, values[p]);
    }
}

double report_best(const double values[MOST_PEERS])
{
    double best = NAN;
    for (size_t p = 1; p < roster->count; p++)
        if (is_shown(p) && values[p] > 0 && !(best <= values[p]))
            best = values[p];
    return values[0] > 0 ? best / values[0] : NAN;
}

double report_ratio(const double values[MOST_PEERS], const char *name)
{
    for (size_t p = 1; p < roster->count; p++)
        if (strcmp(roster->peers[p]->name, name) == 0 && values[p] > 0 && values[0] > 0)
            return values[p] / values[0];
    return NAN;
}

static void ratio_print(double ratio)
{
    if (ratio > 0)
        printf("%9.*fx", ratio < 100 ? 2 : 0, ratio);
    else
        printf("%10s", "-");
}

void report_line(const char *name, const double values[MOST_PEERS])
{
    values_print(name, values);
    printf(" ");
    for (size_t p = 1; p < roster->count; p++)
        if (is_shown(p))
            ratio_print(values[0] > 0 ? values[p] / values[0] : NAN);
    if (shown_peers() > 2)
        ratio_print(report_best(values));
    printf("\n");
    fflush(stdout);
}

void report_counts(const char *name, const double values[MOST_PEERS])
{
    values_print(name, values);
    printf("\n");
    fflush(stdout);
}
