/* A client of libsoup, of its second or its third series, which keeps a Digest session from page to
 * page as RFC 7616 has it: one session key, the opaque sent back, and the next nonce of each answer.
 *
 *   soup_client BASE USER PASSWORD [PARALLEL [wait]]
 *
 * Gets four pages, posts a form and gets another page, one after the other, then PARALLEL pages at
 * once. Prints a line for each answer, "METHOD PATH STATUS", and at the end how often libsoup asked
 * for the password. With the word wait it says "ready" before its third page, and goes on at the end of its
 * input. */
#include <libsoup/soup.h>

#include <stdio.h>
#include <stdlib.h>

#define CONNECTIONS 10

static const char *user, *password;
static unsigned questions;

struct request {
    const char *method;
    char path[32];
    SoupMessage *message;
};

static GMainLoop *loop;
static unsigned waited_for;

static void answer(SoupAuth *auth, gboolean again)
{
    questions++;
    if (!again) /* the second time it would be refused as well */
        soup_auth_authenticate(auth, user, password);
}

static void report(const struct request *request)
{
#if SOUP_MAJOR_VERSION == 2
    unsigned status = request->message->status_code;
#else
    unsigned status = soup_message_get_status(request->message);
#endif
    printf("%s %s %u\n", request->method, request->path, status);
}

static void finished(struct request *request)
{
    report(request);
    if (--waited_for == 0)
        g_main_loop_quit(loop);
}

#if SOUP_MAJOR_VERSION == 2

static void ask(SoupSession *session, SoupMessage *message, SoupAuth *auth, gboolean again, gpointer data)
{
    (void)session, (void)message, (void)data;
    answer(auth, again);
}

static void prepare(SoupSession *session)
{
    g_signal_connect(session, "authenticate", G_CALLBACK(ask), NULL);
}

static void describe(SoupMessage *message, const char *body)
{
    if (body != NULL)
        soup_message_set_request(message, "text/plain", SOUP_MEMORY_COPY, body, strlen(body));
}

static void send_and_wait(SoupSession *session, SoupMessage *message)
{
    soup_session_send_message(session, message);
}

static void answered(SoupSession *session, SoupMessage *message, gpointer request)
{
    (void)session, (void)message;
    finished(request);
}

static void send(SoupSession *session, struct request *request)
{
    g_object_ref(request->message); /* the session takes one */
    soup_session_queue_message(session, request->message, answered, request);
}

#else

static gboolean ask(SoupMessage *message, SoupAuth *auth, gboolean again, gpointer data)
{
    (void)message, (void)data;
    answer(auth, again);
    return TRUE;
}

static void prepare(SoupSession *session)
{
    (void)session; /* each message asks for itself */
}

static void describe(SoupMessage *message, const char *body)
{
    g_signal_connect(message, "authenticate", G_CALLBACK(ask), NULL);
    if (body != NULL) {
        GBytes *bytes = g_bytes_new(body, strlen(body));
        soup_message_set_request_body_from_bytes(message, "text/plain", bytes);
        g_bytes_unref(bytes);
    }
}

/* The page is of no interest, but why there is none may be. */
static void drop(GBytes *page, GError *error)
{
    if (page != NULL)
        g_bytes_unref(page);
    if (error != NULL) {
        fprintf(stderr, "soup_client: %s\n", error->message);
        g_error_free(error);
    }
}

static void send_and_wait(SoupSession *session, SoupMessage *message)
{
    GError *error = NULL;
    GBytes *page = soup_session_send_and_read(session, message, NULL, &error);
    drop(page, error);
}

static void answered(GObject *session, GAsyncResult *result, gpointer request)
{
    GError *error = NULL;
    GBytes *page = soup_session_send_and_read_finish(SOUP_SESSION(session), result, &error);
    drop(page, error);
    finished(request);
}

static void send(SoupSession *session, struct request *request)
{
    soup_session_send_and_read_async(session, request->message, G_PRIORITY_DEFAULT, NULL, answered, request);
}

#endif

static struct request *make(const char *base, const char *method, const char *path, const char *body)
{
    struct request *request = g_new0(struct request, 1);
    char *address;
    request->method = method;
    g_strlcpy(request->path, path, sizeof request->path);
    address = g_strconcat(base, request->path, NULL);
    request->message = soup_message_new(method, address);
    g_free(address);
    if (request->message == NULL) {
        fprintf(stderr, "soup_client: %s is no address\n", base);
        exit(2);
    }
    describe(request->message, body);
    return request;
}

static void end(struct request *request)
{
    g_object_unref(request->message);
    g_free(request);
}

static void wait_for_end_of_input(void)
{
    printf("ready\n");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
}

static void one_by_one(SoupSession *session, const char *base, int waits)
{
    static const char *const pages[] = {"/", "/page2?x=1&y=%20z", "/page2", "/a/b", "POST", "/page2"};
    size_t at;
    for (at = 0; at < G_N_ELEMENTS(pages); at++) {
        int posts = strcmp(pages[at], "POST") == 0;
        struct request *request =
            make(base, posts ? "POST" : "GET", posts ? "/form" : pages[at], posts ? "some text" : NULL);
        if (waits && at == 2)
            wait_for_end_of_input();
        send_and_wait(session, request->message);
        report(request);
        end(request);
    }
}

static void all_at_once(SoupSession *session, const char *base, unsigned count)
{
    struct request **requests = g_new0(struct request *, count);
    unsigned at;
    loop = g_main_loop_new(NULL, FALSE);
    waited_for = count;
    for (at = 0; at < count; at++) {
        char path[32];
        g_snprintf(path, sizeof path, "/parallel%u", at);
        requests[at] = make(base, "GET", path, NULL);
        send(session, requests[at]);
    }
    if (count > 0)
        g_main_loop_run(loop);
    for (at = 0; at < count; at++)
        end(requests[at]);
    g_free(requests);
    g_main_loop_unref(loop);
}

int main(int count, char **words)
{
    SoupSession *session;
    if (count < 4 || count > 6) {
        fprintf(stderr, "usage: soup_client BASE USER PASSWORD [PARALLEL [wait]]\n");
        return 2;
    }
    user = words[2];
    password = words[3];
    session =
        soup_session_new_with_options("max-conns", CONNECTIONS, "max-conns-per-host", CONNECTIONS, NULL);
    prepare(session);
    one_by_one(session, words[1], count == 6);
    all_at_once(session, words[1], count >= 5 ? (unsigned)strtoul(words[4], NULL, 10) : 0);
    printf("asked %u\n", questions);
    g_object_unref(session);
    return 0;
}
