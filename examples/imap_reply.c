#include "imap_reply.h"

#include "imap_text.h"

#define CAPABILITY "* CAPABILITY "

enum reply reply_read(struct link *link, const char *tag, char **rest, char *capabilities)
{
    char *line;
    size_t length;
    while (link_read_line(link, &line, &length) == LINK_OK) {
        if (*line == '+') {
            *rest = line + (line[1] == ' ' ? 2 : 1);
            return REPLY_CONTINUE;
        }
        if (capabilities != NULL && strncmp(line, CAPABILITY, strlen(CAPABILITY)) == 0)
            snprintf(capabilities, REPLY_CAPABILITIES, "%s", line + strlen(CAPABILITY));
        if (strcmp(next_word(&line), tag) == 0) {
            char *word = next_word(&line);
            *rest = line;
            return same_word(word, "OK") ? REPLY_OK : same_word(word, "NO") ? REPLY_NO : REPLY_BAD;
        }
    }
    return REPLY_LOST;
}

int reply_has_word(const char *list, const char *word)
{
    size_t length = strlen(word);
    const char *at = list;
    while ((at = strstr(at, word)) != NULL) {
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return 1;
        at += length;
    }
    return 0;
}
