/* How every program of these benchmarks ends when something does not work. */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    fprintf(stderr, "bench: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}
