/* A prepared statement by ODBC, with as few calls as answer the question. The driver manager is loaded, as the library
 * does it, so that no header has to be there; the declarations are ODBC 3's. */

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "machines.h"

typedef short (*function)();

static function allocate, set_environment, connect_by, prepare, bind_parameter, execute, fetch, get, release;
static void *statement;
static char user_bytes[64], realm_bytes[64];
static intptr_t user_length, realm_length;

static function find(void *library, const char *name)
{
    /* As POSIX has it for functions. */
    union {
        void *found;
        function function;
    } entry = {dlsym(library, name)};
    if (entry.found == NULL)
        fail("the driver manager has no %s", name);
    return entry.function;
}

static bool works(short result)
{
    return result == 0 || result == 1;
}

const char *database_open(const char *string, const char *query)
{
    void *library = dlopen("libodbc.so.2", RTLD_NOW), *environment = NULL, *connection = NULL;
    if (library == NULL)
        return "libodbc.so.2 is missing";
    allocate = find(library, "SQLAllocHandle");
    set_environment = find(library, "SQLSetEnvAttr");
    connect_by = find(library, "SQLDriverConnect");
    prepare = find(library, "SQLPrepare");
    bind_parameter = find(library, "SQLBindParameter");
    execute = find(library, "SQLExecute");
    fetch = find(library, "SQLFetch");
    get = find(library, "SQLGetData");
    release = find(library, "SQLFreeStmt");
    void *none = NULL;
    intptr_t room = sizeof user_bytes;
    if (!works(allocate((short)1, none, &environment))
        || !works(set_environment(environment, 200, (void *)(intptr_t)3, 0))
        || !works(allocate((short)2, environment, &connection))
        || !works(connect_by(connection, none, string, (short)-3, none, (short)0, none, (unsigned short)0)))
        return "no connection to the database";
    if (!works(allocate((short)3, connection, &statement)) || !works(prepare(statement, query, -3))
        || !works(bind_parameter(statement, (unsigned short)1, (short)1, (short)1, (short)12, (uintptr_t)64,
                                 (short)0, user_bytes, room, &user_length))
        || !works(bind_parameter(statement, (unsigned short)2, (short)1, (short)1, (short)12, (uintptr_t)64,
                                 (short)0, realm_bytes, room, &realm_length)))
        return "the query cannot be prepared";
    return NULL;
}

void database_ask(const char *user, const char *realm)
{
    char hash[128], name[128];
    intptr_t length, room = sizeof hash;
    user_length = (intptr_t)strlen(strcpy(user_bytes, user));
    realm_length = (intptr_t)strlen(strcpy(realm_bytes, realm));
    if (!works(execute(statement)) || !works(fetch(statement))
        || !works(get(statement, (unsigned short)1, (short)1, hash, room, &length))
        || !works(get(statement, (unsigned short)2, (short)1, name, room, &length)) || strcmp(name, user) != 0
        || !works(release(statement, (unsigned short)0)))
        fail("the database does not answer");
}
