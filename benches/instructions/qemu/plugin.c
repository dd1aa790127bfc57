/* A plugin of qemu's user mode (its API's version 1) that counts instructions of one range of addresses, and writes a
 * line for each operation to standard error. Debian has no header of this API; what is used of it is declared here. */

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "marks.h"

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
enum operation { ADD };

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
                                                  void (*call)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum operation operation,
                                                     void *number, uint64_t operand);
extern void qemu_plugin_register_vcpu_syscall_cb(plugin_id id,
                                                 void (*call)(plugin_id, unsigned, int64_t, uint64_t,
                                                              uint64_t, uint64_t, uint64_t, uint64_t,
                                                              uint64_t, uint64_t, uint64_t));
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);

int qemu_plugin_version = 1;

/* All instructions so far, those before the last toggle, and those of the operation. */
static uint64_t counted, before, collected;
static bool collecting;
static uint64_t first, behind;

/* A block is translated once, and run from its first instruction to its last. */
static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
    uint64_t address = qemu_plugin_tb_vaddr(block);
    (void)id;
    if (first <= address && address < behind)
        qemu_plugin_register_vcpu_tb_exec_inline(block, ADD, &counted, qemu_plugin_tb_n_insns(block));
}

static void called(plugin_id id, unsigned processor, int64_t number, uint64_t mark, uint64_t start,
                   uint64_t end, uint64_t a4, uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8)
{
    (void)id, (void)processor, (void)a4, (void)a5, (void)a6, (void)a7, (void)a8;
    if (number != MARK)
        return;
    if (mark == RANGE) {
        first = start;
        behind = end;
    } else if (mark == TOGGLE) {
        collecting = !collecting;
        collected += collecting ? 0 : counted - before;
        before = counted;
    } else {
        fprintf(stderr, "%" PRIu64 "\n", collected);
        collected = 0;
    }
}

struct qemu_info;
int qemu_plugin_install(plugin_id id, const struct qemu_info *info, int count, char **words)
{
    (void)info, (void)count, (void)words;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
