#include "imap_profiles.h"

#include "imap_text.h"

static int binds_to_tls(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && same_word(name + length - 5, "-PLUS");
}

size_t profiles_list(struct profile *list, size_t most)
{
    LPSTR names = NULL, name;
    ULONG count = 0, at;
    size_t used = 0;
    char space[16];
    SECURITY_STATUS status = SaslEnumerateProfilesA(&names, &count);

    if (status != SEC_E_OK) {
        fprintf(stderr, "SaslEnumerateProfiles: %s\n", status_name(status, space));
        return 0;
    }
    name = names; /* one after another, each with its NUL */
    for (at = 0; at < count && used < most; at++) {
        if (!binds_to_tls(name) && strlen(name) < sizeof list[used].name)
            strcpy(list[used++].name, name);
        name += strlen(name) + 1;
    }
    FreeContextBuffer(names);
    return used;
}

SECURITY_STATUS profile_find(struct profile *profile)
{
    SecPkgInfoA *package = NULL;
    SECURITY_STATUS status = SaslGetProfilePackageA(profile->name, &package);
    if (status != SEC_E_OK)
        return status;
    if (strlen(package->Name) < sizeof profile->package)
        strcpy(profile->package, package->Name);
    else
        status = SEC_E_SECPKG_NOT_FOUND;
    profile->form = layer_form_of(package->Name);
    profile->by_system = (package->fCapabilities & (SECPKG_FLAG_GSS_COMPATIBLE | SECPKG_FLAG_STREAM)) != 0;
    FreeContextBuffer(package);
    return status;
}
