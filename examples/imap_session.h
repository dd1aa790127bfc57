/* One client's session with the server: IMAP4rev1 (RFC 3501) as far as a login shows. */
#ifndef EXAMPLES_IMAP_SESSION_H
#define EXAMPLES_IMAP_SESSION_H

#include "imap_link.h"
#include "imap_mechanisms.h"

/* Talks with the client until either side ends it. The caller keeps, and closes, the link. */
void session_run(struct link *link, struct mechanisms *mechanisms);

#endif
