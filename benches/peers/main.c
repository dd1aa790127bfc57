/* bench [--full] [--start] [--no-bypass] [--results FILE]: measures, prints, judges. Succeeds whatever the figures are; fails when
 * something does not work. --start measures what may differ from one start of the program to the next, alone, and --no-bypass
 * has no load go ahead of stores whose addresses are not known yet. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "bench.h"

const char *const layer_names[LAYERS] = {"auth", "auth-int", "rc4", "des", "3des"};

static const struct peer *const known[] = {
    &secur32_peer,
#ifdef HAVE_CYRUS
    &cyrus_peer,
#endif
#ifdef HAVE_GSASL
    &gsasl_peer,
#endif
#ifdef HAVE_JDK
    &jdk_peer,     &jdk_new_peer,
#endif
};

static char directory[] = "/tmp/secur32-bench-XXXXXX";

static void tidy(void)
{
    static const char *const names[] = {"accounts.htdigest", "secur32.toml",      "secur32-rc4.toml",
                                        "secur32-des.toml",  "secur32-3des.toml", "secur32-scram.toml",
                                        "scram-accounts"};
    char path[128];
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[n]);
        unlink(path);
    }
    rmdir(directory);
}

/* Which layers a peer can do, by a handshake each. */
static void try_layers(const struct peer *peer, bool works[LAYERS])
{
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        union context server;
        works[layer] = shake_hands(peer, layer, &server, NULL);
        peer->end(&server);
        if (!works[layer])
            printf("%s: no handshake with %s\n", peer->name, layer_names[layer]);
    }
}

static void open_peers(struct roster *roster, bool remote_too)
{
    for (size_t n = 0; n < sizeof known / sizeof known[0]; n++) {
        if (known[n]->remote != NULL && !remote_too)
            continue;
        const char *reason = known[n]->open(directory);
        if (reason != NULL)
            fail("%s: %s", known[n]->name, reason);
        roster->peers[roster->count++] = known[n];
    }
    client_open(directory);
    for (size_t p = 0; p < roster->count; p++)
        try_layers(roster->peers[p], roster->works[p]);
    for (enum layer layer = AUTH; layer < LAYERS; layer++)
        if (!roster->works[0][layer])
            fail("%s: no handshake with %s", roster->peers[0]->name, layer_names[layer]);
}

int main(int count, char **words)
{
    struct roster roster = {.count = 0};
    bool start = false;
    struct effort effort = {.rounds = 15, .turn = 1000000, .warming = 250000000};
    for (int n = 1; n < count; n++)
        if (strcmp(words[n], "--full") == 0)
            effort = (struct effort){.full = true, .rounds = 51, .turn = 4000000, .warming = 2000000000};
        else if (strcmp(words[n], "--start") == 0)
            start = true;
        else if (strcmp(words[n], "--no-bypass") == 0) {
            if (prctl(PR_SET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, PR_SPEC_DISABLE, 0, 0) != 0)
                fail("this machine cannot disable the bypass of stores");
        } else if (strcmp(words[n], "--results") == 0 && n + 1 < count)
            report_open(words[++n]);
        else
            fail("usage: bench [--full] [--start] [--no-bypass] [--results FILE]");
    if (mkdtemp(directory) == NULL)
        fail("no directory can be made");
    atexit(tidy);
    open_peers(&roster, !start);
    effort.roster = &roster;
    report_peers(&roster);
    printf(
        "Medians of %zu rounds. Figures with x: how many times as good as that peer; more than 1 is better.\n",
        effort.rounds);
    if (start) {
        messages_start_run(&effort);
        return 0;
    }
    /* First, as long as there is no freed memory for contexts to go into. */
    memory_run(&effort);
    handshakes_run(&effort);
    threads_run(&effort);
    messages_run(&effort);
    scram_run(&effort, directory);
    report_verdicts();
    return 0;
}
