#include "failing_heap.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static long failing, counted, live;
static int all, watched;

void heap_arm(long nth, int all_after)
{
    failing = nth;
    all = all_after;
    counted = 0;
}

void heap_watch(void)
{
    watched = 1;
}

void heap_ignore(void)
{
    watched = 0;
}

void heap_heal(void)
{
    failing = 0;
}

long heap_counted(void)
{
    return counted;
}

long heap_live(void)
{
    return live;
}

static int fails(void)
{
    if (!watched)
        return 0;
    counted++;
    if (failing == 0 || (all ? counted < failing : counted != failing))
        return 0;
    errno = ENOMEM;
    return 1;
}

static void *kept(void *block)
{
    live += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return fails() ? NULL : kept(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : kept(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    void *moved;
    if (fails())
        return NULL;
    moved = __libc_realloc(block, size);
    live += block == NULL && moved != NULL;
    return moved;
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : kept(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    void *made = memalign(alignment, size);
    if (made == NULL)
        return ENOMEM;
    *block = made;
    return 0;
}

void free(void *block)
{
    live -= block != NULL;
    __libc_free(block);
}
