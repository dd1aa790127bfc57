/* What the counted program tells plugin.c: calls of the system that no system has. */

#ifndef MARKS_H
#define MARKS_H

/* Its number, and the first argument. RANGE is followed by the first address of what is counted and the first behind
 * it; DUMP ends an operation, whose name the program prints. */
#define MARK 0x5ec32
enum mark { RANGE, TOGGLE, DUMP };

#endif
