/* Text as HTTP has it: words without regard to case, numbers, directives of Digest; and text that
 * grows. */
#ifndef EXAMPLES_HTTP_TEXT_H
#define EXAMPLES_HTTP_TEXT_H

#include "portable.h"

#define SECURITY_WIN32
#include <security.h>

/* Documented, but missing in the headers of Windows itself. */
#ifndef ASC_REQ_HTTP
#define ASC_REQ_HTTP 0x10000000
#endif
#ifndef ISC_REQ_HTTP
#define ISC_REQ_HTTP 0x10000000
#endif

/* Whether both are the same without regard to ASCII case. */
int text_same(const char *one, const char *other);

/* Whether the word is one of the list, whose parts commas divide. */
int text_has_word(const char *list, const char *word);

/* A decimal number up to `most` in `*value`; whether it is one. */
int text_number(const char *text, unsigned long most, unsigned long *value);

/* The parameters behind "Digest "; NULL for another scheme. */
const char *text_digest(const char *value);

/* The path of http://host/path, which a proxy is asked for; anything else as it is. */
const char *text_path(const char *target);

/* The value of a directive, without its quotes; whether it is there and fits. */
int text_directive(const char *list, const char *name, char *value, size_t capacity);

/* The name of a status as sspi.h has it, or its number, written into `space`. For messages. */
const char *text_status(SECURITY_STATUS status, char space[16]);

/* Text in memory of a fixed size. What does not fit is left out, and `full` is set. */
struct text {
    size_t length, capacity;
    int full;
    char *bytes; /* NUL-terminated */
};

/* Starts an empty text in `bytes`, of at least one byte. */
void text_begin(struct text *text, char *bytes, size_t capacity);

/* Adds, in printf's manner. */
void text_add(struct text *text, const char *format, ...);

/* Adds what is to be shown on a page, with HTML's own characters as references. */
void text_add_html(struct text *text, const char *shown);

#endif
