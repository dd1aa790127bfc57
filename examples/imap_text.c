#include "portable.h"

#include "imap_text.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const unsigned char *data, size_t length, char *text)
{
    size_t at;
    for (at = 0; at < length; at += 3) {
        size_t left = length - at;
        unsigned long three = (unsigned long)data[at] << 16;
        if (left > 1)
            three |= (unsigned long)data[at + 1] << 8;
        if (left > 2)
            three |= data[at + 2];
        *text++ = alphabet[three >> 18 & 63];
        *text++ = alphabet[three >> 12 & 63];
        *text++ = left > 1 ? alphabet[three >> 6 & 63] : '=';
        *text++ = left > 2 ? alphabet[three & 63] : '=';
    }
    *text = '\0';
}

/* The six bits that `letter` stands for, or -1. */
static int six_bits(char letter)
{
    const char *found = letter == '\0' ? NULL : strchr(alphabet, letter);
    return found == NULL ? -1 : (int)(found - alphabet);
}

long base64_decode(const char *text, size_t length, unsigned char *data)
{
    size_t at, padding = 0;
    long written = 0;
    if (length % 4 != 0)
        return -1;
    if (length > 0 && text[length - 1] == '=')
        padding = text[length - 2] == '=' ? 2 : 1;
    for (at = 0; at < length; at += 4) {
        size_t letters = at + 4 == length ? 4 - padding : 4, each;
        unsigned long three = 0;
        for (each = 0; each < 4; each++) {
            int bits = each < letters ? six_bits(text[at + each]) : 0;
            if (bits < 0)
                return -1;
            three = three << 6 | (unsigned long)bits;
        }
        if ((letters == 2 && (three & 0xFFFF) != 0) || (letters == 3 && (three & 0xFF) != 0))
            return -1; /* bits that no byte holds */
        data[written++] = (unsigned char)(three >> 16);
        if (letters > 2)
            data[written++] = (unsigned char)(three >> 8);
        if (letters > 3)
            data[written++] = (unsigned char)three;
    }
    return written;
}

static char upper(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

int same_word(const char *one, const char *other)
{
    for (; upper(*one) == upper(*other); one++, other++) {
        if (*one == '\0')
            return 1;
    }
    return 0;
}

char *next_word(char **rest)
{
    char *word = *rest, *end = strchr(word, ' ');
    if (end == NULL) {
        *rest = word + strlen(word);
    } else {
        *end = '\0';
        *rest = end + 1;
    }
    return word;
}
