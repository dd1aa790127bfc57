/* What is counted for the regression check. */

#ifndef INSTRUCTIONS_H
#define INSTRUCTIONS_H

#include "../peers/bench.h"

/* --- main.c */

/* Begins and ends what is counted. */
void collect(void);
/* Ends an operation, which was collected `count` times. */
void dump(const char *name, size_t count);

/* --- callgrind.c, or qemu/counter.c */

/* Before all else. */
void counter_open(void);
void counter_toggle(void);
void counter_dump(const char *name);

/* --- handshakes.c, messages.c, requests.c */

void count_handshakes(void);
void count_messages(void);
void count_requests(const char *directory);

#endif
