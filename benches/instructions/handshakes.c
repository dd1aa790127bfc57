/* The server's side of handshakes, whole and in parts. */

#include <stdio.h>

#include "instructions.h"

#define COUNT 64

/* The server's calls that are collected. */
enum step { NOTHING = 0, CHALLENGE = 1, RESPONSE = 2, DISPOSAL = 4, WHOLE = 7 };

static void handshakes(enum layer layer, enum step collected)
{
    static union context servers[COUNT], clients[COUNT];
    static struct text challenges[COUNT], responses[COUNT], rspauths[COUNT];
    const struct peer *server = &secur32_peer;
    bool good = true;
    if (collected & CHALLENGE)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        good &= server->begin(layer, &servers[n], &challenges[n]);
    if (collected & CHALLENGE)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        good &= client_answer(layer, &clients[n], &challenges[n], &responses[n]);
    if (collected & RESPONSE)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        good &= server->finish(&servers[n], &responses[n], &rspauths[n]);
    if (collected & RESPONSE)
        collect();
    for (size_t n = 0; n < COUNT; n++) {
        good &= client_check(&clients[n], &rspauths[n]);
        client_end(&clients[n]);
    }
    if (collected & DISPOSAL)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        server->end(&servers[n]);
    if (collected & DISPOSAL)
        collect();
    if (!good)
        fail("a handshake with %s failed", layer_names[layer]);
}

void count_handshakes(void)
{
    for (enum layer layer = AUTH; layer < LAYERS; layer++) {
        char name[64];
        snprintf(name, sizeof name, "handshake-%s", layer_names[layer]);
        handshakes(layer, NOTHING);
        handshakes(layer, WHOLE);
        dump(name, COUNT);
    }
    handshakes(AUTH, CHALLENGE);
    dump("challenge-auth", COUNT);
    handshakes(AUTH, RESPONSE);
    dump("response-auth", COUNT);
}
