/* Times the server's judgement of responses with wrong passwords: of users that there are, of names that are nobody's,
 * and of other names that are nobody's, in turns. How to read the table: `unknown` is the median of the second in
 * nanoseconds; `known` is how much more or less that of the first is, and `noise` that of the third, which is what the
 * machine makes of no difference at all. In hundredths of the step both shall be below 2, and `known` no larger than
 * `noise` is in some runs. A machine that others share shows large noise: run again, and on one processor
 * (`taskset -c 1`).
 *
 * With --count, run by callgrind, instructions are counted instead: those do not depend on the machine's peace. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "timing.h"

#ifdef COUNTED
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_DUMP_STATS_AT(text) ((void)(text))
#endif

/* Turns of each kind that are counted. */
#define COUNTED_TURNS 32

/* More than processors keep near. */
static char far_memory[64 << 20];

static char directory[] = "/tmp/secur32-timing-XXXXXX";

static void tidy(void)
{
    sources_close();
    rmdir(directory);
}

static uint64_t clock_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static double median(uint64_t *times, size_t count)
{
    qsort(times, count, sizeof times[0], compare);
    return ((double)times[count / 2] + (double)times[(count - 1) / 2]) / 2;
}

/* A client with a wrong password. */
static CredHandle acquire_client(const char *name)
{
    CredHandle client;
    SEC_WINNT_AUTH_IDENTITY_A identity = {.User = (unsigned char *)name,
                                          .UserLength = (ULONG)strlen(name),
                                          .Password = (unsigned char *)"wrong",
                                          .PasswordLength = 5,
                                          .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI};
    if (AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
                                  NULL, &client, NULL)
        != SEC_E_OK)
        fail("the client's AcquireCredentialsHandle failed");
    return client;
}

/* One judgement; returns its nanoseconds. */
static uint64_t judge(struct turn *turn, enum source source, enum who who, bool counted)
{
    char name[32];
    sources_name(source, who, (size_t)rand(), name);
    CredHandle client = acquire_client(name);
    turn_prepare(turn, &client);
    /* A line of each page. */
    for (size_t n = 0; !counted && source == MILLION && n < sizeof far_memory; n += 4096)
        far_memory[n + (size_t)rand() % 64 * 64]++;
    if (counted) {
        CALLGRIND_TOGGLE_COLLECT;
    }
    uint64_t start = clock_time();
    SECURITY_STATUS status = turn_judge(turn);
    uint64_t time = clock_time() - start;
    if (counted) {
        CALLGRIND_TOGGLE_COLLECT;
    }
    if (status != SEC_E_LOGON_DENIED)
        fail("a wrong password: %08x", (unsigned)status);
    turn_end(turn);
    FreeCredentialsHandle(&client);
    return time;
}

static void count_source(enum source source, struct turn *turn)
{
    for (enum who who = KNOWN; who <= UNKNOWN; who++) {
        char text[96];
        for (size_t n = 0; n < 2 * COUNTED_TURNS; n++)
            judge(turn, source, who, n >= COUNTED_TURNS);
        snprintf(text, sizeof text, "%d/%d/%s %d 0", source, turn->protocol,
                 who == KNOWN ? "known" : "unknown", COUNTED_TURNS);
        CALLGRIND_DUMP_STATS_AT(text);
    }
}

static void time_source(enum source source, struct turn *turn, size_t rounds)
{
    uint64_t *times[WHO];
    double medians[WHO];
    for (enum who who = KNOWN; who < WHO; who++)
        times[who] = calloc(rounds, sizeof *times[who]);
    for (size_t n = 0; n < rounds; n++)
        for (size_t step = 0; step < WHO; step++) {
            /* Each comes after each of the others as often. */
            size_t who = (n % 2 == 0 ? step : WHO - 1 - step) + n / 2;
            who %= WHO;
            times[who][n] = judge(turn, source, who, false);
        }
    for (enum who who = KNOWN; who < WHO; who++) {
        medians[who] = median(times[who], rounds);
        free(times[who]);
    }
    double unknown = medians[UNKNOWN], known = medians[KNOWN] - unknown,
           noise = medians[OTHER_UNKNOWN] - unknown;
    printf("%-22s %-9s %9.0f %+8.0f %+8.0f %+7.2f %% %+7.2f %%\n", source_names[source],
           protocol_names[turn->protocol], unknown, known, noise, 100 * known / unknown,
           100 * noise / unknown);
    fflush(stdout);
}

int main(int count, char **words)
{
    bool counts = count > 1 && strcmp(words[1], "--count") == 0;
    bool full = count > 1 && strcmp(words[1], "--full") == 0;
    if (mkdtemp(directory) == NULL)
        fail("no directory can be made");
    atexit(tidy);
    sources_open(directory, counts ? 1000 : 1000000);
    if (!counts)
        printf("\nRefusals, by who is refused (nanoseconds; medians)\n\n%-22s %-9s %9s %8s %8s %9s %9s\n", "",
               "", "unknown", "known", "noise", "known", "noise");
    for (enum source source = FEW; source < SOURCES; source++) {
        for (enum protocol protocol = SASL; protocol < PROTOCOLS; protocol++) {
            CredHandle server;
            struct turn turn = {.protocol = protocol, .server = &server};
            if (!sources_acquire(source, protocol, &server))
                continue;
            if (counts)
                count_source(source, &turn);
            else
                time_source(source, &turn, full ? 200000 : 20000);
            FreeCredentialsHandle(&server);
        }
    }
    return 0;
}
