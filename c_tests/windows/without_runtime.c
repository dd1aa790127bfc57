/* A program without a C runtime, which Microsoft's tools alone could give it: it prints the first
 * SASL profile. */
#define SECURITY_WIN32
#include <windows.h>
#include <sspi.h>

void start(void)
{
    LPSTR profiles;
    ULONG count;
    DWORD written;
    UINT failed = 1;
    if (SaslEnumerateProfilesA(&profiles, &count) == SEC_E_OK) {
        if (WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), profiles, (DWORD)lstrlenA(profiles), &written, NULL))
            failed = FreeContextBuffer(profiles) != SEC_E_OK;
    }
    ExitProcess(failed);
}
