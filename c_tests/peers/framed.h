/* For libraries that put the four bytes of length (RFC 4422 section 3.7) themselves. */
#ifndef PEERS_FRAMED_H
#define PEERS_FRAMED_H

#include "lines.h"

/* Checks and takes off the four bytes of length in front of a message. */
static void put_framed(const unsigned char *message, size_t length)
{
    if (length < 4)
        fail("a message without its length");
    size_t body = (size_t)message[0] << 24 | (size_t)message[1] << 16 | (size_t)message[2] << 8 | message[3];
    if (body != length - 4)
        fail("a message whose length does not fit");
    put_base64("DATA", message + 4, body);
}

/* Puts the four bytes of length in front of a message; `framed` holds four more than `length`. */
static void frame(unsigned char *framed, const unsigned char *body, size_t length)
{
    framed[0] = (unsigned char)(length >> 24);
    framed[1] = (unsigned char)(length >> 16);
    framed[2] = (unsigned char)(length >> 8);
    framed[3] = (unsigned char)length;
    memcpy(framed + 4, body, length);
}

#endif
