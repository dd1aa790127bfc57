/* Runs the subjects that are named on the command line, and counts.
 *
 * Natively: `cargo test --test c_programs` builds and runs all of it, also under AddressSanitizer and
 * Valgrind. By hand, from the repository's root after `cargo build`:
 *
 *     cc -g -Iinclude c_tests/harness.c c_tests/suite/[a-z]*.c target/debug/libsecur32.a -lpthread -ldl \
 *         -lm -lrt -o suite
 *     ./suite            # lists the subjects
 *     ./suite accept     # runs one
 *     ./suite all
 *
 * As .exe, for Wine or a real Windows:
 *
 *     x86_64-w64-mingw32-gcc -std=gnu99 c_tests/harness.c c_tests/suite/[a-z]*.c -o suite.exe -lsecur32
 *
 * With our secur32.dll beside suite.exe, set SECUR32_OURS=1. Without it, Microsoft's is tested: what
 * is marked `ours` is then reported, but no failure. Whole exchanges need an account that WDigest
 * knows there: set SECUR32_TEST_ACCOUNTS=1 where user alice has the password of login.h; otherwise
 * they are skipped, loudly. */
#include "../harness.h"

/* clang-format off */
#define SUBJECTS(X) \
    X(accept) X(accept_buffers) X(accounts) X(attributes) X(callback) X(callback_misuse) X(credentials) \
    X(handles) X(http) X(identities) X(identity_forms) X(initialize) X(malformed) X(malformed_state) X(memory) \
    X(message_parts) X(messages) X(messages_forged) X(packages) X(rooms) X(sasl) X(scram) X(signatures) X(transfer)
/* clang-format on */

#define DECLARE(name) START_TEST(name);
SUBJECTS(DECLARE)

static const struct {
    const char *name;
    void (*run)(void);
} subjects[] = {
#define LIST(name) {#name, test_##name},
    SUBJECTS(LIST)};

static int run(const char *wanted)
{
    int found = 0;
    size_t i;
    for (i = 0; i < COUNT(subjects); i++) {
        unsigned long before = checks_made();
        if (strcmp(wanted, "all") != 0 && strcmp(wanted, subjects[i].name) != 0)
            continue;
        found = 1;
        subjects[i].run();
        in_row(NULL);
        printf("%s: %lu checks\n", subjects[i].name, checks_made() - before);
        fflush(stdout);
    }
    return found;
}

int main(int count, char **words)
{
    int i;
    size_t j;
    if (count < 2) {
        for (j = 0; j < COUNT(subjects); j++)
            printf("%s\n", subjects[j].name);
        return 0;
    }
    for (i = 1; i < count; i++) {
        if (!run(words[i])) {
            printf("%s: no such subject\n", words[i]);
            return 2;
        }
    }
    return report_checks();
}
