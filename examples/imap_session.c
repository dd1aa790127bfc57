#include "imap_session.h"

#include "imap_login.h"
#include "imap_text.h"

/* Seconds without a command: before the login a minute, after it what RFC 3501 section 5.4
 * demands at least. */
#define PATIENCE_BEFORE 60
#define PATIENCE_AFTER (30 * 60)

/* Refused logins before the server hangs up. */
#define MOST_REFUSALS 5

struct session {
    struct link *link;
    struct mechanisms *mechanisms;
    struct login login;
    const char *tag;
    int ended;
    int refusals;
};

typedef enum link_result command(struct session *session, char *arguments);

static enum link_result capability(struct session *session, char *arguments)
{
    char list[512] = "IMAP4rev1";
    size_t at, length = strlen(list);
    enum link_result result;
    (void)arguments;
    if (!session->login.valid) {
        length += (size_t)snprintf(list + length, sizeof list - length, " SASL-IR LOGINDISABLED");
        for (at = 0; at < session->mechanisms->count; at++)
            length += (size_t)snprintf(list + length, sizeof list - length, " AUTH=%s",
                                       session->mechanisms->list[at].profile.name);
    }
    result = link_say(session->link, "* CAPABILITY %s", list);
    return result != LINK_OK ? result : link_say(session->link, "%s OK Done", session->tag);
}

static enum link_result noop(struct session *session, char *arguments)
{
    (void)arguments;
    return link_say(session->link, "%s OK Nothing done", session->tag);
}

static enum link_result logout(struct session *session, char *arguments)
{
    enum link_result result = link_say(session->link, "* BYE Until next time");
    (void)arguments;
    session->ended = 1;
    return result != LINK_OK ? result : link_say(session->link, "%s OK Logged out", session->tag);
}

static enum link_result authenticate(struct session *session, char *arguments)
{
    enum link_result lost = LINK_OK;
    char tag[LINK_LINE + 1];
    if (session->login.valid)
        return link_say(session->link, "%s BAD You are logged in", session->tag);
    strcpy(tag, session->tag); /* the exchange reads lines over the one that holds it */
    switch (login_run(&session->login, session->link, session->mechanisms, tag, arguments, &lost)) {
    case LOGIN_DONE:
        net_patience(session->link->socket, PATIENCE_AFTER);
        break;
    case LOGIN_REFUSED:
        if (++session->refusals == MOST_REFUSALS) {
            session->ended = 1;
            return link_say(session->link, "* BYE Too many refused logins");
        }
        break;
    case LOGIN_LOST:
        break;
    }
    return lost;
}

static enum link_result login(struct session *session, char *arguments)
{
    (void)arguments;
    return link_say(session->link, "%s NO [PRIVACYREQUIRED] Use AUTHENTICATE", session->tag);
}

/* One mailbox that cannot be opened: enough for clients that look around after the login. */
static enum link_result list(struct session *session, char *arguments)
{
    size_t length = strlen(arguments);
    int delimiter_only = length >= 2 && strcmp(arguments + length - 2, "\"\"") == 0;
    enum link_result result =
        link_say(session->link, "* LIST (\\Noselect) \"/\" %s", delimiter_only ? "\"\"" : "INBOX");
    return result != LINK_OK ? result : link_say(session->link, "%s OK Done", session->tag);
}

static enum link_result mailbox(struct session *session, char *arguments)
{
    (void)arguments;
    return link_say(session->link, "%s NO There is no mail here", session->tag);
}

/* Which commands are taken when. */
enum state { ANY_TIME, BEFORE_LOGIN, AFTER_LOGIN };

static const struct {
    const char *name;
    enum state state;
    command *run;
} commands[] = {
    {"CAPABILITY", ANY_TIME, capability},  {"NOOP", ANY_TIME, noop},
    {"LOGOUT", ANY_TIME, logout},          {"AUTHENTICATE", ANY_TIME, authenticate},
    {"LOGIN", BEFORE_LOGIN, login},        {"LIST", AFTER_LOGIN, list},
    {"LSUB", AFTER_LOGIN, list},           {"SELECT", AFTER_LOGIN, mailbox},
    {"EXAMINE", AFTER_LOGIN, mailbox},     {"STATUS", AFTER_LOGIN, mailbox},
    {"CREATE", AFTER_LOGIN, mailbox},      {"DELETE", AFTER_LOGIN, mailbox},
    {"RENAME", AFTER_LOGIN, mailbox},      {"SUBSCRIBE", AFTER_LOGIN, mailbox},
    {"UNSUBSCRIBE", AFTER_LOGIN, mailbox}, {"APPEND", AFTER_LOGIN, mailbox},
};

/* RFC 3501 section 9: a tag is an atom's characters (and "]") without "+". */
static int is_tag(const char *tag)
{
    const char *at;
    for (at = tag; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || strchr("(){%*\"\\+", *at) != NULL)
            return 0;
    }
    return at > tag && at - tag <= 64;
}

static enum link_result run_line(struct session *session, char *line, size_t length)
{
    char *name;
    size_t at;
    if (strlen(line) != length)
        return link_say(session->link, "* BAD There is a NUL in that line");
    session->tag = next_word(&line);
    name = next_word(&line);
    if (!is_tag(session->tag) || *name == '\0')
        return link_say(session->link, "* BAD A tag and a command, please");
    for (at = 0; at < sizeof commands / sizeof *commands; at++) {
        enum state state = commands[at].state;
        if (!same_word(commands[at].name, name))
            continue;
        if (state != ANY_TIME && (state == AFTER_LOGIN) != session->login.valid)
            return link_say(session->link, "%s BAD Not %s the login", session->tag,
                            state == AFTER_LOGIN ? "before" : "after");
        return commands[at].run(session, line);
    }
    return link_say(session->link, "%s BAD No such command", session->tag);
}

/* A last word where the client can still hear it. */
static void say_why(struct link *link, enum link_result why)
{
    switch (why) {
    case LINK_IDLE:
        link_say(link, "* BYE Nothing heard for too long");
        break;
    case LINK_TOO_LONG:
        link_say(link, "* BYE That line is too long");
        break;
    case LINK_BAD_FRAME:
        link_say(link, "* BYE That frame is not from the one who logged in");
        break;
    case LINK_CLOSED:
        link_remark(link, "the client is gone");
        break;
    default:
        break;
    }
}

void session_run(struct link *link, struct mechanisms *mechanisms)
{
    struct session session;
    enum link_result result;

    memset(&session, 0, sizeof session);
    session.link = link;
    session.mechanisms = mechanisms;
    net_patience(link->socket, PATIENCE_BEFORE);
    result = link_say(link, "* OK IMAP4rev1 at your service");
    while (result == LINK_OK && !session.ended) {
        char *line;
        size_t length;
        result = link_read_line(link, &line, &length);
        if (result == LINK_OK)
            result = run_line(&session, line, length);
    }
    say_why(link, result);
    login_close(&session.login);
}
