/* A participant (see lines.h) by GNU SASL's library.
 *
 *   gsasl_peer role=client|server [mechanism=] qop=auth|auth-int user= password= [realm=] [authzid=]
 *              [service=] [host=] [bindings=type:data]
 */
#include "framed.h"

#include <gsasl.h>

static int count;
static char **arguments;

static const char *value(const char *name)
{
    return argument(count, arguments, name, "");
}

/* The session's channel bindings, where argument `bindings` has some of this type. */
static int bind(Gsasl_session *session, Gsasl_property property, const char *type)
{
    const char *bindings = value("bindings");
    size_t length = strlen(type);
    char *base64 = NULL;
    if (strncmp(bindings, type, length) != 0 || bindings[length] != ':')
        return GSASL_NO_CALLBACK;
    int status = gsasl_base64_to(bindings + length + 1, strlen(bindings + length + 1), &base64, NULL);
    if (status == GSASL_OK)
        status = gsasl_property_set(session, property, base64);
    gsasl_free(base64);
    return status;
}

static int answer(Gsasl *library, Gsasl_session *session, Gsasl_property property)
{
    (void)library;
    static const struct {
        Gsasl_property property;
        const char *name;
    } known[] = {{GSASL_AUTHID, "user"},       {GSASL_AUTHZID, "authzid"}, {GSASL_REALM, "realm"},
                 {GSASL_PASSWORD, "password"}, {GSASL_SERVICE, "service"}, {GSASL_HOSTNAME, "host"}};
    if (property == GSASL_QOPS || property == GSASL_QOP) {
        const char *qop = strcmp(value("qop"), "auth-int") == 0 ? "qop-int" : "qop-auth";
        return gsasl_property_set(session, property, qop);
    }
    if (property == GSASL_CB_TLS_UNIQUE)
        return bind(session, property, "tls-unique");
    if (property == GSASL_CB_TLS_EXPORTER)
        return bind(session, property, "tls-exporter");
    if (property == GSASL_VALIDATE_GSSAPI)
        return GSASL_OK; /* whoever has a ticket is let in */
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].property == property && value(known[i].name)[0] != '\0') {
            if (property == GSASL_PASSWORD && strcmp(value("role"), "server") == 0) {
                const char *claimed = gsasl_property_fast(session, GSASL_AUTHID);
                if (claimed == NULL || strcmp(claimed, value("user")) != 0)
                    return GSASL_NO_PASSWORD;
            }
            return gsasl_property_set(session, property, value(known[i].name));
        }
    return GSASL_NO_CALLBACK;
}

static void check(int status, const char *call)
{
    char reason[256];
    if (status == GSASL_OK || status == GSASL_NEEDS_MORE)
        return;
    snprintf(reason, sizeof reason, "%s %s", call, gsasl_strerror_name(status));
    fail(reason);
}

static void exchange(Gsasl_session *session, struct line *line, int begins)
{
    char *out = NULL;
    size_t length = 0;
    line->length = 0;
    if (!begins)
        get_token(line);
    for (;;) {
        int status = gsasl_step(session, (const char *)line->data, line->length, &out, &length);
        check(status, "gsasl_step");
        if (status == GSASL_NEEDS_MORE || length > 0)
            put_base64("TOKEN", out, length);
        gsasl_free(out);
        if (status == GSASL_OK)
            return;
        get_token(line);
    }
}

static void messages(Gsasl_session *session, struct line *line)
{
    static unsigned char plain[MESSAGE_MAX + 4];
    char *out = NULL;
    size_t length = 0;
    while (get_line(line)) {
        if (is(line, "SEND")) {
            fill(plain, line->bytes, line->seed);
            check(gsasl_encode(session, (const char *)plain, line->bytes, &out, &length), "gsasl_encode");
            put_framed((const unsigned char *)out, length);
        } else if (is(line, "RECV")) {
            frame(plain, line->data, line->length);
            check(gsasl_decode(session, (const char *)plain, line->length + 4, &out, &length),
                  "gsasl_decode");
            put_got((const unsigned char *)out, length);
        } else {
            continue;
        }
        gsasl_free(out);
    }
}

static const char *or_none(const char *text)
{
    return text != NULL ? text : "-";
}

int main(int argc, char **argv)
{
    static struct line line;
    Gsasl *library = NULL;
    Gsasl_session *session = NULL;
    const char *mechanism = argument(argc, argv, "mechanism", "DIGEST-MD5");
    int gssapi = strcmp(mechanism, "GSSAPI") == 0;
    count = argc;
    arguments = argv;
    int is_server = strcmp(value("role"), "server") == 0;
    check(gsasl_init(&library), "gsasl_init");
    gsasl_callback_set(library, answer);
    check(is_server ? gsasl_server_start(library, mechanism, &session)
                    : gsasl_client_start(library, mechanism, &session),
          "gsasl_start");
    exchange(session, &line, is_server == (strcmp(mechanism, "DIGEST-MD5") == 0));
    /* It has no word for what was agreed, nor for the other's maxbuf: RFC 2831's default stands. */
    put_ok(strcmp(value("qop"), "auth-int") == 0 ? "auth-int" : "auth",
           or_none(
               gsasl_property_fast(session, is_server && gssapi ? GSASL_GSSAPI_DISPLAY_NAME : GSASL_AUTHID)),
           is_server ? or_none(gsasl_property_fast(session, GSASL_AUTHZID)) : "-", 65536 - 16);
    messages(session, &line);
    gsasl_finish(session);
    gsasl_done(library);
    return 0;
}
