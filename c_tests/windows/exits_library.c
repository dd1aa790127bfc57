/* A library that deletes contexts when its process ends: see exits.c. */
#include "../harness.h"

static SecurityFunctionTableW *table;
static CtxtHandle *left;
static unsigned count;

__declspec(dllexport) void keep(SecurityFunctionTableW *functions, CtxtHandle *contexts, unsigned number)
{
    table = functions;
    left = contexts;
    count = number;
}

BOOL WINAPI DllMain(HINSTANCE library, DWORD reason, void *process_ends)
{
    unsigned i;
    (void)library;
    if (reason != DLL_PROCESS_DETACH || process_ends == NULL)
        return TRUE;
    for (i = 0; i < count; i++) {
        if (table->DeleteSecurityContext(&left[i]) != SEC_E_OK)
            TerminateProcess(GetCurrentProcess(), 3);
    }
    return TRUE;
}
