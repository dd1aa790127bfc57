/* The credential of every client of these benchmarks. */

#include <string.h>

#include "bench.h"

CredHandle client_acquire(const char *package, const char *password)
{
    CredHandle acquired;
    SEC_WINNT_AUTH_IDENTITY_A identity = {.User = (unsigned char *)USER,
                                          .UserLength = sizeof USER - 1,
                                          .Password = (unsigned char *)password,
                                          .PasswordLength = (ULONG)strlen(password),
                                          .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI};
    TimeStamp expiry;
    if (AcquireCredentialsHandleA(NULL, (SEC_CHAR *)package, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
                                  NULL, &acquired, &expiry)
        != SEC_E_OK)
        fail("the client's AcquireCredentialsHandle failed: %s", package);
    return acquired;
}
