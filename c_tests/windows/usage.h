/* What a process uses: for tests that nothing is left behind. */
#ifndef C_TESTS_WINDOWS_USAGE_H
#define C_TESTS_WINDOWS_USAGE_H

#include "login.h"

#include <psapi.h>
#include <tlhelp32.h>
#include <stdio.h>

struct usage {
    DWORD handles, threads;
    SIZE_T blocks, bytes; /* in use, of the process heap */
    SIZE_T committed;     /* bytes of the whole process */
};

/* Not by GetProcessHandleCount, of which Wine knows nothing. */
static inline DWORD count_handles(void)
{
    DWORD count = 0, flags;
    ULONG_PTR value;
    for (value = 4; value < 0x8000; value += 4)
        count += GetHandleInformation((HANDLE)value, &flags) != 0;
    return count;
}

static inline struct usage measure(void)
{
    struct usage usage = {0, 0, 0, 0, 0};
    PROCESS_HEAP_ENTRY entry;
    PROCESS_MEMORY_COUNTERS counters;
    THREADENTRY32 thread;
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0), heap = GetProcessHeap();
    thread.dwSize = sizeof thread;
    if (Thread32First(snapshot, &thread)) {
        do {
            usage.threads += thread.th32OwnerProcessID == GetCurrentProcessId();
        } while (Thread32Next(snapshot, &thread));
    }
    CloseHandle(snapshot);
    counters.cb = sizeof counters;
    K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters);
    usage.committed = counters.PagefileUsage;
    entry.lpData = NULL;
    HeapLock(heap);
    while (HeapWalk(heap, &entry)) {
        if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) {
            usage.blocks++;
            usage.bytes += entry.cbData;
        }
    }
    HeapUnlock(heap);
    usage.handles = count_handles();
    return usage;
}

static inline void print_usage(const char *when, struct usage usage)
{
    printf("%s: %lu handles, %lu threads, %lu blocks of %lu bytes, %lu KiB in all\n", when, usage.handles,
           usage.threads, (unsigned long)usage.blocks, (unsigned long)usage.bytes,
           (unsigned long)(usage.committed / 1024));
}

/* Whether small blocks of the process heap come from groups for their size and thread, which HeapWalk
 * counts whole: how full they are is then unknown. */
static inline int heap_has_groups(void)
{
    ULONG kind = 0;
    HeapQueryInformation(GetProcessHeap(), HeapCompatibilityInformation, &kind, sizeof kind, NULL);
    return kind == 2;
}

/* Nothing more is in use after the same work was done again a thousand times: not a block, or where the
 * heap has groups, less than half a kilobyte for each time. The system's own share of the whole grows in
 * steps: less than one kilobyte for each time. */
static inline void check_same(struct usage before, struct usage after)
{
    SIZE_T slack = heap_has_groups() ? 512 * 1024 : 0;
    ok_that(after.handles <= before.handles);
    ok_that(after.threads == before.threads);
    ok_that(slack != 0 || after.blocks <= before.blocks);
    ok_that(after.bytes <= before.bytes + slack);
    ok_that(after.committed < before.committed + (1 << 20));
}

#endif
