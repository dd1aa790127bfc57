/* pGetKeyFn used against its contract: each mistake is SEC_E_NO_AUTHENTICATING_AUTHORITY. */
#include "login.h"

struct misuse {
    const char *name;
    void (*answer)(SecBuffer *buffer, void **key, SECURITY_STATUS *status);
};

static SecBuffer another;
static char memory[2048];

static void nothing(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)buffer;
    (void)key;
    (void)status;
}

static void password_without_status(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    (void)status;
    memcpy(buffer->pvBuffer, "secret", 6);
    buffer->cbBuffer = 6;
    buffer->BufferType = SECBUFFER_DATA;
}

static void answer_all(SecBuffer *buffer, SECURITY_STATUS *status, ULONG kind, ULONG length)
{
    memcpy(buffer->pvBuffer, "secret", 6);
    buffer->cbBuffer = length;
    buffer->BufferType = kind;
    *status = SEC_E_OK;
}

static void other_status(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_DATA, 6);
    *status = SEC_E_INSUFFICIENT_MEMORY;
}

static void informational_status(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_DATA, 6);
    *status = SEC_I_CONTINUE_NEEDED;
}

static void replaced_key(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)buffer;
    set_buffer(&another, SECBUFFER_DATA, memory, 6);
    answer_all(&another, status, SECBUFFER_DATA, 6);
    *key = &another;
}

static void key_null(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    answer_all(buffer, status, SECBUFFER_DATA, 6);
    *key = NULL;
}

static void replaced_memory(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    buffer->pvBuffer = memory;
    answer_all(buffer, status, SECBUFFER_DATA, 6);
}

static void memory_null(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_DATA, 6);
    buffer->pvBuffer = NULL;
}

static void one_too_long(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_DATA, 1025);
}

static void endless(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_DATA, 0xFFFFFFFF);
}

static void hash_of_15(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_TOKEN, 15);
}

static void hash_of_17(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_TOKEN, 17);
}

static void hash_of_32(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_TOKEN, 32); /* hexadecimal, or SHA-256 */
}

static void no_hash(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_TOKEN, 0);
}

static void unknown_kind(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_PADDING, 6);
}

static void kind_with_attributes(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_DATA | SECBUFFER_READONLY, 6);
}

static void half_a_character(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    (void)key;
    answer_all(buffer, status, SECBUFFER_DATA, 5);
}

static void unpaired_surrogate(SecBuffer *buffer, void **key, SECURITY_STATUS *status)
{
    static const WCHAR text[] = {'a', 0xD800, 'b'};
    (void)key;
    answer_all(buffer, status, SECBUFFER_DATA, sizeof text);
    memcpy(buffer->pvBuffer, text, sizeof text);
}

static void SEC_ENTRY look_up(void *argument, void *principal, ULONG version, void **key,
                              SECURITY_STATUS *status)
{
    const struct misuse *misuse = argument;
    (void)principal;
    (void)version;
    misuse->answer(*key, key, status);
}

START_TEST(callback_misuse)
{
    static const struct misuse rows[] = {
        {"nothing done", nothing},
        {"no status", password_without_status},
        {"another status", other_status},
        {"an informational status", informational_status},
        {"*Key replaced", replaced_key},
        {"*Key NULL", key_null},
        {"the memory replaced", replaced_memory},
        {"the memory NULL", memory_null},
        {"one byte longer than the memory", one_too_long},
        {"2^32-1 bytes", endless},
        {"a hash of 15 bytes", hash_of_15},
        {"a hash of 17 bytes", hash_of_17},
        {"a hash of 32 bytes", hash_of_32},
        {"a hash of none", no_hash},
        {"an unknown kind", unknown_kind},
        {"a kind with attribute bits", kind_with_attributes},
        {"half a UTF-16 character", half_a_character},
        {"an unpaired surrogate", unpaired_surrogate},
    };
    size_t i;
    if (!is_ours()) {
        skip("Windows does not call pGetKeyFn");
        return;
    }
    configure("");
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        in_row(rows[i].name);
        prepare(&exchange, AUTH);
        returns(SEC_E_OK, FreeCredentialsHandle(&exchange.inbound));
        returns(SEC_E_OK, AcquireCredentialsHandleW(NULL, wide(PACKAGE), SECPKG_CRED_INBOUND, NULL, NULL,
                                                    look_up, (void *)&rows[i], &exchange.inbound, NULL));
        returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
        returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
        ours_returns(SEC_E_NO_AUTHENTICATING_AUTHORITY, verify(&exchange));
        finish(&exchange);
    }
    in_row(NULL);
}
