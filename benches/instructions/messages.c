/* Messages that the server seals, and the client's that it opens. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instructions.h"

/* Lengths of messages, and how many of each. */
static const struct kind {
    size_t length, count;
} kinds[] = {{64, 64}, {1024, 16}, {16384, 4}};

#define ROOM(length) (FIELD + (length) + TRAILER)
#define MOST 64

static void seal(union context *server, char *frames, struct kind kind)
{
    struct sealed sealed;
    for (size_t n = 0; n < kind.count; n++)
        if (!secur32_peer.seal(server, frames + n * ROOM(kind.length), kind.length, &sealed))
            fail("sealing failed");
}

static void unseal(union context *server, char *frames, const size_t lengths[MOST], struct kind kind)
{
    struct sealed plain;
    for (size_t n = 0; n < kind.count; n++)
        if (!secur32_peer.unseal(server, frames + n * ROOM(kind.length), lengths[n], &plain))
            fail("opening failed");
}

static void both_ways(union context *server, union context *client, char *frames, struct kind kind,
                      const char *name)
{
    char text[64];
    size_t lengths[MOST];
    seal(server, frames, kind);
    collect();
    seal(server, frames, kind);
    collect();
    snprintf(text, sizeof text, "seal-%s", name);
    dump(text, kind.count);
    for (int counted = 0; counted < 2; counted++) {
        for (size_t n = 0; n < kind.count; n++)
            lengths[n] = client_seal(client, frames + n * ROOM(kind.length), kind.length);
        if (counted)
            collect();
        unseal(server, frames, lengths, kind);
        if (counted)
            collect();
    }
    snprintf(text, sizeof text, "open-%s", name);
    dump(text, kind.count);
}

void count_messages(void)
{
    for (enum layer layer = AUTH_INT; layer < LAYERS; layer++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            char name[32];
            union context server, client;
            char *frames = calloc(kinds[k].count, ROOM(kinds[k].length));
            if (frames == NULL || !shake_hands(&secur32_peer, layer, &server, &client))
                fail("no session with %s", layer_names[layer]);
            snprintf(name, sizeof name, "%s-%zu", layer_names[layer], kinds[k].length);
            both_ways(&server, &client, frames, kinds[k], name);
            secur32_peer.end(&server);
            client_end(&client);
            free(frames);
        }
}
