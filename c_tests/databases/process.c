/* What accounts of a database or a directory do to the process that asks for them. Commands come by
 * lines, and each is answered by one:
 *
 *     sasl USER PASSWORD   the server's status of such a login
 *     http USER PASSWORD
 *     fork USER PASSWORD   the same by SASL in a child, and then in this process
 *     state                how many threads there are, and what SIGPIPE does: default, ignored or handled
 *     mapped NAME          whether a library whose name begins so is loaded
 */
#define _POSIX_C_SOURCE 200809L
#include "../../examples/accounts_login.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A hang is what lasts that long: far more than a slow machine needs. */
#define PATIENCE 60

static int threads(void)
{
    DIR *directory = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0;
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        count += entry->d_name[0] != '.';
    if (directory != NULL)
        closedir(directory);
    return count;
}

static const char *sigpipe(void)
{
    struct sigaction action;
    sigset_t blocked;
    if (sigaction(SIGPIPE, NULL, &action) != 0 || sigprocmask(SIG_BLOCK, NULL, &blocked) != 0
        || sigismember(&blocked, SIGPIPE))
        return "blocked";
    return action.sa_handler == SIG_DFL ? "default" : action.sa_handler == SIG_IGN ? "ignored" : "handled";
}

static int mapped(const char *name)
{
    char line[1024];
    FILE *maps = fopen("/proc/self/maps", "r");
    int found = 0;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        const char *file = strrchr(line, '/');
        found |= file != NULL && strncmp(file + 1, name, strlen(name)) == 0;
    }
    if (maps != NULL)
        fclose(maps);
    return found;
}

/* One child does no more than free what it has from its parent. Another tells its status by a pipe. */
static unsigned in_child(CredHandle *server, const char *user, const char *password)
{
    SECURITY_STATUS status = SEC_E_INTERNAL_ERROR;
    int ends[2], how;
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE);
        _exit(FreeCredentialsHandle(server) != SEC_E_OK);
    }
    if (waitpid(child, &how, 0) != child || how != 0 || pipe(ends) != 0)
        return 1;
    child = fork();
    if (child == 0) {
        alarm(PATIENCE);
        status = accounts_login_sasl(server, user, password);
        _exit(write(ends[1], &status, sizeof status) != (ssize_t)sizeof status);
    }
    close(ends[1]);
    if (read(ends[0], &status, sizeof status) != (ssize_t)sizeof status)
        status = SEC_E_INTERNAL_ERROR;
    close(ends[0]);
    return waitpid(child, &how, 0) == child && how == 0 ? (unsigned)status : 2;
}

int main(void)
{
    char line[1024], kind[8], user[256], password[512];
    CredHandle server;
    SECURITY_STATUS status = accounts_server(NULL, NULL, &server);
    signal(SIGPIPE, SIG_DFL);
    printf("0x%08X\n", (unsigned)status);
    fflush(stdout);
    while (status == SEC_E_OK && fgets(line, sizeof line, stdin) != NULL) {
        *user = *password = '\0';
        sscanf(line, "%7s %255s %511[^\n]", kind, user, password);
        if (strcmp(kind, "state") == 0)
            printf("%d %s\n", threads(), sigpipe());
        else if (strcmp(kind, "mapped") == 0)
            printf("%s\n", mapped(user) ? "yes" : "no");
        else if (strcmp(kind, "fork") == 0)
            printf("0x%08X 0x%08X\n", in_child(&server, user, password),
                   (unsigned)accounts_login_sasl(&server, user, password));
        else if (strcmp(kind, "http") == 0)
            printf("0x%08X\n", (unsigned)accounts_login_http(&server, user, password));
        else
            printf("0x%08X\n", (unsigned)accounts_login_sasl(&server, user, password));
        fflush(stdout);
    }
    if (status == SEC_E_OK)
        FreeCredentialsHandle(&server);
    return 0;
}
