/* The server's side of requests over HTTP: the first of a session, with its challenge and its end, and a later one. */

#include <stdio.h>

#include "../http/http.h"
#include "instructions.h"

#define COUNT 32

static struct session sessions[COUNT];

static void begin(enum algorithm algorithm, bool counted)
{
    bool good = true;
    if (counted)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        good &= serve_challenge(algorithm, &sessions[n]);
    if (counted)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        good &= respond(&sessions[n]);
    if (counted)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        good &= serve_first(algorithm, &sessions[n]);
    if (counted)
        collect();
    if (!good)
        fail("a first request with %s failed", algorithm_names[algorithm]);
}

static void end(bool counted)
{
    if (counted)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        DeleteSecurityContext(&sessions[n].server);
    if (counted)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        DeleteSecurityContext(&sessions[n].client);
}

static void go_on(enum algorithm algorithm, bool counted)
{
    bool good = true;
    for (size_t n = 0; n < COUNT; n++)
        good &= respond_again(&sessions[n]);
    if (counted)
        collect();
    for (size_t n = 0; n < COUNT; n++)
        good &= serve_again(algorithm, &sessions[n]);
    if (counted)
        collect();
    if (!good)
        fail("a later request with %s failed", algorithm_names[algorithm]);
}

void count_requests(const char *directory)
{
    calls_open(directory);
    for (enum algorithm algorithm = MD5_SESS; algorithm < ALGORITHMS; algorithm++) {
        char name[64];
        for (int counted = 0; counted < 2; counted++) {
            begin(algorithm, counted);
            if (!counted)
                end(false);
        }
        end(true);
        snprintf(name, sizeof name, "http-first-%s", algorithm_names[algorithm]);
        dump(name, COUNT);
        begin(algorithm, false);
        go_on(algorithm, false);
        go_on(algorithm, true);
        end(false);
        snprintf(name, sizeof name, "http-later-%s", algorithm_names[algorithm]);
        dump(name, COUNT);
    }
}
