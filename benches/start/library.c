/* What both have in common. */

#include <dlfcn.h>

#include "start.h"

void note(struct times *times, enum step step)
{
    times->at[step] = worked();
    times->end = now();
}

void *library_open(const char *path)
{
    void *library = dlopen(path, RTLD_NOW);
    if (library == NULL)
        fail("%s", dlerror());
    return library;
}

void *library_symbol(void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    if (symbol == NULL)
        fail("%s", dlerror());
    return symbol;
}
