/* Says whose secur32.dll a program gets, and what that has.
 *
 *   which_secur32 [system32]
 *
 * With the word the DLL is looked for in Windows' own directory alone. */
#define _WIN32_WINNT 0x0A00
#define SECURITY_WIN32
#include <windows.h>
#include <sspi.h>
#include <stdio.h>
#include <string.h>

#ifndef LOAD_LIBRARY_SEARCH_SYSTEM32
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x800
#endif

typedef SECURITY_STATUS(SEC_ENTRY *enumerate_packages)(ULONG *, PSecPkgInfoA *);
typedef SECURITY_STATUS(SEC_ENTRY *free_buffer)(void *);
typedef void (*function)(void);

int main(int count, char **words)
{
    DWORD flags = count > 1 && strcmp(words[1], "system32") == 0 ? LOAD_LIBRARY_SEARCH_SYSTEM32 : 0;
    HMODULE library = LoadLibraryExA("secur32.dll", NULL, flags);
    enumerate_packages enumerate;
    free_buffer release;
    PSecPkgInfoA packages;
    ULONG number, at;
    if (library == NULL)
        return 2;
    enumerate = (enumerate_packages)(function)GetProcAddress(library, "EnumerateSecurityPackagesA");
    release = (free_buffer)(function)GetProcAddress(library, "FreeContextBuffer");
    if (enumerate == NULL || release == NULL || enumerate(&number, &packages) != SEC_E_OK)
        return 3;
    /* Wine's own has no function of this name. */
    printf("%s", GetProcAddress(library, "SaslGetContextOption") != NULL ? "ours" : "Wine's");
    for (at = 0; at < number; at++) {
        if (strcmp(packages[at].Name, "WDigest") == 0 || strcmp(packages[at].Name, "Schannel") == 0)
            printf(" %s", packages[at].Name);
    }
    printf("\n");
    return release(packages) != SEC_E_OK;
}
