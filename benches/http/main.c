/* http [--full | --profile | --load NAME=PORT,PROCESS...]: measures, prints, judges. Succeeds whatever the figures are;
 * fails when something does not work. With --profile it only takes later requests, for a profiler to count; with --load
 * it compares web servers that run, whose pages the account may have. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http.h"

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

static void profile(void)
{
    struct session session;
    establish(MD5_SESS, &session);
    bool good = true;
    for (size_t n = 0; n < 10000 && good; n++)
        good = respond_again(&session) && serve_again(MD5_SESS, &session);
    if (!good)
        fail("a later request failed");
    serve_end(&session);
}

int main(int count, char **words)
{
    struct effort effort = {.rounds = 15, .turn = 2000000};
    const char *option = count >= 2 ? words[1] : "";
    bool profiled = count == 2 && strcmp(option, "--profile") == 0;
    bool loaded = count >= 2 && strcmp(option, "--load") == 0;
    if (count == 2 && strcmp(option, "--full") == 0)
        effort = (struct effort){.full = true, .rounds = 51, .turn = 8000000};
    else if (count != 1 && !profiled && !loaded)
        fail("usage: http [--full | --profile | --load NAME=PORT,PROCESS...]");
    if (mkdtemp(directory) == NULL)
        fail("no directory can be made");
    atexit(tidy);
    calls_open(directory);
    if (profiled) {
        profile();
        return 0;
    }
    if (loaded) {
        load_run(&effort, words + 2, (size_t)count - 2);
        return 0;
    }
    const char *reason = bound_open();
    if (reason != NULL)
        fail("%s", reason);
    printf(
        "Medians of %zu rounds. The bound: the blocks of a request's hashes, each at libcrypto's speed, and one "
        "look-up.\n",
        effort.rounds);
    requests_run(&effort);
    history_run(&effort);
    crowds_run(&effort);
    report_verdicts();
    return 0;
}
