#include "http_contexts.h"

#include <time.h>

struct session {
    int taken;
    time_t used;
    CtxtHandle context;
    char nonce[CONTEXTS_NONCE];
};

struct contexts {
    struct crowd door; /* at most one thread is inside */
    size_t next_waiting;
    struct {
        int taken;
        CtxtHandle context;
    } waiting[CONTEXTS_WAITING];
    struct session sessions[CONTEXTS_SESSIONS];
};

static void enter(struct contexts *contexts)
{
    crowd_wait(&contexts->door, 0, 1);
}

static void leave(struct contexts *contexts)
{
    crowd_leave(&contexts->door);
}

struct contexts *contexts_open(void)
{
    struct contexts *contexts = calloc(1, sizeof *contexts);
    if (contexts != NULL)
        crowd_open(&contexts->door);
    return contexts;
}

void contexts_close(struct contexts *contexts)
{
    size_t at;
    if (contexts == NULL)
        return;
    for (at = 0; at < CONTEXTS_WAITING; at++) {
        if (contexts->waiting[at].taken)
            DeleteSecurityContext(&contexts->waiting[at].context);
    }
    for (at = 0; at < CONTEXTS_SESSIONS; at++) {
        if (contexts->sessions[at].taken)
            DeleteSecurityContext(&contexts->sessions[at].context);
    }
    free(contexts);
}

void contexts_keep_waiting(struct contexts *contexts, const CtxtHandle *context)
{
    CtxtHandle old;
    int is_old;
    enter(contexts);
    old = contexts->waiting[contexts->next_waiting].context;
    is_old = contexts->waiting[contexts->next_waiting].taken;
    contexts->waiting[contexts->next_waiting].context = *context;
    contexts->waiting[contexts->next_waiting].taken = 1;
    contexts->next_waiting = (contexts->next_waiting + 1) % CONTEXTS_WAITING;
    leave(contexts);
    if (is_old)
        DeleteSecurityContext(&old);
}

/* The session of the nonce; else a free place, made free where it must be. */
static struct session *place(struct contexts *contexts, const char *nonce, time_t now)
{
    struct session *oldest = &contexts->sessions[0];
    size_t at;
    for (at = 0; at < CONTEXTS_SESSIONS; at++) {
        struct session *session = &contexts->sessions[at];
        if (session->taken && strcmp(session->nonce, nonce) == 0)
            return session;
        if (session->taken && now - session->used > CONTEXTS_IDLE) {
            DeleteSecurityContext(&session->context);
            session->taken = 0;
        }
        if (oldest->taken && (!session->taken || session->used < oldest->used))
            oldest = session;
    }
    if (oldest->taken) {
        DeleteSecurityContext(&oldest->context);
        oldest->taken = 0;
    }
    return oldest;
}

void contexts_keep_session(struct contexts *contexts, const char *nonce, const CtxtHandle *context)
{
    CtxtHandle another = *context;
    struct session *session;
    int is_known;
    enter(contexts);
    session = place(contexts, nonce, time(NULL));
    is_known = session->taken;
    session->used = time(NULL);
    if (!is_known) {
        session->taken = 1;
        session->context = another;
        snprintf(session->nonce, sizeof session->nonce, "%s", nonce);
    }
    leave(contexts);
    if (is_known)
        DeleteSecurityContext(&another);
}
