/* Turns of servers, and their tables. What a server works is told by the system of its processes: on a machine that
 * has other things to do it says more than what is done in a second. */

#include <dirent.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rivals.h"

void rivals_read(struct rival rivals[MOST_RIVALS], char **words, size_t count)
{
    if (count < 2 || count > MOST_RIVALS)
        fail("from two servers to %d are compared", MOST_RIVALS);
    for (size_t n = 0; n < count; n++) {
        char *equals = strchr(words[n], '='), *comma = strchr(words[n], ',');
        if (equals == NULL || comma == NULL)
            fail("%s is not NAME=PORT,PROCESS", words[n]);
        *equals = '\0';
        rivals[n] = (struct rival){words[n], (unsigned)atoi(equals + 1), (pid_t)atoi(comma + 1)};
    }
}

int rivals_dial(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int at_once = 1, result = socket(AF_INET, SOCK_STREAM, 0);
    if (result < 0 || connect(result, (struct sockaddr *)&address, sizeof address) != 0)
        fail("no connection to port %u", port);
    setsockopt(result, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    return result;
}

/* A process: who started it, and nanoseconds that it ran, with those of its children that have ended. */
struct process {
    pid_t self, parent;
    double time;
};

static double read_clock(clockid_t clock)
{
    struct timespec time;
    return clock_gettime(clock, &time) == 0 ? (double)time.tv_sec * 1e9 + (double)time.tv_nsec : 0;
}

#define MOST_PROCESSES 4096

static bool read_process(pid_t self, struct process *process)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)self);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    /* Its name, in parentheses, may have anything in it. */
    const char *rest = strrchr(line, ')');
    int parent;
    unsigned long user_of_ended, system_of_ended;
    if (rest == NULL
        || sscanf(rest, ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lu %lu", &parent,
                  &user_of_ended, &system_of_ended)
               != 3)
        return false;
    double ticks = (double)(user_of_ended + system_of_ended);
    clockid_t clock;
    *process = (struct process){self, parent, ticks * 1e9 / (double)sysconf(_SC_CLK_TCK)};
    if (clock_getcpuclockid(self, &clock) == 0)
        process->time += read_clock(clock);
    return true;
}

static size_t read_processes(struct process processes[MOST_PROCESSES])
{
    size_t count = 0;
    DIR *directory = opendir("/proc");
    if (directory == NULL)
        fail("there is no /proc");
    for (struct dirent *entry; count < MOST_PROCESSES && (entry = readdir(directory)) != NULL;) {
        pid_t self = (pid_t)atoi(entry->d_name);
        if (self > 0)
            count += read_process(self, &processes[count]);
    }
    closedir(directory);
    return count;
}

/* Nanoseconds that a process and those below it have worked so far. */
static double work_of(pid_t top)
{
    static struct process processes[MOST_PROCESSES];
    static bool is_below[MOST_PROCESSES];
    size_t count = read_processes(processes);
    double time = 0;
    memset(is_below, 0, sizeof is_below);
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t n = 0; n < count; n++) {
            bool below = processes[n].self == top;
            for (size_t m = 0; m < count && !below; m++)
                below = is_below[m] && processes[m].self == processes[n].parent;
            if (is_below[n] || !below)
                continue;
            is_below[n] = grown = true;
            time += processes[n].time;
        }
    }
    return time;
}

static void turn(const struct contest *contest, const struct rival *rivals, size_t rival, bool counts,
                 struct figures *figures)
{
    if (contest->prepare != NULL)
        contest->prepare(rival);
    double work = work_of(rivals[rival].process), own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t start = now();
    double done = (double)contest->turn(rival), time = (double)(now() - start);
    own = read_clock(CLOCK_PROCESS_CPUTIME_ID) - own;
    work = work_of(rivals[rival].process) - work;
    if (contest->finish != NULL)
        contest->finish(rival);
    if (!counts)
        return;
    series_add(&figures->rates, done * 1e9 / time);
    series_add(&figures->work, work / 1e3 / done);
    series_add(&figures->client, own / time);
}

static void print_line(const char *name, const struct series *const values[], size_t count, double scale,
                       bool more_is_better)
{
    printf("%-34s", name);
    for (size_t n = 0; n < count; n++)
        printf("%10.0f", series_median(values[n]) * scale);
    for (size_t n = 1; n < count && scale == 1; n++) {
        struct series ratios = {.count = 0};
        for (size_t round = 0; round < values[0]->count; round++) {
            double ratio = values[n]->values[round] / values[0]->values[round];
            series_add(&ratios, more_is_better ? 1 / ratio : ratio);
        }
        printf("%9.2fx", series_median(&ratios));
    }
    printf("\n");
}

void rivals_compare(const struct effort *effort, const struct rival *rivals, size_t count,
                    const struct contest *contest)
{
    static struct figures figures[MOST_RIVALS];
    const struct series *rates[MOST_RIVALS], *work[MOST_RIVALS], *client[MOST_RIVALS];
    memset(figures, 0, sizeof figures);
    for (size_t round = 0; round <= effort->rounds; round++)
        for (size_t n = 0; n < count; n++)
            turn(contest, rivals, n, round > 0, &figures[n]);
    printf("\n%-34s", contest->title);
    for (size_t n = 0; n < count; n++) {
        printf("%10s", rivals[n].name);
        rates[n] = &figures[n].rates;
        work[n] = &figures[n].work;
        client[n] = &figures[n].client;
    }
    for (size_t n = 1; n < count; n++)
        printf("%10s", rivals[n].name);
    printf("\n");
    print_line("in a second", rates, count, 1, true);
    print_line("the server's work for one, us", work, count, 1, false);
    print_line("the client at work, %", client, count, 100, true);
    fflush(stdout);
}
