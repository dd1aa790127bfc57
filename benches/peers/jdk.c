/* The JDK's javax.security.sasl as the server, in a process of its own that times itself (JdkServer.java). Two peers:
 * with the factory of its servers kept, and with one looked up for each handshake as Sasl.createSaslServer does. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum request { BEGIN = 1, FINISH, END, SEAL, OPEN, HEAP };

static FILE *requests, *answers;
static pid_t process;

/* --- the pipe. A byte that cannot be read is an answer that is not good. */

static void put_byte(int value)
{
    putc(value, requests);
}

static void put_number(size_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        put_byte((int)(value >> shift & 0xff));
}

static void put_bytes(const char *bytes, size_t length)
{
    put_number(length);
    fwrite(bytes, 1, length, requests);
}

static uint64_t get_big_endian(int bytes)
{
    uint64_t value = 0;
    while (bytes-- > 0)
        value = value << 8 | (uint64_t)(getc(answers) & 0xff);
    return value;
}

static bool get_bytes(char *bytes, size_t room, size_t *length)
{
    *length = get_big_endian(4);
    return *length <= room && fread(bytes, 1, *length, answers) == *length;
}

/* Sends what was put, and waits: whether it was done, and its number. */
static bool ask(uint64_t *number)
{
    fflush(requests);
    int good = getc(answers);
    if (good == EOF)
        fail("the JDK's process has ended");
    *number = get_big_endian(8);
    return good == 1;
}

/* --- the process */

static void stop(void)
{
    fclose(requests);
    fclose(answers);
    waitpid(process, NULL, 0);
}

static _Noreturn void become_java(int in, int out)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    /* One thread serves: the serial collector is the quickest for it. When asked, it shall take all garbage. */
    execlp("java", "java", "-XX:+UseSerialGC", "-XX:MarkSweepAlwaysCompactCount=1", "-Xms512m", "-Xmx2g",
           "-cp", JDK_CLASSES, "JdkServer", USER, REALM, PASSWORD, REALM, (char *)NULL);
    _exit(127);
}

static const char *open_process(const char *directory)
{
    (void)directory;
    int to[2], from[2];
    if (process != 0)
        return NULL;
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        return "no pipe can be made";
    process = fork();
    if (process < 0)
        return "no process can be made";
    if (process == 0)
        become_java(to[0], from[1]);
    close(to[0]);
    close(from[1]);
    requests = fdopen(to[1], "w");
    answers = fdopen(from[0], "r");
    if (requests == NULL || answers == NULL)
        return "no stream can be made";
    signal(SIGPIPE, SIG_IGN);
    atexit(stop);
    return NULL;
}

static const char *version(void)
{
    return JDK_VERSION;
}

/* --- turns */

/* The JDK's servers offer every cipher: the client is shown only the one that is meant. */
static bool leave_one_cipher(enum layer layer, struct text *challenge)
{
    static const char name[] = "cipher=\"";
    char *end = challenge->bytes + challenge->length;
    char *list = memmem(challenge->bytes, challenge->length, name, strlen(name));
    if (layer < RC4)
        return true;
    if (list == NULL)
        return false;
    list += strlen(name);
    char *quote = memchr(list, '"', (size_t)(end - list));
    size_t length = strlen(layer_names[layer]);
    if (quote == NULL || list + length > quote)
        return false;
    memcpy(list, layer_names[layer], length);
    memmove(list + length, quote, (size_t)(end - quote));
    challenge->length -= (size_t)(quote - list) - length;
    return true;
}

static bool begin_turn(bool keeps, enum layer layer, union context *contexts, struct text *challenges,
                       size_t count, uint64_t *time)
{
    put_byte(BEGIN);
    put_byte(layer);
    put_byte(keeps);
    put_number(count);
    bool good = ask(time);
    for (size_t n = 0; n < count && good; n++) {
        contexts[n].number = (uint32_t)get_big_endian(4);
        good = get_bytes(challenges[n].bytes, sizeof challenges[n].bytes, &challenges[n].length)
               && leave_one_cipher(layer, &challenges[n]);
    }
    return good;
}

static bool begin_kept(enum layer layer, union context *contexts, struct text *challenges, size_t count,
                       uint64_t *time)
{
    return begin_turn(true, layer, contexts, challenges, count, time);
}

static bool begin_new(enum layer layer, union context *contexts, struct text *challenges, size_t count,
                      uint64_t *time)
{
    return begin_turn(false, layer, contexts, challenges, count, time);
}

static bool finish_turn(union context *contexts, const struct text *responses, struct text *rspauths,
                        size_t count, uint64_t *time)
{
    put_byte(FINISH);
    put_number(count);
    for (size_t n = 0; n < count; n++) {
        put_number(contexts[n].number);
        put_bytes(responses[n].bytes, responses[n].length);
    }
    bool good = ask(time);
    for (size_t n = 0; n < count && good; n++)
        good = get_bytes(rspauths[n].bytes, sizeof rspauths[n].bytes, &rspauths[n].length);
    return good;
}

static bool end_turn(union context *contexts, size_t count, uint64_t *time)
{
    put_byte(END);
    put_number(count);
    for (size_t n = 0; n < count; n++)
        put_number(contexts[n].number);
    return ask(time);
}

/* The JDK knows nothing of the length field in front of a message. */
static bool seal_turn(union context *context, struct frames *frames, uint64_t *time)
{
    put_byte(SEAL);
    put_number(context->number);
    put_byte(false);
    put_number(frames->count);
    for (size_t n = 0; n < frames->count; n++)
        put_bytes(frame_at(frames, n) + FIELD, frames->size);
    return ask(time);
}

static bool unseal_turn(union context *context, struct frames *frames, uint64_t *time)
{
    put_byte(OPEN);
    put_number(context->number);
    put_byte(false);
    put_number(frames->count);
    for (size_t n = 0; n < frames->count; n++)
        put_bytes(frame_at(frames, n) + FIELD, frames->lengths[n] - FIELD);
    return ask(time);
}

static double heap(void)
{
    uint64_t bytes = 0;
    put_byte(HEAP);
    if (!ask(&bytes))
        fail("the JDK does not say how large its heap is");
    return (double)bytes;
}

/* --- one by one */

static bool begin_one_kept(enum layer layer, union context *context, struct text *challenge)
{
    uint64_t time;
    return begin_kept(layer, context, challenge, 1, &time);
}

static bool begin_one_new(enum layer layer, union context *context, struct text *challenge)
{
    uint64_t time;
    return begin_new(layer, context, challenge, 1, &time);
}

static bool finish(union context *context, const struct text *response, struct text *rspauth)
{
    uint64_t time;
    return finish_turn(context, response, rspauth, 1, &time);
}

static void end(union context *context)
{
    uint64_t time;
    end_turn(context, 1, &time);
}

/* Sends one message and takes what was made of it, behind a length field. */
static bool exchange(enum request request, union context *context, const char *bytes, size_t length,
                     struct sealed *made)
{
    uint64_t time;
    size_t room = length + TRAILER;
    char *frame = malloc(FIELD + room);
    put_byte(request);
    put_number(context->number);
    put_byte(true);
    put_number(1);
    put_bytes(bytes, length);
    if (frame == NULL || !ask(&time) || !get_bytes(frame + FIELD, room, &made->length)) {
        free(frame);
        return false;
    }
    for (size_t n = 0; n < FIELD; n++)
        frame[n] = (char)(made->length >> 8 * (FIELD - 1 - n));
    made->bytes = made->owned = frame;
    return true;
}

static bool seal(union context *context, char *frame, size_t length, struct sealed *sealed)
{
    bool good = exchange(SEAL, context, frame + FIELD, length, sealed);
    sealed->length += FIELD;
    return good;
}

static bool unseal(union context *context, char *frame, size_t length, struct sealed *plain)
{
    bool good = exchange(OPEN, context, frame + FIELD, length - FIELD, plain);
    plain->bytes += FIELD;
    return good;
}

static const struct remote kept = {begin_kept, finish_turn, end_turn, seal_turn, unseal_turn, heap};
static const struct remote looked_up = {begin_new, finish_turn, end_turn, seal_turn, unseal_turn, heap};

const struct peer jdk_peer = {
    .name = "JDK",
    .open = open_process,
    .version = version,
    .begin = begin_one_kept,
    .finish = finish,
    .end = end,
    .seal = seal,
    .unseal = unseal,
    .drop = free,
    .parts = EVERYWHERE & ~IN_THREADS & ~IN_SCRAM,
    .remote = &kept,
    .most_live = 20000,
    .most_live_full = 100000,
};

const struct peer jdk_new_peer = {
    .name = "JDK anew",
    .open = open_process,
    .version = version,
    .begin = begin_one_new,
    .finish = finish,
    .end = end,
    .seal = seal,
    .unseal = unseal,
    .drop = free,
    .parts = IN_HANDSHAKES,
    .remote = &looked_up,
};
