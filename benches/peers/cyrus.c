/* Cyrus libsasl2 as the server. The stored hash reaches it as the property that its own accounts use. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "bench.h"

static const char secret_name[] = "*cmusaslsecretDIGEST-MD5";
static char hash[16];

/* The one that is served just now. */
static const char *mechanism = "DIGEST-MD5";

static int get_option(void *unused, const char *plugin, const char *option, const char **value,
                      unsigned *length)
{
    (void)unused;
    (void)plugin;
    if (strcmp(option, "auxprop_plugin") == 0)
        *value = "bench";
    else if (strcmp(option, "mech_list") == 0)
        *value = mechanism;
    else if (strcmp(option, "log_level") == 0)
        *value = "0";
    else
        return SASL_FAIL;
    if (length != NULL)
        *length = (unsigned)strlen(*value);
    return SASL_OK;
}

static int no_log(void *unused, int level, const char *message)
{
    (void)unused;
    (void)level;
    (void)message;
    return SASL_OK;
}

static int look_up(void *unused, sasl_server_params_t *server, unsigned flags, const char *user,
                   unsigned length)
{
    (void)unused;
    if ((flags & SASL_AUXPROP_AUTHZID) != 0)
        return SASL_OK;
    /* The name comes with its realm, whichever the mechanism. */
    static const char account[] = USER "@" REALM;
    if (length != strlen(account) || memcmp(user, account, length) != 0)
        return SASL_NOUSER;
    const struct propval *wanted = server->utils->prop_get(server->propctx);
    for (; wanted != NULL && wanted->name != NULL; wanted++)
        if (strcmp(wanted->name, secret_name) == 0)
            server->utils->prop_set(server->propctx, wanted->name, hash, sizeof hash);
        else if (strcmp(wanted->name, "*authPassword") == 0)
            server->utils->prop_set(server->propctx, wanted->name, SCRAM_KEYS, -1);
    return SASL_OK;
}

static sasl_auxprop_plug_t accounts = {.auxprop_lookup = look_up, .name = (char *)"bench"};

static int add_accounts(const sasl_utils_t *utils, int most, int *version, sasl_auxprop_plug_t **plugin,
                        const char *name)
{
    (void)utils;
    (void)name;
    if (most < SASL_AUXPROP_PLUG_VERSION)
        return SASL_BADVERS;
    *version = SASL_AUXPROP_PLUG_VERSION;
    *plugin = &accounts;
    return SASL_OK;
}

static const sasl_callback_t callbacks[] = {
    {SASL_CB_GETOPT, (int (*)(void))(void (*)(void))get_option, NULL},
    {SASL_CB_LOG, (int (*)(void))(void (*)(void))no_log, NULL},
    {SASL_CB_LIST_END, NULL, NULL},
};

static void *new_lock(void)
{
    pthread_mutex_t *lock = malloc(sizeof *lock);
    if (lock != NULL)
        pthread_mutex_init(lock, NULL);
    return lock;
}

static int lock(void *one)
{
    return pthread_mutex_lock(one);
}

static int unlock(void *one)
{
    return pthread_mutex_unlock(one);
}

static void free_lock(void *one)
{
    pthread_mutex_destroy(one);
    free(one);
}

static const char *open_library(const char *directory)
{
    (void)directory;
    for (size_t n = 0; n < sizeof hash; n++) {
        char digits[3] = {HASH_HEX[2 * n], HASH_HEX[2 * n + 1], 0};
        hash[n] = (char)strtoul(digits, NULL, 16);
    }
    sasl_set_mutex(new_lock, lock, unlock, free_lock);
    if (sasl_server_init(callbacks, "secur32-bench") != SASL_OK)
        return "sasl_server_init failed";
    if (sasl_auxprop_add_plugin("bench", add_accounts) != SASL_OK)
        return "sasl_auxprop_add_plugin failed";
    return NULL;
}

static const char *version(void)
{
    static char text[32];
    int major, minor, step;
    sasl_version_info(NULL, NULL, &major, &minor, &step, NULL);
    snprintf(text, sizeof text, "%d.%d.%d", major, minor, step);
    return text;
}

static bool begin(enum layer layer, union context *context, struct text *challenge)
{
    /* Strengths by which Cyrus chooses: one each, so that just one layer is offered. */
    static const sasl_ssf_t strength[LAYERS] = {0, 1, 128, 55, 112};
    sasl_conn_t *connection = NULL;
    const char *out;
    unsigned length;
    if (sasl_server_new("imap", REALM, REALM, NULL, NULL, NULL, 0, &connection) != SASL_OK)
        return false;
    context->pointer = connection;
    if (layer != AUTH) {
        sasl_security_properties_t wanted = {.min_ssf = strength[layer],
                                             .max_ssf = strength[layer],
                                             .maxbufsize = 65536};
        if (sasl_setprop(connection, SASL_SEC_PROPS, &wanted) != SASL_OK)
            return false;
    }
    if (sasl_server_start(connection, "DIGEST-MD5", NULL, 0, &out, &length) != SASL_CONTINUE
        || length > sizeof challenge->bytes)
        return false;
    memcpy(challenge->bytes, out, length);
    challenge->length = length;
    return true;
}

static bool begin_scram(union context *context, const struct text *first, struct text *challenge)
{
    sasl_conn_t *connection = NULL;
    const char *out;
    unsigned length;
    mechanism = "SCRAM-SHA-256";
    if (sasl_server_new("imap", REALM, REALM, NULL, NULL, NULL, 0, &connection) != SASL_OK)
        return false;
    context->pointer = connection;
    if (sasl_server_start(connection, mechanism, first->bytes, (unsigned)first->length, &out, &length)
            != SASL_CONTINUE
        || length > sizeof challenge->bytes)
        return false;
    memcpy(challenge->bytes, out, length);
    challenge->length = length;
    return true;
}

static bool finish(union context *context, const struct text *response, struct text *rspauth)
{
    const char *out = NULL;
    unsigned length = 0;
    int status =
        sasl_server_step(context->pointer, response->bytes, (unsigned)response->length, &out, &length);
    if (status != SASL_OK && status != SASL_CONTINUE)
        return false;
    if (out == NULL || length > sizeof rspauth->bytes)
        return false;
    memcpy(rspauth->bytes, out, length);
    rspauth->length = length;
    if (status == SASL_CONTINUE)
        status = sasl_server_step(context->pointer, "", 0, &out, &length);
    return status == SASL_OK;
}

static void end(union context *context)
{
    sasl_conn_t *connection = context->pointer;
    sasl_dispose(&connection);
}

static bool seal(union context *context, char *frame, size_t length, struct sealed *sealed)
{
    unsigned made = 0;
    int status = sasl_encode(context->pointer, frame + FIELD, (unsigned)length, &sealed->bytes, &made);
    sealed->length = made;
    sealed->owned = NULL;
    return status == SASL_OK;
}

static bool unseal(union context *context, char *frame, size_t length, struct sealed *plain)
{
    unsigned made = 0;
    int status = sasl_decode(context->pointer, frame, (unsigned)length, &plain->bytes, &made);
    plain->length = made;
    plain->owned = NULL;
    return status == SASL_OK;
}

const struct peer cyrus_peer = {
    .name = "Cyrus",
    .open = open_library,
    .version = version,
    .begin = begin,
    .begin_scram = begin_scram,
    .finish = finish,
    .end = end,
    .seal = seal,
    .unseal = unseal,
    .parts = EVERYWHERE,
    .most_live = 20000,
    .most_live_full = 100000,
};
