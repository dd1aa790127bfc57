/* To be preloaded: a clock that is CLOCK_AHEAD seconds ahead, or as many as the file CLOCK_FILE says at
 * the moment, for tickets that have expired and for peers whose clocks differ. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long ahead(void)
{
    const char *text = getenv("CLOCK_AHEAD"), *name = getenv("CLOCK_FILE");
    char line[32] = "";
    FILE *file = name != NULL ? fopen(name, "r") : NULL;
    if (file != NULL) {
        if (fgets(line, sizeof line, file) != NULL)
            text = line;
        fclose(file);
    }
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec time;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &time) != 0)
        return -1;
    now->tv_sec = time.tv_sec + ahead();
    now->tv_usec = time.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *place)
{
    struct timeval now;
    if (gettimeofday(&now, NULL) != 0)
        return -1;
    if (place != NULL)
        *place = now.tv_sec;
    return now.tv_sec;
}
