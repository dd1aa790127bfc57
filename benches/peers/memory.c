/* Resident octets of an established context, each peer and layer in a process of its own. */

#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* Contexts to begin with, whose number grows until they weigh enough to be measured in pages. */
#define FIRST 64
#define MOST 32768
#define ENOUGH (16u << 20)

static double child(const struct peer *peer, enum layer layer)
{
    static union context kept[MOST];
    union context first[FIRST];
    for (size_t n = 0; n < FIRST; n++)
        if (!shake_hands(peer, layer, &first[n], NULL))
            return NAN;
    malloc_trim(0);
    size_t count = 0, before = resident(), grown = 0;
    while (count < MOST && grown < ENOUGH) {
        if (!shake_hands(peer, layer, &kept[count++], NULL))
            return NAN;
        if (count % FIRST == 0)
            grown = resident() - before;
    }
    return (double)grown / (double)count;
}

static double measure(const struct peer *peer, enum layer layer)
{
    int ends[2];
    double octets = NAN;
    if (pipe(ends) != 0)
        fail("no pipe can be made");
    pid_t process = fork();
    if (process < 0)
        fail("no process can be made");
    if (process == 0) {
        octets = child(peer, layer);
        _exit(write(ends[1], &octets, sizeof octets) != sizeof octets);
    }
    close(ends[1]);
    if (read(ends[0], &octets, sizeof octets) != sizeof octets)
        octets = NAN;
    close(ends[0]);
    waitpid(process, NULL, 0);
    return octets;
}

void memory_run(void)
{
    report_head("Resident memory of an established context", "octets");
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        double octets[MOST_PEERS];
        for (size_t p = 0; p < peer_count; p++)
            octets[p] = works[p][layer] ? measure(peers[p], layer) : NAN;
        report_line(layer_names[layer], octets);
    }
}
