/* Operations to be counted, by callgrind or under qemu: each is warmed up, then collected by itself and dumped under
 * its name, the number of times it ran, and what that allocated. By itself it only shows that everything works. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instructions.h"

/* The layers of secur32.c, whose names are main.c's there. */
const char *const layer_names[LAYERS] = {"auth", "auth-int", "rc4", "des", "3des"};

/* Of one length everywhere, since the library walks over paths. Each half has configuration and accounts of its own. */
static char sasl_directory[] = "/tmp/secur32-count-XXXXXX", http_directory[] = "/tmp/secur32-count-XXXXXX";

/* Allocations are counted by what allocates. */
static bool collecting;
static uint64_t collected_allocations;

void collect(void)
{
    collecting = !collecting;
    collected_allocations += collecting ? -allocations : allocations;
    counter_toggle();
}

void dump(const char *name, size_t count)
{
    char text[96];
    snprintf(text, sizeof text, "%s %zu %" PRIu64, name, count, collected_allocations);
    collected_allocations = 0;
    counter_dump(text);
}

static void empty(const char *directory)
{
    static const char *const names[] = {"accounts.htdigest", "scram-accounts",   "secur32.toml",
                                        "secur32-rc4.toml",  "secur32-des.toml", "secur32-3des.toml",
                                        "secur32-scram.toml"};
    char path[128];
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[n]);
        unlink(path);
    }
    rmdir(directory);
}

static void tidy(void)
{
    empty(sasl_directory);
    empty(http_directory);
}

static void acquire(void)
{
    enum { COUNT = 32 };
    CredHandle credentials[COUNT];
    for (int counted = 0; counted < 2; counted++) {
        bool good = true;
        if (counted)
            collect();
        for (size_t n = 0; n < COUNT; n++)
            good &= AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_INBOUND, NULL, NULL,
                                              NULL, NULL, &credentials[n], NULL)
                    == SEC_E_OK;
        if (counted)
            collect();
        for (size_t n = 0; n < COUNT; n++)
            FreeCredentialsHandle(&credentials[n]);
        if (!good)
            fail("AcquireCredentialsHandle failed");
    }
    dump("acquire", COUNT);
}

int main(void)
{
    if (mkdtemp(sasl_directory) == NULL || mkdtemp(http_directory) == NULL)
        fail("no directory can be made");
    atexit(tidy);
    counter_open();
    const char *reason = secur32_peer.open(sasl_directory);
    if (reason != NULL)
        fail("%s", reason);
    acquire();
    client_open(sasl_directory);
    count_handshakes();
    count_messages();
    count_requests(http_directory);
    return 0;
}
