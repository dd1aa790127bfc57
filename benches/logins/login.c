/* One login (RFC 3501, section 6.2.2): greeting, AUTHENTICATE, challenge, response, the server's proof, an empty line,
 * and the tagged answer. */

#include <string.h>
#include <unistd.h>

#include "../../examples/imap_text.h"
#include "../peers/rivals.h"
#include "logins.h"

/* Of the one command of a connection. */
#define TAG "a "

static void say(struct login *login, const char *text, size_t length)
{
    if (write(login->socket, text, length) != (ssize_t)length)
        fail("a server closed a connection");
}

void login_begin(struct login *login, unsigned port)
{
    login->socket = rivals_dial(port);
    login->stage = GREETING;
    login->length = 0;
}

static void take_token(const char *line, struct text *token)
{
    size_t length = strlen(line);
    long bytes = length <= sizeof token->bytes / 3 * 4
                     ? base64_decode(line, length, (unsigned char *)token->bytes)
                     : -1;
    if (bytes < 0)
        fail("a server says no base64: %s", line);
    token->length = (size_t)bytes;
}

static void respond(struct login *login, const char *line)
{
    struct text challenge, response;
    char text[BASE64_SIZE(sizeof response.bytes) + 2];
    take_token(line, &challenge);
    if (!client_answer(AUTH, &login->client, &challenge, &response))
        fail("no response to a challenge: %.*s", (int)challenge.length, challenge.bytes);
    base64_encode((unsigned char *)response.bytes, response.length, text);
    strcat(text, "\r\n");
    say(login, text, strlen(text));
}

static void check(struct login *login, const char *line)
{
    struct text proof;
    take_token(line, &proof);
    if (!client_check(&login->client, &proof))
        fail("a server does not prove itself: %.*s", (int)proof.length, proof.bytes);
    say(login, "\r\n", 2);
}

static void end(struct login *login)
{
    if (login->stage > CHALLENGE)
        client_end(&login->client);
    close(login->socket);
}

static enum outcome take_line(struct login *login, const char *line)
{
    static const char command[] = TAG "AUTHENTICATE DIGEST-MD5\r\n";
    bool continues = strncmp(line, "+ ", 2) == 0;
    if (login->stage == GREETING && strncmp(line, "* OK", 4) == 0) {
        say(login, command, sizeof command - 1);
        login->stage = CHALLENGE;
    } else if (login->stage == CHALLENGE && continues) {
        respond(login, line + 2);
        login->stage = PROOF;
    } else if (login->stage == PROOF && continues) {
        check(login, line + 2);
        login->stage = ANSWER;
    } else if (login->stage == PROOF && strncmp(line, TAG "NO", 4) == 0) {
        return REFUSED;
    } else if (login->stage == ANSWER && strncmp(line, TAG "OK", 4) == 0) {
        return LET_IN;
    } else if (login->stage == GREETING || strncmp(line, "* ", 2) != 0) {
        fail("a server says: %s", line);
    }
    return UNDER_WAY;
}

enum outcome login_go_on(struct login *login)
{
    enum outcome outcome = UNDER_WAY;
    ssize_t count =
        read(login->socket, login->input + login->length, sizeof login->input - 1 - login->length);
    if (count <= 0)
        fail("a server closed a connection");
    login->length += (size_t)count;
    login->input[login->length] = '\0';
    char *line = login->input, *newline;
    for (; outcome == UNDER_WAY && (newline = strstr(line, "\r\n")) != NULL; line = newline + 2) {
        *newline = '\0';
        outcome = take_line(login, line);
    }
    login->length = strlen(line);
    memmove(login->input, line, login->length);
    if (outcome != UNDER_WAY)
        end(login);
    return outcome;
}
