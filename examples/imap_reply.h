/* The server's replies, as a client reads them. */
#ifndef EXAMPLES_IMAP_REPLY_H
#define EXAMPLES_IMAP_REPLY_H

#include "imap_link.h"

/* Room for the words of a CAPABILITY reply. */
#define REPLY_CAPABILITIES 1024

enum reply {
    REPLY_OK,
    REPLY_NO,
    REPLY_BAD,      /* BAD, or a word that is none of the three */
    REPLY_CONTINUE, /* a line with "+" */
    REPLY_LOST      /* the connection is no more */
};

/* The next "+" line, or the end of the command `tag`. `*rest` is what follows, valid until the next
 * call. Untagged lines are passed over; the words of "* CAPABILITY" go to `capabilities`
 * (REPLY_CAPABILITIES bytes, longer lists are cut), unless that is NULL. */
enum reply reply_read(struct link *link, const char *tag, char **rest, char *capabilities);

/* Whether `word` is one of those in `list`, which are separated by spaces. */
int reply_has_word(const char *list, const char *word);

#endif
