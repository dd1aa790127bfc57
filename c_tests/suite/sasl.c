/* What the Sasl functions add: profiles, identification, context options. */
#include "login.h"

static void profiles(void)
{
    SEC_CHAR *names = NULL;
    SEC_WCHAR *wide_names = NULL, *wide_at;
    ULONG count = 0, wide_count = 0, listed = 0;
    int found = 0;
    SEC_CHAR *at;

    if (returns(SEC_E_OK, SaslEnumerateProfilesA(&names, &count))) {
        for (at = names; *at != '\0'; at += strlen(at) + 1, listed++)
            found |= strcmp(at, "DIGEST-MD5") == 0;
        ok(listed == count && count < 100, "%u names in a list of %u", (unsigned)listed, (unsigned)count);
        ours(found, "DIGEST-MD5 is not listed");
        returns(SEC_E_OK, FreeContextBuffer(names));
    }
    if (returns(SEC_E_OK, SaslEnumerateProfilesW(&wide_names, &wide_count))) {
        ok(wide_count == count, "%u profiles and %u", (unsigned)wide_count, (unsigned)count);
        found = 0;
        listed = 0;
        for (wide_at = wide_names; *wide_at != 0; listed++) {
            found |= is_wide(wide_at, "DIGEST-MD5");
            while (*wide_at++ != 0)
                ;
        }
        ok(listed == wide_count, "%u wide names in a list of %u", (unsigned)listed, (unsigned)wide_count);
        ours(found, "DIGEST-MD5 is not listed in the wide list");
        returns(SEC_E_OK, FreeContextBuffer(wide_names));
    }
    if (!is_ours())
        return; /* Windows may fault */
    count = 77;
    ours_returns(SEC_E_INVALID_PARAMETER, SaslEnumerateProfilesA(NULL, &count));
    ours_returns(SEC_E_INVALID_PARAMETER, SaslEnumerateProfilesW(&wide_names, NULL));
    ours(count == 77, "a failed call wrote a count");
}

static void packages_of_profiles(void)
{
    static const struct {
        const char *profile;
        SECURITY_STATUS expected;
    } rows[] = {
        {"DIGEST-MD5", SEC_E_OK},
        {"digest-md5", SEC_E_OK},
        {"Digest-Md5", SEC_E_OK},
        {"", SEC_E_SECPKG_NOT_FOUND},
        {"DIGEST-MD", SEC_E_SECPKG_NOT_FOUND},
        {"DIGEST-MD55", SEC_E_SECPKG_NOT_FOUND},
        {"WDigest", SEC_E_SECPKG_NOT_FOUND},
        {"PLAIN", SEC_E_SECPKG_NOT_FOUND},
    };
    PSecPkgInfoA info;
    PSecPkgInfoW wide_info;
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        in_row(rows[i].profile);
        info = (PSecPkgInfoA)&rows;
        if (ours_returns(rows[i].expected, SaslGetProfilePackageA((SEC_CHAR *)rows[i].profile, &info))
            && rows[i].expected == SEC_E_OK) {
            ok(strcmp(info->Name, PACKAGE) == 0, "package %s", info->Name);
            returns(SEC_E_OK, FreeContextBuffer(info));
        } else if (rows[i].expected != SEC_E_OK) {
            ours(info == (PSecPkgInfoA)&rows, "a failed call wrote a pointer");
        }
        wide_info = NULL;
        if (ours_returns(rows[i].expected, SaslGetProfilePackageW(wide(rows[i].profile), &wide_info))
            && rows[i].expected == SEC_E_OK) {
            ok(is_wide(wide_info->Name, PACKAGE), "another package");
            returns(SEC_E_OK, FreeContextBuffer(wide_info));
        }
    }
    in_row(NULL);
    if (is_ours()) {
        ours_returns(SEC_E_INVALID_PARAMETER, SaslGetProfilePackageA((SEC_CHAR *)"DIGEST-MD5", NULL));
        ours_returns(SEC_E_SECPKG_NOT_FOUND, SaslGetProfilePackageA(NULL, &info));
    }
}

static void identification(void)
{
    static const struct {
        const char *token;
        SECURITY_STATUS expected;
    } rows[] = {
        {"DIGEST-MD5", SEC_E_OK},
        {"digest-md5 ", SEC_E_OK},
        {"DIGEST-MD5\r\n", SEC_E_OK},
        {"DIGEST-MD5x", SEC_E_SECPKG_NOT_FOUND},
        {"realm=\"a\",nonce=\"b\"", SEC_E_OK},
        {"username=\"alice\",realm=\"a\"", SEC_E_OK},
        {"hello", SEC_E_SECPKG_NOT_FOUND},
        {"\x60\x06\x06\x04\x2A\x03\x04\x05", SEC_E_SECPKG_NOT_FOUND},
        {"", SEC_E_INVALID_TOKEN},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        ULONG length = (ULONG)strlen(rows[i].token);
        void *block = exact(rows[i].token, length);
        SecBuffer buffers[2];
        SecBufferDesc list = describe(buffers, 2);
        PSecPkgInfoA info = NULL;
        PSecPkgInfoW wide_info = NULL;
        in_row(rows[i].token);
        set_buffer(&buffers[0], SECBUFFER_DATA, NULL, 0);
        set_buffer(&buffers[1], SECBUFFER_TOKEN, block, length);
        if (ours_returns(rows[i].expected, SaslIdentifyPackageA(&list, &info)) && info != NULL) {
            ours(strcmp(info->Name, PACKAGE) == 0, "package %s", info->Name);
            returns(SEC_E_OK, FreeContextBuffer(info));
        }
        list = describe(&buffers[0], 1); /* without a TOKEN buffer the first one is taken */
        set_buffer(&buffers[0], SECBUFFER_DATA, block, length);
        if (ours_returns(rows[i].expected, SaslIdentifyPackageW(&list, &wide_info)) && wide_info != NULL) {
            ours(is_wide(wide_info->Name, PACKAGE), "another package");
            returns(SEC_E_OK, FreeContextBuffer(wide_info));
        }
        free(block);
    }
    in_row(NULL);
    if (is_ours()) {
        PSecPkgInfoA info;
        SecBufferDesc list = describe(NULL, 0);
        ours_returns(SEC_E_INVALID_TOKEN, SaslIdentifyPackageA(NULL, &info));
        ours_returns(SEC_E_INVALID_TOKEN, SaslIdentifyPackageA(&list, &info));
        ours_returns(SEC_E_INVALID_PARAMETER, SaslIdentifyPackageA(&list, NULL));
    }
}

static void options(struct exchange *exchange)
{
    static const ULONG unknown[] = {0, 5, 0xFFFFFFFF};
    CtxtHandle *context = &exchange->server;
    ULONG value, needed, number = 4096, i;
    char bytes[8];

    for (i = SASL_OPTION_SEND_SIZE; i <= SASL_OPTION_RECV_SIZE; i++) {
        returns(SEC_E_OK, SaslGetContextOption(context, i, &value, sizeof value, &needed));
        ours(value == 0xFFFF && needed == 4, "option %u: %u in %u bytes", (unsigned)i, (unsigned)value,
             (unsigned)needed);
        needed = 99;
        returns(SEC_E_BUFFER_TOO_SMALL, SaslGetContextOption(context, i, &value, 3, &needed));
        ok(needed == 4, "option %u needs %u bytes", (unsigned)i, (unsigned)needed);
        ours_returns(SEC_E_BUFFER_TOO_SMALL, SaslGetContextOption(context, i, NULL, 0, NULL));
        ours_returns(SEC_E_INVALID_PARAMETER, SaslGetContextOption(context, i, NULL, 4, &needed));
        returns(SEC_E_BUFFER_TOO_SMALL, SaslSetContextOption(context, i, &number, 3));
        ours_returns(SEC_E_BUFFER_TOO_SMALL, SaslSetContextOption(context, i, NULL, 0));
        ours_returns(SEC_E_INVALID_PARAMETER, SaslSetContextOption(context, i, NULL, 4));
        returns(SEC_E_OK, SaslSetContextOption(context, i, &number, sizeof number));
        memset(bytes, 'x', sizeof bytes);
        returns(SEC_E_OK, SaslGetContextOption(context, i, bytes, sizeof bytes, NULL));
        memcpy(&value, bytes, 4);
        ok(value == number && bytes[4] == 'x', "option %u: %u", (unsigned)i, (unsigned)value);
    }
    returns(SEC_E_OK, SaslGetContextOption(context, SASL_OPTION_AUTHZ_PROCESSING, &value, 4, &needed));
    ok(value == Sasl_AuthZIDProcessed, "processing is %u", (unsigned)value);
    value = 2;
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION,
                 SaslSetContextOption(context, SASL_OPTION_AUTHZ_PROCESSING, &value, 4));
    needed = 99;
    ours_returns(SEC_E_OK, SaslGetContextOption(context, SASL_OPTION_AUTHZ_STRING, NULL, 0, &needed));
    ours(needed == 0, "an authorization identity of %u bytes", (unsigned)needed);
    value = Sasl_AuthZIDForbidden;
    returns(SEC_E_OK, SaslSetContextOption(context, SASL_OPTION_AUTHZ_PROCESSING, &value, 4));
    returns(SEC_E_UNSUPPORTED_FUNCTION,
            SaslGetContextOption(context, SASL_OPTION_AUTHZ_STRING, bytes, 8, &needed));
    returns(SEC_E_UNSUPPORTED_FUNCTION, SaslSetContextOption(context, SASL_OPTION_AUTHZ_STRING, bytes, 8));
    for (i = 0; i < COUNT(unknown); i++) {
        returns(SEC_E_UNSUPPORTED_FUNCTION, SaslGetContextOption(context, unknown[i], bytes, 8, &needed));
        returns(SEC_E_UNSUPPORTED_FUNCTION, SaslSetContextOption(context, unknown[i], bytes, 8));
    }
}

static void option_handles(void)
{
    struct exchange exchange;
    CtxtHandle none = {0, 0};
    ULONG value = 4096, needed = 99;
    prepare(&exchange, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    options(&exchange);
    returns(SEC_E_INVALID_HANDLE, SaslSetContextOption(&exchange.inbound, 1, &value, 4));
    finish(&exchange);
    returns(SEC_E_INVALID_HANDLE, SaslSetContextOption(&exchange.server, 1, &value, 4));
    returns(SEC_E_INVALID_HANDLE, SaslGetContextOption(&exchange.server, 1, &value, 4, &needed));
    returns(SEC_E_INVALID_HANDLE, SaslGetContextOption(&none, 1, &value, 4, &needed));
    ours_returns(SEC_E_INVALID_HANDLE, SaslGetContextOption(NULL, 1, &value, 4, &needed));
    ours(needed == 99, "a failed call wrote a length");

    /* contexts of the plain functions are not in the SASL list */
    prepare(&exchange, AUTH);
    exchange.plain = 1;
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    returns(SEC_E_INVALID_HANDLE, SaslSetContextOption(&exchange.server, 1, &value, 4));
    returns(SEC_E_INVALID_HANDLE, SaslGetContextOption(&exchange.server, 1, &value, 4, &needed));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    exchange.plain = 0;
    ours_returns(SEC_E_INVALID_HANDLE, verify(&exchange));
    exchange.plain = 1;
    returns(SEC_E_OK, verify(&exchange));
    finish(&exchange);
}

/* The client names another identity; the server takes or forbids it. */
static void authorization(int allowed)
{
    struct exchange exchange;
    char bytes[16];
    ULONG needed = 0, value = Sasl_AuthZIDForbidden;
    prepare(&exchange, AUTH);
    /* a context to set the option of, before there is a challenge */
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_OK, SaslSetContextOption(&exchange.client, SASL_OPTION_AUTHZ_STRING, (void *)"u:bob", 5));
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    ok(strcmp(directive(&exchange.response, "authzid"), "u:bob") == 0, "%s", exchange.response.text);
    if (!allowed) {
        returns(SEC_E_OK, SaslSetContextOption(&exchange.server, SASL_OPTION_AUTHZ_PROCESSING, &value, 4));
        returns(SEC_E_ALGORITHM_MISMATCH, verify(&exchange));
    } else {
        returns(SEC_E_OK, verify(&exchange));
        returns(SEC_E_BUFFER_TOO_SMALL,
                SaslGetContextOption(&exchange.server, SASL_OPTION_AUTHZ_STRING, bytes, 4, &needed));
        ok(needed == 5, "%u bytes needed", (unsigned)needed);
        returns(SEC_E_OK,
                SaslGetContextOption(&exchange.server, SASL_OPTION_AUTHZ_STRING, bytes, 5, &needed));
        ok(memcmp(bytes, "u:bob", 5) == 0, "another identity");
        returns(SEC_E_OK, conclude(&exchange));
    }
    finish(&exchange);
}

/* What fits into a message, once a layer is known. */
static void send_size(void)
{
    struct exchange exchange;
    ULONG value = 0;
    if (!login(&exchange, AUTH_CONF))
        return;
    returns(SEC_E_OK, SaslGetContextOption(&exchange.server, SASL_OPTION_SEND_SIZE, &value, 4, NULL));
    ok(value > 1024 && value < 0xFFFF, "send size %u", (unsigned)value);
    finish(&exchange);
}

START_TEST(sasl)
{
    configure("");
    profiles();
    packages_of_profiles();
    identification();
    if (!can_log_in())
        return;
    option_handles();
    authorization(1);
    authorization(0);
    send_size();
}
