#include "imap_mechanisms.h"

#include "imap_text.h"

/* Adds `profile` where there is a credential for it, such as accounts or a keytab. */
static void add(struct mechanisms *mechanisms, struct profile *profile)
{
    struct mechanism *mechanism = &mechanisms->list[mechanisms->count];
    char space[16];
    SECURITY_STATUS status = profile_find(profile);

    if (status == SEC_E_OK)
        status = AcquireCredentialsHandleA(NULL, profile->package, SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                           NULL, &mechanism->credential, NULL);
    if (status != SEC_E_OK) {
        fprintf(stderr, "%s is not offered: %s\n", profile->name, status_name(status, space));
        return;
    }
    mechanism->profile = *profile;
    mechanisms->count++;
}

void mechanisms_open(struct mechanisms *mechanisms)
{
    struct profile profiles[PROFILES_MOST];
    size_t count = profiles_list(profiles, PROFILES_MOST), at;

    mechanisms->count = 0;
    for (at = 0; at < count; at++)
        add(mechanisms, &profiles[at]);
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
        if (same_word(mechanisms->list[at].profile.name, name))
            return &mechanisms->list[at];
    }
    return NULL;
}
