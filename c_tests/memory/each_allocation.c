/* Plays a scene again and again, each time in a process of its own in which another allocation fails:
 * the first, the second, and so on. No process may be ended by that; the call is refused as
 * SEC_E_INSUFFICIENT_MEMORY or does without, and the same call succeeds when there is memory again, as
 * does all that comes after it.
 *
 *     each_allocation SCENE once|all warm|cold
 *
 * once: one allocation fails; all: that one and all others of the call. warm: after the scene was played
 * before, so that a process's first allocations are made; then it may leave nothing behind either. */
#define _GNU_SOURCE
#include "failing_heap.h"
#include "scenes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct shared {
    char call[400];
    SECURITY_STATUS status;
    const char *wrong;
    long counted, live, refusals;
} * shared;

void broken(const char *what)
{
    snprintf(shared->call, sizeof shared->call, "%s", what);
    shared->wrong = "the scene cannot go on";
    _exit(2);
}

void before_call(const char *text)
{
    strncpy(shared->call, text, sizeof shared->call - 1);
    heap_watch();
}

void heap_stop(void)
{
    heap_ignore();
    shared->counted = heap_counted();
}

static void check(SECURITY_STATUS status, SECURITY_STATUS expected, const char *wrong)
{
    if (status == expected)
        return;
    shared->status = status;
    shared->wrong = wrong;
    _exit(2);
}

int after_call(SECURITY_STATUS status, SECURITY_STATUS expected)
{
    heap_stop();
    if (status == SEC_E_INSUFFICIENT_MEMORY) {
        heap_heal();
        shared->refusals++;
        return 1;
    }
    check(status, expected, "neither did without nor said that there is no memory");
    return 0;
}

void after_repeated(SECURITY_STATUS status, SECURITY_STATUS expected)
{
    check(status, expected, "repeated with memory");
}

/* Plays the scene in a child; whether all went well. */
static int play(const struct scene *scene, long nth, int all)
{
    int status;
    pid_t child;
    memset(shared, 0, sizeof *shared);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        long counted, live = heap_live();
        heap_arm(nth, all);
        scene->play();
        /* Once more with memory: what a list keeps until it is looked at again is gone then. */
        counted = heap_counted();
        heap_heal();
        scene->play();
        shared->counted = counted;
        shared->live = heap_live() - live;
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        exit(3);
    if (WIFSIGNALED(status))
        printf("%s %ld: ended by signal %d in %s\n", scene->name, nth, WTERMSIG(status), shared->call);
    else if (shared->wrong != NULL)
        printf("%s %ld: %s: %08x from %s\n", scene->name, nth, shared->wrong, (unsigned)shared->status,
               shared->call);
    else
        return 1;
    return 0;
}

/* Has every part of the register of blocks that C has begin its table, which it keeps. */
static void fill_register(void)
{
    static SecPkgInfoA *infos[4000];
    SEC_CHAR package[] = "WDigest";
    size_t i;
    for (i = 0; i < sizeof infos / sizeof *infos; i++)
        if (QuerySecurityPackageInfoA(package, &infos[i]) != SEC_E_OK)
            exit(3);
    for (i = 0; i < sizeof infos / sizeof *infos; i++)
        FreeContextBuffer(infos[i]);
}

int main(int argc, char **argv)
{
    int i, all, warm, bad = 0;
    long nth, live, refusals = 0;
    const struct scene *scene = NULL;
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    for (i = 0; i < SCENE_COUNT; i++) {
        if (argc == 1)
            printf("%s\n", SCENES[i].name);
        else if (strcmp(SCENES[i].name, argv[1]) == 0)
            scene = &SCENES[i];
    }
    if (argc == 1)
        return 0;
    if (argc != 4 || scene == NULL)
        return 3;
    all = strcmp(argv[2], "all") == 0;
    warm = strcmp(argv[3], "warm") == 0;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 3;
    for (i = 0; warm && i < scene->before; i++)
        scene->play();
    if (warm)
        fill_register();
    if (!play(scene, 0, 0))
        return 3;
    live = shared->live;
    for (nth = 1;; nth++) {
        int well = play(scene, nth, all);
        bad += !well;
        refusals += shared->refusals;
        if (well && warm && shared->live > live) {
            printf("%s %ld: left %ld blocks more behind\n", scene->name, nth, shared->live - live);
            bad++;
        }
        /* The last one that there was has not failed any more. */
        if (shared->counted < nth && well)
            break;
    }
    printf("%s %s %s: %ld allocations, %ld calls refused, %d times wrong\n", scene->name, argv[2], argv[3],
           nth - 1, refusals, bad);
    return bad != 0;
}
