/* First responses whose users are in a database, against an htdigest file's and against the bare statement. */

#include <stdio.h>
#include <stdlib.h>

#include "machines.h"

#define QUERY "SELECT ha1, username FROM accounts WHERE username = ? AND realm = ?"

static double time_first(CredHandle credential)
{
    static struct turn turn;
    calls_use(MD5_SESS, credential);
    for (size_t n = 0; n < OPERATIONS; n++) {
        struct session session;
        bool good = serve_challenge(MD5_SESS, &session) && respond(&session);
        uint64_t begun = now();
        good &= serve_first(MD5_SESS, &session);
        turn_add(&turn, begun);
        if (!good)
            fail("a first request failed");
        serve_end(&session);
    }
    return turn_tenth(&turn);
}

static double time_later(CredHandle credential)
{
    static struct turn turn;
    struct session session;
    calls_use(MD5_SESS, credential);
    establish(MD5_SESS, &session);
    for (size_t n = 0; n < OPERATIONS; n++) {
        bool good = respond_again(&session);
        uint64_t begun = now();
        good &= serve_again(MD5_SESS, &session);
        turn_add(&turn, begun);
        if (!good)
            fail("a later request failed");
    }
    serve_end(&session);
    return turn_tenth(&turn);
}

static double time_bare(void)
{
    static struct turn turn;
    for (size_t n = 0; n < OPERATIONS; n++) {
        uint64_t begun = now();
        database_ask(USER, REALM);
        turn_add(&turn, begun);
    }
    return turn_tenth(&turn);
}

void lookups_run(const struct effort *effort, const char *directory, const char *string)
{
    static struct series file, cached, beyond, bare, cached_ratio, bare_ratio, later_ratio;
    const char *reason = database_open(string, QUERY);
    if (reason != NULL)
        fail("%s", reason);
    CredHandle by_file = calls_acquire(directory, MD5_SESS, ""), by_sql[2];
    unsetenv("SECUR32_ACCOUNTS");
    for (size_t n = 0; n < 2; n++) {
        char lines[1024];
        snprintf(lines, sizeof lines,
                 "[sql]\nconnection = \"%s\"\nquery = \"" QUERY "\"\ntimeout = 60000\ncache = %d\n", string,
                 n == 0 ? 0 : 600);
        by_sql[n] = calls_acquire(directory, MD5_SESS, lines);
    }
    for (size_t round = 0; round < effort->rounds; round++) {
        double of_file = time_first(by_file), of_cache = time_first(by_sql[1]);
        double of_database = time_first(by_sql[0]) - of_file, alone = time_bare();
        series_add(&file, of_file);
        series_add(&cached, of_cache);
        series_add(&beyond, of_database);
        series_add(&bare, alone);
        series_add(&cached_ratio, of_cache / of_file);
        series_add(&bare_ratio, of_database / alone);
        double later = time_later(by_sql[0]);
        series_add(&later_ratio, later / time_later(by_file));
    }
    printf(
        "\nA first request, µs: %.1f by a file, %.1f by [sql] from its cache, %.1f more from the database; the bare "
        "statement %.1f\n",
        series_median(&file) / 1000, series_median(&cached) / 1000, series_median(&beyond) / 1000,
        series_median(&bare) / 1000);
    report_target("[sql]: a first response from the cache, the file's", series_median(&cached_ratio), 1.1,
                  false);
    report_target("[sql]: a look-up, the bare statement", series_median(&bare_ratio), 1.3, false);
    report_target("[sql]: a later request, the file's", series_median(&later_ratio), 1.02, false);
}
