/* ExportSecurityContext and ImportSecurityContext. */
#include "login.h"

#define RESET_NEW 1
#define DELETE_OLD 2

static int exported(CtxtHandle *context, ULONG flags, SecBuffer *pack)
{
    void *token = pack;
    set_buffer(pack, SECBUFFER_EMPTY, NULL, 0);
    return ours_returns(SEC_E_OK, ExportSecurityContext(context, flags, pack, &token))
           && ours(pack->pvBuffer != NULL && pack->cbBuffer > 0 && token == NULL, "an empty pack");
}

/* Both ends move, in the middle of a conversation, and it goes on. */
static void moved(const char *cipher, enum qop qop)
{
    struct exchange exchange;
    SecBuffer pack;
    CtxtHandle fresh;
    struct sealed sealed;
    SecPkgContext_NamesA names;
    choose_cipher(cipher);
    configure("");
    if (!login(&exchange, qop))
        return;
    if (seal(&exchange.client, 77, 1, &sealed))
        returns(SEC_E_OK, open_sealed(&exchange.server, &sealed, 77, 1));
    free(sealed.body);
    if (exported(&exchange.server, DELETE_OLD, &pack)) {
        returns(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&exchange.server));
        ours_returns(SEC_E_OK, ImportSecurityContextA((SEC_CHAR *)PACKAGE, &pack, NULL, &fresh));
        returns(SEC_E_OK, FreeContextBuffer(pack.pvBuffer));
        exchange.server = fresh;
    }
    if (exported(&exchange.client, 0, &pack)) {
        ours_returns(SEC_E_OK, ImportSecurityContextW(wide("wdigest"), &pack, NULL, &fresh));
        returns(SEC_E_OK, FreeContextBuffer(pack.pvBuffer));
        returns(SEC_E_OK, DeleteSecurityContext(&exchange.client));
        exchange.client = fresh;
    }
    if (seal(&exchange.client, 78, 2, &sealed))
        returns(SEC_E_OK, open_sealed(&exchange.server, &sealed, 78, 2));
    free(sealed.body);
    if (seal(&exchange.server, 79, 3, &sealed))
        returns(SEC_E_OK, open_sealed(&exchange.client, &sealed, 79, 3));
    free(sealed.body);
    if (returns(SEC_E_OK, QueryContextAttributesA(&exchange.server, SECPKG_ATTR_NAMES, &names))) {
        ours(strcmp(names.sUserName, REALM "\\" USER) == 0, "name %s", names.sUserName);
        FreeContextBuffer(names.sUserName);
    }
    finish(&exchange);
}

/* RESET_NEW: as if no message had been exchanged. */
static void reset(void)
{
    struct exchange exchange;
    SecBuffer pack;
    CtxtHandle server, client;
    struct sealed sealed;
    if (!login(&exchange, AUTH_CONF))
        return;
    if (seal(&exchange.client, 10, 1, &sealed))
        returns(SEC_E_OK, open_sealed(&exchange.server, &sealed, 10, 1));
    if (exported(&exchange.server, RESET_NEW, &pack)) {
        ours_returns(SEC_E_OK, ImportSecurityContextA((SEC_CHAR *)PACKAGE, &pack, NULL, &server));
        returns(SEC_E_OK, FreeContextBuffer(pack.pvBuffer));
        ours_returns(SEC_E_OK, open_sealed(&server, &sealed, 10, 1));
        returns(SEC_E_OK, DeleteSecurityContext(&server));
    }
    free(sealed.body);
    if (exported(&exchange.client, RESET_NEW | DELETE_OLD, &pack)) {
        ours_returns(SEC_E_OK, ImportSecurityContextA((SEC_CHAR *)PACKAGE, &pack, NULL, &client));
        returns(SEC_E_OK, FreeContextBuffer(pack.pvBuffer));
        if (seal(&client, 10, 1, &sealed))
            ours_returns(SEC_E_OUT_OF_SEQUENCE, open_sealed(&exchange.server, &sealed, 10, 1));
        free(sealed.body);
        exchange.client = client;
    }
    finish(&exchange);
}

/* Packs that were cut or changed, in blocks of exactly their size. */
static void damaged(struct exchange *exchange)
{
    SecBuffer pack, bad;
    CtxtHandle fresh = {0x1234, 0x5678};
    ULONG i;
    if (!exported(&exchange->server, 0, &pack))
        return;
    for (i = 0; i < pack.cbBuffer; i++) {
        unsigned char *copy = exact(pack.pvBuffer, pack.cbBuffer);
        copy[i] ^= 0x20;
        set_buffer(&bad, SECBUFFER_EMPTY, copy, pack.cbBuffer);
        ours(ImportSecurityContextA((SEC_CHAR *)PACKAGE, &bad, NULL, &fresh) == SEC_E_INVALID_TOKEN,
             "byte %u changed", (unsigned)i);
        free(copy);
        copy = exact(pack.pvBuffer, i);
        set_buffer(&bad, SECBUFFER_EMPTY, copy, i);
        ours(ImportSecurityContextA((SEC_CHAR *)PACKAGE, &bad, NULL, &fresh) == SEC_E_INVALID_TOKEN,
             "cut to %u bytes", (unsigned)i);
        free(copy);
    }
    set_buffer(&bad, SECBUFFER_EMPTY, NULL, 5);
    ours_returns(SEC_E_INVALID_TOKEN, ImportSecurityContextA((SEC_CHAR *)PACKAGE, &bad, NULL, &fresh));
    ours_returns(SEC_E_INVALID_TOKEN, ImportSecurityContextA((SEC_CHAR *)PACKAGE, NULL, NULL, &fresh));
    ours_returns(SEC_E_SECPKG_NOT_FOUND, ImportSecurityContextA((SEC_CHAR *)"x", &pack, NULL, &fresh));
    ours_returns(SEC_E_SECPKG_NOT_FOUND, ImportSecurityContextW(NULL, &pack, NULL, &fresh));
    ours_returns(SEC_E_INVALID_PARAMETER, ImportSecurityContextA((SEC_CHAR *)PACKAGE, &pack, NULL, NULL));
    ours(fresh.dwLower == 0x1234 && fresh.dwUpper == 0x5678, "a failed call wrote a handle");
    returns(SEC_E_OK, FreeContextBuffer(pack.pvBuffer));
}

static void refused(void)
{
    struct exchange exchange;
    SecBuffer pack;
    void *token = &pack;
    prepare(&exchange, AUTH_INT);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    set_buffer(&pack, SECBUFFER_EMPTY, &token, 9);
    ours_returns(SEC_E_CANNOT_PACK, ExportSecurityContext(&exchange.server, 0, &pack, &token));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    returns(SEC_E_OK, verify(&exchange));
    ours_returns(SEC_E_UNSUPPORTED_FUNCTION, ExportSecurityContext(&exchange.server, 4, &pack, &token));
    ours_returns(SEC_E_INVALID_PARAMETER, ExportSecurityContext(&exchange.server, 0, NULL, &token));
    ours(pack.cbBuffer == 9 && token == &pack, "a failed call wrote something");
    damaged(&exchange);
    finish(&exchange);
}

START_TEST(transfer)
{
    if (!can_log_in())
        return;
    moved(NULL, AUTH_INT);
    moved("3des", AUTH_CONF);
    moved("des", AUTH_CONF);
    moved("rc4", AUTH_CONF);
    moved("rc4-56", AUTH_CONF);
    moved("rc4-40", AUTH_CONF);
    choose_cipher(NULL);
    configure("");
    reset();
    refused();
}
