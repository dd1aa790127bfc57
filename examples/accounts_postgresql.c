/* A program's own accounts, from a table of PostgreSQL by libpq: what pGetKeyFn is for.
 *
 *     accounts_postgresql CONNECTION-STRING
 *
 * The table is accounts (username, realm, ha1, sha256), whose hashes are hexadecimal digits. Users log in
 * as accounts_login.h says. A server that does not answer within a second is one that cannot be asked:
 * SEC_E_NO_AUTHENTICATING_AUTHORITY, and never "no such user". Unix.
 *
 *     cc accounts_postgresql.c accounts_login.c $(pkg-config --cflags --libs secur32 libpq) -lpthread */
#define _POSIX_C_SOURCE 200809L
#include "accounts_login.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TIMEOUT 1000 /* ms */

/* One connection, which one thread at a time uses. A server with many threads has several. */
struct database {
    const char *string;
    PGconn *connection; /* NULL until it is wanted, and after a fault */
    pthread_mutex_t lock;
};

static const char *const queries[] = {
    "SELECT ha1 FROM accounts WHERE username = $1 AND realm = $2",    /* KeyVer 0: MD5 */
    "SELECT sha256 FROM accounts WHERE username = $1 AND realm = $2", /* KeyVer 1: SHA-256 */
};
static const char *const names[] = {"md5", "sha256"};

static long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Waits until the socket can be read or written; 0 after the deadline. */
static int wait_for(PGconn *connection, short events, long until)
{
    struct pollfd descriptor;
    long left = until - now();
    descriptor.fd = PQsocket(connection);
    descriptor.events = events;
    return left > 0 && poll(&descriptor, 1, (int)left) > 0;
}

/* The last result of what was sent, or NULL where it did not come in time. */
static PGresult *result_of(PGconn *connection, long until)
{
    PGresult *result = NULL, *next;
    int left = 1;
    for (;;) {
        while (left > 0 || PQisBusy(connection)) {
            left = PQflush(connection);
            if (left < 0 || (left == 0 && !PQisBusy(connection)))
                break;
            if (!wait_for(connection, left > 0 ? POLLIN | POLLOUT : POLLIN, until)
                || !PQconsumeInput(connection)) {
                PQclear(result);
                return NULL;
            }
        }
        next = left < 0 ? NULL : PQgetResult(connection);
        if (next == NULL)
            return result;
        PQclear(result);
        result = next;
    }
}

static PGconn *connect_until(const char *string, long until)
{
    PGconn *connection = PQconnectStart(string);
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    size_t at;
    while (connection != NULL && PQstatus(connection) != CONNECTION_BAD && next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED
            || !wait_for(connection, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, until))
            break;
        next = PQconnectPoll(connection);
    }
    for (at = 0; next == PGRES_POLLING_OK && at < sizeof queries / sizeof *queries; at++) {
        PGresult *result = NULL;
        if (PQsetnonblocking(connection, 1) == 0
            && PQsendPrepare(connection, names[at], queries[at], 2, NULL))
            result = result_of(connection, until);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            next = PGRES_POLLING_FAILED;
        PQclear(result);
    }
    if (next == PGRES_POLLING_OK)
        return connection;
    fprintf(stderr, "accounts: %s\n", connection == NULL ? "no memory" : PQerrorMessage(connection));
    PQfinish(connection);
    return NULL;
}

/* Asks, and once more on a new connection where the kept one has been lost. */
static PGresult *ask(struct database *database, const char *query, const char *const *parameters)
{
    long until = now() + TIMEOUT;
    int kept;
    do {
        PGresult *result = NULL;
        kept = database->connection != NULL;
        if (!kept)
            database->connection = connect_until(database->string, until);
        if (database->connection == NULL)
            return NULL;
        if (PQsendQueryPrepared(database->connection, query, 2, parameters, NULL, NULL, 0))
            result = result_of(database->connection, until);
        if (PQresultStatus(result) == PGRES_TUPLES_OK)
            return result;
        PQclear(result);
        PQfinish(database->connection);
        database->connection = NULL;
    } while (kept && now() < until);
    return NULL;
}

static unsigned digit(char character)
{
    return (unsigned)(character <= '9' ? character - '0' : (character | 0x20) - 'a' + 10);
}

/* The contract stands at AcquireCredentialsHandle in secur32.h. */
static void SEC_ENTRY look_up(void *argument, void *principal, ULONG version, void **key,
                              SECURITY_STATUS *status)
{
    struct database *database = argument;
    const SEC_WINNT_AUTH_IDENTITY_A *who = principal;
    SecBuffer *answer = *key;
    unsigned char *bytes = answer->pvBuffer;
    const char *parameters[2], *digits;
    ULONG length = version == 0 ? 16 : 32, at;
    PGresult *result;
    parameters[0] = (const char *)who->User;
    parameters[1] = (const char *)who->Domain;
    /* No hashes of SHA-512/256 here, and nobody has a name that ends early. */
    if (version > 1 || strlen(parameters[0]) != who->UserLength
        || strlen(parameters[1]) != who->DomainLength) {
        *status = SEC_E_NO_CREDENTIALS;
        return;
    }
    pthread_mutex_lock(&database->lock);
    result = ask(database, names[version], parameters);
    pthread_mutex_unlock(&database->lock);
    if (result == NULL) {
        *status = SEC_E_NO_AUTHENTICATING_AUTHORITY;
        return;
    }
    *status = SEC_E_OK;
    if (PQntuples(result) == 1 && !PQgetisnull(result, 0, 0)) {
        digits = PQgetvalue(result, 0, 0);
        if (strlen(digits) == 2 * length && strspn(digits, "0123456789abcdefABCDEF") == 2 * length) {
            for (at = 0; at < length; at++)
                bytes[at] = (unsigned char)(digit(digits[2 * at]) << 4 | digit(digits[2 * at + 1]));
            answer->cbBuffer = length;
            answer->BufferType = SECBUFFER_TOKEN;
        } else {
            *status = SEC_E_NO_AUTHENTICATING_AUTHORITY;
        }
    }
    PQclear(result);
}

int main(int count, char **arguments)
{
    struct database database = {NULL, NULL, PTHREAD_MUTEX_INITIALIZER};
    int result;
    if (count != 2) {
        fprintf(stderr, "usage: %s CONNECTION-STRING\n", arguments[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a server that has gone is an error, not the end */
    database.string = arguments[1];
    result = accounts_serve(look_up, &database);
    PQfinish(database.connection);
    return result;
}
