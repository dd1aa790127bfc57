/* GNU SASL's libgsasl as the server: auth and auth-int, since it has no auth-conf. */

#include <string.h>

#include <gsasl.h>

#include "bench.h"

static Gsasl *library;

static int answer(Gsasl *unused, Gsasl_session *session, Gsasl_property property)
{
    (void)unused;
    const char *value;
    switch (property) {
    case GSASL_DIGEST_MD5_HASHED_PASSWORD:
        if (strcmp(gsasl_property_fast(session, GSASL_AUTHID), USER) != 0)
            return GSASL_NO_CALLBACK;
        value = HASH_HEX;
        break;
    case GSASL_REALM:
        value = REALM;
        break;
    case GSASL_SERVICE:
        value = "imap";
        break;
    case GSASL_HOSTNAME:
        value = REALM;
        break;
    case GSASL_SCRAM_ITER:
        value = SCRAM_COUNT;
        break;
    case GSASL_SCRAM_SALT:
        value = SCRAM_SALT;
        break;
    case GSASL_SCRAM_STOREDKEY:
        value = SCRAM_STORED;
        break;
    case GSASL_SCRAM_SERVERKEY:
        value = SCRAM_SERVER;
        break;
    case GSASL_QOPS:
        value = gsasl_session_hook_get(session);
        break;
    default:
        return GSASL_NO_CALLBACK;
    }
    gsasl_property_set(session, property, value);
    return GSASL_OK;
}

static const char *open_library(const char *directory)
{
    (void)directory;
    if (gsasl_init(&library) != GSASL_OK)
        return "gsasl_init failed";
    gsasl_callback_set(library, answer);
    return NULL;
}

static const char *version(void)
{
    return gsasl_check_version(NULL);
}

/* Copies a token that the library allocated. */
static bool take(struct text *text, char *token, size_t length)
{
    bool fits = length <= sizeof text->bytes;
    if (fits) {
        memcpy(text->bytes, token, length);
        text->length = length;
    }
    gsasl_free(token);
    return fits;
}

static bool begin(enum layer layer, union context *context, struct text *challenge)
{
    static char auth[] = "qop-auth", integrity[] = "qop-int";
    Gsasl_session *session = NULL;
    char *token = NULL;
    size_t length = 0;
    context->pointer = NULL;
    if (layer > AUTH_INT || gsasl_server_start(library, "DIGEST-MD5", &session) != GSASL_OK)
        return false;
    context->pointer = session;
    gsasl_session_hook_set(session, layer == AUTH ? auth : integrity);
    return gsasl_step(session, "", 0, &token, &length) == GSASL_NEEDS_MORE && take(challenge, token, length);
}

static bool begin_scram(union context *context, const struct text *first, struct text *challenge)
{
    Gsasl_session *session = NULL;
    char *token = NULL;
    size_t length = 0;
    context->pointer = NULL;
    if (gsasl_server_start(library, "SCRAM-SHA-256", &session) != GSASL_OK)
        return false;
    context->pointer = session;
    return gsasl_step(session, first->bytes, first->length, &token, &length) == GSASL_NEEDS_MORE
           && take(challenge, token, length);
}

static bool finish(union context *context, const struct text *response, struct text *rspauth)
{
    char *token = NULL;
    size_t length = 0;
    int status = gsasl_step(context->pointer, response->bytes, response->length, &token, &length);
    if ((status != GSASL_OK && status != GSASL_NEEDS_MORE) || !take(rspauth, token, length))
        return false;
    if (status == GSASL_NEEDS_MORE) {
        status = gsasl_step(context->pointer, "", 0, &token, &length);
        gsasl_free(token);
    }
    return status == GSASL_OK;
}

static void end(union context *context)
{
    if (context->pointer != NULL)
        gsasl_finish(context->pointer);
}

static bool seal(union context *context, char *frame, size_t length, struct sealed *sealed)
{
    char *made = NULL;
    int status = gsasl_encode(context->pointer, frame + FIELD, length, &made, &sealed->length);
    sealed->bytes = sealed->owned = made;
    return status == GSASL_OK;
}

static bool unseal(union context *context, char *frame, size_t length, struct sealed *plain)
{
    char *made = NULL;
    int status = gsasl_decode(context->pointer, frame, length, &made, &plain->length);
    plain->bytes = plain->owned = made;
    return status == GSASL_OK;
}

const struct peer gsasl_peer = {
    .name = "GNU SASL",
    .open = open_library,
    .version = version,
    .begin = begin,
    .begin_scram = begin_scram,
    .finish = finish,
    .end = end,
    .seal = seal,
    .unseal = unseal,
    .drop = gsasl_free,
    .parts = EVERYWHERE,
    .most_live = 100000,
    .most_live_full = 1000000,
};
