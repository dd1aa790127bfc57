/* Memory of an established context, and what deleting all of them gives back: each library and layer in a process of
 * its own, by what is resident; another process says how large its heap is. */

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* Contexts that are there before anything is measured. */
#define FIRST 64
/* What contexts may weigh together: then there are enough of them. */
#define MUCH ((size_t)16 << 20)
#define MUCH_FULL ((size_t)1 << 30)

/* Octets for each of so many contexts. */
struct weight {
    double made;
    /* Made as often again after all were deleted; by how much the whole has grown then, as a part of what it was. */
    double grown;
    double count;
};

/* Makes at most `most` contexts; stops where they weigh `much`. Returns how many. */
static size_t fill(const struct peer *peer, enum layer layer, union context *kept, size_t most, size_t much)
{
    size_t before = resident();
    for (size_t count = 0; count < most; count++) {
        if (count % 1024 == 0 && resident() > before + much)
            return count;
        if (!shake_hands(peer, layer, &kept[count], NULL))
            return 0;
    }
    return most;
}

static struct weight weigh(const struct peer *peer, enum layer layer, size_t most, size_t much)
{
    struct weight none = {NAN, NAN, NAN};
    union context first[FIRST], *kept = calloc(most, sizeof *kept);
    if (kept == NULL)
        return none;
    /* Its pages, which are not the library's. */
    for (size_t n = 0; n < most; n++)
        ((volatile union context *)kept)[n].number = 1;
    if (fill(peer, layer, first, FIRST, SIZE_MAX / 2) != FIRST)
        return none;
    malloc_trim(0);
    double before = (double)resident();
    size_t count = fill(peer, layer, kept, most, much);
    double made = (double)resident() - before;
    for (size_t n = 0; n < count; n++)
        peer->end(&kept[n]);
    if (count == 0 || fill(peer, layer, kept, count, SIZE_MAX / 2) != count)
        return none;
    double again = (double)resident() - before;
    return (struct weight){made / (double)count, again / made - 1, (double)count};
}

static struct weight weigh_apart(const struct peer *peer, enum layer layer, size_t most, size_t much)
{
    int ends[2];
    struct weight weight = {NAN, NAN, NAN};
    if (pipe(ends) != 0)
        fail("no pipe can be made");
    pid_t process = fork();
    if (process < 0)
        fail("no process can be made");
    if (process == 0) {
        weight = weigh(peer, layer, most, much);
        _exit(write(ends[1], &weight, sizeof weight) != sizeof weight);
    }
    close(ends[1]);
    if (read(ends[0], &weight, sizeof weight) != sizeof weight)
        weight = (struct weight){NAN, NAN, NAN};
    close(ends[0]);
    waitpid(process, NULL, 0);
    return weight;
}

static struct weight weigh_heap(const struct peer *peer, enum layer layer, size_t count)
{
    union context *kept = calloc(count, sizeof *kept);
    if (kept == NULL)
        fail("out of memory");
    /* Classes and compiled calls come with the first. */
    establish_all(peer, layer, kept, count);
    end_each(peer, kept, count);
    double before = peer->remote->heap();
    establish_all(peer, layer, kept, count);
    double made = peer->remote->heap() - before;
    end_each(peer, kept, count);
    free(kept);
    /* What a collector leaves is not counted. */
    return (struct weight){made / (double)count, NAN, (double)count};
}

static struct weight measure(const struct effort *effort, const struct peer *peer, enum layer layer)
{
    size_t most = effort->full ? (layer == AUTH ? peer->most_live_full : 100000) : 32768;
    if (peer->remote != NULL)
        return weigh_heap(peer, layer, effort->full ? most : 4096);
    return weigh_apart(peer, layer, most, effort->full ? MUCH_FULL : MUCH);
}

static void layer_targets(enum layer layer, struct weight weight)
{
    static const double bounds[LAYERS] = {300, 450, 2600, 750, 1300};
    char name[96];
    snprintf(name, sizeof name, "%s: octets of a context", layer_names[layer]);
    report_target(name, weight.made, bounds[layer], false);
    snprintf(name, sizeof name, "%s: growth when as many are made after all were deleted", layer_names[layer]);
    report_target(name, weight.grown, 0.05, false);
}

void memory_run(const struct effort *effort)
{
    struct weight weights[LAYERS][MOST_PEERS];
    double values[MOST_PEERS];
    report_head("Resident memory of an established context (JDK: its heap)", "octets", IN_MEMORY);
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        for (size_t p = 0; p < peer_count; p++) {
            weights[layer][p] = (struct weight){NAN, NAN, NAN};
            if (runs(p, layer, IN_MEMORY))
                weights[layer][p] = measure(effort, peers[p], layer);
            values[p] = weights[layer][p].made;
        }
        report_line(layer_names[layer], values);
        layer_targets(layer, weights[layer][0]);
    }
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        char name[64];
        for (size_t p = 0; p < peer_count; p++)
            values[p] = weights[layer][p].count;
        snprintf(name, sizeof name, "%s, contexts made", layer_names[layer]);
        report_counts(name, values);
        for (size_t p = 0; p < peer_count; p++)
            values[p] = 100 * weights[layer][p].grown;
        snprintf(name, sizeof name, "%s, made again: + %%", layer_names[layer]);
        report_counts(name, values);
    }
}
