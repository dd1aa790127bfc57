/* A million accounts in a file: what reading them costs a process that does nothing else. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machines.h"

#define MILLION 1000000

/* What a process costs that reads so many accounts. */
struct price {
    double seconds, mebibytes;
};

static struct price read_accounts(const char *directory, size_t count)
{
    char path[4096];
    struct rusage usage;
    int how;
    snprintf(path, sizeof path, "%s/accounts.htdigest", directory);
    FILE *file = fopen(path, "w");
    for (size_t n = 0; file != NULL && n < count; n++)
        fprintf(file, "user%07zu:" REALM ":%032zx\n", n, n);
    if (file == NULL || fclose(file) != 0)
        fail("cannot write %s", path);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setenv("SECUR32_ACCOUNTS", path, 1);
        setenv("SECUR32_REALM", REALM, 1);
        CredHandle credential = calls_acquire(directory, MD5_SESS, "");
        _exit(FreeCredentialsHandle(&credential) != SEC_E_OK);
    }
    if (wait4(child, &how, 0, &usage) != child || how != 0)
        fail("the accounts are not read");
    unlink(path);
    return (struct price){(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
                              + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
                          (double)usage.ru_maxrss / 1024};
}

void accounts_run(const char *directory)
{
    struct price few = read_accounts(directory, 1), many = read_accounts(directory, MILLION);
    printf(
        "A million accounts in a file: read in %.2f s of processor time and %.0f MiB at most, beside %.3f s and "
        "%.0f MiB of a process with one\n",
        many.seconds - few.seconds, many.mebibytes - few.mebibytes, few.seconds, few.mebibytes);
    report_target("a million accounts: s of processor time", many.seconds - few.seconds, 0.25, false);
    report_target("a million accounts: MiB at most", many.mebibytes - few.mebibytes, 64, false);
}
