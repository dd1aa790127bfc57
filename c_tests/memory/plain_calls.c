/* Calls of scenes in programs where no allocation fails: each has to do what is expected of it. */
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>

void before_call(const char *text)
{
    (void)text;
}

int after_call(SECURITY_STATUS status, SECURITY_STATUS expected)
{
    if (status != expected) {
        printf("%08x instead of %08x\n", (unsigned)status, (unsigned)expected);
        exit(3);
    }
    return 0;
}

void after_repeated(SECURITY_STATUS status, SECURITY_STATUS expected)
{
    (void)status, (void)expected;
}

void heap_stop(void)
{
}

void broken(const char *what)
{
    printf("%s\n", what);
    exit(3);
}
