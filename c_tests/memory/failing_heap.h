/* A heap that fails when it is told to: the program's own malloc and its kin stand before the C
 * library's, for the library under test too. glibc only. */
#ifndef C_TESTS_FAILING_HEAP_H
#define C_TESTS_FAILING_HEAP_H

/* Counts allocations from here on, while they are watched. The one of number `nth`, from 1, fails, and
 * with `all_after` every one after it. */
void heap_arm(long nth, int all_after);
/* Between these two allocations are counted, and can fail. */
void heap_watch(void);
void heap_ignore(void);
/* Nothing fails any more. */
void heap_heal(void);
/* How many were counted since heap_arm. */
long heap_counted(void);
/* How many blocks live. */
long heap_live(void);

#endif
