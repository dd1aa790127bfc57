/* Sizes and offsets of the structures of <sspi.h>, for both word sizes. The compiler checks them; the
 * same file is compiled against other implementations of the header. */

#ifdef _WIN32
#define SECURITY_WIN32
#include <windows.h>
#endif
#include <sspi.h>
#include <stddef.h>
#include <stdio.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define CHECK(condition) typedef char JOIN(check_, __LINE__)[(condition) ? 1 : -1]
#define WORDS(wide, narrow) (sizeof(void *) == 8 ? (wide) : (narrow))
#define SIZE(type, wide, narrow) CHECK(sizeof(type) == WORDS(wide, narrow))
#define PLACE(type, member, wide, narrow) CHECK(offsetof(type, member) == WORDS(wide, narrow))

CHECK(sizeof(void *) == 8 || sizeof(void *) == 4);
SIZE(SECURITY_STATUS, 4, 4);
SIZE(ULONG, 4, 4);
SIZE(DWORD, 4, 4);
SIZE(LONG, 4, 4);
SIZE(USHORT, 2, 2);
SIZE(BYTE, 1, 1);
SIZE(BOOL, 4, 4);
SIZE(BOOLEAN, 1, 1);
SIZE(WCHAR, 2, 2);
SIZE(ULONG_PTR, 8, 4);
SIZE(HANDLE, 8, 4);
SIZE(SASL_AUTHZID_STATE, 4, 4);
CHECK((SECURITY_STATUS)-1 < 0);
CHECK((ULONG)-1 > 0);

SIZE(SecHandle, 16, 8);
PLACE(SecHandle, dwLower, 0, 0);
PLACE(SecHandle, dwUpper, 8, 4);
SIZE(CredHandle, 16, 8);
SIZE(CtxtHandle, 16, 8);
SIZE(SECURITY_INTEGER, 8, 8);
SIZE(TimeStamp, 8, 8);
PLACE(TimeStamp, LowPart, 0, 0);
PLACE(TimeStamp, HighPart, 4, 4);

SIZE(SecBuffer, 16, 12);
PLACE(SecBuffer, cbBuffer, 0, 0);
PLACE(SecBuffer, BufferType, 4, 4);
PLACE(SecBuffer, pvBuffer, 8, 8);
SIZE(SecBufferDesc, 16, 12);
PLACE(SecBufferDesc, ulVersion, 0, 0);
PLACE(SecBufferDesc, cBuffers, 4, 4);
PLACE(SecBufferDesc, pBuffers, 8, 8);

SIZE(SecPkgInfoA, 32, 20);
PLACE(SecPkgInfoA, fCapabilities, 0, 0);
PLACE(SecPkgInfoA, wVersion, 4, 4);
PLACE(SecPkgInfoA, wRPCID, 6, 6);
PLACE(SecPkgInfoA, cbMaxToken, 8, 8);
PLACE(SecPkgInfoA, Name, 16, 12);
PLACE(SecPkgInfoA, Comment, 24, 16);
SIZE(SecPkgInfoW, 32, 20);
PLACE(SecPkgInfoW, Comment, 24, 16);

SIZE(SecPkgContext_Sizes, 16, 16);
PLACE(SecPkgContext_Sizes, cbMaxSignature, 4, 4);
PLACE(SecPkgContext_Sizes, cbBlockSize, 8, 8);
PLACE(SecPkgContext_Sizes, cbSecurityTrailer, 12, 12);
SIZE(SecPkgContext_StreamSizes, 20, 20);
PLACE(SecPkgContext_StreamSizes, cbMaximumMessage, 8, 8);
PLACE(SecPkgContext_StreamSizes, cbBlockSize, 16, 16);
SIZE(SecPkgContext_KeyInfoA, 32, 20);
PLACE(SecPkgContext_KeyInfoA, KeySize, 16, 8);
PLACE(SecPkgContext_KeyInfoA, EncryptAlgorithm, 24, 16);
SIZE(SecPkgContext_KeyInfoW, 32, 20);
SIZE(SecPkgContext_NamesA, 8, 4);
SIZE(SecPkgContext_NamesW, 8, 4);
SIZE(SecPkgContext_AuthorityA, 8, 4);
SIZE(SecPkgContext_AuthorityW, 8, 4);
SIZE(SecPkgContext_Lifespan, 16, 16);
PLACE(SecPkgContext_Lifespan, tsExpiry, 8, 8);
SIZE(SecPkgContext_PasswordExpiry, 8, 8);
SIZE(SecPkgContext_Flags, 4, 4);
SIZE(SecPkgContext_UserFlags, 4, 4);
SIZE(SecPkgContext_SessionKey, 16, 8);
PLACE(SecPkgContext_SessionKey, SessionKey, 8, 4);
SIZE(SecPkgContext_PackageInfoA, 8, 4);
SIZE(SecPkgContext_PackageInfoW, 8, 4);
SIZE(SecPkgContext_NegotiationInfoA, 16, 8);
SIZE(SecPkgContext_NegotiationInfoW, 16, 8);
PLACE(SecPkgContext_NegotiationInfoW, NegotiationState, 8, 4);
SIZE(SecPkgContext_NativeNamesW, 16, 8);
SIZE(SecPkgContext_ProtoInfoW, 16, 12);
SIZE(SecPkgContext_DceInfo, 16, 8);
SIZE(SecPkgContext_Target, 16, 8);
PLACE(SecPkgContext_Target, Target, 8, 4);
SIZE(SecPkgContext_AuthzID, 16, 8);
SIZE(SecPkgContext_ClientSpecifiedTarget, 8, 4);
SIZE(SecPkgContext_AccessToken, 8, 4);
SIZE(SecPkgCredentials_NamesA, 8, 4);
SIZE(SecPkgCredentials_NamesW, 8, 4);
#ifdef SECUR32_H /* this library's own */
SIZE(Secur32Credentials_Logins, 16, 16);
#endif
SIZE(SEC_CHANNEL_BINDINGS, 32, 32);
PLACE(SEC_CHANNEL_BINDINGS, dwApplicationDataOffset, 28, 28);
SIZE(SECURITY_PACKAGE_OPTIONS, 24, 20);

SIZE(SEC_WINNT_AUTH_IDENTITY_A, 48, 28);
PLACE(SEC_WINNT_AUTH_IDENTITY_A, Flags, 44, 24);
SIZE(SEC_WINNT_AUTH_IDENTITY_W, 48, 28);
PLACE(SEC_WINNT_AUTH_IDENTITY_W, UserLength, 8, 4);
PLACE(SEC_WINNT_AUTH_IDENTITY_W, Domain, 16, 8);
PLACE(SEC_WINNT_AUTH_IDENTITY_W, Password, 32, 16);
PLACE(SEC_WINNT_AUTH_IDENTITY_W, Flags, 44, 24);
SIZE(SEC_WINNT_AUTH_IDENTITY_EXA, 72, 44);
SIZE(SEC_WINNT_AUTH_IDENTITY_EXW, 72, 44);
PLACE(SEC_WINNT_AUTH_IDENTITY_EXW, User, 8, 8);
PLACE(SEC_WINNT_AUTH_IDENTITY_EXW, Flags, 52, 32);
PLACE(SEC_WINNT_AUTH_IDENTITY_EXW, PackageList, 56, 36);
PLACE(SEC_WINNT_AUTH_IDENTITY_EXW, PackageListLength, 64, 40);
SIZE(SEC_WINNT_AUTH_IDENTITY_EX2, 48, 48);
PLACE(SEC_WINNT_AUTH_IDENTITY_EX2, cbHeaderLength, 4, 4);
PLACE(SEC_WINNT_AUTH_IDENTITY_EX2, cbStructureLength, 8, 8);
PLACE(SEC_WINNT_AUTH_IDENTITY_EX2, UserOffset, 12, 12);
PLACE(SEC_WINNT_AUTH_IDENTITY_EX2, PackedCredentialsOffset, 28, 28);
PLACE(SEC_WINNT_AUTH_IDENTITY_EX2, Flags, 36, 36);
PLACE(SEC_WINNT_AUTH_IDENTITY_EX2, PackageListLength, 44, 44);

/* The function tables: places are counted in words, and dwVersion takes the first. */
#define SLOT(table, member, number) CHECK(offsetof(table, member) == (number) * sizeof(void *))

SLOT(SecurityFunctionTableA, EnumerateSecurityPackagesA, 1);
SLOT(SecurityFunctionTableA, QueryCredentialsAttributesA, 2);
SLOT(SecurityFunctionTableA, AcquireCredentialsHandleA, 3);
SLOT(SecurityFunctionTableA, FreeCredentialsHandle, 4);
SLOT(SecurityFunctionTableA, Reserved2, 5);
SLOT(SecurityFunctionTableA, InitializeSecurityContextA, 6);
SLOT(SecurityFunctionTableA, AcceptSecurityContext, 7);
SLOT(SecurityFunctionTableA, CompleteAuthToken, 8);
SLOT(SecurityFunctionTableA, DeleteSecurityContext, 9);
SLOT(SecurityFunctionTableA, ApplyControlToken, 10);
SLOT(SecurityFunctionTableA, QueryContextAttributesA, 11);
SLOT(SecurityFunctionTableA, ImpersonateSecurityContext, 12);
SLOT(SecurityFunctionTableA, RevertSecurityContext, 13);
SLOT(SecurityFunctionTableA, MakeSignature, 14);
SLOT(SecurityFunctionTableA, VerifySignature, 15);
SLOT(SecurityFunctionTableA, FreeContextBuffer, 16);
SLOT(SecurityFunctionTableA, QuerySecurityPackageInfoA, 17);
SLOT(SecurityFunctionTableA, Reserved3, 18);
SLOT(SecurityFunctionTableA, Reserved4, 19);
SLOT(SecurityFunctionTableA, ExportSecurityContext, 20);
SLOT(SecurityFunctionTableA, ImportSecurityContextA, 21);
SLOT(SecurityFunctionTableA, AddCredentialsA, 22);
SLOT(SecurityFunctionTableA, Reserved8, 23);
SLOT(SecurityFunctionTableA, QuerySecurityContextToken, 24);
SLOT(SecurityFunctionTableA, EncryptMessage, 25);
SLOT(SecurityFunctionTableA, DecryptMessage, 26);
SLOT(SecurityFunctionTableA, SetContextAttributesA, 27);
SLOT(SecurityFunctionTableA, SetCredentialsAttributesA, 28);
SLOT(SecurityFunctionTableA, ChangeAccountPasswordA, 29);
SLOT(SecurityFunctionTableA, QueryContextAttributesExA, 30);
SLOT(SecurityFunctionTableA, QueryCredentialsAttributesExA, 31);
CHECK(sizeof(SecurityFunctionTableA) == 32 * sizeof(void *));

SLOT(SecurityFunctionTableW, EnumerateSecurityPackagesW, 1);
SLOT(SecurityFunctionTableW, QueryCredentialsAttributesW, 2);
SLOT(SecurityFunctionTableW, AcquireCredentialsHandleW, 3);
SLOT(SecurityFunctionTableW, FreeCredentialsHandle, 4);
SLOT(SecurityFunctionTableW, Reserved2, 5);
SLOT(SecurityFunctionTableW, InitializeSecurityContextW, 6);
SLOT(SecurityFunctionTableW, AcceptSecurityContext, 7);
SLOT(SecurityFunctionTableW, CompleteAuthToken, 8);
SLOT(SecurityFunctionTableW, DeleteSecurityContext, 9);
SLOT(SecurityFunctionTableW, ApplyControlToken, 10);
SLOT(SecurityFunctionTableW, QueryContextAttributesW, 11);
SLOT(SecurityFunctionTableW, ImpersonateSecurityContext, 12);
SLOT(SecurityFunctionTableW, RevertSecurityContext, 13);
SLOT(SecurityFunctionTableW, MakeSignature, 14);
SLOT(SecurityFunctionTableW, VerifySignature, 15);
SLOT(SecurityFunctionTableW, FreeContextBuffer, 16);
SLOT(SecurityFunctionTableW, QuerySecurityPackageInfoW, 17);
SLOT(SecurityFunctionTableW, Reserved3, 18);
SLOT(SecurityFunctionTableW, Reserved4, 19);
SLOT(SecurityFunctionTableW, ExportSecurityContext, 20);
SLOT(SecurityFunctionTableW, ImportSecurityContextW, 21);
SLOT(SecurityFunctionTableW, AddCredentialsW, 22);
SLOT(SecurityFunctionTableW, Reserved8, 23);
SLOT(SecurityFunctionTableW, QuerySecurityContextToken, 24);
SLOT(SecurityFunctionTableW, EncryptMessage, 25);
SLOT(SecurityFunctionTableW, DecryptMessage, 26);
SLOT(SecurityFunctionTableW, SetContextAttributesW, 27);
SLOT(SecurityFunctionTableW, SetCredentialsAttributesW, 28);
SLOT(SecurityFunctionTableW, ChangeAccountPasswordW, 29);
SLOT(SecurityFunctionTableW, QueryContextAttributesExW, 30);
SLOT(SecurityFunctionTableW, QueryCredentialsAttributesExW, 31);
CHECK(sizeof(SecurityFunctionTableW) == 32 * sizeof(void *));

int main(void)
{
    puts("the layout is Windows'");
    return 0;
}
