/* The configuration and accounts files of the tests: login.h. */
#include "login.h"

static char config_path[512], accounts_path[512], keys_path[512], new_path[540];
static const char *chosen_cipher;

static void remove_files(void)
{
    remove(config_path);
    remove(accounts_path);
    remove(keys_path);
}

static void name_files(void)
{
    if (config_path[0] != '\0')
        return;
    snprintf(config_path, sizeof config_path, "%s/secur32-test-%u.toml", temporary_directory(),
             process_number());
    snprintf(accounts_path, sizeof accounts_path, "%s/secur32-test-%u.htdigest", temporary_directory(),
             process_number());
    snprintf(keys_path, sizeof keys_path, "%s/secur32-test-%u.scram", temporary_directory(),
             process_number());
    atexit(remove_files);
}

static void write_file(const char *path, const char *text)
{
    FILE *file;
    snprintf(new_path, sizeof new_path, "%s.new", path);
    file = fopen(new_path, "wb");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || file_replace(new_path, path) != 0) {
        fprintf(stderr, "%s cannot be written\n", path);
        exit(2);
    }
}

void write_accounts(const char *text)
{
    name_files();
    write_file(accounts_path, text);
}

const char *stored_keys_path(void)
{
    name_files();
    return keys_path;
}

void write_stored_keys(const char *text)
{
    name_files();
    write_file(keys_path, text);
}

void choose_cipher(const char *cipher)
{
    chosen_cipher = cipher;
}

void configure(const char *more)
{
    char text[2048], cipher[128] = "";
    name_files();
    if (chosen_cipher != NULL)
        snprintf(cipher, sizeof cipher, "[WDigest]\nDigestEncryptionAlgorithms = \"%s\"\n", chosen_cipher);
    snprintf(text, sizeof text, "%s[server]\nrealm = \"%s\"\naccounts = '%s'\n%s\n", cipher, REALM,
             accounts_path, more);
    write_file(config_path, text);
    write_accounts(ALICE);
    environment_set("SECUR32_CONFIG", config_path);
    environment_set("SECUR32_ACCOUNTS", NULL);
    environment_set("SECUR32_REALM", NULL);
}
