/* GNU libmicrohttpd with a page that Digest protects, for alice with the password secret.
 *
 *   microhttpd_server md5|sha-256 REALM
 *
 * It writes "listening on PORT" and serves until it is ended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>
#include <unistd.h>

static enum MHD_DigestAuthAlgorithm algorithm;
static const char *realm;

static enum MHD_Result ask(struct MHD_Connection *connection, int stale)
{
    static char text[] = "no";
    struct MHD_Response *answer = MHD_create_response_from_buffer(2, text, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_auth_fail_response2(connection, realm, "opaque11", answer,
                                                           stale ? MHD_YES : MHD_NO, algorithm);
    MHD_destroy_response(answer);
    return result;
}

static enum MHD_Result serve(void *unused, struct MHD_Connection *connection, const char *url,
                             const char *method, const char *version, const char *data, size_t *data_size,
                             void **state)
{
    static char text[] = "the page";
    struct MHD_Response *answer;
    enum MHD_Result result;
    char *user;
    int checked;
    (void)unused;
    (void)url;
    (void)method;
    (void)version;
    (void)data;
    (void)data_size;
    (void)state;
    user = MHD_digest_auth_get_username(connection);
    if (user == NULL)
        return ask(connection, 0);
    checked = MHD_digest_auth_check2(connection, realm, user, "secret", 300, algorithm);
    if (strcmp(user, "alice") != 0)
        checked = MHD_NO;
    MHD_free(user);
    if (checked != MHD_YES)
        return ask(connection, checked == MHD_INVALID_NONCE);
    answer = MHD_create_response_from_buffer(8, text, MHD_RESPMEM_PERSISTENT);
    result = MHD_queue_response(connection, 200, answer);
    MHD_destroy_response(answer);
    return result;
}

int main(int count, char **arguments)
{
    static const char random[] = "not random, which a test does not need";
    const union MHD_DaemonInfo *info;
    struct MHD_Daemon *daemon;
    if (count != 3)
        return 2;
    algorithm = strcmp(arguments[1], "md5") == 0 ? MHD_DIGEST_ALG_MD5 : MHD_DIGEST_ALG_SHA256;
    realm = arguments[2];
    daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, serve, NULL,
                              MHD_OPTION_DIGEST_AUTH_RANDOM, sizeof random - 1, random,
                              MHD_OPTION_NONCE_NC_SIZE, 300, MHD_OPTION_END);
    if (daemon == NULL)
        return 1;
    info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    printf("listening on %u\n", (unsigned)info->port);
    fflush(stdout);
    for (;;)
        pause();
}
