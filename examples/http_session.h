/* One client's connection, from its first request to the last. */
#ifndef EXAMPLES_HTTP_SESSION_H
#define EXAMPLES_HTTP_SESSION_H

#include "http_gate.h"
#include "http_link.h"

void session_run(struct http_link *link, struct gate *gate);

#endif
