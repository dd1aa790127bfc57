/* QueryContextAttributes, every attribute, in the A, W and Ex forms. */
#include "login.h"

union answer {
    SecPkgContext_Sizes sizes;
    SecPkgContext_NamesA names;
    SecPkgContext_NamesW wide_names;
    SecPkgContext_Lifespan lifespan;
    SecPkgContext_StreamSizes stream;
    SecPkgContext_KeyInfoA key;
    SecPkgContext_KeyInfoW wide_key;
    SecPkgContext_AuthorityA authority;
    SecPkgContext_AuthorityW wide_authority;
    SecPkgContext_PasswordExpiry password;
    SecPkgContext_SessionKey session;
    SecPkgContext_PackageInfoA package;
    SecPkgContext_PackageInfoW wide_package;
    SecPkgContext_NegotiationInfoA negotiation;
    SecPkgContext_Flags flags;
    SecPkgContext_Target target;
    unsigned char bytes[64];
};

static const struct {
    const char *name;
    ULONG number, size, pointers[2]; /* where pointers are, plus 1 */
} attributes[] = {
    {"SIZES", SECPKG_ATTR_SIZES, sizeof(SecPkgContext_Sizes), {0, 0}},
    {"NAMES", SECPKG_ATTR_NAMES, sizeof(SecPkgContext_NamesA), {1, 0}},
    {"LIFESPAN", SECPKG_ATTR_LIFESPAN, sizeof(SecPkgContext_Lifespan), {0, 0}},
    {"STREAM_SIZES", SECPKG_ATTR_STREAM_SIZES, sizeof(SecPkgContext_StreamSizes), {0, 0}},
    {"KEY_INFO", SECPKG_ATTR_KEY_INFO, sizeof(SecPkgContext_KeyInfoA), {1, 1 + sizeof(void *)}},
    {"AUTHORITY", SECPKG_ATTR_AUTHORITY, sizeof(SecPkgContext_AuthorityA), {1, 0}},
    {"PASSWORD_EXPIRY", SECPKG_ATTR_PASSWORD_EXPIRY, sizeof(SecPkgContext_PasswordExpiry), {0, 0}},
    {"SESSION_KEY", SECPKG_ATTR_SESSION_KEY, sizeof(SecPkgContext_SessionKey), {1 + sizeof(void *), 0}},
    {"PACKAGE_INFO", SECPKG_ATTR_PACKAGE_INFO, sizeof(SecPkgContext_PackageInfoA), {1, 0}},
    {"NEGOTIATION_INFO", SECPKG_ATTR_NEGOTIATION_INFO, sizeof(SecPkgContext_NegotiationInfoA), {1, 0}},
    {"FLAGS", SECPKG_ATTR_FLAGS, sizeof(SecPkgContext_Flags), {0, 0}},
    {"TARGET", SECPKG_ATTR_TARGET, sizeof(SecPkgContext_Target), {1 + sizeof(void *), 0}},
};

static void free_pointers(const void *structure, const ULONG *pointers)
{
    int i;
    for (i = 0; i < 2 && pointers[i] != 0; i++) {
        void *pointer;
        memcpy(&pointer, (const char *)structure + pointers[i] - 1, sizeof pointer);
        ours(pointer != NULL, "a pointer is NULL");
        returns(SEC_E_OK, FreeContextBuffer(pointer));
        if (TELLS_WRONG_POINTERS)
            ours_returns(SEC_E_INVALID_HANDLE, FreeContextBuffer(pointer));
    }
}

/* Each attribute into a structure of exactly its size, and with one byte too few. */
static void all_forms(CtxtHandle *context)
{
    size_t i;
    for (i = 0; i < COUNT(attributes); i++) {
        const ULONG number = attributes[i].number, size = attributes[i].size;
        void *block = malloc(size);
        in_row(attributes[i].name);
        if (returns(SEC_E_OK, QueryContextAttributesA(context, number, block)))
            free_pointers(block, attributes[i].pointers);
        if (returns(SEC_E_OK, QueryContextAttributesW(context, number, block)))
            free_pointers(block, attributes[i].pointers);
        ours_returns(SEC_E_INVALID_PARAMETER, QueryContextAttributesA(context, number, NULL));
        ours_returns(SEC_E_INVALID_PARAMETER, QueryContextAttributesW(context, number, NULL));
#ifndef _WIN32 /* exported by another library there */
        if (returns(SEC_E_OK, QueryContextAttributesExA(context, number, block, size)))
            free_pointers(block, attributes[i].pointers);
        if (returns(SEC_E_OK, QueryContextAttributesExW(context, number, block, size + 8)))
            free_pointers(block, attributes[i].pointers);
        free(block);
        block = malloc(size - 1);
        memset(block, 'x', size - 1);
        returns(SEC_E_BUFFER_TOO_SMALL, QueryContextAttributesExA(context, number, block, size - 1));
        returns(SEC_E_BUFFER_TOO_SMALL, QueryContextAttributesExW(context, number, block, size - 1));
        returns(SEC_E_BUFFER_TOO_SMALL, QueryContextAttributesExW(context, number, block, 0));
        ok(*(char *)block == 'x', "a failed call wrote something");
#endif
        free(block);
    }
    in_row(NULL);
}

static void refused(CtxtHandle *context)
{
    static const ULONG unknown[] = {3, 7, 11, 13, 15, 16, 26, 99, 0x00010000, 0x80000000, 0xFFFFFFFF};
    union answer answer;
    size_t i;
    memset(&answer, 'x', sizeof answer);
    for (i = 0; i < COUNT(unknown); i++) {
        ours_returns(SEC_E_UNSUPPORTED_FUNCTION, QueryContextAttributesA(context, unknown[i], &answer));
        ours_returns(SEC_E_UNSUPPORTED_FUNCTION, QueryContextAttributesW(context, unknown[i], &answer));
    }
    ours_returns(SEC_E_NO_IMPERSONATION, QueryContextAttributesA(context, 18, &answer));
    ours_returns(SEC_E_TARGET_UNKNOWN, QueryContextAttributesA(context, 27, &answer));
    ours(answer.bytes[0] == 'x', "a failed call wrote something");
    returns(SEC_E_UNSUPPORTED_FUNCTION, SetContextAttributesA(context, 0, &answer, sizeof answer));
    returns(SEC_E_UNSUPPORTED_FUNCTION, SetContextAttributesW(context, 0, &answer, sizeof answer));
}

static void texts(struct exchange *exchange)
{
    union answer answer;
    CtxtHandle *server = &exchange->server, *client = &exchange->client;

    if (returns(SEC_E_OK, QueryContextAttributesA(server, SECPKG_ATTR_NAMES, &answer))) {
        ours(strcmp(answer.names.sUserName, REALM "\\" USER) == 0, "name %s", answer.names.sUserName);
        FreeContextBuffer(answer.names.sUserName);
    }
    if (returns(SEC_E_OK, QueryContextAttributesW(client, SECPKG_ATTR_NAMES, &answer))) {
        ours(is_wide(answer.wide_names.sUserName, USER), "another name");
        FreeContextBuffer(answer.wide_names.sUserName);
    }
    if (returns(SEC_E_OK, QueryContextAttributesA(server, SECPKG_ATTR_AUTHORITY, &answer))) {
        ours(strcmp(answer.authority.sAuthorityName, REALM) == 0, "realm %s",
             answer.authority.sAuthorityName);
        FreeContextBuffer(answer.authority.sAuthorityName);
    }
    if (returns(SEC_E_OK, QueryContextAttributesW(server, SECPKG_ATTR_AUTHORITY, &answer))) {
        ours(is_wide(answer.wide_authority.sAuthorityName, REALM), "another realm");
        FreeContextBuffer(answer.wide_authority.sAuthorityName);
    }
    if (returns(SEC_E_OK, QueryContextAttributesA(server, SECPKG_ATTR_TARGET, &answer))) {
        ok(answer.target.TargetLength == strlen(TARGET)
               && memcmp(answer.target.Target, TARGET, strlen(TARGET)) == 0,
           "another target");
        FreeContextBuffer(answer.target.Target);
    }
    if (returns(SEC_E_OK, QueryContextAttributesA(server, SECPKG_ATTR_PACKAGE_INFO, &answer))) {
        ok(strcmp(answer.package.PackageInfo->Name, PACKAGE) == 0, "package %s",
           answer.package.PackageInfo->Name);
        FreeContextBuffer(answer.package.PackageInfo);
    }
    if (returns(SEC_E_OK, QueryContextAttributesW(server, SECPKG_ATTR_PACKAGE_INFO, &answer))) {
        ok(is_wide(answer.wide_package.PackageInfo->Name, PACKAGE), "another package");
        FreeContextBuffer(answer.wide_package.PackageInfo);
    }
    if (returns(SEC_E_OK, QueryContextAttributesA(server, SECPKG_ATTR_NEGOTIATION_INFO, &answer))) {
        ok(answer.negotiation.NegotiationState == 0, "state %u",
           (unsigned)answer.negotiation.NegotiationState);
        FreeContextBuffer(answer.negotiation.PackageInfo);
    }
    returns(SEC_E_OK, QueryContextAttributesA(server, SECPKG_ATTR_FLAGS, &answer));
    ours(answer.flags.Flags == exchange->server_flags, "flags 0x%X", (unsigned)answer.flags.Flags);
    returns(SEC_E_OK, QueryContextAttributesW(client, SECPKG_ATTR_FLAGS, &answer));
    ours(answer.flags.Flags == exchange->client_flags, "flags 0x%X", (unsigned)answer.flags.Flags);
}

static void session_key(struct exchange *exchange)
{
    SecPkgContext_SessionKey server, client;
    if (!returns(SEC_E_OK, QueryContextAttributesA(&exchange->server, SECPKG_ATTR_SESSION_KEY, &server))
        || !returns(SEC_E_OK, QueryContextAttributesW(&exchange->client, SECPKG_ATTR_SESSION_KEY, &client)))
        return;
    ours(server.SessionKeyLength == 16 && client.SessionKeyLength == 16, "lengths %u, %u",
         (unsigned)server.SessionKeyLength, (unsigned)client.SessionKeyLength);
    ok(memcmp(server.SessionKey, client.SessionKey, 16) == 0, "two sides, two keys");
    FreeContextBuffer(server.SessionKey);
    FreeContextBuffer(client.SessionKey);
}

/* The numbers of each protection. */
static void numbers(void)
{
    static const struct {
        const char *cipher, *name;
        enum qop qop;
        ULONG signature, block, trailer, stream_trailer, key_size, algorithm;
    } rows[] = {
        {NULL, "", AUTH_INT, 16, 1, 16, 16, 128, 0},
        {"rc4", "RC4", AUTH_CONF, 16, 1, 16, 16, 128, 0x6801},
        {"rc4-56", "RC4", AUTH_CONF, 16, 1, 16, 16, 56, 0x6801},
        {"rc4-40", "RC4", AUTH_CONF, 16, 1, 16, 16, 40, 0x6801},
        {"des", "DES", AUTH_CONF, 16, 8, 16, 24, 56, 0x6601},
        {"3des", "3DES", AUTH_CONF, 16, 8, 16, 24, 112, 0x6609},
    };
    size_t i;
    for (i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        union answer answer;
        in_row(rows[i].cipher != NULL ? rows[i].cipher : "auth-int");
        choose_cipher(rows[i].cipher);
        configure("");
        if (!login(&exchange, rows[i].qop))
            continue;
        returns(SEC_E_OK, QueryContextAttributesA(&exchange.server, SECPKG_ATTR_SIZES, &answer));
        ours(answer.sizes.cbMaxToken == 4096 && answer.sizes.cbMaxSignature == rows[i].signature
                 && answer.sizes.cbBlockSize == rows[i].block
                 && answer.sizes.cbSecurityTrailer == rows[i].trailer,
             "sizes %u %u %u %u", (unsigned)answer.sizes.cbMaxToken, (unsigned)answer.sizes.cbMaxSignature,
             (unsigned)answer.sizes.cbBlockSize, (unsigned)answer.sizes.cbSecurityTrailer);
        returns(SEC_E_OK, QueryContextAttributesW(&exchange.client, SECPKG_ATTR_STREAM_SIZES, &answer));
        ours(answer.stream.cbHeader == 0 && answer.stream.cbTrailer == rows[i].stream_trailer
                 && answer.stream.cbMaximumMessage == 65536 - rows[i].stream_trailer
                 && answer.stream.cBuffers == 2 && answer.stream.cbBlockSize == rows[i].block,
             "stream sizes %u %u %u %u %u", (unsigned)answer.stream.cbHeader,
             (unsigned)answer.stream.cbTrailer, (unsigned)answer.stream.cbMaximumMessage,
             (unsigned)answer.stream.cBuffers, (unsigned)answer.stream.cbBlockSize);
        returns(SEC_E_OK, QueryContextAttributesA(&exchange.server, SECPKG_ATTR_KEY_INFO, &answer));
        ours(strcmp(answer.key.sSignatureAlgorithmName, "MD5") == 0
                 && strcmp(answer.key.sEncryptAlgorithmName, rows[i].name) == 0
                 && answer.key.KeySize == rows[i].key_size && answer.key.SignatureAlgorithm == 0x8003
                 && answer.key.EncryptAlgorithm == rows[i].algorithm,
             "key %s %s %u", answer.key.sSignatureAlgorithmName, answer.key.sEncryptAlgorithmName,
             (unsigned)answer.key.KeySize);
        FreeContextBuffer(answer.key.sSignatureAlgorithmName);
        FreeContextBuffer(answer.key.sEncryptAlgorithmName);
        returns(SEC_E_OK, QueryContextAttributesW(&exchange.server, SECPKG_ATTR_KEY_INFO, &answer));
        ours(is_wide(answer.wide_key.sEncryptAlgorithmName, rows[i].name), "another cipher's name");
        FreeContextBuffer(answer.wide_key.sSignatureAlgorithmName);
        FreeContextBuffer(answer.wide_key.sEncryptAlgorithmName);
        finish(&exchange);
    }
    in_row(NULL);
    choose_cipher(NULL);
    configure("");
}

/* Before the end of the exchange, after its failure, and with qop auth. */
static void other_states(void)
{
    struct exchange exchange;
    union answer answer;
    prepare(&exchange, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    returns(SEC_E_OK, QueryContextAttributesA(&exchange.server, SECPKG_ATTR_SIZES, &answer));
    ours(answer.sizes.cbMaxToken == 4096 && answer.sizes.cbMaxSignature == 0, "sizes %u %u",
         (unsigned)answer.sizes.cbMaxToken, (unsigned)answer.sizes.cbMaxSignature);
    returns(SEC_E_OK, QueryContextAttributesA(&exchange.server, SECPKG_ATTR_PACKAGE_INFO, &answer));
    FreeContextBuffer(answer.package.PackageInfo);
    returns(SEC_E_TARGET_UNKNOWN, QueryContextAttributesA(&exchange.server, SECPKG_ATTR_TARGET, &answer));
    ours_returns(SEC_E_INVALID_HANDLE,
                 QueryContextAttributesA(&exchange.server, SECPKG_ATTR_SESSION_KEY, &answer));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_OK, verify(&exchange));
    returns(SEC_E_OK, QueryContextAttributesA(&exchange.server, SECPKG_ATTR_SIZES, &answer));
    ours(answer.sizes.cbMaxSignature == 0 && answer.sizes.cbSecurityTrailer == 0, "auth has sizes");
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION,
                 QueryContextAttributesA(&exchange.server, SECPKG_ATTR_STREAM_SIZES, &answer));
    finish(&exchange);
    returns(SEC_E_INVALID_HANDLE, QueryContextAttributesA(&exchange.server, 0, &answer));
    returns(SEC_E_INVALID_HANDLE, QueryContextAttributesW(&exchange.server, 0, &answer));
    returns(SEC_E_INVALID_HANDLE, SetContextAttributesA(&exchange.server, 0, &answer, 4));
}

START_TEST(attributes)
{
    struct exchange exchange;
    if (!can_log_in())
        return;
    configure("");
    if (login(&exchange, AUTH_CONF)) {
        all_forms(&exchange.server);
        all_forms(&exchange.client);
        refused(&exchange.server);
        texts(&exchange);
        session_key(&exchange);
        finish(&exchange);
    }
    numbers();
    other_states();
}
