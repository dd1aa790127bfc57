/* Messages of SIP, each a datagram (RFC 3261 sections 7 and 18). */
#ifndef WEB_SIP_H
#define WEB_SIP_H

#include "../../../examples/http_text.h"

#define SIP_MESSAGE 8192

/* The value of the field with that name, `skip` of them passed over; whether there is one that fits. */
static int sip_field(const char *message, const char *name, int skip, char *value, size_t capacity)
{
    const char *line = message;
    size_t length, named = strlen(name);
    while ((line = strchr(line, '\n')) != NULL && line[1] != '\r' && line[1] != '\0') {
        char found[32];
        line++;
        length = strcspn(line, ": \t\r\n");
        if (length != named || length >= sizeof found)
            continue;
        memcpy(found, line, length);
        found[length] = '\0';
        if (!text_same(found, name) || skip-- > 0)
            continue;
        line += length + strspn(line + length, " \t");
        if (*line++ != ':')
            return 0;
        line += strspn(line, " \t");
        length = strcspn(line, "\r\n");
        if (length >= capacity)
            return 0;
        memcpy(value, line, length);
        value[length] = '\0';
        return 1;
    }
    return 0;
}

/* A socket for datagrams on 127.0.0.1; `*port` as of net_listen. */
static net_socket sip_socket(unsigned short *port)
{
    struct sockaddr_in address;
    socklen_t length = (socklen_t)sizeof address;
    net_socket found = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(*port);
    if (found == NET_NONE || bind(found, (struct sockaddr *)&address, length) != 0
        || getsockname(found, (struct sockaddr *)&address, &length) != 0)
        return NET_NONE;
    *port = ntohs(address.sin_port);
    return found;
}

/* Prints a message into the dialogue, each line behind a mark. */
static void sip_show(const char *mark, const char *message)
{
    while (*message != '\0') {
        size_t length = strcspn(message, "\r\n");
        printf("%s: %.*s\n", mark, (int)length, message);
        message += length;
        message += *message == '\r' && message[1] == '\n' ? 2 : *message != '\0';
    }
    fflush(stdout);
}

#endif
