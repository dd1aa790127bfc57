/* What every participant of the peer tests shares: the line protocol on standard input and output.
 *
 * A participant is one end of one SASL exchange. Its arguments are `name=value`. It writes
 *
 *   TOKEN <base64>                       a SASL token for the other end; "-" where it is empty
 *   OK <qop> <user> <authzid> <largest>  the exchange succeeded; "-" where there is no such thing;
 *                                        <largest> is the longest message that it may send
 *   FAIL <reason>                        it did not, or a message was bad; the participant ends
 *   DATA <base64>                        a protected message, without the four bytes of length
 *   GOT <bytes> <checksum>              a message opened
 *   TEXT <base64>                        a message opened, itself
 *
 * and reads
 *
 *   TOKEN <base64>                       the other end's token
 *   SEND <bytes> <seed>                 protect this many bytes of `fill`, answered with DATA
 *   RECV <base64>                        open this message, answered with GOT
 *   WRAP <base64>                        protect this text, answered with DATA (ours alone)
 *   OPEN <base64>                        open this message, answered with TEXT (ours alone)
 *   QUIT                                 end
 *
 * An established participant takes no notice of an empty token: it is the client's answer to the
 * server's last one, which some libraries send and others do not.
 */
#ifndef PEERS_LINES_H
#define PEERS_LINES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than any message: 65536 bytes, a layer's overhead, and base64's third. */
#define MESSAGE_MAX 70000
#define LINE_MAX_BYTES (MESSAGE_MAX / 3 * 4 + 64)

/* A line that was read: its word, and what the base64 after it stood for. */
struct line {
    char word[8];
    unsigned char data[MESSAGE_MAX];
    size_t length;
    unsigned bytes;
    uint32_t seed;
};

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void fail(const char *reason)
{
    printf("FAIL %s\n", reason);
    fflush(stdout);
    exit(0);
}

/* The value of argument `name`, or `otherwise`. */
static const char *argument(int argc, char **argv, const char *name, const char *otherwise)
{
    size_t length = strlen(name);
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return otherwise;
}

static void put_base64(const char *word, const void *data, size_t length)
{
    const unsigned char *byte = data;
    printf("%s ", word);
    if (length == 0)
        putchar('-');
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        unsigned group = (unsigned)byte[i] << 16;
        if (left > 1)
            group |= (unsigned)byte[i + 1] << 8;
        if (left > 2)
            group |= byte[i + 2];
        putchar(base64_digits[group >> 18]);
        putchar(base64_digits[group >> 12 & 63]);
        putchar(left > 1 ? base64_digits[group >> 6 & 63] : '=');
        putchar(left > 2 ? base64_digits[group & 63] : '=');
    }
    putchar('\n');
    fflush(stdout);
}

static size_t get_base64(const char *text, unsigned char *out, size_t capacity)
{
    size_t length = 0;
    unsigned group = 0, bits = 0;
    for (; *text != '\0' && *text != '=' && *text != '-'; text++) {
        const char *digit = strchr(base64_digits, *text);
        if (digit == NULL || length == capacity)
            fail("a line that is not base64");
        group = group << 6 | (unsigned)(digit - base64_digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[length++] = (unsigned char)(group >> bits);
        }
    }
    return length;
}

/* Reads a line; zero at QUIT and at the end of input. */
static int get_line(struct line *line)
{
    static char text[LINE_MAX_BYTES];
    if (fgets(text, sizeof text, stdin) == NULL)
        return 0;
    text[strcspn(text, "\n")] = '\0';
    char *rest = strchr(text, ' ');
    if (rest != NULL)
        *rest++ = '\0';
    snprintf(line->word, sizeof line->word, "%.7s", text);
    line->length = 0;
    line->bytes = 0;
    line->seed = 0;
    if (strcmp(line->word, "SEND") == 0 && rest != NULL)
        sscanf(rest, "%u %u", &line->bytes, &line->seed);
    else if (rest != NULL)
        line->length = get_base64(rest, line->data, sizeof line->data);
    return strcmp(line->word, "QUIT") != 0;
}

static int is(const struct line *line, const char *word)
{
    return strcmp(line->word, word) == 0;
}

/* Reads the other end's next token, while the exchange goes on. */
static void get_token(struct line *line)
{
    if (!get_line(line))
        exit(0);
    if (!is(line, "TOKEN"))
        fail("expected a token");
}

static void put_ok(const char *qop, const char *user, const char *authzid, unsigned largest)
{
    printf("OK %s %s %s %u\n", qop, user, authzid, largest);
    fflush(stdout);
}

/* The bytes of a test message: every participant makes the same from one seed (xorshift). */
static void fill(unsigned char *data, unsigned bytes, uint32_t seed)
{
    if (bytes > MESSAGE_MAX)
        fail("a message longer than the tests send");
    for (unsigned i = 0; i < bytes; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        data[i] = (unsigned char)(seed >> 24);
    }
}

/* Says what was opened, with its FNV-1a checksum. */
static void put_got(const unsigned char *data, size_t bytes)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < bytes; i++)
        sum = (sum ^ data[i]) * 16777619u;
    printf("GOT %u %08x\n", (unsigned)bytes, (unsigned)sum);
    fflush(stdout);
}

#endif
