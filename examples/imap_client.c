/* An IMAP4rev1 client, written against sspi.h: logs in by SaslInitializeSecurityContext, says NOOP
 * and LOGOUT under the security layer, and prints the dialogue.
 *
 *   imap_client [--qop auth|auth-int|auth-conf] [--mechanism NAME] [--domain NAME]
 *               [--target SERVICE/HOST] [--password WORD] HOST PORT USER
 *
 * The password is the first line of standard input unless --password gives it. Unless told otherwise
 * the target is imap/HOST; the mechanism the first of this machine's profiles that is offered, wants a
 * password and has the qop; and the qop auth-conf, or auth where the mechanism protects no messages.
 *
 * Exits with 0 when everything went well, 1 when the server refused the login, 2 for wrong
 * arguments, 3 when the server is not to be had, broke the protocol or did not prove itself, 4 when
 * the library here refuses. */
#include "portable.h"

#include "imap_link.h"
#include "imap_profiles.h"
#include "imap_reply.h"
#include "imap_text.h"

enum outcome { DONE = 0, REFUSED = 1, USAGE = 2, PEER_FAILED = 3, LIBRARY_FAILED = 4 };

struct options {
    const char *host, *port;
    const char *user, *password, *domain; /* domain NULL: the realm of the server's challenge */
    const char *mechanism;                /* NULL: what both ends have */
    char target[300];
    enum layer_kind layer;
    int layer_is_wish; /* no qop was named: less will do */
};

struct client {
    const struct options *options;
    struct link *link;
    int has_credential, has_context;
    CredHandle credential;
    CtxtHandle context;
    ULONG attributes;
    struct profile profile; /* the mechanism */
    enum layer_kind layer;  /* what is asked of it */
};

static enum outcome fail(enum outcome outcome, const char *why)
{
    fprintf(stderr, "imap_client: %s\n", why);
    return outcome;
}

static enum outcome fail_status(const char *function, SECURITY_STATUS status)
{
    char space[16];
    fprintf(stderr, "imap_client: %s: %s\n", function, status_name(status, space));
    return LIBRARY_FAILED;
}

/* ---- the login ---- */

/* A credential of the package behind the mechanism, made from user and password. */
static SECURITY_STATUS acquire(struct client *client)
{
    const struct options *options = client->options;
    SEC_WINNT_AUTH_IDENTITY_A identity;
    SECURITY_STATUS status;

    memset(&identity, 0, sizeof identity);
    identity.User = (unsigned char *)options->user;
    identity.UserLength = (ULONG)strlen(options->user);
    identity.Password = (unsigned char *)options->password;
    identity.PasswordLength = (ULONG)strlen(options->password);
    if (options->domain != NULL) {
        identity.Domain = (unsigned char *)options->domain;
        identity.DomainLength = (ULONG)strlen(options->domain);
    }
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    status = AcquireCredentialsHandleA(NULL, client->profile.package, SECPKG_CRED_OUTBOUND, NULL, &identity,
                                       NULL, NULL, &client->credential, NULL);
    client->has_credential = status == SEC_E_OK;
    return status;
}

/* What the chosen layer asks of the library. */
static ULONG wanted(enum layer_kind layer)
{
    ULONG flags = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_MUTUAL_AUTH;
    if (layer != LAYER_NONE)
        flags |= ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT;
    if (layer == LAYER_CONFIDENTIALITY)
        flags |= ISC_REQ_CONFIDENTIALITY;
    return flags;
}

/* One call of SaslInitializeSecurityContext; `challenge` is NULL for the first. Where it leaves an
 * `answer`, that is freed with FreeContextBuffer. */
static SECURITY_STATUS initialize(struct client *client, const void *challenge, size_t length,
                                  SecBuffer *answer)
{
    SecBuffer input;
    SecBufferDesc inputs, outputs;
    SECURITY_STATUS status;

    input.BufferType = SECBUFFER_TOKEN;
    input.cbBuffer = (ULONG)length;
    input.pvBuffer = (void *)challenge;
    inputs.ulVersion = SECBUFFER_VERSION;
    inputs.cBuffers = 1;
    inputs.pBuffers = &input;
    answer->BufferType = SECBUFFER_TOKEN;
    answer->cbBuffer = 0;
    answer->pvBuffer = NULL;
    outputs.ulVersion = SECBUFFER_VERSION;
    outputs.cBuffers = 1;
    outputs.pBuffers = answer;
    status =
        SaslInitializeSecurityContextA(&client->credential, client->has_context ? &client->context : NULL,
                                       (char *)client->options->target, wanted(client->layer), 0,
                                       SECURITY_NATIVE_DREP, challenge == NULL ? NULL : &inputs, 0,
                                       &client->context, &outputs, &client->attributes, NULL);
    if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED)
        client->has_context = 1;
    return status;
}

static void release(SecBuffer *answer)
{
    if (answer->pvBuffer != NULL)
        FreeContextBuffer(answer->pvBuffer);
}

static enum outcome send_answer(struct client *client, const char *before, SecBuffer *answer)
{
    enum link_result result = link_say_token(client->link, before, answer->pvBuffer, answer->cbBuffer);
    release(answer);
    return result == LINK_OK ? DONE : fail(PEER_FAILED, "the server is gone");
}

/* "*" ends the exchange; the server answers BAD, whatever it thinks of it. */
static enum outcome cancel(struct client *client, const char *function, SECURITY_STATUS status)
{
    char *rest;
    if (link_say(client->link, "*") == LINK_OK)
        reply_read(client->link, "c2", &rest, NULL);
    fail_status(function, status);
    return PEER_FAILED;
}

/* Challenge and response until the tagged end. */
static enum outcome exchange(struct client *client)
{
    SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;
    unsigned char challenge[LINK_LINE];
    char *text;
    for (;;) {
        SecBuffer answer;
        long length;
        enum outcome sent;
        switch (reply_read(client->link, "c2", &text, NULL)) {
        case REPLY_CONTINUE:
            break;
        case REPLY_OK: /* rspauth, checked by the last call, proves that the server knows us */
            return status == SEC_E_OK ? DONE : fail(PEER_FAILED, "the server did not prove itself");
        case REPLY_NO:
            return fail(REFUSED, "the server refused the login");
        default:
            return fail(PEER_FAILED, "the server broke the exchange off");
        }
        if (status == SEC_E_OK)
            return cancel(client, "the server goes on", SEC_E_INVALID_TOKEN);
        length = base64_decode(text, strlen(text), challenge);
        if (length < 0)
            return cancel(client, "base64", SEC_E_INVALID_TOKEN);
        if (length > 0)
            link_show_token(client->link, challenge, (size_t)length);
        status = initialize(client, challenge, (size_t)length, &answer);
        if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED)
            return cancel(client, "SaslInitializeSecurityContext", status);
        sent = send_answer(client, "", &answer);
        if (sent != DONE)
            return sent;
    }
}

/* Whether the server asks for the first token by an empty "+". */
static int may_begin(struct client *client)
{
    char *text;
    return reply_read(client->link, "c2", &text, NULL) == REPLY_CONTINUE && *text == '\0';
}

/* The first call for the mechanism. One that cannot protect messages says so here, and is asked for
 * less where that will do. */
static SECURITY_STATUS begin(struct client *client, SecBuffer *first, const char **function)
{
    SECURITY_STATUS status;
    *function = "AcquireCredentialsHandle";
    client->layer = client->options->layer;
    status = acquire(client);
    if (status != SEC_E_OK)
        return status;
    *function = "SaslInitializeSecurityContext";
    status = initialize(client, NULL, 0, first);
    if (status == SEC_E_QOP_NOT_SUPPORTED && client->options->layer_is_wish) {
        client->layer = LAYER_NONE;
        status = initialize(client, NULL, 0, first);
    }
    if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED)
        return SEC_E_OK;
    FreeCredentialsHandle(&client->credential);
    client->has_credential = 0;
    return status;
}

static int is_offered(const struct profile *profile, const char *capabilities)
{
    char offer[64];
    snprintf(offer, sizeof offer, "AUTH=%s", profile->name);
    return reply_has_word(capabilities, offer);
}

/* Begins with the profile where it is offered. SEC_E_SECPKG_NOT_FOUND: it is not, or not here. */
static SECURITY_STATUS try_profile(struct client *client, const char *capabilities, SecBuffer *first,
                                   const char **function)
{
    SECURITY_STATUS status = SEC_E_SECPKG_NOT_FOUND;
    *function = "SaslGetProfilePackage";
    if (is_offered(&client->profile, capabilities))
        status = profile_find(&client->profile);
    if (status != SEC_E_OK || (client->profile.by_system && client->options->mechanism == NULL))
        return SEC_E_SECPKG_NOT_FOUND;
    return begin(client, first, function);
}

/* Begins with the mechanism that was named, or with the first of this machine's profiles that the
 * server offers and that does what is wanted with a password. */
static enum outcome choose(struct client *client, const char *capabilities, SecBuffer *first)
{
    const char *named = client->options->mechanism;
    struct profile profiles[PROFILES_MOST];
    size_t count = 1, at;

    if (named != NULL)
        snprintf(profiles[0].name, sizeof profiles[0].name, "%s", named);
    else
        count = profiles_list(profiles, PROFILES_MOST);
    for (at = 0; at < count; at++) {
        const char *function;
        SECURITY_STATUS status;
        client->profile = profiles[at];
        status = try_profile(client, capabilities, first, &function);
        if (status == SEC_E_OK)
            return DONE;
        if (status != SEC_E_SECPKG_NOT_FOUND && (status != SEC_E_QOP_NOT_SUPPORTED || named != NULL))
            return fail_status(function, status);
    }
    return fail(PEER_FAILED, "the server offers no mechanism that would do");
}

/* Starts the exchange. Mechanisms in which the server speaks first, as DIGEST-MD5, leave no token
 * from the first call; another's, as SCRAM's, goes along with the command (RFC 4959) or after the
 * first "+". */
static enum outcome authenticate(struct client *client, const char *capabilities)
{
    char command[128];
    SecBuffer first;
    enum outcome sent = choose(client, capabilities, &first);
    if (sent != DONE)
        return sent;
    snprintf(command, sizeof command, "c2 AUTHENTICATE %s", client->profile.name);
    if (first.cbBuffer > 0 && reply_has_word(capabilities, "SASL-IR")) {
        strcat(command, " ");
        sent = send_answer(client, command, &first);
        return sent == DONE ? exchange(client) : sent;
    }
    if (link_say(client->link, "%s", command) != LINK_OK || (first.cbBuffer > 0 && !may_begin(client))) {
        release(&first);
        return fail(PEER_FAILED, "the server does not let us begin");
    }
    if (first.cbBuffer == 0) {
        release(&first);
        return exchange(client);
    }
    sent = send_answer(client, "", &first);
    return sent == DONE ? exchange(client) : sent;
}

/* Puts the layer that the exchange agreed on onto the link. */
static enum outcome protect(struct client *client)
{
    enum layer_kind kind = LAYER_NONE;
    struct layer layer;
    SECURITY_STATUS status;
    if (client->attributes & ISC_RET_CONFIDENTIALITY)
        kind = LAYER_CONFIDENTIALITY;
    else if (client->attributes & ISC_RET_INTEGRITY)
        kind = LAYER_INTEGRITY;
    if (kind < client->layer)
        return fail(PEER_FAILED, "the layer is weaker than was asked for");
    link_remark(client->link, "logged in as %s by %s, security layer: %s", client->options->user,
                client->profile.name, layer_name(kind));
    if (kind == LAYER_NONE)
        return DONE;
    memset(&layer, 0, sizeof layer);
    status = layer_open(&layer, &client->context, kind, client->profile.form);
    if (status != SEC_E_OK) {
        layer_close(&layer);
        return fail_status("QueryContextAttributes", status);
    }
    link_protect(client->link, &layer);
    return DONE;
}

/* One command without arguments that must end in OK. */
static enum outcome plain_command(struct client *client, const char *tag, const char *name,
                                  char *capabilities)
{
    char *rest;
    if (link_say(client->link, "%s %s", tag, name) == LINK_OK
        && reply_read(client->link, tag, &rest, capabilities) == REPLY_OK)
        return DONE;
    fprintf(stderr, "imap_client: %s failed\n", name);
    return PEER_FAILED;
}

static enum outcome talk(struct client *client)
{
    char capabilities[REPLY_CAPABILITIES] = "", *line;
    size_t length;
    enum outcome outcome;

    if (link_read_line(client->link, &line, &length) != LINK_OK || strncmp(line, "* OK", 4) != 0)
        return fail(PEER_FAILED, "no greeting that invites a login");
    outcome = plain_command(client, "c1", "CAPABILITY", capabilities);
    if (outcome != DONE)
        return outcome;
    outcome = authenticate(client, capabilities);
    if (outcome == DONE)
        outcome = protect(client);
    if (outcome == DONE)
        outcome = plain_command(client, "c3", "NOOP", NULL);
    if (outcome == DONE)
        outcome = plain_command(client, "c4", "LOGOUT", NULL);
    return outcome;
}

/* ---- the program ---- */

static enum outcome run(const struct options *options)
{
    struct client client;
    enum outcome outcome;
    net_socket socket = net_connect(options->host, options->port);
    if (socket == NET_NONE)
        return fail(PEER_FAILED, "cannot connect");
    net_patience(socket, 60);
    memset(&client, 0, sizeof client);
    client.options = options;
    client.link = link_open(socket, "C", "S");
    if (client.link == NULL) {
        net_close(socket);
        return fail(LIBRARY_FAILED, "no memory");
    }
    client.link->talks = 1;
    outcome = talk(&client);
    link_close(client.link);
    if (client.has_context)
        DeleteSecurityContext(&client.context);
    if (client.has_credential)
        FreeCredentialsHandle(&client.credential);
    return outcome;
}

static int parse_layer(const char *name, enum layer_kind *layer)
{
    if (strcmp(name, "auth") == 0)
        *layer = LAYER_NONE;
    else if (strcmp(name, "auth-int") == 0)
        *layer = LAYER_INTEGRITY;
    else if (strcmp(name, "auth-conf") == 0)
        *layer = LAYER_CONFIDENTIALITY;
    else
        return 0;
    return 1;
}

static int parse(int count, char **arguments, struct options *options)
{
    const char *target = NULL;
    int at;
    memset(options, 0, sizeof *options);
    options->layer = LAYER_CONFIDENTIALITY;
    options->layer_is_wish = 1;
    for (at = 1; at + 1 < count && strncmp(arguments[at], "--", 2) == 0; at += 2) {
        const char *name = arguments[at], *value = arguments[at + 1];
        if (strcmp(name, "--mechanism") == 0)
            options->mechanism = value;
        else if (strcmp(name, "--domain") == 0)
            options->domain = value;
        else if (strcmp(name, "--target") == 0)
            target = value;
        else if (strcmp(name, "--password") == 0)
            options->password = value;
        else if (strcmp(name, "--qop") != 0 || !parse_layer(value, &options->layer))
            return 0;
        else
            options->layer_is_wish = 0;
    }
    if (count - at != 3)
        return 0;
    options->host = arguments[at];
    options->port = arguments[at + 1];
    options->user = arguments[at + 2];
    snprintf(options->target, sizeof options->target, "%s%.256s", target == NULL ? "imap/" : "",
             target == NULL ? options->host : target);
    return 1;
}

int main(int count, char **arguments)
{
    struct options options;
    char line[512];
    if (!parse(count, arguments, &options)) {
        fprintf(stderr, "usage: imap_client [--qop auth|auth-int|auth-conf] [--mechanism NAME]"
                        " [--domain NAME]\n"
                        "                   [--target SERVICE/HOST] [--password WORD]"
                        " HOST PORT USER\n");
        return USAGE;
    }
    if (options.password == NULL) {
        if (fgets(line, sizeof line, stdin) == NULL)
            return fail(USAGE, "no password on standard input");
        line[strcspn(line, "\r\n")] = '\0';
        options.password = line;
    }
    if (net_start() != 0)
        return fail(PEER_FAILED, "no network");
    return run(&options);
}
