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

/* Bytes for each of so many contexts. */
struct weight {
    double made;
    /* Made as often again after all were deleted; by how much the whole has grown then, as a part of what it was. */
    double grown;
    double count;
};

/* What is weighed of a library: its contexts once established, or after a message each way, before which some of what
 * belongs to a cipher need not be there. */
struct kind {
    const struct peer *peer;
    enum layer layer;
    bool talks;
};

/* One message each way. */
static bool talk(const struct peer *peer, union context *server, union context *client)
{
    char frame[FIELD + 64 + TRAILER] = {0};
    struct sealed sealed, plain;
    if (!peer->seal(server, frame, 64, &sealed))
        return false;
    if (sealed.owned != NULL)
        peer->drop(sealed.owned);
    size_t length = client_seal(client, frame, 64);
    if (length == 0 || !peer->unseal(server, frame, length, &plain))
        return false;
    if (plain.owned != NULL)
        peer->drop(plain.owned);
    return true;
}

static bool make(const struct kind *kind, union context *server)
{
    union context client;
    if (!kind->talks)
        return shake_hands(kind->peer, kind->layer, server, NULL);
    if (!shake_hands(kind->peer, kind->layer, server, &client))
        return false;
    bool good = talk(kind->peer, server, &client);
    client_end(&client);
    return good;
}

/* Makes at most `most` contexts; stops where they weigh `much`. Returns how many. */
static size_t fill(const struct kind *kind, union context *kept, size_t most, size_t much)
{
    size_t before = resident();
    for (size_t count = 0; count < most; count++) {
        if (count % 1024 == 0 && resident() > before + much)
            return count;
        if (!make(kind, &kept[count]))
            return 0;
    }
    return most;
}

static struct weight weigh(const struct kind *kind, size_t most, size_t much)
{
    struct weight none = {NAN, NAN, NAN};
    union context first[FIRST], *kept = calloc(most, sizeof *kept);
    if (kept == NULL)
        return none;
    /* Its pages, which are not the library's. */
    for (size_t n = 0; n < most; n++)
        ((volatile union context *)kept)[n].number = 1;
    if (fill(kind, first, FIRST, SIZE_MAX / 2) != FIRST)
        return none;
    malloc_trim(0);
    double before = (double)resident();
    size_t count = fill(kind, kept, most, much);
    double made = (double)resident() - before;
    for (size_t n = 0; n < count; n++)
        kind->peer->end(&kept[n]);
    if (count == 0 || fill(kind, kept, count, SIZE_MAX / 2) != count)
        return none;
    double again = (double)resident() - before;
    return (struct weight){made / (double)count, again / made - 1, (double)count};
}

static struct weight weigh_apart(const struct kind *kind, size_t most, size_t much)
{
    int ends[2];
    struct weight weight = {NAN, NAN, NAN};
    if (pipe(ends) != 0)
        fail("no pipe can be made");
    pid_t process = fork();
    if (process < 0)
        fail("no process can be made");
    if (process == 0) {
        weight = weigh(kind, most, much);
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

static struct weight measure(const struct effort *effort, const struct kind *kind)
{
    const struct peer *peer = kind->peer;
    size_t most = effort->full ? (kind->layer == AUTH ? peer->most_live_full : 100000) : 32768;
    if (peer->remote == NULL)
        return weigh_apart(kind, most, effort->full ? MUCH_FULL : MUCH);
    if (kind->talks)
        return (struct weight){NAN, NAN, NAN};
    return weigh_heap(peer, kind->layer, effort->full ? most : 4096);
}

static void layer_targets(enum layer layer, struct weight weight)
{
    static const double bounds[LAYERS] = {300, 450, 2600, 750, 1300};
    const char *when = layer == AUTH ? "" : " after a message each way";
    char name[96];
    snprintf(name, sizeof name, "%s: bytes of a context%s", layer_names[layer], when);
    report_target(name, weight.made, bounds[layer], false);
    snprintf(name, sizeof name, "%s: growth when made again after all were deleted", layer_names[layer]);
    report_target(name, weight.grown, 0.05, false);
}

/* A table, from layer `first` on: bytes, how many contexts, and what the same number takes after all were deleted. */
static void table(const struct effort *effort, const char *title, enum layer first, bool talks)
{
    static const char *const rows[] = {"%s", "%s, contexts made", "%s, made again: + %%"};
    struct weight weights[LAYERS][MOST_PEERS];
    report_head(title, "bytes", IN_MEMORY);
    for (enum layer layer = first; layer < LAYERS; layer++)
        for (size_t p = 0; p < effort->roster->count; p++) {
            struct kind kind = {effort->roster->peers[p], layer, talks};
            weights[layer][p] = (struct weight){NAN, NAN, NAN};
            if (runs(effort->roster, p, layer, IN_MEMORY))
                weights[layer][p] = measure(effort, &kind);
        }
    for (size_t row = 0; row < 3; row++)
        for (enum layer layer = first; layer < LAYERS; layer++) {
            char name[64];
            double values[MOST_PEERS];
            for (size_t p = 0; p < effort->roster->count; p++) {
                struct weight weight = weights[layer][p];
                values[p] = row == 0 ? weight.made : row == 1 ? weight.count : 100 * weight.grown;
            }
            snprintf(name, sizeof name, rows[row], layer_names[layer]);
            (row == 0 ? report_line : report_counts)(name, values);
        }
    for (enum layer layer = first; layer < LAYERS; layer++)
        if (talks || layer == AUTH)
            layer_targets(layer, weights[layer][0]);
}

void memory_run(const struct effort *effort)
{
    table(effort, "Resident memory of an established context (JDK: its heap)", AUTH, false);
    table(effort, "Resident memory of a context after a message each way", AUTH_INT, true);
}
