/* A program whose own fork handlers take a lock that its threads hold around calls of the library: its forks
 * go through. */

#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sspi.h>

/* By a hang, and by nothing else. */
#define PATIENCE 60
#define FORKS 3
#define THREADS 2

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t busy_ones;

static void take(void)
{
    pthread_mutex_lock(&lock);
}

static void give(void)
{
    pthread_mutex_unlock(&lock);
}

static void acquire_and_free(void)
{
    CredHandle credential;
    if (AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
                                  &credential, NULL)
        == SEC_E_OK)
        FreeCredentialsHandle(&credential);
}

static void *busy(void *unused)
{
    int first = 1;
    (void)unused;
    for (;;) {
        take();
        acquire_and_free();
        give();
        if (first)
            pthread_barrier_wait(&busy_ones);
        first = 0;
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    int n, wrong = 0;
    alarm(PATIENCE);
    /* Before the library's own, which therefore run first. */
    pthread_atfork(take, give, give);
    pthread_barrier_init(&busy_ones, NULL, THREADS + 1);
    for (n = 0; n < THREADS; n++)
        if (pthread_create(&threads[n], NULL, busy, NULL) != 0)
            return 1;
    pthread_barrier_wait(&busy_ones);
    for (n = 0; n < FORKS; n++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            wrong++;
    }
    printf("%d forks, %d wrong\n", FORKS, wrong);
    fflush(stdout);
    _exit(wrong != 0);
}
