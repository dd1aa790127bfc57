#include "peer.h"

SECURITY_STATUS peer_user(CtxtHandle *context, char *user, size_t room)
{
    SecPkgContext_NamesA names;
    SECURITY_STATUS status = QueryContextAttributesA(context, SECPKG_ATTR_NAMES, &names);
    if (status != SEC_E_OK)
        return status;
    if (strlen(names.sUserName) < room)
        strcpy(user, names.sUserName);
    else
        status = SEC_E_BUFFER_TOO_SMALL;
    FreeContextBuffer(names.sUserName);
    return status;
}

SECURITY_STATUS peer_check_realm(CtxtHandle *context, const char *realm)
{
    SecPkgContext_AuthorityA authority;
    SECURITY_STATUS status;
    if (realm == NULL)
        return SEC_E_OK;
    status = QueryContextAttributesA(context, SECPKG_ATTR_AUTHORITY, &authority);
    if (status != SEC_E_OK)
        return status;
    if (*authority.sAuthorityName != '\0' && strcmp(authority.sAuthorityName, realm) != 0)
        status = SEC_E_LOGON_DENIED;
    FreeContextBuffer(authority.sAuthorityName);
    return status;
}
