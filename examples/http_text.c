#include "http_text.h"

#include <stdarg.h>

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static int same_part(const char *part, size_t length, const char *word)
{
    size_t at;
    for (at = 0; at < length && lower(part[at]) == lower(word[at]); at++)
        continue;
    return at == length && word[at] == '\0';
}

int text_same(const char *one, const char *other)
{
    return same_part(one, strlen(one), other);
}

int text_has_word(const char *list, const char *word)
{
    while (*list != '\0') {
        size_t length;
        list += strspn(list, " \t,");
        length = strcspn(list, " \t,");
        if (length > 0 && same_part(list, length, word))
            return 1;
        list += length;
    }
    return 0;
}

int text_number(const char *text, unsigned long most, unsigned long *value)
{
    char *end;
    if (text == NULL || *text < '0' || *text > '9' || strlen(text) > 10)
        return 0;
    *value = strtoul(text, &end, 10);
    return *end == '\0' && *value <= most;
}

const char *text_digest(const char *value)
{
    if (!same_part(value, strcspn(value, " "), "Digest"))
        return NULL;
    value += 6;
    return value + strspn(value, " ");
}

const char *text_path(const char *target)
{
    const char *authority = same_part(target, strcspn(target, ":"), "http") ? strstr(target, "://") : NULL;
    const char *path;
    if (authority == NULL)
        return target;
    path = authority + 3 + strcspn(authority + 3, "/?");
    return *path == '\0' ? "/" : path;
}

/* Copies a value, which ends where `*list` then stands; whether it fits. */
static int copy_value(const char **list, char *value, size_t capacity)
{
    const char *at = *list;
    int quoted = *at == '"';
    size_t length = 0;
    for (at += quoted; *at != '\0' && (quoted ? *at != '"' : strchr(" \t,", *at) == NULL); at++) {
        if (quoted && *at == '\\' && at[1] != '\0')
            at++;
        if (length + 1 < capacity)
            value[length] = *at;
        length++;
    }
    *list = at + (quoted && *at == '"');
    if (length >= capacity)
        return 0;
    value[length] = '\0';
    return 1;
}

int text_directive(const char *list, const char *name, char *value, size_t capacity)
{
    char ignored[1];
    for (;;) {
        const char *found;
        size_t length;
        list += strspn(list, " \t,");
        if (*list == '\0')
            return 0;
        found = list;
        length = strcspn(list, " \t,=");
        list += length;
        list += strspn(list, " \t");
        if (*list != '=')
            continue;
        list++;
        list += strspn(list, " \t");
        if (same_part(found, length, name))
            return copy_value(&list, value, capacity);
        copy_value(&list, ignored, sizeof ignored);
    }
}

const char *text_status(SECURITY_STATUS status, char space[16])
{
    static const struct {
        SECURITY_STATUS status;
        const char *name;
    } names[] = {
        {SEC_E_OK, "SEC_E_OK"},
        {SEC_I_CONTINUE_NEEDED, "SEC_I_CONTINUE_NEEDED"},
        {SEC_I_COMPLETE_NEEDED, "SEC_I_COMPLETE_NEEDED"},
        {SEC_E_INSUFFICIENT_MEMORY, "SEC_E_INSUFFICIENT_MEMORY"},
        {SEC_E_UNSUPPORTED_FUNCTION, "SEC_E_UNSUPPORTED_FUNCTION"},
        {SEC_E_INTERNAL_ERROR, "SEC_E_INTERNAL_ERROR"},
        {SEC_E_SECPKG_NOT_FOUND, "SEC_E_SECPKG_NOT_FOUND"},
        {SEC_E_INVALID_TOKEN, "SEC_E_INVALID_TOKEN"},
        {SEC_E_LOGON_DENIED, "SEC_E_LOGON_DENIED"},
        {SEC_E_NO_CREDENTIALS, "SEC_E_NO_CREDENTIALS"},
        {SEC_E_MESSAGE_ALTERED, "SEC_E_MESSAGE_ALTERED"},
        {SEC_E_OUT_OF_SEQUENCE, "SEC_E_OUT_OF_SEQUENCE"},
        {SEC_E_NO_AUTHENTICATING_AUTHORITY, "SEC_E_NO_AUTHENTICATING_AUTHORITY"},
        {SEC_E_BUFFER_TOO_SMALL, "SEC_E_BUFFER_TOO_SMALL"},
        {SEC_E_BAD_BINDINGS, "SEC_E_BAD_BINDINGS"},
    };
    size_t at;
    for (at = 0; at < sizeof names / sizeof *names; at++) {
        if (names[at].status == status)
            return names[at].name;
    }
    snprintf(space, 16, "0x%08lX", (unsigned long)status & 0xFFFFFFFF);
    return space;
}

void text_begin(struct text *text, char *bytes, size_t capacity)
{
    text->length = 0;
    text->capacity = capacity;
    text->full = 0;
    text->bytes = bytes;
    bytes[0] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
    size_t room = text->capacity - text->length;
    int length;
    va_list arguments;
    va_start(arguments, format);
    length = vsnprintf(text->bytes + text->length, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room) {
        text->bytes[text->length] = '\0';
        text->full = 1;
    } else {
        text->length += (size_t)length;
    }
}

void text_add_html(struct text *text, const char *shown)
{
    for (; *shown != '\0'; shown++) {
        if (strchr("<>&\"'", *shown) != NULL)
            text_add(text, "&#%d;", *shown);
        else
            text_add(text, "%c", *shown);
    }
}
