/* A program that CMake builds. */
#include <sspi.h>

#include <secur32.h>
#include <security.h>

#include <stdio.h>

int main(void)
{
    SecHandle handle = {0, 0};
    if (DeleteSecurityContext(&handle) == SEC_E_OK)
        return 1;
    puts(WDIGEST_SP_NAME_A);
    return 0;
}
