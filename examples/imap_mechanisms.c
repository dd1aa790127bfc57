#include "imap_mechanisms.h"

#include "imap_text.h"

/* Adds `profile` where there is a credential for it, such as accounts or a keytab. */
static void add(struct mechanisms *mechanisms, char *profile)
{
    struct mechanism *mechanism = &mechanisms->list[mechanisms->count];
    SecPkgInfoA *package = NULL;
    SECURITY_STATUS status;
    char space[16];

    if (mechanisms->count == MECHANISMS_MOST || strlen(profile) >= sizeof mechanism->name)
        return;
    status = SaslGetProfilePackageA(profile, &package);
    if (status == SEC_E_OK) {
        mechanism->form = layer_form_of(package->Name);
        status = AcquireCredentialsHandleA(NULL, package->Name, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                           &mechanism->credential, NULL);
        FreeContextBuffer(package);
    }
    if (status != SEC_E_OK) {
        fprintf(stderr, "%s is not offered: %s\n", profile, status_name(status, space));
        return;
    }
    strcpy(mechanism->name, profile);
    mechanisms->count++;
}

void mechanisms_open(struct mechanisms *mechanisms)
{
    LPSTR profiles = NULL, profile;
    ULONG count = 0, at;
    char space[16];
    SECURITY_STATUS status = SaslEnumerateProfilesA(&profiles, &count);

    mechanisms->count = 0;
    if (status != SEC_E_OK) {
        fprintf(stderr, "SaslEnumerateProfiles: %s\n", status_name(status, space));
        return;
    }
    profile = profiles; /* names one after another, each with its NUL */
    for (at = 0; at < count; at++) {
        add(mechanisms, profile);
        profile += strlen(profile) + 1;
    }
    FreeContextBuffer(profiles);
}

void mechanisms_close(struct mechanisms *mechanisms)
{
    while (mechanisms->count > 0)
        FreeCredentialsHandle(&mechanisms->list[--mechanisms->count].credential);
}

struct mechanism *mechanisms_find(struct mechanisms *mechanisms, const char *name)
{
    size_t at;
    for (at = 0; at < mechanisms->count; at++) {
        if (same_word(mechanisms->list[at].name, name))
            return &mechanisms->list[at];
    }
    return NULL;
}
