/* Preloaded into Debian's Cyrus SASL to let its 3des work: OpenSSL 3's DES_key_sched makes the
 * schedule, then answers -1 for a key without odd parity, and Cyrus takes that for a failure. */
#include <dlfcn.h>
#include <string.h>

int DES_key_sched(const void *key, void *schedule)
{
    typedef int function(const void *, void *);
    function *original;
    /* The mechanism that uses it is loaded apart, so there is no next one in the global order. */
    void *library = dlopen("libcrypto.so.3", RTLD_LAZY | RTLD_NOLOAD);
    void *symbol = library != 0 ? dlsym(library, "DES_key_sched") : 0;
    if (symbol == 0)
        return -1;
    memcpy(&original, &symbol, sizeof original);
    original(key, schedule);
    dlclose(library);
    return 0;
}
