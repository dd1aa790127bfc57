/* start [--full] NAME=LIBRARY...: starts processes, one for each library in turns, each of which says how long it took
 * from before it was there to its first challenge. The first library is this one, "Cyrus" is Cyrus SASL. A process is
 * this program with --once NAME LIBRARY. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "start.h"

#define OURS "secur32"
#define MOST_LIBRARIES 2

static const char *const step_names[STEPS] = {"the process, up to main", "the library loaded",
                                              "the first credential", "the first challenge"};

static struct subject {
    const char *name, *path;
    struct series steps[STEPS], library, work, clock;
} subjects[MOST_LIBRARIES];
static size_t subject_count;

static char directory[] = "/tmp/secur32-bench-XXXXXX", accounts[64];

static void tidy(void)
{
    unlink(accounts);
    rmdir(directory);
}

static void lay_out(void)
{
    if (mkdtemp(directory) == NULL)
        fail("no directory can be made");
    snprintf(accounts, sizeof accounts, "%s/accounts.htdigest", directory);
    FILE *file = fopen(accounts, "w");
    if (file == NULL || fputs(USER ":" REALM ":" HASH_HEX "\n", file) < 0 || fclose(file) != 0)
        fail("cannot write %s", accounts);
    atexit(tidy);
    unsetenv("SECUR32_CONFIG");
    setenv("SECUR32_ACCOUNTS", accounts, 1);
    setenv("SECUR32_REALM", REALM, 1);
}

static int once(const char *name, const char *path)
{
    struct times times;
    note(&times, MAIN);
#ifdef HAVE_CYRUS
    if (strcmp(name, OURS) != 0)
        cyrus_run(path, &times);
    else
#endif
        ours_run(path, &times);
    bool written = write(STDOUT_FILENO, &times, sizeof times) == sizeof times;
    /* What libraries do at the end is not asked for. */
    _exit(written ? 0 : 1);
}

static void start(struct subject *subject, bool counts)
{
    struct times times;
    int ends[2], status;
    if (pipe(ends) != 0)
        fail("no pipe");
    uint64_t begun = now();
    pid_t process = fork();
    if (process == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/proc/self/exe", "start", "--once", subject->name, subject->path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], &times, sizeof times);
    close(ends[0]);
    if (process < 0 || waitpid(process, &status, 0) != process || status != 0 || length != sizeof times)
        fail("%s does not start", subject->name);
    if (!counts)
        return;
    for (enum step step = MAIN; step < STEPS; step++)
        series_add(&subject->steps[step],
                   (double)(times.at[step] - (step == MAIN ? 0 : times.at[step - 1])) / 1e3);
    series_add(&subject->library, (double)(times.at[CHALLENGE] - times.at[MAIN]) / 1e3);
    series_add(&subject->work, (double)times.at[CHALLENGE] / 1e3);
    series_add(&subject->clock, (double)(times.end - begun) / 1e3);
}

/* How many times the first's the other's is, in the same rounds. */
static double ratio_of(const struct series *first, const struct series *other)
{
    struct series ratios = {.count = 0};
    for (size_t n = 0; n < first->count; n++)
        series_add(&ratios, other->values[n] / first->values[n]);
    return series_median(&ratios);
}

static void print_line(const char *name, const struct series *const values[])
{
    printf("%-34s", name);
    for (size_t n = 0; n < subject_count; n++)
        printf("%10.1f", series_median(values[n]));
    for (size_t n = 1; n < subject_count; n++)
        printf("%9.2fx", ratio_of(values[0], values[n]));
    printf("\n");
}

static void print_table(size_t rounds)
{
    const struct series *values[MOST_LIBRARIES];
    printf(
        "\nFrom the start of a process to its first challenge, us of processor time, medians of %zu starts each\n%-34s",
        rounds, "");
    for (size_t n = 0; n < subject_count; n++)
        printf("%10s", subjects[n].name);
    for (size_t n = 1; n < subject_count; n++)
        printf("%10s", subjects[n].name);
    printf("\n");
    for (enum step step = MAIN; step < STEPS; step++) {
        for (size_t n = 0; n < subject_count; n++)
            values[n] = &subjects[n].steps[step];
        print_line(step_names[step], values);
    }
    for (size_t n = 0; n < subject_count; n++)
        values[n] = &subjects[n].library;
    print_line("the library's part", values);
    for (size_t n = 0; n < subject_count; n++)
        values[n] = &subjects[n].work;
    print_line("the whole", values);
    for (size_t n = 0; n < subject_count; n++)
        values[n] = &subjects[n].clock;
    print_line("the whole, by the clock", values);
}

int main(int count, char **words)
{
    size_t rounds = 41;
    if (count == 4 && strcmp(words[1], "--once") == 0)
        return once(words[2], words[3]);
    if (count >= 2 && strcmp(words[1], "--full") == 0) {
        rounds = MOST_ROUNDS;
        count--;
        words++;
    }
    for (int n = 1; n < count && n <= MOST_LIBRARIES; n++) {
        char *equals = strchr(words[n], '=');
        if (equals == NULL)
            fail("%s is not NAME=LIBRARY", words[n]);
        *equals = '\0';
        subjects[subject_count++] = (struct subject){.name = words[n], .path = equals + 1};
    }
    lay_out();
    for (size_t round = 0; round <= rounds; round++)
        for (size_t n = 0; n < subject_count; n++)
            start(&subjects[n], round > 0);
    print_table(rounds);
    double share = subject_count > 1 ? 1 / ratio_of(&subjects[0].work, &subjects[1].work) : NAN;
    report_target("process start to first challenge, of Cyrus'", share, 0.1, false);
    report_verdicts();
    return 0;
}
