/* The first calls of this library's server. */

#include "start.h"

void ours_run(const char *path, struct times *times)
{
    char token[1024];
    SecBuffer in = {0, SECBUFFER_TOKEN, NULL}, out = {sizeof token, SECBUFFER_TOKEN, token};
    SecBufferDesc ins = {SECBUFFER_VERSION, 1, &in}, outs = {SECBUFFER_VERSION, 1, &out};
    CredHandle credential;
    CtxtHandle context;
    ULONG attributes;
    void *library = library_open(path);
    FUNCTION(library, AcquireCredentialsHandleA);
    FUNCTION(library, SaslAcceptSecurityContext);
    note(times, LOADED);
    if (the_AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"WDigest", SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                      NULL, &credential, NULL)
        != SEC_E_OK)
        fail("AcquireCredentialsHandle failed");
    note(times, CREDENTIAL);
    if (the_SaslAcceptSecurityContext(&credential, NULL, &ins, 0, SECURITY_NATIVE_DREP, &context, &outs,
                                      &attributes, NULL)
        != SEC_I_CONTINUE_NEEDED)
        fail("SaslAcceptSecurityContext failed");
    note(times, CHALLENGE);
}
