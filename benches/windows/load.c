/* load [--full] PATH...: how long LoadLibrary takes in a new process, for each library in turns, in microseconds: what
 * a tenth of the loads took at most, which other programs slow down least, and the median. A process is this program
 * with --once PATH, which exits with a hundredth of the nanoseconds. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define MOST_ROUNDS 201
#define MOST_LIBRARIES 4

static int once(const char *path)
{
    LARGE_INTEGER begun, ended, frequency;
    char name[MAX_PATH];
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&begun);
    HMODULE library = LoadLibraryA(path);
    QueryPerformanceCounter(&ended);
    /* Wine may take a library of its own instead. */
    if (library == NULL || GetModuleFileNameA(library, name, sizeof name) == 0 || _stricmp(name, path) != 0)
        return -1;
    return (int)((ended.QuadPart - begun.QuadPart) * 10000000 / frequency.QuadPart);
}

/* Microseconds; negative for failure. */
static double start(const char *program, const char *path)
{
    char line[2048];
    STARTUPINFOA startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process;
    DWORD code = (DWORD)-1;
    snprintf(line, sizeof line, "\"%s\" --once \"%s\"", program, path);
    if (!CreateProcessA(program, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &process))
        return -1;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return (int)code / 10.0;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int count, char **words)
{
    static double times[MOST_LIBRARIES][MOST_ROUNDS];
    char program[MAX_PATH];
    int rounds = 41, first = 1;
    if (count == 3 && strcmp(words[1], "--once") == 0)
        return once(words[2]);
    if (count > 1 && strcmp(words[1], "--full") == 0) {
        rounds = MOST_ROUNDS;
        first = 2;
    }
    GetModuleFileNameA(NULL, program, sizeof program);
    for (int round = -1; round < rounds; round++)
        for (int n = first; n < count && n - first < MOST_LIBRARIES; n++) {
            double time = start(program, words[n]);
            if (time < 0) {
                fprintf(stderr, "%s is not loaded\n", words[n]);
                return 1;
            }
            if (round >= 0)
                times[n - first][round] = time;
        }
    printf("%10s%10s\n", "a tenth", "median");
    for (int n = first; n < count && n - first < MOST_LIBRARIES; n++) {
        qsort(times[n - first], (size_t)rounds, sizeof times[0][0], compare);
        printf("%10.0f%10.0f  %s\n", times[n - first][rounds / 10], times[n - first][rounds / 2], words[n]);
    }
    return 0;
}
