/* R30 to R44: replays, other orders of the steps, and other people's nonces. */
#include "login.h"

/* R30: the response before there is a challenge: a challenge is the answer, and nobody is logged in
 * (RFC 2831 §2.2.2); it cannot be used with the new challenge. */
static void response_first(void)
{
    struct exchange exchange, fresh;
    if (!until_response(&exchange, AUTH))
        return;
    prepare(&fresh, AUTH);
    fresh.response = exchange.response;
    ours_returns(SEC_I_CONTINUE_NEEDED, verify(&fresh));
    ours(strncmp(fresh.proof.text, "rspauth", 7) != 0, "%s", fresh.proof.text);
    returns(SEC_E_INVALID_TOKEN, verify(&fresh));
    finish(&fresh);
    finish(&exchange);
}

/* R34, R35: a captured response, given to the same server again. */
static void replayed(void)
{
    struct exchange exchange, again;
    if (!login(&exchange, AUTH))
        return;
    prepare(&again, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&again));
    ok(strcmp(again.challenge.text, exchange.challenge.text) != 0, "the same challenge twice");
    again.response = exchange.response;
    returns(SEC_E_INVALID_TOKEN, verify(&again));
    returns(STATUS_LOGON_FAILURE, verify(&exchange));
    finish(&again);
    finish(&exchange);
}

/* R37, R38: two exchanges at once, their responses exchanged. */
static void crossed(void)
{
    struct exchange one, other;
    if (!until_response(&one, AUTH) || !until_response(&other, AUTH))
        return;
    returns(SEC_E_INVALID_TOKEN, verify_bytes(&one, other.response.text, other.response.length));
    returns(SEC_E_OK, verify(&other));
    returns(STATUS_LOGON_FAILURE, verify(&one));
    finish(&one);
    finish(&other);
}

/* R31: a failed context takes nothing more, of either kind. */
static void failed(void)
{
    struct exchange exchange;
    struct token good;
    if (!until_response(&exchange, AUTH))
        return;
    good = exchange.response;
    set_directive(&exchange.response, "response", "00000000000000000000000000000000");
    returns(SEC_E_LOGON_DENIED, verify(&exchange));
    exchange.response = good;
    ours_returns(STATUS_LOGON_FAILURE, verify(&exchange));
    ours_returns(STATUS_LOGON_FAILURE, verify_bytes(&exchange, "", 0));
    {
        SecPkgContext_NamesA names = {NULL};
        ours(QueryContextAttributesA(&exchange.server, SECPKG_ATTR_NAMES, &names) != SEC_E_OK,
             "a failed context has a name");
    }
    finish(&exchange);
}

/* R39: nobody is logged in without a password, nor by one that was left out. */
static void no_password(void)
{
    struct exchange exchange;
    SEC_WINNT_AUTH_IDENTITY_A identity;
    prepare(&exchange, AUTH);
    returns(SEC_E_OK, FreeCredentialsHandle(&exchange.outbound));
    memset(&identity, 0, sizeof identity);
    identity.User = (void *)"nobody";
    identity.UserLength = 6;
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    returns(SEC_E_OK, AcquireCredentialsHandleA(NULL, (SEC_CHAR *)PACKAGE, SECPKG_CRED_OUTBOUND, NULL,
                                                &identity, NULL, NULL, &exchange.outbound, NULL));
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    if (respond(&exchange) == SEC_I_CONTINUE_NEEDED)
        returns(SEC_E_LOGON_DENIED, verify(&exchange));
    finish(&exchange);
}

/* The client: challenges again, in another order, from another server. */
static void clients_orders(void)
{
    struct exchange exchange;
    struct token first;
    if (!until_response(&exchange, AUTH))
        return;
    /* the challenge again, not marked stale: the server did not take the response */
    ours(respond(&exchange) < 0, "a challenge was answered twice");
    finish(&exchange);

    if (!until_response(&exchange, AUTH))
        return;
    first = exchange.response;
    set_directive(&exchange.challenge, "stale", "true");
    ours_returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    ours(strcmp(directive(&exchange.response, "response"), "") != 0
             && strcmp(exchange.response.text, first.text) != 0,
         "no other response to a stale challenge");
    finish(&exchange);

    /* the proof of another exchange */
    if (!login(&exchange, AUTH))
        return;
    first = exchange.proof;
    finish(&exchange);
    if (!until_response(&exchange, AUTH))
        return;
    exchange.proof = first;
    returns(SEC_E_WRONG_PRINCIPAL, conclude(&exchange));
    finish(&exchange);
}

/* R33: exchanges that were given up anywhere leave nothing behind; the leak checkers watch. */
static void given_up(void)
{
    struct exchange exchange;
    unsigned i;
    for (i = 0; i < 300; i++) {
        prepare(&exchange, i % 2 ? AUTH_CONF : AUTH);
        if (i % 3 > 0)
            returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
        if (i % 3 > 1)
            returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
        finish(&exchange);
    }
}

START_TEST(malformed_state)
{
    if (!can_log_in())
        return;
    configure("");
    response_first();
    replayed();
    crossed();
    failed();
    no_password();
    clients_orders();
    given_up();
}
