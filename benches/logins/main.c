/* logins [--full] NAME=PORT,PROCESS...: compares IMAP servers that run, which know the account and offer DIGEST-MD5.
 * Succeeds whatever the figures are; fails when something does not work: a login that is refused, or a wrong password
 * that is not. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../peers/rivals.h"
#include "logins.h"

static char directory[] = "/tmp/secur32-bench-XXXXXX";

static struct rival rivals[MOST_RIVALS];
static size_t rival_count;

/* Logins under way at any time. */
#define MOST_AT_ONCE 64
static size_t at_once;
/* Nanoseconds in which a turn begins logins. */
static uint64_t duration;

static void tidy(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/secur32.toml", directory);
    unlink(path);
    rmdir(directory);
}

static void begin(int poll, struct login *login, unsigned port)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = login};
    login_begin(login, port);
    if (epoll_ctl(poll, EPOLL_CTL_ADD, login->socket, &event) != 0)
        fail("a connection cannot be waited for");
}

/* One login after the other in each place, all places at once. */
static size_t turn(size_t rival)
{
    static struct login logins[MOST_AT_ONCE];
    struct epoll_event events[MOST_AT_ONCE];
    size_t done = 0, under_way = at_once;
    uint64_t start = now();
    int poll = epoll_create1(0);
    for (size_t n = 0; n < at_once; n++)
        begin(poll, &logins[n], rivals[rival].port);
    while (under_way > 0) {
        int count = epoll_wait(poll, events, MOST_AT_ONCE, -1);
        for (int n = 0; n < count; n++) {
            struct login *login = events[n].data.ptr;
            enum outcome outcome = login_go_on(login);
            if (outcome == REFUSED)
                fail("%s refused a login", rivals[rival].name);
            if (outcome == UNDER_WAY)
                continue;
            done++;
            if (now() - start < duration)
                begin(poll, login, rivals[rival].port);
            else
                under_way--;
        }
    }
    close(poll);
    return done;
}

static enum outcome log_in(unsigned port)
{
    struct login login;
    enum outcome outcome;
    login_begin(&login, port);
    do
        outcome = login_go_on(&login);
    while (outcome == UNDER_WAY);
    return outcome;
}

/* Who lets everybody in, or nobody, is quick. */
static void check_servers(void)
{
    client_password(PASSWORD "!");
    for (size_t n = 0; n < rival_count; n++)
        if (log_in(rivals[n].port) != REFUSED)
            fail("%s takes a wrong password", rivals[n].name);
    client_password(PASSWORD);
    for (size_t n = 0; n < rival_count; n++)
        if (log_in(rivals[n].port) != LET_IN)
            fail("%s does not take the password", rivals[n].name);
    printf("Each lets the user in, and not with a wrong password.\n");
}

int main(int count, char **words)
{
    struct effort effort = {.rounds = 15};
    char title[64];
    duration = 250000000;
    if (count >= 2 && strcmp(words[1], "--full") == 0) {
        effort = (struct effort){.full = true, .rounds = 51};
        duration = 500000000;
        count--;
        words++;
    }
    rival_count = (size_t)count - 1;
    rivals_read(rivals, words + 1, rival_count);
    if (mkdtemp(directory) == NULL)
        fail("no directory can be made");
    atexit(tidy);
    client_open(directory);
    printf("\nLogins over loopback, from the connection to the tagged OK. Medians of %zu rounds.\n",
           effort.rounds);
    check_servers();
    struct contest contest = {.title = title, .turn = turn};
    for (at_once = 1; at_once <= MOST_AT_ONCE; at_once *= 8) {
        snprintf(title, sizeof title, "logins, %zu at once", at_once);
        rivals_compare(&effort, rivals, rival_count, &contest);
    }
    return 0;
}
