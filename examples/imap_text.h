/* Text as IMAP has it: base64, words without regard to case. */
#ifndef EXAMPLES_IMAP_TEXT_H
#define EXAMPLES_IMAP_TEXT_H

#include <stddef.h>

/* Bytes that base64 of `length` bytes needs, with the NUL. */
#define BASE64_SIZE(length) (((length) + 2) / 3 * 4 + 1)

/* Writes base64 and a NUL; `text` holds BASE64_SIZE(length). */
void base64_encode(const unsigned char *data, size_t length, char *text);

/* Decodes `length` characters into `data`, which holds length / 4 * 3 bytes. Returns the number
 * of bytes, or -1 where the text is not strictly base64 (RFC 4648 section 4, with padding). */
long base64_decode(const char *text, size_t length, unsigned char *data);

/* Whether both are the same word without regard to ASCII case. */
int same_word(const char *one, const char *other);

/* Cuts the first word off `*rest`: returns it NUL-terminated, and moves `*rest` behind the one
 * space that ended it, or to the end. The word is empty where `*rest` starts with a space. */
char *next_word(char **rest);

#endif
