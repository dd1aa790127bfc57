/* Whose the package WDigest is, where the system has one of that name, too: prints the list of packages,
 * and whether all handles of WDigest have one upper word, as those of Wine's own packages have; then
 * logs in. */
#include "login.h"

static void print_packages(SecurityFunctionTableW *table)
{
    SecPkgInfoW *infos;
    ULONG count, i;
    if (!returns(SEC_E_OK, table->EnumerateSecurityPackagesW(&count, &infos)))
        return;
    printf("packages");
    for (i = 0; i < count; i++)
        printf(",%ls", infos[i].Name);
    printf("\n");
    returns(SEC_E_OK, table->FreeContextBuffer(infos));
}

int main(void)
{
    SecurityFunctionTableW *table = table_of(LoadLibraryA("secur32.dll"));
    WCHAR package[] = L"wdigest";
    CredHandle one, other;
    struct login login;
    print_packages(table);
    returns(SEC_E_OK, table->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                                       NULL, &one, NULL));
    returns(SEC_E_OK, table->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                                       NULL, &other, NULL));
    printf("one upper word: %d\n", one.dwUpper == other.dwUpper);
    returns(SEC_E_OK, table->FreeCredentialsHandle(&one));
    returns(SEC_E_OK, table->FreeCredentialsHandle(&other));
    if (ok_that(log_in(&login, table))) {
        send_message(&login);
        log_out(&login);
    }
    return report_checks();
}
