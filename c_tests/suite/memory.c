/* R62: what FreeContextBuffer is given. */
#include "login.h"

struct freed {
    void *pointer;
    struct gate *gate;
    SECURITY_STATUS status;
};

static void free_it(void *given)
{
    struct freed *freed = given;
    gate_wait(freed->gate);
    freed->status = FreeContextBuffer(freed->pointer);
}

static void from_two_threads(void)
{
    unsigned turn;
    for (turn = 0; turn < 50; turn++) {
        struct freed freed[2];
        struct thread threads[2];
        struct gate gate;
        PSecPkgInfoA info;
        unsigned i;
        if (!returns(SEC_E_OK, QuerySecurityPackageInfoA((SEC_CHAR *)PACKAGE, &info)))
            return;
        gate_make(&gate);
        for (i = 0; i < 2; i++) {
            freed[i].pointer = info;
            freed[i].gate = &gate;
            thread_start(&threads[i], free_it, &freed[i]);
        }
        gate_open(&gate);
        thread_join(&threads[0]);
        thread_join(&threads[1]);
        ours((freed[0].status == SEC_E_OK && freed[1].status == SEC_E_INVALID_HANDLE)
                 || (freed[1].status == SEC_E_OK && freed[0].status == SEC_E_INVALID_HANDLE),
             "0x%08X, 0x%08X", (unsigned)freed[0].status, (unsigned)freed[1].status);
    }
}

static void wrong_pointers(char *heap)
{
    char stack[64];
    ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer(stack));
    ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer(heap));
    ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer((void *)"constant"));
    ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer((void *)(ULONG_PTR)1));
    ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer((void *)~(ULONG_PTR)0));
}

static void pointers_into(PSecPkgInfoA info)
{
    ULONG i;
    for (i = 1; i <= sizeof *info; i++)
        ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer((char *)info + i));
    ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer(info->Name)); /* one block with the rest */
    ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer(info->Comment));
}

START_TEST(memory)
{
    PSecPkgInfoA info, other;
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity;
    char *heap = malloc(64);
    configure("");
    if (!is_ours()) {
        skip("wrong pointers harm the heap of Windows");
        free(heap);
        return;
    }
    ours_returns(SEC_E_OK, FreeContextBuffer(NULL));
    if (TELLS_WRONG_POINTERS)
        wrong_pointers(heap);
    free(heap);
    returns(SEC_E_OK, QuerySecurityPackageInfoA((SEC_CHAR *)PACKAGE, &info));
    if (TELLS_WRONG_POINTERS)
        pointers_into(info);
    ok(strcmp(info->Name, PACKAGE) == 0, "name %s", info->Name);
    returns(SEC_E_OK, FreeContextBuffer(info));
    if (TELLS_WRONG_POINTERS)
        ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer(info));

    /* memory of the Sspi functions stays theirs, and the reverse */
    returns(SEC_E_OK, QuerySecurityPackageInfoA((SEC_CHAR *)PACKAGE, &other));
    returns(SEC_E_OK, SspiEncodeStringsAsAuthIdentity(wide("u"), NULL, NULL, &identity));
    SspiFreeAuthIdentity(identity);
    SspiFreeAuthIdentity(NULL);
    SspiLocalFree(NULL);
    SspiZeroAuthIdentity(NULL);
    ok(strcmp(other->Name, PACKAGE) == 0, "name %s", other->Name);
    returns(SEC_E_OK, FreeContextBuffer(other));
    if (TELLS_WRONG_POINTERS)
        from_two_threads();
}
