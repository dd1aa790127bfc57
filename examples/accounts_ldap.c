/* A program's own accounts, from an LDAP directory by libldap: what pGetKeyFn is for.
 *
 *     accounts_ldap URI BASE BIND-DN PASSWORD-FILE
 *
 * Users are entries with a uid and a userPassword that is the password itself, which serves every hash.
 * They log in as accounts_login.h says. A directory that does not answer within a second is one that
 * cannot be asked: SEC_E_NO_AUTHENTICATING_AUTHORITY, and never "no such user". Unix.
 *
 *     cc accounts_ldap.c accounts_login.c $(pkg-config --cflags --libs secur32) -lldap -llber -lpthread */
#define _POSIX_C_SOURCE 200809L
#include "accounts_login.h"

#include <ldap.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

/* One connection, which one thread at a time uses. A server with many threads has several. */
struct directory {
    const char *uri, *base, *bind_dn;
    char password[256];
    LDAP *connection; /* NULL until it is wanted, and after a fault */
    pthread_mutex_t lock;
};

static LDAP *connect_to(const struct directory *directory)
{
    static const struct timeval timeout = {1, 0};
    static const int version = LDAP_VERSION3;
    LDAP *connection = NULL;
    struct berval password;
    int result = ldap_initialize(&connection, directory->uri);
    if (result != LDAP_SUCCESS)
        return NULL;
    ldap_set_option(connection, LDAP_OPT_PROTOCOL_VERSION, &version);
    ldap_set_option(connection, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    ldap_set_option(connection, LDAP_OPT_NETWORK_TIMEOUT, &timeout);
    ldap_set_option(connection, LDAP_OPT_TIMEOUT, &timeout);
    password.bv_val = (char *)directory->password;
    password.bv_len = strlen(directory->password);
    result = ldap_sasl_bind_s(connection, directory->bind_dn, LDAP_SASL_SIMPLE, &password, NULL, NULL, NULL);
    if (result == LDAP_SUCCESS)
        return connection;
    fprintf(stderr, "accounts: %s\n", ldap_err2string(result));
    ldap_unbind_ext_s(connection, NULL, NULL);
    return NULL;
}

/* Puts a name into a filter, as RFC 4515 section 3 wants it; 0 where it has no room. */
static int filter_for(char *filter, size_t room, const unsigned char *name, size_t length)
{
    size_t used = (size_t)snprintf(filter, room, "(uid=");
    size_t at;
    for (at = 0; at < length; at++) {
        if (used + 5 > room)
            return 0;
        if (strchr("*()\\", name[at]) != NULL) /* the terminator too */
            used += (size_t)snprintf(filter + used, room - used, "\\%02x", name[at]);
        else
            filter[used++] = (char)name[at];
    }
    filter[used++] = ')';
    filter[used] = '\0';
    return 1;
}

/* Searches, and once more on a new connection where the kept one has been lost. */
static int search(struct directory *directory, const char *filter, LDAPMessage **found)
{
    static char uid[] = "uid", secret[] = "userPassword";
    char *attributes[] = {uid, secret, NULL};
    int kept, result;
    do {
        kept = directory->connection != NULL;
        if (!kept)
            directory->connection = connect_to(directory);
        if (directory->connection == NULL)
            return LDAP_SERVER_DOWN;
        *found = NULL;
        result = ldap_search_ext_s(directory->connection, directory->base, LDAP_SCOPE_SUBTREE, filter,
                                   attributes, 0, NULL, NULL, NULL, 2, found);
        if (result == LDAP_SERVER_DOWN) {
            ldap_unbind_ext_s(directory->connection, NULL, NULL);
            directory->connection = NULL;
        }
    } while (kept && result == LDAP_SERVER_DOWN);
    return result;
}

/* Whether a value of the entry is these bytes: the directory finds alice for ALICE too. */
static int has_value(LDAP *connection, LDAPMessage *entry, const char *name, const void *bytes, size_t length)
{
    struct berval **values = ldap_get_values_len(connection, entry, name);
    int at, found = 0;
    for (at = 0; values != NULL && values[at] != NULL; at++)
        if (values[at]->bv_len == length && memcmp(values[at]->bv_val, bytes, length) == 0)
            found = 1;
    ldap_value_free_len(values);
    return found;
}

static SECURITY_STATUS read_password(LDAP *connection, LDAPMessage *entry, SecBuffer *answer)
{
    struct berval **values = ldap_get_values_len(connection, entry, "userPassword");
    SECURITY_STATUS status = SEC_E_OK; /* without a value: no such user */
    if (values != NULL && values[0] != NULL) {
        /* A hash must not become a password, nor one of two be taken. */
        if (values[1] != NULL || values[0]->bv_val[0] == '{' || values[0]->bv_len > answer->cbBuffer) {
            status = SEC_E_NO_AUTHENTICATING_AUTHORITY;
        } else {
            memcpy(answer->pvBuffer, values[0]->bv_val, values[0]->bv_len);
            answer->cbBuffer = (ULONG)values[0]->bv_len;
            answer->BufferType = SECBUFFER_DATA;
        }
    }
    ldap_value_free_len(values);
    return status;
}

/* The contract stands at AcquireCredentialsHandle in secur32.h. A password serves each `version`. */
static void SEC_ENTRY look_up(void *argument, void *principal, ULONG version, void **key,
                              SECURITY_STATUS *status)
{
    struct directory *directory = argument;
    const SEC_WINNT_AUTH_IDENTITY_A *who = principal;
    LDAPMessage *found = NULL, *entry;
    char filter[2048];
    int result;
    (void)version;
    if (!filter_for(filter, sizeof filter, who->User, who->UserLength)) {
        *status = SEC_E_NO_CREDENTIALS;
        return;
    }
    pthread_mutex_lock(&directory->lock);
    result = search(directory, filter, &found);
    if (result != LDAP_SUCCESS || ldap_count_entries(directory->connection, found) > 1) {
        fprintf(stderr, "accounts: %s\n", ldap_err2string(result));
        *status = SEC_E_NO_AUTHENTICATING_AUTHORITY;
    } else {
        entry = ldap_first_entry(directory->connection, found);
        *status = SEC_E_OK;
        if (entry != NULL && has_value(directory->connection, entry, "uid", who->User, who->UserLength))
            *status = read_password(directory->connection, entry, *key);
    }
    ldap_msgfree(found);
    pthread_mutex_unlock(&directory->lock);
}

int main(int count, char **arguments)
{
    struct directory directory = {NULL, NULL, NULL, "", NULL, PTHREAD_MUTEX_INITIALIZER};
    FILE *file = count == 5 ? fopen(arguments[4], "r") : NULL;
    int result;
    if (file == NULL || fgets(directory.password, sizeof directory.password, file) == NULL) {
        fprintf(stderr, "usage: %s URI BASE BIND-DN PASSWORD-FILE\n", arguments[0]);
        return 2;
    }
    fclose(file);
    directory.password[strcspn(directory.password, "\n")] = '\0';
    directory.uri = arguments[1];
    directory.base = arguments[2];
    directory.bind_dn = arguments[3];
    signal(SIGPIPE, SIG_IGN); /* a server that has gone is an error, not the end */
    result = accounts_serve(look_up, &directory);
    if (directory.connection != NULL)
        ldap_unbind_ext_s(directory.connection, NULL, NULL);
    return result;
}
