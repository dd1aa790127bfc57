/* Handles that are none: every function that takes one refuses them with SEC_E_INVALID_HANDLE, and harms
 * nothing of what lives. Among them are handles of the system's own packages that were given back, and
 * those with words of living ones. */
#include "login.h"

static SecurityFunctionTableW *wide;
static SecurityFunctionTableA *narrow;
static WCHAR schannel[] = L"Schannel", ntlm[] = L"NTLM", target[] = L"localhost";
static char narrow_target[] = "localhost";

/* ---- every function on one handle ---- */

static void as_context(SecHandle handle)
{
    static WCHAR no_text[] = L"";
    char bytes[256] = {0};
    SecBuffer buffer = {sizeof bytes, SECBUFFER_TOKEN, bytes};
    SecBufferDesc list = {SECBUFFER_VERSION, 1, &buffer};
    CtxtHandle fresh = {1, 1};
    void *token = NULL;
    ULONG attributes;
    returns(SEC_E_INVALID_HANDLE, wide->QueryContextAttributesW(&handle, SECPKG_ATTR_SIZES, bytes));
    returns(SEC_E_INVALID_HANDLE, narrow->QueryContextAttributesA(&handle, SECPKG_ATTR_SIZES, bytes));
    returns(SEC_E_INVALID_HANDLE, wide->SetContextAttributesW(&handle, 1, bytes, 8));
    returns(SEC_E_INVALID_HANDLE, narrow->SetContextAttributesA(&handle, 1, bytes, 8));
    returns(SEC_E_INVALID_HANDLE, wide->MakeSignature(&handle, 0, &list, 0));
    returns(SEC_E_INVALID_HANDLE, wide->VerifySignature(&handle, &list, 0, NULL));
    returns(SEC_E_INVALID_HANDLE, wide->EncryptMessage(&handle, 0, &list, 0));
    returns(SEC_E_INVALID_HANDLE, wide->DecryptMessage(&handle, &list, 0, NULL));
    returns(SEC_E_INVALID_HANDLE, wide->CompleteAuthToken(&handle, &list));
    returns(SEC_E_INVALID_HANDLE, wide->ApplyControlToken(&handle, &list));
    returns(SEC_E_INVALID_HANDLE, wide->ImpersonateSecurityContext(&handle));
    returns(SEC_E_INVALID_HANDLE, wide->RevertSecurityContext(&handle));
    returns(SEC_E_INVALID_HANDLE, wide->QuerySecurityContextToken(&handle, &token));
    returns(SEC_E_INVALID_HANDLE, wide->ExportSecurityContext(&handle, 0, &buffer, NULL));
    returns(SEC_E_INVALID_HANDLE, wide->DeleteSecurityContext(&handle));
    if (handle.dwLower == 0 && handle.dwUpper == 0)
        return; /* a first step */
    returns(SEC_E_INVALID_HANDLE,
            wide->AcceptSecurityContext(NULL, &handle, &list, 0, 0, &fresh, &list, &attributes, NULL));
    returns(SEC_E_INVALID_HANDLE, wide->InitializeSecurityContextW(NULL, &handle, no_text, 0, 0, 0, &list, 0,
                                                                   &fresh, &list, &attributes, NULL));
    returns(SEC_E_INVALID_HANDLE,
            narrow->InitializeSecurityContextA(NULL, &handle, narrow_target, 0, 0, 0, &list, 0, &fresh, &list,
                                               &attributes, NULL));
    ok_that(fresh.dwLower == 1 && fresh.dwUpper == 1);
}

static void as_credential(SecHandle handle)
{
    char bytes[256];
    SecBuffer buffer = {sizeof bytes, SECBUFFER_TOKEN, bytes};
    SecBufferDesc list = {SECBUFFER_VERSION, 1, &buffer};
    CtxtHandle fresh = {1, 1};
    ULONG attributes;
    returns(SEC_E_INVALID_HANDLE, wide->QueryCredentialsAttributesW(&handle, 1, bytes));
    returns(SEC_E_INVALID_HANDLE, narrow->QueryCredentialsAttributesA(&handle, 1, bytes));
    returns(SEC_E_INVALID_HANDLE,
            wide->AddCredentialsW(&handle, NULL, schannel, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL));
    returns(SEC_E_INVALID_HANDLE,
            wide->AcceptSecurityContext(&handle, NULL, NULL, 0, 0, &fresh, &list, &attributes, NULL));
    returns(SEC_E_INVALID_HANDLE, wide->InitializeSecurityContextW(&handle, NULL, target, 0, 0, 0, NULL, 0,
                                                                   &fresh, &list, &attributes, NULL));
    returns(SEC_E_INVALID_HANDLE,
            narrow->InitializeSecurityContextA(&handle, NULL, narrow_target, 0, 0, 0, NULL, 0, &fresh, &list,
                                               &attributes, NULL));
    ok_that(fresh.dwLower == 1 && fresh.dwUpper == 1);
    returns(SEC_E_INVALID_HANDLE, wide->FreeCredentialsHandle(&handle));
}

static void as_both(ULONG_PTR lower, ULONG_PTR upper)
{
    SecHandle handle = {lower, upper};
    as_context(handle);
    as_credential(handle);
}

/* ---- handles of the system's packages ---- */

static WCHAR user[] = L"alice", realm[] = L"example.org", password[] = L"secret";
static SEC_WINNT_AUTH_IDENTITY_W identity = {(unsigned short *)user,         5,
                                             (unsigned short *)realm,        11,
                                             (unsigned short *)password,     6,
                                             SEC_WINNT_AUTH_IDENTITY_UNICODE};

static void begin(WCHAR *package, CredHandle *credential, CtxtHandle *context)
{
    SecBuffer token = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc output = {SECBUFFER_VERSION, 1, &token};
    ULONG attributes;
    returns(SEC_E_OK, wide->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_OUTBOUND, NULL,
                                                      package == ntlm ? &identity : NULL, NULL, NULL,
                                                      credential, NULL));
    returns(SEC_I_CONTINUE_NEEDED,
            wide->InitializeSecurityContextW(credential, NULL, target, ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL, 0,
                                             context, &output, &attributes, NULL));
    returns(SEC_E_OK, wide->FreeContextBuffer(token.pvBuffer));
}

static void end(CredHandle *credential, CtxtHandle *context)
{
    returns(SEC_E_OK, wide->DeleteSecurityContext(context));
    returns(SEC_E_OK, wide->FreeCredentialsHandle(credential));
    as_context(*context);
    as_credential(*context);
    as_credential(*credential);
    as_context(*credential);
}

static void of_package(WCHAR *package, const struct login *ours)
{
    CredHandle credential, other_credential;
    CtxtHandle context, other_context;
    begin(package, &credential, &context);
    begin(package, &other_credential, &other_context);
    as_context(credential);
    as_credential(context);
    as_both(context.dwLower, ours->client.dwUpper);
    as_both(ours->client.dwLower, context.dwUpper);
    as_both(context.dwUpper, context.dwLower);
    as_both(context.dwLower + 0x10000, context.dwUpper); /* small numbers count Schannel's */
    as_both(context.dwLower, context.dwUpper + sizeof(void *));
    as_both(context.dwLower, 0);
    end(&credential, &context);
    end(&other_credential, &other_context);
}

/* A credential of one library with a context of the other. */
static void mixed(const struct login *ours)
{
    CredHandle credential;
    CtxtHandle context, mine = ours->client, fresh = {1, 1};
    SecBuffer buffer = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc list = {SECBUFFER_VERSION, 1, &buffer};
    ULONG attributes;
    begin(schannel, &credential, &context);
    returns(SEC_E_INVALID_HANDLE,
            wide->InitializeSecurityContextW(&credential, &mine, target, ISC_REQ_ALLOCATE_MEMORY, 0, 0, &list,
                                             0, &fresh, &list, &attributes, NULL));
    returns(SEC_E_INVALID_HANDLE,
            wide->InitializeSecurityContextW(&mine, &context, target, ISC_REQ_ALLOCATE_MEMORY, 0, 0, &list, 0,
                                             &fresh, &list, &attributes, NULL));
    ok_that(fresh.dwLower == 1 && fresh.dwUpper == 1);
    end(&credential, &context);
}

/* Wine's NTLM gives a client's context another handle with its second step: with it the first one goes. */
static void of_two_steps(void)
{
    char bytes[2][4096];
    SecBuffer to_server = {sizeof bytes[0], SECBUFFER_TOKEN, bytes[0]};
    SecBuffer to_client = {sizeof bytes[1], SECBUFFER_TOKEN, bytes[1]};
    SecBufferDesc client_list = {SECBUFFER_VERSION, 1, &to_server};
    SecBufferDesc server_list = {SECBUFFER_VERSION, 1, &to_client};
    CredHandle outbound, inbound;
    CtxtHandle first, second, server;
    ULONG attributes;
    const ULONG request = ISC_REQ_CONFIDENTIALITY;
    returns(SEC_E_OK, wide->AcquireCredentialsHandleW(NULL, ntlm, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
                                                      NULL, &outbound, NULL));
    returns(SEC_E_OK, wide->AcquireCredentialsHandleW(NULL, ntlm, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                                      &inbound, NULL));
    returns(SEC_I_CONTINUE_NEEDED,
            wide->InitializeSecurityContextW(&outbound, NULL, target, request, 0, 0, NULL, 0, &first,
                                             &client_list, &attributes, NULL));
    returns(SEC_I_CONTINUE_NEEDED,
            wide->AcceptSecurityContext(&inbound, NULL, &client_list, ASC_REQ_CONFIDENTIALITY, 0, &server,
                                        &server_list, &attributes, NULL));
    to_client.BufferType = SECBUFFER_TOKEN; /* Wine has changed it */
    to_server.cbBuffer = sizeof bytes[0];
    returns(SEC_E_OK, wide->InitializeSecurityContextW(&outbound, &first, target, request, 0, 0, &server_list,
                                                       0, &second, &client_list, &attributes, NULL));
    returns(SEC_E_OK, wide->DeleteSecurityContext(&second));
    as_context(first);
    as_context(second);
    end(&inbound, &server);
    returns(SEC_E_OK, wide->FreeCredentialsHandle(&outbound));
}

/* Numbers that no library chose (xorshift by Marsaglia). */
static ULONG_PTR any_number(void)
{
    static unsigned long long state = 88172645463325252ULL;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (ULONG_PTR)state;
}

int main(void)
{
    HMODULE library = LoadLibraryA("secur32.dll");
    INIT_SECURITY_INTERFACE_A table =
        (INIT_SECURITY_INTERFACE_A)(void (*)(void))GetProcAddress(library, "InitSecurityInterfaceA");
    SecPkgInfoW *info;
    struct login ours, gone;
    int i;
    wide = table_of(library);
    narrow = table();
    ok_that(log_in(&ours, wide));
    ok_that(log_in(&gone, wide));
    log_out(&gone);
    as_both(0, 0);
    as_both(~(ULONG_PTR)0, ~(ULONG_PTR)0);
    as_both(gone.client.dwLower, gone.client.dwUpper);
    as_both((ULONG_PTR)&ours, (ULONG_PTR)&ours);
    as_credential(ours.client);
    for (i = 0; i < 1000; i++)
        as_both(any_number(), any_number());
    for (i = 0; i < 100; i++) /* what the system's takes for addresses */
        as_both(any_number() & 0xFFFF, any_number() & 0xFFFF);
    of_package(schannel, &ours);
    if (wide->QuerySecurityPackageInfoW(ntlm, &info) == SEC_E_OK) {
        wide->FreeContextBuffer(info);
        of_package(ntlm, &ours);
        of_two_steps();
    } else {
        printf("NTLM is not there, and not tested\n");
    }
    mixed(&ours);
    send_message(&ours);
    log_out(&ours);
    return report_checks();
}
