/* The accounts file: a change is seen by the next login; what cannot be read changes nothing. */
#include "login.h"

#define CHANGED "alice:example.org:e2e9ca234b8ba7115cb2707e1e7f0883\n"
#define BOB "bob:example.org:ef57bc8d8c15ddbbe601ea638397ef72\n"

static SECURITY_STATUS log_in(CredHandle *inbound, const char *user, const char *domain, const char *password)
{
    struct exchange exchange;
    SECURITY_STATUS status;
    memset(&exchange, 0, sizeof exchange);
    exchange.inbound = *inbound;
    exchange.has_outbound = returns(SEC_E_OK, acquire_outbound(&exchange.outbound, user, domain, password));
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    returns(SEC_I_CONTINUE_NEEDED, respond(&exchange));
    status = verify(&exchange);
    finish(&exchange);
    return status;
}

static void changes(void)
{
    CredHandle inbound;
    returns(SEC_E_OK, acquire_inbound(&inbound));
    returns(SEC_E_OK, log_in(&inbound, USER, NULL, PASSWORD));
    returns(SEC_E_LOGON_DENIED, log_in(&inbound, "bob", NULL, "hunter2"));
    write_accounts(ALICE BOB);
    returns(SEC_E_OK, log_in(&inbound, "bob", NULL, "hunter2"));
    returns(SEC_E_OK, log_in(&inbound, USER, NULL, PASSWORD));
    write_accounts(CHANGED);
    returns(SEC_E_OK, log_in(&inbound, USER, NULL, "changed"));
    returns(SEC_E_LOGON_DENIED, log_in(&inbound, USER, NULL, PASSWORD));
    returns(SEC_E_LOGON_DENIED, log_in(&inbound, "bob", NULL, "hunter2"));

    /* a broken new version: the old one goes on */
    write_accounts("this is no account\n");
    returns(SEC_E_OK, log_in(&inbound, USER, NULL, "changed"));
    returns(SEC_E_LOGON_DENIED, log_in(&inbound, "bob", NULL, "hunter2"));
    write_accounts(BOB);
    returns(SEC_E_OK, log_in(&inbound, "bob", NULL, "hunter2"));
    returns(SEC_E_LOGON_DENIED, log_in(&inbound, USER, NULL, "changed"));
    write_accounts("# bob is gone\n\n" CHANGED);
    returns(SEC_E_OK, log_in(&inbound, USER, NULL, "changed"));
    returns(SEC_E_LOGON_DENIED, log_in(&inbound, "bob", NULL, "hunter2"));
    returns(SEC_E_OK, FreeCredentialsHandle(&inbound));
}

/* R41: names with the file's own separators, and with others', find nobody. */
static void names(void)
{
    static const char *const nobodies[] = {"alice:example.org", "alice\n", "alice\\", "alice*", "*",
                                           "alice'--",          "ALICE",   "",        ":",      "alice "};
    CredHandle inbound;
    size_t i;
    write_accounts(ALICE);
    returns(SEC_E_OK, acquire_inbound(&inbound));
    for (i = 0; i < COUNT(nobodies); i++) {
        struct exchange exchange;
        SECURITY_STATUS status;
        memset(&exchange, 0, sizeof exchange);
        in_row(nobodies[i]);
        exchange.inbound = inbound;
        exchange.has_outbound =
            returns(SEC_E_OK, acquire_outbound(&exchange.outbound, nobodies[i], NULL, PASSWORD));
        returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
        status = respond(&exchange); /* control characters are refused here already */
        if (status == SEC_I_CONTINUE_NEEDED)
            returns(SEC_E_LOGON_DENIED, verify(&exchange));
        else
            ok(strchr(nobodies[i], '\n') != NULL, "0x%08X", (unsigned)status);
        finish(&exchange);
    }
    in_row(NULL);
    returns(SEC_E_LOGON_DENIED, log_in(&inbound, USER, "other.org", PASSWORD));
    returns(SEC_E_OK, log_in(&inbound, USER, REALM, PASSWORD));
    returns(SEC_E_OK, FreeCredentialsHandle(&inbound));
}

/* The realm that Windows clients send empty, with an account of its own. */
static void empty_realm(void)
{
    CredHandle inbound;
    write_accounts(ALICE "alice::cc3a3506aba601d2feee7bf9b34237ce\n");
    returns(SEC_E_OK, acquire_inbound(&inbound));
    ours_returns(SEC_E_OK, log_in(&inbound, USER, "", PASSWORD));
    ours_returns(SEC_E_LOGON_DENIED, log_in(&inbound, USER, "", "wrong"));
    returns(SEC_E_OK, FreeCredentialsHandle(&inbound));
}

/* Users of other realms than the one offered, in the same file. */
static void other_realms(void)
{
    static const char both[] = ALICE "guest:realm2:a9c756f9b0158a6e50e45e7543a8571f\n";
    CredHandle inbound;
    write_accounts(both);
    returns(SEC_E_OK, acquire_inbound(&inbound));
    ours_returns(SEC_E_LOGON_DENIED, log_in(&inbound, "guest", "realm2", "guestpw"));
    ours_returns(SEC_E_LOGON_DENIED, log_in(&inbound, "guest", NULL, "guestpw"));
    ours_returns(SEC_E_OK, log_in(&inbound, USER, NULL, PASSWORD));
    returns(SEC_E_OK, FreeCredentialsHandle(&inbound));
    configure("realms = [\"realm2\"]");
    write_accounts(both);
    returns(SEC_E_OK, acquire_inbound(&inbound));
    ours_returns(SEC_E_OK, log_in(&inbound, "guest", "realm2", "guestpw"));
    ours_returns(SEC_E_LOGON_DENIED, log_in(&inbound, "guest", "realm3", "guestpw"));
    returns(SEC_E_OK, FreeCredentialsHandle(&inbound));
    configure("");
}

/* The variables override the file, for credentials acquired from then on. */
static void variables(void)
{
    struct exchange exchange;
    CredHandle inbound;
    if (!is_ours())
        return;
    environment_set("SECUR32_REALM", "elsewhere");
    prepare(&exchange, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    ours(strcmp(directive(&exchange.challenge, "realm"), "elsewhere") == 0, "%s", exchange.challenge.text);
    finish(&exchange);
    environment_set("SECUR32_REALM", ""); /* as good as none */
    prepare(&exchange, AUTH);
    returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
    ours(strcmp(directive(&exchange.challenge, "realm"), REALM) == 0, "%s", exchange.challenge.text);
    finish(&exchange);
    environment_set("SECUR32_REALM", NULL);
    environment_set("SECUR32_ACCOUNTS", "/no/such/directory/accounts");
    ours(acquire_inbound(&inbound) != SEC_E_OK
             || (log_in(&inbound, USER, NULL, PASSWORD) == SEC_E_NO_AUTHENTICATING_AUTHORITY
                 && FreeCredentialsHandle(&inbound) == SEC_E_OK),
         "accounts that are not there were asked");
    environment_set("SECUR32_ACCOUNTS", NULL);
}

START_TEST(accounts)
{
    if (!can_log_in())
        return;
    configure("");
    changes();
    names();
    empty_realm();
    other_realms();
    variables();
}
