/* Redis by hand: what a claim costs at least. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "machines.h"

#define PREFIX "bench:{0123456789abcdef}:"
/* Of the library's length: eight bytes, and the name of an engine's process. */
#define EPOCH "8 bytes.0123456789012345678901234567890123456789"

static const char *path;
static char digest[41];

int engine_connect(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int result = socket(AF_UNIX, SOCK_STREAM, 0);
    if (strlen(path) >= sizeof address.sun_path)
        fail("the socket's path is too long");
    strcpy(address.sun_path, path);
    if (result < 0 || connect(result, (struct sockaddr *)&address, sizeof address) != 0)
        fail("no connection to %s", path);
    return result;
}

static void ask(int connection, const char *command, size_t length, char *answer, size_t room)
{
    if (write(connection, command, length) != (ssize_t)length)
        fail("the engine takes nothing");
    ssize_t read_ = read(connection, answer, room - 1);
    if (read_ <= 0 || answer[0] == '-')
        fail("the engine answers: %.*s", read_ > 0 ? (int)read_ : 0, answer);
    answer[read_] = '\0';
}

void engine_open(const char *socket, const char *script)
{
    static char text[16384], command[20000];
    char answer[256];
    FILE *file = fopen(script, "r");
    size_t length = file == NULL ? 0 : fread(text, 1, sizeof text, file);
    if (length == 0 || length == sizeof text || fclose(file) != 0)
        fail("cannot read %s", script);
    path = socket;
    int connection = engine_connect();
    int written = snprintf(command, sizeof command, "*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n$%zu\r\n%.*s\r\n",
                           length, (int)length, text);
    ask(connection, command, (size_t)written, answer, sizeof answer);
    if (sscanf(answer, "$40 %40s", digest) != 1)
        fail("the engine does not take the script: %s", answer);
    written =
        snprintf(command, sizeof command, "*3\r\n$3\r\nSET\r\n$%zu\r\n" PREFIX "e\r\n$%zu\r\n" EPOCH "\r\n",
                 strlen(PREFIX "e"), strlen(EPOCH));
    ask(connection, command, (size_t)written, answer, sizeof answer);
    close(connection);
}

void engine_ping(int connection)
{
    static const char command[] = "*1\r\n$4\r\nPING\r\n";
    char answer[64];
    ask(connection, command, sizeof command - 1, answer, sizeof answer);
}

void engine_claim(int connection, const char nonce[33], unsigned count)
{
    char command[1024], answer[64], number[16], seconds[24];
    int digits = snprintf(number, sizeof number, "%u", count);
    int places = snprintf(seconds, sizeof seconds, "%lld", (long long)time(NULL));
    int written = snprintf(
        command, sizeof command,
        "*14\r\n$7\r\nEVALSHA\r\n$40\r\n%s\r\n$1\r\n2\r\n$%zu\r\n" PREFIX "n:%s\r\n$%zu\r\n" PREFIX
        "e\r\n$%d\r\n%s\r\n$1\r\n1\r\n$16\r\n0123456789abcdef\r\n$16\r\n0123456789abcdef\r\n$7\r\n1860000"
        "\r\n$1\r\n1\r\n$%zu\r\n" EPOCH "\r\n$%d\r\n%s\r\n$2\r\n30\r\n",
        digest, strlen(PREFIX "n:") + 32, nonce, strlen(PREFIX "e"), digits, number, strlen(EPOCH), places,
        seconds);
    ask(connection, command, (size_t)written, answer, sizeof answer);
    if (strcmp(answer, "*1\r\n:1\r\n") != 0 && strcmp(answer, "*1\r\n:2\r\n") != 0)
        fail("a claim is answered: %s", answer);
}
