/* A participant (see lines.h) by Cyrus libsasl2.
 *
 *   cyrus_peer role=client|server [mechanism=] user= password= [realm=] [authzid=] [service=] [host=]
 *              [min=] [max=] [maxbuf=] [bindings=type:data] [keys=]
 *
 * min and max are the bounds of its security strength factor: 0 is auth, 1 auth-int, 40 rc4-40,
 * 55 des, 56 rc4-56, 112 3des, 128 rc4. A server knows one account, kept in memory: by its password, or by
 * SCRAM's keys as RFC 5803 has them.
 */
#include "framed.h"

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

static const char *user, *password, *keys, *realm, *authzid;
static char mechanism[64];
static int is_server;

static int get_option(void *context, const char *plugin, const char *option, const char **result,
                      unsigned *length)
{
    (void)context, (void)plugin;
    const char *const options[][2] = {{"auxprop_plugin", "memory"},
                                      {"pwcheck_method", "auxprop"},
                                      {"mech_list", mechanism}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(option, options[i][0]) == 0) {
            *result = options[i][1];
            if (length != NULL)
                *length = (unsigned)strlen(*result);
            return SASL_OK;
        }
    return SASL_FAIL;
}

static int get_name(void *context, int id, const char **result, unsigned *length)
{
    (void)context;
    *result = id == SASL_CB_AUTHNAME ? user : authzid;
    if (length != NULL)
        *length = (unsigned)strlen(*result);
    return SASL_OK;
}

static int get_realm(void *context, int id, const char **offered, const char **result)
{
    (void)context, (void)id;
    *result = realm[0] == '\0' && offered != NULL && offered[0] != NULL ? offered[0] : realm;
    return SASL_OK;
}

static int get_secret(sasl_conn_t *connection, void *context, int id, sasl_secret_t **secret)
{
    (void)connection, (void)context, (void)id;
    static union {
        sasl_secret_t secret;
        char room[sizeof(sasl_secret_t) + 256];
    } store;
    store.secret.len = strlen(password);
    snprintf((char *)store.secret.data, 256, "%s", password);
    *secret = &store.secret;
    return SASL_OK;
}

static int look_up(void *context, sasl_server_params_t *server, unsigned flags, const char *name,
                   unsigned length)
{
    (void)context;
    if (flags & SASL_AUXPROP_AUTHZID)
        return SASL_OK; /* whoever is acted for exists */
    const struct propval *wanted = server->utils->prop_get(server->propctx);
    /* The name comes with its realm where that differs from the server's own. */
    size_t bare = strcspn(user, "@");
    if (length < bare || memcmp(name, user, bare) != 0 || (length > bare && name[bare] != '@'))
        return SASL_NOUSER;
    for (; wanted != NULL && wanted->name != NULL; wanted++) {
        const char *property = wanted->name + (wanted->name[0] == '*');
        if (keys[0] != '\0') {
            if (strcmp(property, "authPassword") == 0)
                server->utils->prop_set(server->propctx, wanted->name, keys, -1);
        } else if (strcmp(property, SASL_AUX_PASSWORD_PROP) == 0)
            server->utils->prop_set(server->propctx, wanted->name, password, -1);
    }
    return SASL_OK;
}

static int memory_plugin(const sasl_utils_t *utils, int newest, int *version, sasl_auxprop_plug_t **plugin,
                         const char *name)
{
    (void)utils, (void)newest, (void)name;
    static char own_name[] = "memory";
    static sasl_auxprop_plug_t memory = {.auxprop_lookup = look_up, .name = own_name};
    *version = SASL_AUXPROP_PLUG_VERSION;
    *plugin = &memory;
    return SASL_OK;
}

static int authorize(sasl_conn_t *connection, void *context, const char *wanted, unsigned length,
                     const char *who, unsigned who_length, const char *default_realm, unsigned realm_length,
                     struct propctx *properties)
{
    (void)connection, (void)context, (void)wanted, (void)length, (void)who, (void)who_length;
    (void)default_realm, (void)realm_length, (void)properties;
    return SASL_OK;
}

static void check(int status, sasl_conn_t *connection, const char *call)
{
    if (status == SASL_OK || status == SASL_CONTINUE)
        return;
    char reason[600];
    snprintf(reason, sizeof reason, "%s %d %s", call, status,
             connection != NULL ? sasl_errdetail(connection) : "");
    fail(reason);
}

static void limit(sasl_conn_t *connection, int argc, char **argv)
{
    sasl_security_properties_t limits = {0};
    limits.min_ssf = (sasl_ssf_t)atoi(argument(argc, argv, "min", "0"));
    limits.max_ssf = (sasl_ssf_t)atoi(argument(argc, argv, "max", "256"));
    limits.maxbufsize = (unsigned)atoi(argument(argc, argv, "maxbuf", "65536"));
    check(sasl_setprop(connection, SASL_SEC_PROPS, &limits), connection, "sasl_setprop");
}

/* Has the connection bound to what argument `bindings` says. */
static void bind(sasl_conn_t *connection, const char *bindings)
{
    static char type[64];
    static sasl_channel_binding_t binding;
    size_t length = strcspn(bindings, ":");
    if (length == 0 || length >= sizeof type)
        return;
    snprintf(type, length + 1, "%s", bindings);
    binding.name = type;
    binding.data = (const unsigned char *)bindings + length + 1;
    binding.len = strlen(bindings + length + 1);
    check(sasl_setprop(connection, SASL_CHANNEL_BINDING, &binding), connection, "SASL_CHANNEL_BINDING");
}

static int step(sasl_conn_t *connection, struct line *line, const char **out, unsigned *length)
{
    get_token(line);
    const char *in = (const char *)line->data;
    *out = NULL;
    *length = 0;
    int status = is_server ? sasl_server_step(connection, in, (unsigned)line->length, out, length)
                           : sasl_client_step(connection, in, (unsigned)line->length, NULL, out, length);
    check(status, connection, is_server ? "sasl_server_step" : "sasl_client_step");
    return status;
}

static void report(sasl_conn_t *connection)
{
    const void *value = NULL;
    const char *name = "-", *claimed = "-", *qop = "auth";
    unsigned largest = 0;
    if (sasl_getprop(connection, SASL_SSF, &value) == SASL_OK && *(const sasl_ssf_t *)value > 0)
        qop = *(const sasl_ssf_t *)value > 1 ? "auth-conf" : "auth-int";
    if (sasl_getprop(connection, SASL_MAXOUTBUF, &value) == SASL_OK)
        largest = *(const unsigned *)value;
    if (sasl_getprop(connection, SASL_AUTHUSER, &value) == SASL_OK && value != NULL)
        name = value;
    if (is_server && sasl_getprop(connection, SASL_USERNAME, &value) == SASL_OK && value != NULL)
        claimed = value;
    put_ok(qop, name, claimed, largest);
}

static void messages(sasl_conn_t *connection, struct line *line)
{
    static unsigned char plain[MESSAGE_MAX + 4];
    const char *out;
    unsigned length;
    while (get_line(line)) {
        if (is(line, "SEND")) {
            fill(plain, line->bytes, line->seed);
            check(sasl_encode(connection, (const char *)plain, line->bytes, &out, &length), connection,
                  "sasl_encode");
            put_framed((const unsigned char *)out, length);
        } else if (is(line, "RECV")) {
            frame(plain, line->data, line->length);
            check(sasl_decode(connection, (const char *)plain, (unsigned)line->length + 4, &out, &length),
                  connection, "sasl_decode");
            put_got((const unsigned char *)out, length);
        }
    }
}

int main(int argc, char **argv)
{
    static struct line line;
    typedef int (*callback)(void); /* as Cyrus spells them all */
    const sasl_callback_t callbacks[] = {{SASL_CB_GETOPT, (callback)get_option, NULL},
                                         {SASL_CB_USER, (callback)get_name, NULL},
                                         {SASL_CB_AUTHNAME, (callback)get_name, NULL},
                                         {SASL_CB_PASS, (callback)get_secret, NULL},
                                         {SASL_CB_GETREALM, (callback)get_realm, NULL},
                                         {SASL_CB_PROXY_POLICY, (callback)authorize, NULL},
                                         {SASL_CB_LIST_END, NULL, NULL}};
    user = argument(argc, argv, "user", "");
    password = argument(argc, argv, "password", "");
    realm = argument(argc, argv, "realm", "");
    authzid = argument(argc, argv, "authzid", "");
    keys = argument(argc, argv, "keys", "");
    const char *name = argument(argc, argv, "mechanism", "DIGEST-MD5");
    /* Its lists name a mechanism without -PLUS. */
    const char *plus = strstr(name, "-PLUS");
    snprintf(mechanism, sizeof mechanism, "%.*s", (int)(plus != NULL ? plus - name : (int)strlen(name)),
             name);
    int client_first = strcmp(mechanism, "DIGEST-MD5") != 0;
    is_server = strcmp(argument(argc, argv, "role", "client"), "server") == 0;
    const char *service = argument(argc, argv, "service", "imap");
    const char *host = argument(argc, argv, "host", "localhost");
    const char *out = NULL, *chosen = NULL;
    unsigned length = 0;
    sasl_conn_t *connection = NULL;
    int status;

    if (is_server) {
        check(sasl_auxprop_add_plugin("memory", memory_plugin), NULL, "sasl_auxprop_add_plugin");
        check(sasl_server_init(callbacks, "cyrus_peer"), NULL, "sasl_server_init");
        check(sasl_server_new(service, host, realm[0] != '\0' ? realm : NULL, NULL, NULL, NULL,
                              SASL_SUCCESS_DATA, &connection),
              NULL, "sasl_server_new");
        limit(connection, argc, argv);
        bind(connection, argument(argc, argv, "bindings", ""));
        if (client_first)
            get_token(&line);
        status = sasl_server_start(connection, name, client_first ? (const char *)line.data : NULL,
                                   (unsigned)line.length, &out, &length);
        check(status, connection, "sasl_server_start");
        if (status == SASL_CONTINUE || length > 0)
            put_base64("TOKEN", out, length);
    } else {
        check(sasl_client_init(callbacks), NULL, "sasl_client_init");
        check(sasl_client_new(service, host, NULL, NULL, NULL, 0, &connection), NULL, "sasl_client_new");
        limit(connection, argc, argv);
        bind(connection, argument(argc, argv, "bindings", ""));
        status = sasl_client_start(connection, name, NULL, &out, &length, &chosen);
        check(status, connection, "sasl_client_start");
        if (client_first)
            put_base64("TOKEN", out, length);
    }
    while (status == SASL_CONTINUE) {
        status = step(connection, &line, &out, &length);
        if (status == SASL_CONTINUE || length > 0)
            put_base64("TOKEN", out, length);
    }
    report(connection);
    messages(connection, &line);
    sasl_dispose(&connection);
    return 0;
}
