/* machines [--full] SOCKET SCRIPT [ODBC-STRING]: measures, prints, judges. SOCKET is a Redis server's, SCRIPT the
 * library's claim; the string is a database's with a table accounts (username, realm, ha1). Succeeds whatever the
 * figures are; fails when something does not work. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machines.h"

static char directory[] = "/tmp/secur32-bench-XXXXXX";

static void tidy(void)
{
    static const char *const names[] = {"accounts.htdigest", "secur32.toml"};
    char path[128];
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[n]);
        unlink(path);
    }
    rmdir(directory);
}

static int compare(const void *one, const void *other)
{
    double first = *(const double *)one, second = *(const double *)other;
    return (first > second) - (first < second);
}

void turn_add(struct turn *turn, uint64_t begun)
{
    turn->times[turn->count++] = (double)(now() - begun);
}

double turn_tenth(struct turn *turn)
{
    qsort(turn->times, turn->count, sizeof turn->times[0], compare);
    double tenth = turn->times[turn->count / 10];
    turn->count = 0;
    return tenth;
}

int main(int count, char **words)
{
    struct effort effort = {.rounds = 15};
    if (count >= 2 && strcmp(words[1], "--full") == 0) {
        effort = (struct effort){.full = true, .rounds = 101};
        count--;
        words++;
    }
    if (count < 3 || count > 4)
        fail("usage: machines [--full] SOCKET SCRIPT [ODBC-STRING]");
    if (mkdtemp(directory) == NULL)
        fail("no directory can be made");
    atexit(tidy);
    accounts_run(directory);
    calls_open(directory);
    printf(
        "Times are what a tenth of %d operations took at most; ratios are medians of %zu rounds, in turns.\n",
        OPERATIONS, effort.rounds);
    engine_open(words[1], words[2]);
    claims_run(&effort, directory, words[1]);
    if (count == 4)
        lookups_run(&effort, directory, words[3]);
    report_verdicts();
    return 0;
}
