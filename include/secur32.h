/* secur32: SASL, SSPI and Digest for C programs written for <sspi.h>.
 *
 * Made by build.rs from def/header and src/ffi: `cargo xtask generate`.
 *
 * On Windows this is the platform's own <sspi.h>, and what some of its versions lack. Elsewhere it
 * stands alone. Every function may be called from any thread. A status is negative for errors; what
 * the library allocates is freed by FreeContextBuffer unless another function is named. */

#ifndef SECUR32_H
#define SECUR32_H

#ifdef _WIN32

#if !defined(SECURITY_WIN32) && !defined(SECURITY_KERNEL) && !defined(SECURITY_MAC)
#define SECURITY_WIN32
#endif
#include <windows.h>
#include <sspi.h>
#define SECUR32_WIDE(literal) L##literal

#else /* _WIN32 */

/* Windows' words for C's types, as wide as on Windows: ULONG, DWORD and LONG have 32 bits also where
 * C's long has 64, so say ULONG rather than unsigned long. Programs that have these words from
 * elsewhere define SECUR32_NO_WINDOWS_TYPES. */

#include <stddef.h>
#include <stdint.h>

#ifndef SECUR32_NO_WINDOWS_TYPES

/* 16 bits, UTF-16 in the machine's byte order: L"" strings fit with -fshort-wchar, else u"" strings
 * (C11, C++11). Older standards have no literals of this width without -fshort-wchar: there arrays do,
 * or the functions that end in A. */
#if WCHAR_MAX == 0xFFFF || WCHAR_MAX == 0x7FFF
typedef wchar_t WCHAR;
#elif defined(__cplusplus) && __cplusplus >= 201103L
typedef char16_t WCHAR;
#else
typedef uint16_t WCHAR;
#endif

typedef char CHAR;
typedef unsigned char UCHAR;
typedef unsigned char BYTE;
typedef unsigned char BOOLEAN;
typedef int BOOL;
typedef int16_t SHORT;
typedef uint16_t USHORT;
typedef uint16_t WORD;
typedef int INT;
typedef unsigned int UINT;
typedef int32_t LONG;
typedef uint32_t ULONG;
typedef uint32_t DWORD;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef intptr_t INT_PTR;
typedef uintptr_t UINT_PTR;
typedef intptr_t LONG_PTR;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t DWORD_PTR;
typedef size_t SIZE_T;
typedef LONG HRESULT;
typedef LONG NTSTATUS;

typedef void *PVOID;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef void *HANDLE;
typedef HANDLE *PHANDLE;
typedef CHAR *PCHAR;
typedef UCHAR *PUCHAR;
typedef BYTE *PBYTE;
typedef BYTE *LPBYTE;
typedef BOOLEAN *PBOOLEAN;
typedef BOOL *PBOOL;
typedef USHORT *PUSHORT;
typedef LONG *PLONG;
typedef ULONG *PULONG;
typedef DWORD *PDWORD;
typedef DWORD *LPDWORD;
typedef ULONG_PTR *PULONG_PTR;

typedef CHAR *PSTR;
typedef CHAR *LPSTR;
typedef const CHAR *PCSTR;
typedef const CHAR *LPCSTR;
typedef WCHAR *PWCHAR;
typedef WCHAR *PWSTR;
typedef WCHAR *LPWSTR;
typedef const WCHAR *PCWSTR;
typedef const WCHAR *LPCWSTR;

#ifdef UNICODE
typedef WCHAR TCHAR;
typedef LPWSTR LPTSTR;
typedef LPCWSTR LPCTSTR;
#else
typedef CHAR TCHAR;
typedef LPSTR LPTSTR;
typedef LPCSTR LPCTSTR;
#endif

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef WINAPI
#define WINAPI
#endif
#ifndef CALLBACK
#define CALLBACK
#endif
#ifndef NTAPI
#define NTAPI
#endif

#endif /* SECUR32_NO_WINDOWS_TYPES */

#ifndef SUCCEEDED
#define SUCCEEDED(status) ((HRESULT)(status) >= 0)
#endif
#ifndef FAILED
#define FAILED(status) ((HRESULT)(status) < 0)
#endif
#ifndef NT_SUCCESS
#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#endif

/* A literal of TCHARs. */
#ifndef TEXT
#ifdef UNICODE
#define TEXT(literal) SECUR32_WIDE(literal)
#else
#define TEXT(literal) literal
#endif
#endif

/* A literal of WCHARs. */
#if WCHAR_MAX == 0xFFFF || WCHAR_MAX == 0x7FFF
#define SECUR32_WIDE(literal) L##literal
#else
#define SECUR32_WIDE(literal) u##literal
#endif

typedef LONG SECURITY_STATUS;
typedef CHAR SEC_CHAR;
typedef WCHAR SEC_WCHAR;
typedef TCHAR SEC_TCHAR;

#define SEC_ENTRY
#define SEC_FAR
#define SEC_TEXT TEXT

#ifdef UNICODE
typedef SEC_WCHAR *SECURITY_PSTR;
typedef const SEC_WCHAR *SECURITY_PCSTR;
#else
typedef SEC_CHAR *SECURITY_PSTR;
typedef const SEC_CHAR *SECURITY_PCSTR;
#endif

/* What the functions return. A negative status is an error. */
#define SEC_E_OK ((SECURITY_STATUS)0x00000000)
#define SEC_I_CONTINUE_NEEDED ((SECURITY_STATUS)0x00090312)
#define SEC_I_COMPLETE_NEEDED ((SECURITY_STATUS)0x00090313)
#define SEC_I_COMPLETE_AND_CONTINUE ((SECURITY_STATUS)0x00090314)
#define SEC_I_LOCAL_LOGON ((SECURITY_STATUS)0x00090315)
#define SEC_I_CONTEXT_EXPIRED ((SECURITY_STATUS)0x00090317)
#define SEC_I_INCOMPLETE_CREDENTIALS ((SECURITY_STATUS)0x00090320)
#define SEC_I_RENEGOTIATE ((SECURITY_STATUS)0x00090321)
#define SEC_I_NO_LSA_CONTEXT ((SECURITY_STATUS)0x00090323)
#define SEC_I_SIGNATURE_NEEDED ((SECURITY_STATUS)0x0009035C)
#define SEC_E_INSUFFICIENT_MEMORY ((SECURITY_STATUS)0x80090300)
#define SEC_E_INVALID_HANDLE ((SECURITY_STATUS)0x80090301)
#define SEC_E_UNSUPPORTED_FUNCTION ((SECURITY_STATUS)0x80090302)
#define SEC_E_TARGET_UNKNOWN ((SECURITY_STATUS)0x80090303)
#define SEC_E_INTERNAL_ERROR ((SECURITY_STATUS)0x80090304)
#define SEC_E_SECPKG_NOT_FOUND ((SECURITY_STATUS)0x80090305)
#define SEC_E_NOT_OWNER ((SECURITY_STATUS)0x80090306)
#define SEC_E_CANNOT_INSTALL ((SECURITY_STATUS)0x80090307)
#define SEC_E_INVALID_TOKEN ((SECURITY_STATUS)0x80090308)
#define SEC_E_CANNOT_PACK ((SECURITY_STATUS)0x80090309)
#define SEC_E_QOP_NOT_SUPPORTED ((SECURITY_STATUS)0x8009030A)
#define SEC_E_NO_IMPERSONATION ((SECURITY_STATUS)0x8009030B)
#define SEC_E_LOGON_DENIED ((SECURITY_STATUS)0x8009030C)
#define SEC_E_UNKNOWN_CREDENTIALS ((SECURITY_STATUS)0x8009030D)
#define SEC_E_NO_CREDENTIALS ((SECURITY_STATUS)0x8009030E)
#define SEC_E_MESSAGE_ALTERED ((SECURITY_STATUS)0x8009030F)
#define SEC_E_OUT_OF_SEQUENCE ((SECURITY_STATUS)0x80090310)
#define SEC_E_NO_AUTHENTICATING_AUTHORITY ((SECURITY_STATUS)0x80090311)
#define SEC_E_BAD_PKGID ((SECURITY_STATUS)0x80090316)
#define SEC_E_CONTEXT_EXPIRED ((SECURITY_STATUS)0x80090317)
#define SEC_E_INCOMPLETE_MESSAGE ((SECURITY_STATUS)0x80090318)
#define SEC_E_INCOMPLETE_CREDENTIALS ((SECURITY_STATUS)0x80090320)
#define SEC_E_BUFFER_TOO_SMALL ((SECURITY_STATUS)0x80090321)
#define SEC_E_WRONG_PRINCIPAL ((SECURITY_STATUS)0x80090322)
#define SEC_E_TIME_SKEW ((SECURITY_STATUS)0x80090324)
#define SEC_E_UNTRUSTED_ROOT ((SECURITY_STATUS)0x80090325)
#define SEC_E_ILLEGAL_MESSAGE ((SECURITY_STATUS)0x80090326)
#define SEC_E_CERT_UNKNOWN ((SECURITY_STATUS)0x80090327)
#define SEC_E_CERT_EXPIRED ((SECURITY_STATUS)0x80090328)
#define SEC_E_ENCRYPT_FAILURE ((SECURITY_STATUS)0x80090329)
#define SEC_E_DECRYPT_FAILURE ((SECURITY_STATUS)0x80090330)
#define SEC_E_ALGORITHM_MISMATCH ((SECURITY_STATUS)0x80090331)
#define SEC_E_SECURITY_QOS_FAILED ((SECURITY_STATUS)0x80090332)
#define SEC_E_UNFINISHED_CONTEXT_DELETED ((SECURITY_STATUS)0x80090333)
#define SEC_E_NO_TGT_REPLY ((SECURITY_STATUS)0x80090334)
#define SEC_E_NO_IP_ADDRESSES ((SECURITY_STATUS)0x80090335)
#define SEC_E_WRONG_CREDENTIAL_HANDLE ((SECURITY_STATUS)0x80090336)
#define SEC_E_CRYPTO_SYSTEM_INVALID ((SECURITY_STATUS)0x80090337)
#define SEC_E_MAX_REFERRALS_EXCEEDED ((SECURITY_STATUS)0x80090338)
#define SEC_E_MUST_BE_KDC ((SECURITY_STATUS)0x80090339)
#define SEC_E_STRONG_CRYPTO_NOT_SUPPORTED ((SECURITY_STATUS)0x8009033A)
#define SEC_E_TOO_MANY_PRINCIPALS ((SECURITY_STATUS)0x8009033B)
#define SEC_E_NO_PA_DATA ((SECURITY_STATUS)0x8009033C)
#define SEC_E_PKINIT_NAME_MISMATCH ((SECURITY_STATUS)0x8009033D)
#define SEC_E_SMARTCARD_LOGON_REQUIRED ((SECURITY_STATUS)0x8009033E)
#define SEC_E_SHUTDOWN_IN_PROGRESS ((SECURITY_STATUS)0x8009033F)
#define SEC_E_KDC_INVALID_REQUEST ((SECURITY_STATUS)0x80090340)
#define SEC_E_KDC_UNABLE_TO_REFER ((SECURITY_STATUS)0x80090341)
#define SEC_E_KDC_UNKNOWN_ETYPE ((SECURITY_STATUS)0x80090342)
#define SEC_E_UNSUPPORTED_PREAUTH ((SECURITY_STATUS)0x80090343)
#define SEC_E_DELEGATION_REQUIRED ((SECURITY_STATUS)0x80090345)
#define SEC_E_BAD_BINDINGS ((SECURITY_STATUS)0x80090346)
#define SEC_E_MULTIPLE_ACCOUNTS ((SECURITY_STATUS)0x80090347)
#define SEC_E_NO_KERB_KEY ((SECURITY_STATUS)0x80090348)
#define SEC_E_CERT_WRONG_USAGE ((SECURITY_STATUS)0x80090349)
#define SEC_E_DOWNGRADE_DETECTED ((SECURITY_STATUS)0x80090350)
#define SEC_E_SMARTCARD_CERT_REVOKED ((SECURITY_STATUS)0x80090351)
#define SEC_E_ISSUING_CA_UNTRUSTED ((SECURITY_STATUS)0x80090352)
#define SEC_E_REVOCATION_OFFLINE_C ((SECURITY_STATUS)0x80090353)
#define SEC_E_PKINIT_CLIENT_FAILURE ((SECURITY_STATUS)0x80090354)
#define SEC_E_SMARTCARD_CERT_EXPIRED ((SECURITY_STATUS)0x80090355)
#define SEC_E_NO_S4U_PROT_SUPPORT ((SECURITY_STATUS)0x80090356)
#define SEC_E_CROSSREALM_DELEGATION_FAILURE ((SECURITY_STATUS)0x80090357)
#define SEC_E_REVOCATION_OFFLINE_KDC ((SECURITY_STATUS)0x80090358)
#define SEC_E_ISSUING_CA_UNTRUSTED_KDC ((SECURITY_STATUS)0x80090359)
#define SEC_E_KDC_CERT_EXPIRED ((SECURITY_STATUS)0x8009035A)
#define SEC_E_KDC_CERT_REVOKED ((SECURITY_STATUS)0x8009035B)
#define SEC_E_INVALID_PARAMETER ((SECURITY_STATUS)0x8009035D)
#define SEC_E_DELEGATION_POLICY ((SECURITY_STATUS)0x8009035E)
#define SEC_E_POLICY_NLTM_ONLY ((SECURITY_STATUS)0x8009035F)
#define SEC_E_NO_CONTEXT ((SECURITY_STATUS)0x80090361)
#define SEC_E_PKU2U_CERT_FAILURE ((SECURITY_STATUS)0x80090362)
#define SEC_E_MUTUAL_AUTH_FAILED ((SECURITY_STATUS)0x80090363)
#define SEC_E_ONLY_HTTPS_ALLOWED ((SECURITY_STATUS)0x80090365)
#define SEC_E_APPLICATION_PROTOCOL_MISMATCH ((SECURITY_STATUS)0x80090367)
#define SEC_E_INVALID_UPN_NAME ((SECURITY_STATUS)0x80090369)
#define SEC_E_EXT_BUFFER_TOO_SMALL ((SECURITY_STATUS)0x8009036A)
#define SEC_E_INSUFFICIENT_BUFFERS ((SECURITY_STATUS)0x8009036B)
#define SEC_E_NOT_SUPPORTED SEC_E_UNSUPPORTED_FUNCTION
#define SEC_E_NO_SPM SEC_E_INTERNAL_ERROR

/* SecBuffer.BufferType: the type, and attributes of the buffer in its upper four bits. */
#define SECBUFFER_VERSION 0
#define SECBUFFER_EMPTY 0
#define SECBUFFER_DATA 1
#define SECBUFFER_TOKEN 2
#define SECBUFFER_PKG_PARAMS 3
#define SECBUFFER_MISSING 4
#define SECBUFFER_EXTRA 5
#define SECBUFFER_STREAM_TRAILER 6
#define SECBUFFER_STREAM_HEADER 7
#define SECBUFFER_NEGOTIATION_INFO 8
#define SECBUFFER_PADDING 9
#define SECBUFFER_STREAM 10
#define SECBUFFER_MECHLIST 11
#define SECBUFFER_MECHLIST_SIGNATURE 12
#define SECBUFFER_TARGET 13
#define SECBUFFER_CHANNEL_BINDINGS 14
#define SECBUFFER_CHANGE_PASS_RESPONSE 15
#define SECBUFFER_TARGET_HOST 16
#define SECBUFFER_ALERT 17
#define SECBUFFER_APPLICATION_PROTOCOLS 18
#define SECBUFFER_SRTP_PROTECTION_PROFILES 19
#define SECBUFFER_SRTP_MASTER_KEY_IDENTIFIER 20
#define SECBUFFER_TOKEN_BINDING 21
#define SECBUFFER_PRESHARED_KEY 22
#define SECBUFFER_PRESHARED_KEY_IDENTITY 23
#define SECBUFFER_DTLS_MTU 24
#define SECBUFFER_SEND_GENERIC_TLS_EXTENSION 25
#define SECBUFFER_SUBSCRIBE_GENERIC_TLS_EXTENSION 26
#define SECBUFFER_FLAGS 27
#define SECBUFFER_TRAFFIC_SECRETS 28
#define SECBUFFER_ATTRMASK 0xF0000000
#define SECBUFFER_READONLY 0x80000000
#define SECBUFFER_READONLY_WITH_CHECKSUM 0x10000000
#define SECBUFFER_RESERVED 0x60000000

/* TargetDataRep. */
#define SECURITY_NATIVE_DREP 0x00000010
#define SECURITY_NETWORK_DREP 0x00000000

/* fQOP of EncryptMessage, *pfQOP of DecryptMessage. */
#define SECQOP_WRAP_NO_ENCRYPT 0x80000001
#define SECQOP_WRAP_OOB_DATA 0x40000000

/* fCredentialUse. */
#define SECPKG_CRED_INBOUND 0x00000001
#define SECPKG_CRED_OUTBOUND 0x00000002
#define SECPKG_CRED_BOTH 0x00000003
#define SECPKG_CRED_DEFAULT 0x00000004
#define SECPKG_CRED_RESERVED 0xF0000000
#define SECPKG_CRED_AUTOLOGON_RESTRICTED 0x00000010
#define SECPKG_CRED_PROCESS_POLICY_ONLY 0x00000020

/* QueryCredentialsAttributes. */
#define SECPKG_CRED_ATTR_NAMES 1
#define SECPKG_CRED_ATTR_SSI_PROVIDER 2
#define SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS 3
#define SECPKG_CRED_ATTR_CERT 4
#define SECPKG_CRED_ATTR_PAC_BYPASS 5

/* QueryContextAttributes. */
#define SECPKG_ATTR_SIZES 0
#define SECPKG_ATTR_NAMES 1
#define SECPKG_ATTR_LIFESPAN 2
#define SECPKG_ATTR_DCE_INFO 3
#define SECPKG_ATTR_STREAM_SIZES 4
#define SECPKG_ATTR_KEY_INFO 5
#define SECPKG_ATTR_AUTHORITY 6
#define SECPKG_ATTR_PROTO_INFO 7
#define SECPKG_ATTR_PASSWORD_EXPIRY 8
#define SECPKG_ATTR_SESSION_KEY 9
#define SECPKG_ATTR_PACKAGE_INFO 10
#define SECPKG_ATTR_USER_FLAGS 11
#define SECPKG_ATTR_NEGOTIATION_INFO 12
#define SECPKG_ATTR_NATIVE_NAMES 13
#define SECPKG_ATTR_FLAGS 14
#define SECPKG_ATTR_USE_VALIDATED 15
#define SECPKG_ATTR_CREDENTIAL_NAME 16
#define SECPKG_ATTR_TARGET_INFORMATION 17
#define SECPKG_ATTR_ACCESS_TOKEN 18
#define SECPKG_ATTR_TARGET 19
#define SECPKG_ATTR_AUTHENTICATION_ID 20
#define SECPKG_ATTR_LOGOFF_TIME 21
#define SECPKG_ATTR_NEGO_KEYS 22
#define SECPKG_ATTR_PROMPTING_NEEDED 24
#define SECPKG_ATTR_UNIQUE_BINDINGS 25
#define SECPKG_ATTR_ENDPOINT_BINDINGS 26
#define SECPKG_ATTR_CLIENT_SPECIFIED_TARGET 27
#define SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS 30
#define SECPKG_ATTR_NEGO_PKG_INFO 31
#define SECPKG_ATTR_NEGO_STATUS 32
#define SECPKG_ATTR_CONTEXT_DELETED 33
#define SECPKG_ATTR_DTLS_MTU 34
#define SECPKG_ATTR_DATAGRAM_SIZES SECPKG_ATTR_STREAM_SIZES
#define SECPKG_ATTR_SUBJECT_SECURITY_ATTRIBUTES 128
#define SECPKG_ATTR_APPLICATION_PROTOCOL 35
#define SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS 36
#define SECPKG_ATTR_IS_LOOPBACK 37

/* SecPkgContext_NegotiationInfo.NegotiationState. */
#define SECPKG_NEGOTIATION_COMPLETE 0
#define SECPKG_NEGOTIATION_OPTIMISTIC 1
#define SECPKG_NEGOTIATION_IN_PROGRESS 2
#define SECPKG_NEGOTIATION_DIRECT 3
#define SECPKG_NEGOTIATION_TRY_MULTICRED 4

/* SecPkgInfo.fCapabilities. */
#define SECPKG_FLAG_INTEGRITY 0x00000001
#define SECPKG_FLAG_PRIVACY 0x00000002
#define SECPKG_FLAG_TOKEN_ONLY 0x00000004
#define SECPKG_FLAG_DATAGRAM 0x00000008
#define SECPKG_FLAG_CONNECTION 0x00000010
#define SECPKG_FLAG_MULTI_REQUIRED 0x00000020
#define SECPKG_FLAG_CLIENT_ONLY 0x00000040
#define SECPKG_FLAG_EXTENDED_ERROR 0x00000080
#define SECPKG_FLAG_IMPERSONATION 0x00000100
#define SECPKG_FLAG_ACCEPT_WIN32_NAME 0x00000200
#define SECPKG_FLAG_STREAM 0x00000400
#define SECPKG_FLAG_NEGOTIABLE 0x00000800
#define SECPKG_FLAG_GSS_COMPATIBLE 0x00001000
#define SECPKG_FLAG_LOGON 0x00002000
#define SECPKG_FLAG_ASCII_BUFFERS 0x00004000
#define SECPKG_FLAG_FRAGMENT 0x00008000
#define SECPKG_FLAG_MUTUAL_AUTH 0x00010000
#define SECPKG_FLAG_DELEGATION 0x00020000
#define SECPKG_FLAG_READONLY_WITH_CHECKSUM 0x00040000
#define SECPKG_FLAG_RESTRICTED_TOKENS 0x00080000
#define SECPKG_FLAG_NEGO_EXTENDER 0x00100000
#define SECPKG_FLAG_NEGOTIABLE2 0x00200000
#define SECPKG_FLAG_APPCONTAINER_PASSTHROUGH 0x00400000
#define SECPKG_FLAG_APPCONTAINER_CHECKS 0x00800000
#define SECPKG_FLAG_CREDENTIAL_ISOLATION_ENABLED 0x01000000
#define SECPKG_FLAG_APPLY_LOOPBACK 0x02000000

/* SecPkgInfo.wRPCID of a package without a number. */
#define SECPKG_ID_NONE 0xFFFF

/* ExportSecurityContext. */
#define SECPKG_CONTEXT_EXPORT_RESET_NEW 0x00000001
#define SECPKG_CONTEXT_EXPORT_DELETE_OLD 0x00000002
#define SECPKG_CONTEXT_EXPORT_TO_KERNEL 0x00000004

/* fContextReq of the functions that accept; the numbers differ from those that initialize. */
#define ASC_REQ_DELEGATE 0x00000001
#define ASC_REQ_MUTUAL_AUTH 0x00000002
#define ASC_REQ_REPLAY_DETECT 0x00000004
#define ASC_REQ_SEQUENCE_DETECT 0x00000008
#define ASC_REQ_CONFIDENTIALITY 0x00000010
#define ASC_REQ_USE_SESSION_KEY 0x00000020
#define ASC_REQ_SESSION_TICKET 0x00000040
#define ASC_REQ_ALLOCATE_MEMORY 0x00000100
#define ASC_REQ_USE_DCE_STYLE 0x00000200
#define ASC_REQ_DATAGRAM 0x00000400
#define ASC_REQ_CONNECTION 0x00000800
#define ASC_REQ_CALL_LEVEL 0x00001000
#define ASC_REQ_FRAGMENT_SUPPLIED 0x00002000
#define ASC_REQ_EXTENDED_ERROR 0x00008000
#define ASC_REQ_STREAM 0x00010000
#define ASC_REQ_INTEGRITY 0x00020000
#define ASC_REQ_LICENSING 0x00040000
#define ASC_REQ_IDENTIFY 0x00080000
#define ASC_REQ_ALLOW_NULL_SESSION 0x00100000
#define ASC_REQ_ALLOW_NON_USER_LOGONS 0x00200000
#define ASC_REQ_ALLOW_CONTEXT_REPLAY 0x00400000
#define ASC_REQ_FRAGMENT_TO_FIT 0x00800000
#define ASC_REQ_NO_TOKEN 0x01000000
#define ASC_REQ_PROXY_BINDINGS 0x04000000
#define ASC_REQ_ALLOW_MISSING_BINDINGS 0x10000000

/* *pfContextAttr of the functions that accept. */
#define ASC_RET_DELEGATE 0x00000001
#define ASC_RET_MUTUAL_AUTH 0x00000002
#define ASC_RET_REPLAY_DETECT 0x00000004
#define ASC_RET_SEQUENCE_DETECT 0x00000008
#define ASC_RET_CONFIDENTIALITY 0x00000010
#define ASC_RET_USE_SESSION_KEY 0x00000020
#define ASC_RET_SESSION_TICKET 0x00000040
#define ASC_RET_ALLOCATED_MEMORY 0x00000100
#define ASC_RET_USED_DCE_STYLE 0x00000200
#define ASC_RET_DATAGRAM 0x00000400
#define ASC_RET_CONNECTION 0x00000800
#define ASC_RET_CALL_LEVEL 0x00002000
#define ASC_RET_THIRD_LEG_FAILED 0x00004000
#define ASC_RET_EXTENDED_ERROR 0x00008000
#define ASC_RET_STREAM 0x00010000
#define ASC_RET_INTEGRITY 0x00020000
#define ASC_RET_LICENSING 0x00040000
#define ASC_RET_IDENTIFY 0x00080000
#define ASC_RET_NULL_SESSION 0x00100000
#define ASC_RET_ALLOW_NON_USER_LOGONS 0x00200000
#define ASC_RET_ALLOW_CONTEXT_REPLAY 0x00400000
#define ASC_RET_FRAGMENT_ONLY 0x00800000
#define ASC_RET_NO_TOKEN 0x01000000
#define ASC_RET_NO_ADDITIONAL_TOKEN 0x02000000

/* fContextReq of the functions that initialize. */
#define ISC_REQ_DELEGATE 0x00000001
#define ISC_REQ_MUTUAL_AUTH 0x00000002
#define ISC_REQ_REPLAY_DETECT 0x00000004
#define ISC_REQ_SEQUENCE_DETECT 0x00000008
#define ISC_REQ_CONFIDENTIALITY 0x00000010
#define ISC_REQ_USE_SESSION_KEY 0x00000020
#define ISC_REQ_PROMPT_FOR_CREDS 0x00000040
#define ISC_REQ_USE_SUPPLIED_CREDS 0x00000080
#define ISC_REQ_ALLOCATE_MEMORY 0x00000100
#define ISC_REQ_USE_DCE_STYLE 0x00000200
#define ISC_REQ_DATAGRAM 0x00000400
#define ISC_REQ_CONNECTION 0x00000800
#define ISC_REQ_CALL_LEVEL 0x00001000
#define ISC_REQ_FRAGMENT_SUPPLIED 0x00002000
#define ISC_REQ_EXTENDED_ERROR 0x00004000
#define ISC_REQ_STREAM 0x00008000
#define ISC_REQ_INTEGRITY 0x00010000
#define ISC_REQ_IDENTIFY 0x00020000
#define ISC_REQ_NULL_SESSION 0x00040000
#define ISC_REQ_MANUAL_CRED_VALIDATION 0x00080000
#define ISC_REQ_RESERVED1 0x00100000
#define ISC_REQ_FRAGMENT_TO_FIT 0x00200000
#define ISC_REQ_FORWARD_CREDENTIALS 0x00400000
#define ISC_REQ_NO_INTEGRITY 0x00800000
#define ISC_REQ_USE_HTTP_STYLE 0x01000000
#define ISC_REQ_UNVERIFIED_TARGET_NAME 0x20000000
#define ISC_REQ_CONFIDENTIALITY_ONLY 0x40000000

/* *pfContextAttr of the functions that initialize. */
#define ISC_RET_DELEGATE 0x00000001
#define ISC_RET_MUTUAL_AUTH 0x00000002
#define ISC_RET_REPLAY_DETECT 0x00000004
#define ISC_RET_SEQUENCE_DETECT 0x00000008
#define ISC_RET_CONFIDENTIALITY 0x00000010
#define ISC_RET_USE_SESSION_KEY 0x00000020
#define ISC_RET_USED_COLLECTED_CREDS 0x00000040
#define ISC_RET_USED_SUPPLIED_CREDS 0x00000080
#define ISC_RET_ALLOCATED_MEMORY 0x00000100
#define ISC_RET_USED_DCE_STYLE 0x00000200
#define ISC_RET_DATAGRAM 0x00000400
#define ISC_RET_CONNECTION 0x00000800
#define ISC_RET_INTERMEDIATE_RETURN 0x00001000
#define ISC_RET_CALL_LEVEL 0x00002000
#define ISC_RET_EXTENDED_ERROR 0x00004000
#define ISC_RET_STREAM 0x00008000
#define ISC_RET_INTEGRITY 0x00010000
#define ISC_RET_IDENTIFY 0x00020000
#define ISC_RET_NULL_SESSION 0x00040000
#define ISC_RET_MANUAL_CRED_VALIDATION 0x00080000
#define ISC_RET_RESERVED1 0x00100000
#define ISC_RET_FRAGMENT_ONLY 0x00200000
#define ISC_RET_FORWARD_CREDENTIALS 0x00400000
#define ISC_RET_USED_HTTP_STYLE 0x01000000
#define ISC_RET_NO_ADDITIONAL_TOKEN 0x02000000
#define ISC_RET_REAUTHENTICATION 0x08000000
#define ISC_RET_CONFIDENTIALITY_ONLY 0x40000000

/* SaslSetContextOption, SaslGetContextOption. */
#define SASL_OPTION_SEND_SIZE 1
#define SASL_OPTION_RECV_SIZE 2
#define SASL_OPTION_AUTHZ_STRING 3
#define SASL_OPTION_AUTHZ_PROCESSING 4

/* Identities: Flags, and the versions that begin the longer forms. */
#define SEC_WINNT_AUTH_IDENTITY_VERSION_2 0x201
#define SEC_WINNT_AUTH_IDENTITY_ANSI 0x1
#define SEC_WINNT_AUTH_IDENTITY_UNICODE 0x2
#define SEC_WINNT_AUTH_IDENTITY_VERSION 0x200
#define SEC_WINNT_AUTH_IDENTITY_MARSHALLED 0x4
#define SEC_WINNT_AUTH_IDENTITY_ONLY 0x8
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED 0x10
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED 0x20
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED 0x40
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED 0x80
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_USER 0x20000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_NULL_DOMAIN 0x40000
#define SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER 0x80000
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON 1
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS 2
#define SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM 4

/* dwVersion of the function tables. */
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION 1
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_2 2
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_3 3
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_4 4
#define SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5 5

#ifdef __cplusplus
extern "C" {
#endif

typedef struct _SecHandle CredHandle, *PCredHandle;
typedef struct _SecHandle CtxtHandle, *PCtxtHandle;
typedef struct _SECURITY_INTEGER TimeStamp, *PTimeStamp;

/* An identity in any of its forms, which begin in ways that can be told apart. */
typedef PVOID PSEC_WINNT_AUTH_IDENTITY_OPAQUE;

typedef enum _SASL_AUTHZID_STATE {
    Sasl_AuthZIDForbidden,
    Sasl_AuthZIDProcessed
} SASL_AUTHZID_STATE;

/* A buffer of the caller. */
typedef struct _SecBuffer {
    /* Bytes at `pvBuffer`; set to the bytes written where a function writes. */
    ULONG cbBuffer;
    /* A SECBUFFER type, and attribute bits. */
    ULONG BufferType;
    /* The memory. */
    void *pvBuffer;
} SecBuffer, *PSecBuffer;

/* The buffers of a call. */
typedef struct _SecBufferDesc {
    /* SECBUFFER_VERSION, 0. Not checked. */
    ULONG ulVersion;
    /* Buffers at `pBuffers`, 32 at most. */
    ULONG cBuffers;
    /* The buffers. */
    SecBuffer *pBuffers;
} SecBufferDesc, *PSecBufferDesc;

/* What there is to know of a security package. */
typedef struct _SecPkgInfoW {
    /* SECPKG_FLAG bits. */
    ULONG fCapabilities;
    /* 1. */
    USHORT wVersion;
    /* The RPC number of the package. */
    USHORT wRPCID;
    /* The largest token in bytes. */
    ULONG cbMaxToken;
    /* The name to acquire credentials by. */
    SEC_WCHAR *Name;
    /* A line for people. */
    SEC_WCHAR *Comment;
} SecPkgInfoW, *PSecPkgInfoW;

/* What there is to know of a security package. */
typedef struct _SecPkgInfoA {
    /* SECPKG_FLAG bits. */
    ULONG fCapabilities;
    /* 1. */
    USHORT wVersion;
    /* The RPC number of the package. */
    USHORT wRPCID;
    /* The largest token in bytes. */
    ULONG cbMaxToken;
    /* The name to acquire credentials by. */
    SEC_CHAR *Name;
    /* A line for people. */
    SEC_CHAR *Comment;
} SecPkgInfoA, *PSecPkgInfoA;

/* The classic identity, of UTF-16 text. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_W {
    /* The user's name. */
    unsigned short *User;
    /* Its length in characters. */
    ULONG UserLength;
    /* The domain; NULL lets the server's realm be used. */
    unsigned short *Domain;
    /* Its length in characters. */
    ULONG DomainLength;
    /* The password. */
    unsigned short *Password;
    /* Its length in characters. */
    ULONG PasswordLength;
    /* `SEC_WINNT_AUTH_IDENTITY_UNICODE`, and others of these flags. */
    ULONG Flags;
} SEC_WINNT_AUTH_IDENTITY_W, *PSEC_WINNT_AUTH_IDENTITY_W;

/* The classic identity, of ANSI text. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_A {
    /* The user's name. */
    unsigned char *User;
    /* Its length in characters. */
    ULONG UserLength;
    /* The domain; NULL lets the server's realm be used. */
    unsigned char *Domain;
    /* Its length in characters. */
    ULONG DomainLength;
    /* The password. */
    unsigned char *Password;
    /* Its length in characters. */
    ULONG PasswordLength;
    /* `SEC_WINNT_AUTH_IDENTITY_ANSI`, and others of these flags. */
    ULONG Flags;
} SEC_WINNT_AUTH_IDENTITY_A, *PSEC_WINNT_AUTH_IDENTITY_A;

/* The extended identity, of UTF-16 text. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_EXW {
    /* `SEC_WINNT_AUTH_IDENTITY_VERSION`. */
    ULONG Version;
    /* The size of this structure in bytes. */
    ULONG Length;
    /* The user's name. */
    unsigned short *User;
    /* Its length in characters. */
    ULONG UserLength;
    /* The domain; NULL lets the server's realm be used. */
    unsigned short *Domain;
    /* Its length in characters. */
    ULONG DomainLength;
    /* The password. */
    unsigned short *Password;
    /* Its length in characters. */
    ULONG PasswordLength;
    /* `SEC_WINNT_AUTH_IDENTITY_UNICODE`, and others of these flags. */
    ULONG Flags;
    /* Names of packages to use, or with a leading `!` not to use, between commas. */
    unsigned short *PackageList;
    /* Its length in characters. */
    ULONG PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EXW, *PSEC_WINNT_AUTH_IDENTITY_EXW;

/* The extended identity, of ANSI text. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_EXA {
    /* `SEC_WINNT_AUTH_IDENTITY_VERSION`. */
    ULONG Version;
    /* The size of this structure in bytes. */
    ULONG Length;
    /* The user's name. */
    unsigned char *User;
    /* Its length in characters. */
    ULONG UserLength;
    /* The domain; NULL lets the server's realm be used. */
    unsigned char *Domain;
    /* Its length in characters. */
    ULONG DomainLength;
    /* The password. */
    unsigned char *Password;
    /* Its length in characters. */
    ULONG PasswordLength;
    /* `SEC_WINNT_AUTH_IDENTITY_ANSI`, and others of these flags. */
    ULONG Flags;
    /* Names of packages to use, or with a leading `!` not to use, between commas. */
    unsigned char *PackageList;
    /* Its length in characters. */
    ULONG PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EXA, *PSEC_WINNT_AUTH_IDENTITY_EXA;

/* The identity in one block, which the `Sspi*` functions make. */
typedef struct _SEC_WINNT_AUTH_IDENTITY_EX2 {
    /* `SEC_WINNT_AUTH_IDENTITY_VERSION_2`. */
    ULONG Version;
    /* The size of this header in bytes. */
    USHORT cbHeaderLength;
    /* The size of the whole block in bytes. */
    ULONG cbStructureLength;
    /* Where the user's name begins. */
    ULONG UserOffset;
    /* Its length in bytes. */
    USHORT UserLength;
    /* Where the domain begins. */
    ULONG DomainOffset;
    /* Its length in bytes. */
    USHORT DomainLength;
    /* Where the password begins. */
    ULONG PackedCredentialsOffset;
    /* Its length in bytes. */
    USHORT PackedCredentialsLength;
    /* `SEC_WINNT_AUTH_IDENTITY_UNICODE`, and others of these flags. */
    ULONG Flags;
    /* Where the package list begins. */
    ULONG PackageListOffset;
    /* Its length in bytes. */
    USHORT PackageListLength;
} SEC_WINNT_AUTH_IDENTITY_EX2, *PSEC_WINNT_AUTH_IDENTITY_EX2;

/* A handle: two words that mean something to this library only. Copies are as good as the first. */
typedef struct _SecHandle {
    /* Not for callers to read. */
    ULONG_PTR dwLower;
    /* Not for callers to read. */
    ULONG_PTR dwUpper;
} SecHandle, *PSecHandle;

/* 64 bits in two halves. */
typedef struct _SECURITY_INTEGER {
    /* The lower 32 bits. */
    ULONG LowPart;
    /* The upper 32 bits. */
    LONG HighPart;
} SECURITY_INTEGER, *PSECURITY_INTEGER;

/* Answer to SECPKG_ATTR_SIZES, in bytes. */
typedef struct _SecPkgContext_Sizes {
    /* The largest token of the exchange. */
    ULONG cbMaxToken;
    /* The largest signature. */
    ULONG cbMaxSignature;
    /* The block size of the cipher. */
    ULONG cbBlockSize;
    /* The largest trailer of a message, padding aside. */
    ULONG cbSecurityTrailer;
} SecPkgContext_Sizes, *PSecPkgContext_Sizes;

/* Answer to SECPKG_ATTR_STREAM_SIZES, in bytes. */
typedef struct _SecPkgContext_StreamSizes {
    /* Bytes before the data. */
    ULONG cbHeader;
    /* Bytes after the data. */
    ULONG cbTrailer;
    /* The largest plaintext of a message. */
    ULONG cbMaximumMessage;
    /* Buffers of a message. */
    ULONG cBuffers;
    /* The block size of the cipher. */
    ULONG cbBlockSize;
} SecPkgContext_StreamSizes, *PSecPkgContext_StreamSizes;

/* Answer to SECPKG_ATTR_KEY_INFO. Both names are freed with FreeContextBuffer. */
typedef struct _SecPkgContext_KeyInfoA {
    /* The signature algorithm. */
    SEC_CHAR *sSignatureAlgorithmName;
    /* The cipher, empty without one. */
    SEC_CHAR *sEncryptAlgorithmName;
    /* The key's length in bits. */
    ULONG KeySize;
    /* ALG_ID of the signature. */
    ULONG SignatureAlgorithm;
    /* ALG_ID of the cipher, 0 without one. */
    ULONG EncryptAlgorithm;
} SecPkgContext_KeyInfoA, *PSecPkgContext_KeyInfoA;

/* Answer to SECPKG_ATTR_KEY_INFO. Both names are freed with FreeContextBuffer. */
typedef struct _SecPkgContext_KeyInfoW {
    /* The signature algorithm. */
    SEC_WCHAR *sSignatureAlgorithmName;
    /* The cipher, empty without one. */
    SEC_WCHAR *sEncryptAlgorithmName;
    /* The key's length in bits. */
    ULONG KeySize;
    /* ALG_ID of the signature. */
    ULONG SignatureAlgorithm;
    /* ALG_ID of the cipher, 0 without one. */
    ULONG EncryptAlgorithm;
} SecPkgContext_KeyInfoW, *PSecPkgContext_KeyInfoW;

/* Answer to SECPKG_ATTR_NAMES, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_NamesA {
    /* The account, to be compared as it is, unit for unit. Of a server of Digest never the same for
     * two: `realm\user`, where in the realm `%` stands as `%25` and a backslash as `%5C`; of the
     * empty realm the user alone, behind a backslash where it has one itself. Of a client of Digest
     * the user. Of Kerberos and Negotiate the client's principal. */
    SEC_CHAR *sUserName;
} SecPkgContext_NamesA, *PSecPkgContext_NamesA;

/* Answer to SECPKG_ATTR_NAMES, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_NamesW {
    /* The account, to be compared as it is, unit for unit. Of a server of Digest never the same for
     * two: `realm\user`, where in the realm `%` stands as `%25` and a backslash as `%5C`; of the
     * empty realm the user alone, behind a backslash where it has one itself. Of a client of Digest
     * the user. Of Kerberos and Negotiate the client's principal. */
    SEC_WCHAR *sUserName;
} SecPkgContext_NamesW, *PSecPkgContext_NamesW;

/* Answer to SECPKG_ATTR_AUTHORITY, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_AuthorityA {
    /* The realm as it is, to be compared unit for unit; empty where the client named none. */
    SEC_CHAR *sAuthorityName;
} SecPkgContext_AuthorityA, *PSecPkgContext_AuthorityA;

/* Answer to SECPKG_ATTR_AUTHORITY, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_AuthorityW {
    /* The realm as it is, to be compared unit for unit; empty where the client named none. */
    SEC_WCHAR *sAuthorityName;
} SecPkgContext_AuthorityW, *PSecPkgContext_AuthorityW;

/* Answer to SECPKG_ATTR_LIFESPAN. */
typedef struct _SecPkgContext_Lifespan {
    /* When the context was made. */
    TimeStamp tsStart;
    /* When it ends. */
    TimeStamp tsExpiry;
} SecPkgContext_Lifespan, *PSecPkgContext_Lifespan;

/* Answer to SECPKG_ATTR_PASSWORD_EXPIRY. */
typedef struct _SecPkgContext_PasswordExpiry {
    /* When the password expires. */
    TimeStamp tsPasswordExpires;
} SecPkgContext_PasswordExpiry, *PSecPkgContext_PasswordExpiry;

/* Answer to SECPKG_ATTR_FLAGS. */
typedef struct _SecPkgContext_Flags {
    /* The attributes that the last call on the context returned. */
    ULONG Flags;
} SecPkgContext_Flags, *PSecPkgContext_Flags;

/* Answer to SECPKG_ATTR_SESSION_KEY, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_SessionKey {
    /* Its length in bytes. */
    ULONG SessionKeyLength;
    /* The key. */
    UCHAR *SessionKey;
} SecPkgContext_SessionKey, *PSecPkgContext_SessionKey;

/* Answer to SECPKG_ATTR_PACKAGE_INFO, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_PackageInfoA {
    /* The package. */
    SecPkgInfoA *PackageInfo;
} SecPkgContext_PackageInfoA, *PSecPkgContext_PackageInfoA;

/* Answer to SECPKG_ATTR_PACKAGE_INFO, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_PackageInfoW {
    /* The package. */
    SecPkgInfoW *PackageInfo;
} SecPkgContext_PackageInfoW, *PSecPkgContext_PackageInfoW;

/* Answer to SECPKG_ATTR_NEGOTIATION_INFO, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_NegotiationInfoA {
    /* The package. */
    SecPkgInfoA *PackageInfo;
    /* SECPKG_NEGOTIATION_COMPLETE, 0. */
    ULONG NegotiationState;
} SecPkgContext_NegotiationInfoA, *PSecPkgContext_NegotiationInfoA;

/* Answer to SECPKG_ATTR_NEGOTIATION_INFO, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_NegotiationInfoW {
    /* The package. */
    SecPkgInfoW *PackageInfo;
    /* SECPKG_NEGOTIATION_COMPLETE, 0. */
    ULONG NegotiationState;
} SecPkgContext_NegotiationInfoW, *PSecPkgContext_NegotiationInfoW;

/* Answer to SECPKG_ATTR_TARGET, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_Target {
    /* Its length in bytes. */
    ULONG TargetLength;
    /* The digest-uri as received, not terminated. For programs to compare: with their service and
     * host, over HTTP with the request's URI. The library itself compares nothing but what
     * `http_check_uri` of secur32.toml asks for. */
    char *Target;
} SecPkgContext_Target, *PSecPkgContext_Target;

/* Answer to SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, freed with FreeContextBuffer. */
typedef struct _SecPkgContext_ClientSpecifiedTarget {
    /* The name, UTF-16 also for the A functions. */
    SEC_WCHAR *sTargetName;
} SecPkgContext_ClientSpecifiedTarget, *PSecPkgContext_ClientSpecifiedTarget;

/* Answer to SECPKG_ATTR_ACCESS_TOKEN. */
typedef struct _SecPkgContext_AccessToken {
    /* The token. */
    void *AccessToken;
} SecPkgContext_AccessToken, *PSecPkgContext_AccessToken;

/* Answer to SECPKG_CRED_ATTR_NAMES, freed with FreeContextBuffer. */
typedef struct _SecPkgCredentials_NamesA {
    /* The user. */
    SEC_CHAR *sUserName;
} SecPkgCredentials_NamesA, *PSecPkgCredentials_NamesA;

/* Answer to SECPKG_CRED_ATTR_NAMES, freed with FreeContextBuffer. */
typedef struct _SecPkgCredentials_NamesW {
    /* The user. */
    SEC_WCHAR *sUserName;
} SecPkgCredentials_NamesW, *PSecPkgCredentials_NamesW;

/* Structures that the library itself has no use for. */

typedef struct _SEC_CHANNEL_BINDINGS {
    ULONG dwInitiatorAddrType;
    ULONG cbInitiatorLength;
    ULONG dwInitiatorOffset;
    ULONG dwAcceptorAddrType;
    ULONG cbAcceptorLength;
    ULONG dwAcceptorOffset;
    ULONG cbApplicationDataLength;
    ULONG dwApplicationDataOffset;
} SEC_CHANNEL_BINDINGS, *PSEC_CHANNEL_BINDINGS;

typedef struct _SECURITY_PACKAGE_OPTIONS {
    ULONG Size;
    ULONG Type;
    ULONG Flags;
    ULONG SignatureSize;
    void *Signature;
} SECURITY_PACKAGE_OPTIONS, *PSECURITY_PACKAGE_OPTIONS;

typedef struct _SecPkgContext_AuthzID {
    ULONG AuthzIDLength;
    char *AuthzID;
} SecPkgContext_AuthzID, *PSecPkgContext_AuthzID;

typedef struct _SecPkgContext_DceInfo {
    ULONG AuthzSvc;
    void *pPac;
} SecPkgContext_DceInfo, *PSecPkgContext_DceInfo;

typedef struct _SecPkgContext_NativeNamesA {
    SEC_CHAR *sClientName;
    SEC_CHAR *sServerName;
} SecPkgContext_NativeNamesA, *PSecPkgContext_NativeNamesA;

typedef struct _SecPkgContext_NativeNamesW {
    SEC_WCHAR *sClientName;
    SEC_WCHAR *sServerName;
} SecPkgContext_NativeNamesW, *PSecPkgContext_NativeNamesW;

typedef struct _SecPkgContext_ProtoInfoA {
    SEC_CHAR *sProtocolName;
    ULONG majorVersion;
    ULONG minorVersion;
} SecPkgContext_ProtoInfoA, *PSecPkgContext_ProtoInfoA;

typedef struct _SecPkgContext_ProtoInfoW {
    SEC_WCHAR *sProtocolName;
    ULONG majorVersion;
    ULONG minorVersion;
} SecPkgContext_ProtoInfoW, *PSecPkgContext_ProtoInfoW;

typedef struct _SecPkgContext_UserFlags {
    ULONG UserFlags;
} SecPkgContext_UserFlags, *PSecPkgContext_UserFlags;

/* An identity in any of its forms. */
typedef union _SEC_WINNT_AUTH_IDENTITY_INFO {
    SEC_WINNT_AUTH_IDENTITY_EXW AuthIdExw;
    SEC_WINNT_AUTH_IDENTITY_EXA AuthIdExa;
    SEC_WINNT_AUTH_IDENTITY_A AuthId_a;
    SEC_WINNT_AUTH_IDENTITY_W AuthId_w;
    SEC_WINNT_AUTH_IDENTITY_EX2 AuthIdEx2;
} SEC_WINNT_AUTH_IDENTITY_INFO, *PSEC_WINNT_AUTH_IDENTITY_INFO;

/* Pointers to functions, with their calling convention, which cbindgen does not keep. */

/* AcquireCredentialsHandle's pGetKeyFn. */
typedef void(SEC_ENTRY *SEC_GET_KEY_FN)(PVOID Arg, PVOID Principal, ULONG KeyVer, PVOID *Key,
                                        SECURITY_STATUS *Status);

/* The old name, also of the tables' members. */
#define FreeCredentialHandle FreeCredentialsHandle

typedef SECURITY_STATUS(SEC_ENTRY *FREE_CREDENTIALS_HANDLE_FN)(PCredHandle);
typedef SECURITY_STATUS(SEC_ENTRY *ACCEPT_SECURITY_CONTEXT_FN)(
    PCredHandle, PCtxtHandle, PSecBufferDesc, ULONG, ULONG, PCtxtHandle, PSecBufferDesc,
    ULONG *, PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *COMPLETE_AUTH_TOKEN_FN)(PCtxtHandle, PSecBufferDesc);
typedef SECURITY_STATUS(SEC_ENTRY *DELETE_SECURITY_CONTEXT_FN)(PCtxtHandle);
typedef SECURITY_STATUS(SEC_ENTRY *APPLY_CONTROL_TOKEN_FN)(PCtxtHandle, PSecBufferDesc);
typedef SECURITY_STATUS(SEC_ENTRY *IMPERSONATE_SECURITY_CONTEXT_FN)(PCtxtHandle);
typedef SECURITY_STATUS(SEC_ENTRY *REVERT_SECURITY_CONTEXT_FN)(PCtxtHandle);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_SECURITY_CONTEXT_TOKEN_FN)(PCtxtHandle, HANDLE *);
typedef SECURITY_STATUS(SEC_ENTRY *MAKE_SIGNATURE_FN)(PCtxtHandle, ULONG, PSecBufferDesc, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *VERIFY_SIGNATURE_FN)(
    PCtxtHandle, PSecBufferDesc, ULONG, ULONG *);
typedef SECURITY_STATUS(SEC_ENTRY *ENCRYPT_MESSAGE_FN)(PCtxtHandle, ULONG, PSecBufferDesc, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *DECRYPT_MESSAGE_FN)(PCtxtHandle, PSecBufferDesc, ULONG, ULONG *);
typedef SECURITY_STATUS(SEC_ENTRY *FREE_CONTEXT_BUFFER_FN)(PVOID);
typedef SECURITY_STATUS(SEC_ENTRY *EXPORT_SECURITY_CONTEXT_FN)(
    PCtxtHandle, ULONG, PSecBuffer, PVOID *);

typedef SECURITY_STATUS(SEC_ENTRY *ENUMERATE_SECURITY_PACKAGES_FN_A)(ULONG *, PSecPkgInfoA *);
typedef SECURITY_STATUS(SEC_ENTRY *ENUMERATE_SECURITY_PACKAGES_FN_W)(ULONG *, PSecPkgInfoW *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_SECURITY_PACKAGE_INFO_FN_A)(SEC_CHAR *, PSecPkgInfoA *);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_SECURITY_PACKAGE_INFO_FN_W)(SEC_WCHAR *, PSecPkgInfoW *);
typedef SECURITY_STATUS(SEC_ENTRY *ACQUIRE_CREDENTIALS_HANDLE_FN_A)(
    SEC_CHAR *, SEC_CHAR *, ULONG, PVOID, PVOID, SEC_GET_KEY_FN, PVOID, PCredHandle,
    PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *ACQUIRE_CREDENTIALS_HANDLE_FN_W)(
    SEC_WCHAR *, SEC_WCHAR *, ULONG, PVOID, PVOID, SEC_GET_KEY_FN, PVOID, PCredHandle,
    PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *ADD_CREDENTIALS_FN_A)(
    PCredHandle, SEC_CHAR *, SEC_CHAR *, ULONG, PVOID, SEC_GET_KEY_FN, PVOID, PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *ADD_CREDENTIALS_FN_W)(
    PCredHandle, SEC_WCHAR *, SEC_WCHAR *, ULONG, PVOID, SEC_GET_KEY_FN, PVOID, PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *INITIALIZE_SECURITY_CONTEXT_FN_A)(
    PCredHandle, PCtxtHandle, SEC_CHAR *, ULONG, ULONG, ULONG, PSecBufferDesc, ULONG,
    PCtxtHandle, PSecBufferDesc, ULONG *, PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *INITIALIZE_SECURITY_CONTEXT_FN_W)(
    PCredHandle, PCtxtHandle, SEC_WCHAR *, ULONG, ULONG, ULONG, PSecBufferDesc, ULONG,
    PCtxtHandle, PSecBufferDesc, ULONG *, PTimeStamp);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_FN_A)(PCtxtHandle, ULONG, PVOID);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_FN_W)(PCtxtHandle, ULONG, PVOID);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_EX_FN_A)(
    PCtxtHandle, ULONG, PVOID, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CONTEXT_ATTRIBUTES_EX_FN_W)(
    PCtxtHandle, ULONG, PVOID, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CONTEXT_ATTRIBUTES_FN_A)(PCtxtHandle, ULONG, PVOID, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CONTEXT_ATTRIBUTES_FN_W)(PCtxtHandle, ULONG, PVOID, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_FN_A)(PCredHandle, ULONG, PVOID);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_FN_W)(PCredHandle, ULONG, PVOID);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A)(
    PCredHandle, ULONG, PVOID, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W)(
    PCredHandle, ULONG, PVOID, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CREDENTIALS_ATTRIBUTES_FN_A)(
    PCredHandle, ULONG, PVOID, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *SET_CREDENTIALS_ATTRIBUTES_FN_W)(
    PCredHandle, ULONG, PVOID, ULONG);
typedef SECURITY_STATUS(SEC_ENTRY *IMPORT_SECURITY_CONTEXT_FN_A)(
    SEC_CHAR *, PSecBuffer, PVOID, PCtxtHandle);
typedef SECURITY_STATUS(SEC_ENTRY *IMPORT_SECURITY_CONTEXT_FN_W)(
    SEC_WCHAR *, PSecBuffer, PVOID, PCtxtHandle);
typedef SECURITY_STATUS(SEC_ENTRY *CHANGE_PASSWORD_FN_A)(
    SEC_CHAR *, SEC_CHAR *, SEC_CHAR *, SEC_CHAR *, SEC_CHAR *, BOOLEAN, ULONG, PSecBufferDesc);
typedef SECURITY_STATUS(SEC_ENTRY *CHANGE_PASSWORD_FN_W)(
    SEC_WCHAR *, SEC_WCHAR *, SEC_WCHAR *, SEC_WCHAR *, SEC_WCHAR *, BOOLEAN, ULONG,
    PSecBufferDesc);
typedef struct _SECURITY_FUNCTION_TABLE_A *(SEC_ENTRY *INIT_SECURITY_INTERFACE_A)(void);
typedef struct _SECURITY_FUNCTION_TABLE_W *(SEC_ENTRY *INIT_SECURITY_INTERFACE_W)(void);

/* What InitSecurityInterfaceA returns. */
typedef struct _SECURITY_FUNCTION_TABLE_A {
    ULONG dwVersion;
    ENUMERATE_SECURITY_PACKAGES_FN_A EnumerateSecurityPackagesA;
    QUERY_CREDENTIALS_ATTRIBUTES_FN_A QueryCredentialsAttributesA;
    ACQUIRE_CREDENTIALS_HANDLE_FN_A AcquireCredentialsHandleA;
    FREE_CREDENTIALS_HANDLE_FN FreeCredentialsHandle;
    PVOID Reserved2;
    INITIALIZE_SECURITY_CONTEXT_FN_A InitializeSecurityContextA;
    ACCEPT_SECURITY_CONTEXT_FN AcceptSecurityContext;
    COMPLETE_AUTH_TOKEN_FN CompleteAuthToken;
    DELETE_SECURITY_CONTEXT_FN DeleteSecurityContext;
    APPLY_CONTROL_TOKEN_FN ApplyControlToken;
    QUERY_CONTEXT_ATTRIBUTES_FN_A QueryContextAttributesA;
    IMPERSONATE_SECURITY_CONTEXT_FN ImpersonateSecurityContext;
    REVERT_SECURITY_CONTEXT_FN RevertSecurityContext;
    MAKE_SIGNATURE_FN MakeSignature;
    VERIFY_SIGNATURE_FN VerifySignature;
    FREE_CONTEXT_BUFFER_FN FreeContextBuffer;
    QUERY_SECURITY_PACKAGE_INFO_FN_A QuerySecurityPackageInfoA;
    PVOID Reserved3;
    PVOID Reserved4;
    EXPORT_SECURITY_CONTEXT_FN ExportSecurityContext;
    IMPORT_SECURITY_CONTEXT_FN_A ImportSecurityContextA;
    ADD_CREDENTIALS_FN_A AddCredentialsA;
    PVOID Reserved8;
    QUERY_SECURITY_CONTEXT_TOKEN_FN QuerySecurityContextToken;
    ENCRYPT_MESSAGE_FN EncryptMessage;
    DECRYPT_MESSAGE_FN DecryptMessage;
    SET_CONTEXT_ATTRIBUTES_FN_A SetContextAttributesA;
    SET_CREDENTIALS_ATTRIBUTES_FN_A SetCredentialsAttributesA;
    CHANGE_PASSWORD_FN_A ChangeAccountPasswordA;
    QUERY_CONTEXT_ATTRIBUTES_EX_FN_A QueryContextAttributesExA;
    QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A QueryCredentialsAttributesExA;
} SecurityFunctionTableA, *PSecurityFunctionTableA;

/* What InitSecurityInterfaceW returns. */
typedef struct _SECURITY_FUNCTION_TABLE_W {
    ULONG dwVersion;
    ENUMERATE_SECURITY_PACKAGES_FN_W EnumerateSecurityPackagesW;
    QUERY_CREDENTIALS_ATTRIBUTES_FN_W QueryCredentialsAttributesW;
    ACQUIRE_CREDENTIALS_HANDLE_FN_W AcquireCredentialsHandleW;
    FREE_CREDENTIALS_HANDLE_FN FreeCredentialsHandle;
    PVOID Reserved2;
    INITIALIZE_SECURITY_CONTEXT_FN_W InitializeSecurityContextW;
    ACCEPT_SECURITY_CONTEXT_FN AcceptSecurityContext;
    COMPLETE_AUTH_TOKEN_FN CompleteAuthToken;
    DELETE_SECURITY_CONTEXT_FN DeleteSecurityContext;
    APPLY_CONTROL_TOKEN_FN ApplyControlToken;
    QUERY_CONTEXT_ATTRIBUTES_FN_W QueryContextAttributesW;
    IMPERSONATE_SECURITY_CONTEXT_FN ImpersonateSecurityContext;
    REVERT_SECURITY_CONTEXT_FN RevertSecurityContext;
    MAKE_SIGNATURE_FN MakeSignature;
    VERIFY_SIGNATURE_FN VerifySignature;
    FREE_CONTEXT_BUFFER_FN FreeContextBuffer;
    QUERY_SECURITY_PACKAGE_INFO_FN_W QuerySecurityPackageInfoW;
    PVOID Reserved3;
    PVOID Reserved4;
    EXPORT_SECURITY_CONTEXT_FN ExportSecurityContext;
    IMPORT_SECURITY_CONTEXT_FN_W ImportSecurityContextW;
    ADD_CREDENTIALS_FN_W AddCredentialsW;
    PVOID Reserved8;
    QUERY_SECURITY_CONTEXT_TOKEN_FN QuerySecurityContextToken;
    ENCRYPT_MESSAGE_FN EncryptMessage;
    DECRYPT_MESSAGE_FN DecryptMessage;
    SET_CONTEXT_ATTRIBUTES_FN_W SetContextAttributesW;
    SET_CREDENTIALS_ATTRIBUTES_FN_W SetCredentialsAttributesW;
    CHANGE_PASSWORD_FN_W ChangeAccountPasswordW;
    QUERY_CONTEXT_ATTRIBUTES_EX_FN_W QueryContextAttributesExW;
    QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W QueryCredentialsAttributesExW;
} SecurityFunctionTableW, *PSecurityFunctionTableW;

#define SECURITY_ENTRYPOINT_ANSIA "InitSecurityInterfaceA"
#define SECURITY_ENTRYPOINT_ANSIW "InitSecurityInterfaceW"
#define SECURITY_ENTRYPOINTA SEC_TEXT("InitSecurityInterfaceA")
#define SECURITY_ENTRYPOINTW SEC_TEXT("InitSecurityInterfaceW")

/* Handles. */
#define SEC_DELETED_HANDLE ((ULONG_PTR)-2)
#define SecInvalidateHandle(handle)                     \
    {                                                   \
        ((PSecHandle)(handle))->dwLower = (ULONG_PTR)-1; \
        ((PSecHandle)(handle))->dwUpper = (ULONG_PTR)-1; \
    }
#define SecIsValidHandle(handle)                         \
    (((PSecHandle)(handle))->dwLower != (ULONG_PTR)-1 && \
     ((PSecHandle)(handle))->dwUpper != (ULONG_PTR)-1)

#ifdef __cplusplus
}
#endif

/* The names without A and W. */
#ifdef UNICODE
#define SecPkgInfo SecPkgInfoW
#define PSecPkgInfo PSecPkgInfoW
#define SEC_WINNT_AUTH_IDENTITY SEC_WINNT_AUTH_IDENTITY_W
#define PSEC_WINNT_AUTH_IDENTITY PSEC_WINNT_AUTH_IDENTITY_W
#define SEC_WINNT_AUTH_IDENTITY_EX SEC_WINNT_AUTH_IDENTITY_EXW
#define PSEC_WINNT_AUTH_IDENTITY_EX PSEC_WINNT_AUTH_IDENTITY_EXW
#define SecPkgContext_KeyInfo SecPkgContext_KeyInfoW
#define PSecPkgContext_KeyInfo PSecPkgContext_KeyInfoW
#define SecPkgContext_Names SecPkgContext_NamesW
#define PSecPkgContext_Names PSecPkgContext_NamesW
#define SecPkgContext_Authority SecPkgContext_AuthorityW
#define PSecPkgContext_Authority PSecPkgContext_AuthorityW
#define SecPkgContext_PackageInfo SecPkgContext_PackageInfoW
#define PSecPkgContext_PackageInfo PSecPkgContext_PackageInfoW
#define SecPkgContext_NegotiationInfo SecPkgContext_NegotiationInfoW
#define PSecPkgContext_NegotiationInfo PSecPkgContext_NegotiationInfoW
#define SecPkgCredentials_Names SecPkgCredentials_NamesW
#define PSecPkgCredentials_Names PSecPkgCredentials_NamesW
#define SecPkgContext_NativeNames SecPkgContext_NativeNamesW
#define PSecPkgContext_NativeNames PSecPkgContext_NativeNamesW
#define SecPkgContext_ProtoInfo SecPkgContext_ProtoInfoW
#define PSecPkgContext_ProtoInfo PSecPkgContext_ProtoInfoW
#define SecurityFunctionTable SecurityFunctionTableW
#define PSecurityFunctionTable PSecurityFunctionTableW
#define ENUMERATE_SECURITY_PACKAGES_FN ENUMERATE_SECURITY_PACKAGES_FN_W
#define QUERY_SECURITY_PACKAGE_INFO_FN QUERY_SECURITY_PACKAGE_INFO_FN_W
#define ACQUIRE_CREDENTIALS_HANDLE_FN ACQUIRE_CREDENTIALS_HANDLE_FN_W
#define ADD_CREDENTIALS_FN ADD_CREDENTIALS_FN_W
#define INITIALIZE_SECURITY_CONTEXT_FN INITIALIZE_SECURITY_CONTEXT_FN_W
#define QUERY_CONTEXT_ATTRIBUTES_FN QUERY_CONTEXT_ATTRIBUTES_FN_W
#define QUERY_CONTEXT_ATTRIBUTES_EX_FN QUERY_CONTEXT_ATTRIBUTES_EX_FN_W
#define SET_CONTEXT_ATTRIBUTES_FN SET_CONTEXT_ATTRIBUTES_FN_W
#define QUERY_CREDENTIALS_ATTRIBUTES_FN QUERY_CREDENTIALS_ATTRIBUTES_FN_W
#define QUERY_CREDENTIALS_ATTRIBUTES_EX_FN QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_W
#define SET_CREDENTIALS_ATTRIBUTES_FN SET_CREDENTIALS_ATTRIBUTES_FN_W
#define IMPORT_SECURITY_CONTEXT_FN IMPORT_SECURITY_CONTEXT_FN_W
#define CHANGE_PASSWORD_FN CHANGE_PASSWORD_FN_W
#define INIT_SECURITY_INTERFACE INIT_SECURITY_INTERFACE_W
#define SECURITY_ENTRYPOINT SECURITY_ENTRYPOINTW
#define SECURITY_ENTRYPOINT_ANSI SECURITY_ENTRYPOINT_ANSIW
#define AcquireCredentialsHandle AcquireCredentialsHandleW
#define AddCredentials AddCredentialsW
#define AddSecurityPackage AddSecurityPackageW
#define ChangeAccountPassword ChangeAccountPasswordW
#define DeleteSecurityPackage DeleteSecurityPackageW
#define EnumerateSecurityPackages EnumerateSecurityPackagesW
#define ImportSecurityContext ImportSecurityContextW
#define InitSecurityInterface InitSecurityInterfaceW
#define InitializeSecurityContext InitializeSecurityContextW
#define QueryContextAttributesEx QueryContextAttributesExW
#define QueryContextAttributes QueryContextAttributesW
#define QueryCredentialsAttributesEx QueryCredentialsAttributesExW
#define QueryCredentialsAttributes QueryCredentialsAttributesW
#define QuerySecurityPackageInfo QuerySecurityPackageInfoW
#define SaslEnumerateProfiles SaslEnumerateProfilesW
#define SaslGetProfilePackage SaslGetProfilePackageW
#define SaslIdentifyPackage SaslIdentifyPackageW
#define SaslInitializeSecurityContext SaslInitializeSecurityContextW
#define SetContextAttributes SetContextAttributesW
#define SetCredentialsAttributes SetCredentialsAttributesW
#else
#define SecPkgInfo SecPkgInfoA
#define PSecPkgInfo PSecPkgInfoA
#define SEC_WINNT_AUTH_IDENTITY SEC_WINNT_AUTH_IDENTITY_A
#define PSEC_WINNT_AUTH_IDENTITY PSEC_WINNT_AUTH_IDENTITY_A
#define SEC_WINNT_AUTH_IDENTITY_EX SEC_WINNT_AUTH_IDENTITY_EXA
#define PSEC_WINNT_AUTH_IDENTITY_EX PSEC_WINNT_AUTH_IDENTITY_EXA
#define SecPkgContext_KeyInfo SecPkgContext_KeyInfoA
#define PSecPkgContext_KeyInfo PSecPkgContext_KeyInfoA
#define SecPkgContext_Names SecPkgContext_NamesA
#define PSecPkgContext_Names PSecPkgContext_NamesA
#define SecPkgContext_Authority SecPkgContext_AuthorityA
#define PSecPkgContext_Authority PSecPkgContext_AuthorityA
#define SecPkgContext_PackageInfo SecPkgContext_PackageInfoA
#define PSecPkgContext_PackageInfo PSecPkgContext_PackageInfoA
#define SecPkgContext_NegotiationInfo SecPkgContext_NegotiationInfoA
#define PSecPkgContext_NegotiationInfo PSecPkgContext_NegotiationInfoA
#define SecPkgCredentials_Names SecPkgCredentials_NamesA
#define PSecPkgCredentials_Names PSecPkgCredentials_NamesA
#define SecPkgContext_NativeNames SecPkgContext_NativeNamesA
#define PSecPkgContext_NativeNames PSecPkgContext_NativeNamesA
#define SecPkgContext_ProtoInfo SecPkgContext_ProtoInfoA
#define PSecPkgContext_ProtoInfo PSecPkgContext_ProtoInfoA
#define SecurityFunctionTable SecurityFunctionTableA
#define PSecurityFunctionTable PSecurityFunctionTableA
#define ENUMERATE_SECURITY_PACKAGES_FN ENUMERATE_SECURITY_PACKAGES_FN_A
#define QUERY_SECURITY_PACKAGE_INFO_FN QUERY_SECURITY_PACKAGE_INFO_FN_A
#define ACQUIRE_CREDENTIALS_HANDLE_FN ACQUIRE_CREDENTIALS_HANDLE_FN_A
#define ADD_CREDENTIALS_FN ADD_CREDENTIALS_FN_A
#define INITIALIZE_SECURITY_CONTEXT_FN INITIALIZE_SECURITY_CONTEXT_FN_A
#define QUERY_CONTEXT_ATTRIBUTES_FN QUERY_CONTEXT_ATTRIBUTES_FN_A
#define QUERY_CONTEXT_ATTRIBUTES_EX_FN QUERY_CONTEXT_ATTRIBUTES_EX_FN_A
#define SET_CONTEXT_ATTRIBUTES_FN SET_CONTEXT_ATTRIBUTES_FN_A
#define QUERY_CREDENTIALS_ATTRIBUTES_FN QUERY_CREDENTIALS_ATTRIBUTES_FN_A
#define QUERY_CREDENTIALS_ATTRIBUTES_EX_FN QUERY_CREDENTIALS_ATTRIBUTES_EX_FN_A
#define SET_CREDENTIALS_ATTRIBUTES_FN SET_CREDENTIALS_ATTRIBUTES_FN_A
#define IMPORT_SECURITY_CONTEXT_FN IMPORT_SECURITY_CONTEXT_FN_A
#define CHANGE_PASSWORD_FN CHANGE_PASSWORD_FN_A
#define INIT_SECURITY_INTERFACE INIT_SECURITY_INTERFACE_A
#define SECURITY_ENTRYPOINT SECURITY_ENTRYPOINTA
#define SECURITY_ENTRYPOINT_ANSI SECURITY_ENTRYPOINT_ANSIA
#define AcquireCredentialsHandle AcquireCredentialsHandleA
#define AddCredentials AddCredentialsA
#define AddSecurityPackage AddSecurityPackageA
#define ChangeAccountPassword ChangeAccountPasswordA
#define DeleteSecurityPackage DeleteSecurityPackageA
#define EnumerateSecurityPackages EnumerateSecurityPackagesA
#define ImportSecurityContext ImportSecurityContextA
#define InitSecurityInterface InitSecurityInterfaceA
#define InitializeSecurityContext InitializeSecurityContextA
#define QueryContextAttributesEx QueryContextAttributesExA
#define QueryContextAttributes QueryContextAttributesA
#define QueryCredentialsAttributesEx QueryCredentialsAttributesExA
#define QueryCredentialsAttributes QueryCredentialsAttributesA
#define QuerySecurityPackageInfo QuerySecurityPackageInfoA
#define SaslEnumerateProfiles SaslEnumerateProfilesA
#define SaslGetProfilePackage SaslGetProfilePackageA
#define SaslIdentifyPackage SaslIdentifyPackageA
#define SaslInitializeSecurityContext SaslInitializeSecurityContextA
#define SetContextAttributes SetContextAttributesA
#define SetCredentialsAttributes SetCredentialsAttributesA
#endif

#endif /* _WIN32 */

/* What some platforms' <sspi.h> lack. */

#ifndef ASC_REQ_HTTP
#define ASC_REQ_HTTP 0x10000000
#endif
#ifndef ISC_REQ_HTTP
#define ISC_REQ_HTTP 0x10000000
#endif
#ifndef STATUS_LOGON_FAILURE
#define STATUS_LOGON_FAILURE ((NTSTATUS)0xC000006D)
#endif
#ifndef STATUS_INVALID_PARAMETER
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
#endif

/* Names of packages. */
#ifndef WDIGEST_SP_NAME
#define WDIGEST_SP_NAME_A "WDigest"
#define WDIGEST_SP_NAME_W SECUR32_WIDE("WDigest")
#ifdef UNICODE
#define WDIGEST_SP_NAME WDIGEST_SP_NAME_W
#else
#define WDIGEST_SP_NAME WDIGEST_SP_NAME_A
#endif
#endif
#ifndef NEGOSSP_NAME
#define NEGOSSP_NAME_A "Negotiate"
#define NEGOSSP_NAME_W SECUR32_WIDE("Negotiate")
#ifdef UNICODE
#define NEGOSSP_NAME NEGOSSP_NAME_W
#else
#define NEGOSSP_NAME NEGOSSP_NAME_A
#endif
#endif
#ifndef MICROSOFT_KERBEROS_NAME
#define MICROSOFT_KERBEROS_NAME_A "Kerberos"
#define MICROSOFT_KERBEROS_NAME_W SECUR32_WIDE("Kerberos")
#define MICROSOFT_KERBEROS_NAME MICROSOFT_KERBEROS_NAME_W
#endif

/* This library's own: how often a credential's package has let somebody in (QueryCredentialsAttributes). */
#define SECUR32_CRED_ATTR_LOGINS 0x53330001
typedef struct _Secur32Credentials_Logins {
    ULONGLONG ullAccepted;
    ULONGLONG ullInitialized;
} Secur32Credentials_Logins, *PSecur32Credentials_Logins;

#ifdef __cplusplus
extern "C" {
#endif

/* SECUR32_PROTOTYPES lets a Windows compiler compare these with its own. */
#if !defined(_WIN32) || defined(SECUR32_PROTOTYPES)

/* Server: takes one step of an exchange. For DIGEST-MD5: makes the challenge, then verifies the
 * response and makes the answer `rspauth=...`.
 *
 * * `phCredential`: an INBOUND credential; on subsequent steps NULL will do. It may be freed as soon as
 *   the context exists.
 * * `phContext`: NULL (or a zeroed handle) on the first step, then the handle returned by it.
 * * `pInput`: the client's token in the first TOKEN buffer; NULL or an empty buffer where there
 *   is none. May be the same memory as the output's.
 * * `fContextReq`: ASC_REQ bits; unknown ones are ignored.
 * * `TargetDataRep`: ignored.
 * * `phNewContext`: receives the handle; may be NULL on subsequent steps, may equal `phContext`.
 * * `pOutput`: the first TOKEN buffer that is not read-only receives the token: `cbBuffer` is its
 *   capacity on entry and the token's length on return, to which no terminator counts. With
 *   ASC_REQ_ALLOCATE_MEMORY `pvBuffer` receives memory to free with FreeContextBuffer, or NULL
 *   when there is no token. Not needed on a step that returns no token.
 * * `pfContextAttr`: receives ASC_RET bits; may be NULL.
 * * `ptsExpiry`: receives the end of the context; may be NULL.
 *
 * Digest over HTTP is asked for by ASC_REQ_HTTP (0x10000000) or by PKG_PARAMS buffers after the
 * token: the method, the URI (or nothing), the hash of the body in digits (or nothing), the realm
 * to offer in UTF-16 (or nothing); then perhaps a CHANNEL_BINDINGS buffer. Tokens are what follows
 * the word Digest. A call without a realm is one for the realm that this context has offered
 * before, else for the configuration's. Users of other realms are refused there, but for the empty
 * realm and those that the configuration lists; nonces and sessions of other realms are unknown.
 * Pass NULL for `phContext` with every request's response: the nonce in it tells whose it is.
 * SEC_I_COMPLETE_NEEDED: the session is known, call CompleteAuthToken with the new context. Where
 * several algorithms are configured, each further TOKEN buffer of `pOutput` receives the challenge
 * of a further algorithm, and those left over get length 0.
 *
 * Returns SEC_I_CONTINUE_NEEDED: send the token, call again with the answer; SEC_E_OK: send the
 * token, the client is authenticated. The context is the caller's to delete, also after a later
 * step failed; after a failed first step there is none. Nothing is written by a failed call, but
 * for `cbBuffer` after SEC_E_BUFFER_TOO_SMALL, which then is the length needed; the call can be
 * repeated within half a minute, with the same input, flags and credential, by any thread: the
 * token is not taken twice.
 *
 * Fails with SEC_E_INVALID_HANDLE; SEC_E_NO_CREDENTIALS for an OUTBOUND credential;
 * SEC_E_WRONG_CREDENTIAL_HANDLE for one of another package; SEC_E_INVALID_TOKEN for a malformed
 * token, malformed buffers, or no buffer for the token; SEC_E_BUFFER_TOO_SMALL;
 * SEC_E_LOGON_DENIED for an unknown user, a wrong password, or a realm that is not let in;
 * SEC_E_NO_AUTHENTICATING_AUTHORITY when the accounts cannot be asked; SEC_E_BAD_BINDINGS;
 * SEC_E_SECURITY_QOS_FAILED; SEC_E_INSUFFICIENT_MEMORY; STATUS_LOGON_FAILURE when the exchange
 * has ended already. */
SECURITY_STATUS SEC_ENTRY AcceptSecurityContext(CredHandle *phCredential, CtxtHandle *phContext,
    SecBufferDesc *pInput, ULONG fContextReq, ULONG TargetDataRep, CtxtHandle *phNewContext,
    SecBufferDesc *pOutput, ULONG *pfContextAttr, TimeStamp *ptsExpiry);

/* As AcquireCredentialsHandleW, with ANSI names. The encoding of `pAuthData` is what its Flags
 * say, here too. */
SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleA(SEC_CHAR *pszPrincipal, SEC_CHAR *pszPackage,
    ULONG fCredentialUse, void *pvLogonID, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
    void *pvGetKeyArgument, CredHandle *phCredential, TimeStamp *ptsExpiry);

/* Acquires a credential: what accept calls (INBOUND) or initialize calls (OUTBOUND) are made with.
 *
 * * `pszPrincipal`: whom the credential speaks for; NULL for the process's user. Not used beside
 *   `pAuthData`. An INBOUND one of Kerberos or Negotiate has the machine's keytab, for service/host,
 *   service@host or a whole principal, or for all that is in it. An OUTBOUND one has the credential
 *   cache, and stays who that was for when it was acquired (or, where there was no cache, when it was
 *   first used): while the cache has nobody's tickets, or somebody else's, first steps fail with
 *   SEC_E_NO_CREDENTIALS.
 * * `pszPackage`: the package's name without regard to case, for example WDigest.
 * * `fCredentialUse`: SECPKG_CRED_INBOUND, SECPKG_CRED_OUTBOUND or SECPKG_CRED_BOTH. Bits above
 *   those four are ignored.
 * * `pvLogonID`: NULL.
 * * `pAuthData`: OUTBOUND: a SEC_WINNT_AUTH_IDENTITY structure, whose encoding its own Flags say;
 *   NULL for the process's user, who has no password here. Copied; may be freed at once. Its lengths
 *   count no terminators. A package list decides in every package and for both
 *   directions: where it excludes the package (!name), or names others only, the first step fails with
 *   SEC_E_NO_CREDENTIALS. Negotiate goes by Kerberos' name too.
 * * `pGetKeyFn`: INBOUND: NULL, so that accounts come from the configured file, or a function
 *   that is asked for them; see below.
 * * `pvGetKeyArgument`: passed to `pGetKeyFn` as `Arg`. Used as long as the credential, or a
 *   context made with it, exists.
 * * `phCredential`: receives the handle, to free with FreeCredentialsHandle.
 * * `ptsExpiry`: receives the end of the credential; may be NULL.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_HANDLE when `phCredential` is NULL; SEC_E_SECPKG_NOT_FOUND for
 * a package that is missing or unknown; SEC_E_UNKNOWN_CREDENTIALS for another `fCredentialUse`, or
 * an identity that is not well formed, such as one whose lengths count terminators;
 * SEC_E_NOT_OWNER for a `pvLogonID`; SEC_E_NO_CREDENTIALS; SEC_E_INTERNAL_ERROR when the
 * configuration is wrong; SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written.
 *
 * The account function: void (SEC_ENTRY *)(void *Arg, void *Principal, ULONG KeyVer,
 * void **Key, SECURITY_STATUS *Status).
 *
 * It is called for each response to verify, once for each way to read the names in it (there are at
 * most four), on the thread that accepts and by several threads at once; no lock is held, so it may
 * call this library. C++ exceptions must not leave it.
 *
 * * `Arg`: `pvGetKeyArgument`.
 * * `Principal`: a SEC_WINNT_AUTH_IDENTITY_W (from AcquireCredentialsHandleA:
 *   SEC_WINNT_AUTH_IDENTITY_A, which is UTF-8 outside of Windows) with the user's name in User
 *   and the realm in Domain, both also terminated, and Password NULL. Names that are not UTF-8 are
 *   read as ISO 8859-1. A realm that is not let in is asked for as well, for its time, and refused
 *   whatever is answered. Not to be written; valid during the call.
 * * `KeyVer`: which hash the response was made with: 0 for MD5, 1 for SHA-256, 2 for SHA-512/256 (the
 *   last two over HTTP alone, where `http_algorithms` offers them). In SCRAM, whose packages ask once,
 *   when the client's first message arrives, and with an empty Domain: 160 for SCRAM-SHA-1, 256 for
 *   SCRAM-SHA-256, 512 for SCRAM-SHA-512, with or without -PLUS.
 * * `Key`: on entry *Key points to a SecBuffer of the library's: pvBuffer is zeroed memory,
 *   cbBuffer its size, 1024, and BufferType SECBUFFER_EMPTY. The function writes its answer into
 *   that memory and sets cbBuffer to the answer's length in bytes and BufferType to its kind:
 *   SECBUFFER_DATA for the password (UTF-16; ANSI from AcquireCredentialsHandleA; not terminated,
 *   though one terminator is tolerated), or SECBUFFER_TOKEN for that hash of
 *   user:realm:password: 16 bytes of MD5, 32 of the others. In SCRAM a SECBUFFER_TOKEN is the stored keys in ASCII,
 *   "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey" or
 *   "{SCRAM-SHA-256}iterations,salt,StoredKey,ServerKey" (salt and keys in base64), of the mechanism
 *   that KeyVer says, one terminator tolerated; or up to four such lines with LF between, of one salt and
 *   count, for the spellings of a password beyond ASCII. Both pointers stay as they are: there is nothing to allocate or to
 *   free. The library wipes the memory afterwards.
 * * `Status`: SEC_E_INTERNAL_ERROR on entry; set to SEC_E_OK with the answer.
 *
 * "No such user" is SEC_E_OK with BufferType left SECBUFFER_EMPTY, or one of SEC_E_NO_CREDENTIALS,
 * SEC_E_LOGON_DENIED and SEC_E_UNKNOWN_CREDENTIALS: the client is then refused as for a wrong
 * password. Everything else (another status, one not set, a pointer replaced, a length beyond the
 * memory, another kind, a hash whose length is not that of the one asked for, keys of another mechanism or
 * not well formed, half a UTF-16 character)
 * means that the accounts could not be asked: accepting fails with
 * SEC_E_NO_AUTHENTICATING_AUTHORITY. A program that has no hash of the kind asked for, but one of
 * another kind, says "no such user". */
SECURITY_STATUS SEC_ENTRY AcquireCredentialsHandleW(SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage,
    ULONG fCredentialUse, void *pvLogonID, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
    void *pvGetKeyArgument, CredHandle *phCredential, TimeStamp *ptsExpiry);

/* As AddCredentialsW. */
SECURITY_STATUS SEC_ENTRY AddCredentialsA(CredHandle *hCredentials, SEC_CHAR *pszPrincipal,
    SEC_CHAR *pszPackage, ULONG fCredentialUse, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
    void *pvGetKeyArgument, TimeStamp *ptsExpiry);

/* Would add credentials of another package to a handle, which no package here takes.
 *
 * Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_UNSUPPORTED_FUNCTION. */
SECURITY_STATUS SEC_ENTRY AddCredentialsW(CredHandle *hCredentials, SEC_WCHAR *pszPrincipal,
    SEC_WCHAR *pszPackage, ULONG fCredentialUse, void *pAuthData, SEC_GET_KEY_FN pGetKeyFn,
    void *pvGetKeyArgument, TimeStamp *ptsExpiry);

/* As AddSecurityPackageW. */
SECURITY_STATUS SEC_ENTRY AddSecurityPackageA(SEC_CHAR *pszPackageName,
    PSECURITY_PACKAGE_OPTIONS pOptions);

/* Would add a package to this machine, which programs cannot.
 *
 * Returns SEC_E_UNSUPPORTED_FUNCTION. */
SECURITY_STATUS SEC_ENTRY AddSecurityPackageW(SEC_WCHAR *pszPackageName,
    PSECURITY_PACKAGE_OPTIONS pOptions);

/* Gives a context a control token, which is a function of TLS alone.
 *
 * * `phContext`: the context.
 * * `pInput`: the token's buffers.
 *
 * Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_UNSUPPORTED_FUNCTION. */
SECURITY_STATUS SEC_ENTRY ApplyControlToken(CtxtHandle *phContext, SecBufferDesc *pInput);

/* As ChangeAccountPasswordW. */
SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordA(SEC_CHAR *pszPackageName, SEC_CHAR *pszDomainName,
    SEC_CHAR *pszAccountName, SEC_CHAR *pszOldPassword, SEC_CHAR *pszNewPassword,
    BOOLEAN bImpersonating, ULONG dwReserved, SecBufferDesc *pOutput);

/* Would change the password of an account.
 *
 * Returns SEC_E_UNSUPPORTED_FUNCTION. */
SECURITY_STATUS SEC_ENTRY ChangeAccountPasswordW(SEC_WCHAR *pszPackageName,
    SEC_WCHAR *pszDomainName, SEC_WCHAR *pszAccountName, SEC_WCHAR *pszOldPassword,
    SEC_WCHAR *pszNewPassword, BOOLEAN bImpersonating, ULONG dwReserved, SecBufferDesc *pOutput);

/* Server: verifies a request of an HTTP Digest session that is known already, after
 * AcceptSecurityContext returned SEC_I_COMPLETE_NEEDED for it.
 *
 * * `phContext`: the context that that call made.
 * * `pToken`: that call's input buffers; a realm in the fifth (index 4) must be the session's, and
 *   in its place there may be a TOKEN buffer to be written, whose `cbBuffer` becomes 0, or the length of an
 *   Authentication-Info where the configuration asks for one.
 *
 * Returns SEC_E_OK: the request is the authenticated user's; SEC_E_OUT_OF_SEQUENCE when the nonce
 * count is not the next one (an accept call with this context and an empty token then makes a
 * challenge with stale=true); SEC_E_MESSAGE_ALTERED when the hash is wrong; SEC_E_LOGON_DENIED when
 * the session is one of another realm; SEC_E_BAD_BINDINGS;
 * SEC_E_INVALID_TOKEN for malformed or missing buffers; SEC_E_INTERNAL_ERROR when nothing is to be
 * completed; SEC_E_INVALID_HANDLE; SEC_E_UNSUPPORTED_FUNCTION for SASL contexts and clients',
 * which have nothing to complete. */
SECURITY_STATUS SEC_ENTRY CompleteAuthToken(CtxtHandle *phContext, SecBufferDesc *pToken);

/* Opens a sealed message in place. One thread may open while another seals.
 *
 * * `phContext`: an established context.
 * * `pMessage`: either a STREAM buffer with the sealed message and a DATA buffer (what it holds
 *   is ignored), which then points to the plaintext inside the stream's memory; or the sealed
 *   message in a DATA buffer, whose `cbBuffer` becomes the plaintext's length; or the buffers as
 *   EncryptMessage left them, in any of its shapes: the plaintext then is in the DATA buffers again,
 *   and their `cbBuffer` tells how much of it. Digest also takes the message in several DATA buffers
 *   and nothing else. Read-only DATA counts as it did when the message was sealed.
 * * `MessageSeqNo`: ignored; the context counts.
 * * `pfQOP`: receives 0, or SECQOP_WRAP_NO_ENCRYPT for a message that was signed only; may be
 *   NULL. Written after success only.
 *
 * Returns SEC_E_OK; SEC_E_MESSAGE_ALTERED; SEC_E_OUT_OF_SEQUENCE for a message that was seen
 * before or follows one not seen, by Kerberos and Negotiate where SEQUENCE_DETECT or REPLAY_DETECT was
 * asked for (after both the next good message still opens);
 * SEC_E_INCOMPLETE_MESSAGE for fewer bytes than a message has, also none; SEC_E_INVALID_HANDLE;
 * SEC_E_INVALID_TOKEN without those buffers, for malformed or overlapping ones, by Kerberos and
 * Negotiate for what does not begin as a message does, and by Digest for more than the configured
 * maxbuf, which was told to the peer; SEC_E_BUFFER_TOO_SMALL by Digest for a buffer
 * beside DATA that alone has what follows the data and is shorter than 16 bytes, and where the text
 * has no room in DATA; SEC_E_QOP_NOT_SUPPORTED when the context has no security layer;
 * SEC_E_CONTEXT_EXPIRED after 2^32 messages of Digest. On failure the buffers are as they were. */
SECURITY_STATUS SEC_ENTRY DecryptMessage(CtxtHandle *phContext, SecBufferDesc *pMessage,
    ULONG MessageSeqNo, ULONG *pfQOP);

/* Ends a context, whatever state it is in. A call that is using it meanwhile finishes undisturbed.
 *
 * * `phContext`: the context; its words are left as they are.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_HANDLE for a handle that is none, or was deleted before. */
SECURITY_STATUS SEC_ENTRY DeleteSecurityContext(CtxtHandle *phContext);

/* As DeleteSecurityPackageW. */
SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageA(SEC_CHAR *pszPackageName);

/* Would remove a package from this machine, which programs cannot.
 *
 * Returns SEC_E_UNSUPPORTED_FUNCTION. */
SECURITY_STATUS SEC_ENTRY DeleteSecurityPackageW(SEC_WCHAR *pszPackageName);

/* Seals a message in place: encrypts and signs it, or signs it only, as the context negotiated.
 * One thread may seal while another opens.
 *
 * * `phContext`: an established context.
 * * `fQOP`: 0; of Kerberos and Negotiate, and of DIGEST-MD5 with auth-int, also
 *   SECQOP_WRAP_NO_ENCRYPT, to sign only.
 * * `pMessage`: the plaintext in DATA buffers, which are sealed as one text and become as
 *   many bytes of the sealed message, and buffers for the rest of it: capacity on entry, length on
 *   return. SECPKG_ATTR_SIZES tells how much they need. The shapes:
 *   - TOKEN (cbSecurityTrailer), DATA..., PADDING (cbBlockSize), sent in this order, for any package.
 *     The lengths are those after the call; of Digest the text moves within the buffers.
 *   - For Digest also DATA... with PADDING, or without one with TOKEN (cbMaxSignature plus
 *     cbBlockSize), which follows the data wherever the buffer stands; or two DATA buffers, the
 *     second for what follows. Where TOKEN and PADDING are there and PADDING alone has the room,
 *     TOKEN's length becomes 0.
 *   - For Kerberos and Negotiate also TOKEN, DATA... without PADDING.
 *
 *   DATA marked SECBUFFER_READONLY is no part of the message. DATA marked
 *   SECBUFFER_READONLY_WITH_CHECKSUM is signed and not encrypted by Kerberos and Negotiate, and no
 *   part of the message for Digest, whose messages have no place for it.
 * * `MessageSeqNo`: ignored; the context counts.
 *
 * A context of Digest with auth-int signs: the text stays readable, as SASL's layer for integrity
 * has it, and so do the Sasl functions' contexts of Kerberos and Negotiate whose layer is that for
 * integrity. Other contexts without confidentiality refuse, unless fQOP is SECQOP_WRAP_NO_ENCRYPT.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_HANDLE, also before the exchange has succeeded, with the Sasl
 * functions their cookies too; SEC_E_INVALID_TOKEN without those buffers, for malformed or
 * overlapping ones, and for a message that is longer than the peer takes (its maxbuf, or the size in
 * its cookie): SECPKG_ATTR_STREAM_SIZES of Digest, and SASL_OPTION_SEND_SIZE, tell what fits;
 * SEC_E_BUFFER_TOO_SMALL; SEC_E_UNSUPPORTED_FUNCTION by Kerberos and Negotiate when the context has no
 * confidentiality; SEC_E_QOP_NOT_SUPPORTED when the context has no security layer, also where the
 * cookies chose none, and for SECQOP_WRAP_NO_ENCRYPT with auth-conf; SEC_E_CONTEXT_EXPIRED after 2^32
 * messages of Digest, whose sequence numbers are then used up. On failure nothing is written, but for
 * `cbBuffer` after SEC_E_BUFFER_TOO_SMALL: the length needed. */
SECURITY_STATUS SEC_ENTRY EncryptMessage(CtxtHandle *phContext, ULONG fQOP, SecBufferDesc *pMessage,
    ULONG MessageSeqNo);

/* As EnumerateSecurityPackagesW, with ANSI strings. */
SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesA(ULONG *pcPackages,
    SecPkgInfoA **ppPackageInfo);

/* Lists the packages of this machine.
 *
 * * `pcPackages`: receives their number.
 * * `ppPackageInfo`: receives an array of as many structures; it and all its strings are one block
 *   to free with FreeContextBuffer.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for a NULL argument; SEC_E_INSUFFICIENT_MEMORY. On
 * failure nothing is written. */
SECURITY_STATUS SEC_ENTRY EnumerateSecurityPackagesW(ULONG *pcPackages,
    SecPkgInfoW **ppPackageInfo);

/* Packs an established context for ImportSecurityContextW.
 *
 * * `phContext`: the context.
 * * `fFlags`: SECPKG_CONTEXT_EXPORT_RESET_NEW 1: packed as if no message had been exchanged yet;
 *   SECPKG_CONTEXT_EXPORT_DELETE_OLD 2: the context is deleted after success.
 * * `pPackedContext`: `pvBuffer` and `cbBuffer` receive the pack, to free with FreeContextBuffer.
 *   It holds the context's keys.
 * * `pToken`: receives NULL; may be NULL.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `pPackedContext` is NULL; SEC_E_INVALID_HANDLE;
 * SEC_E_UNSUPPORTED_FUNCTION for other flags, and for packages that cannot; SEC_E_CANNOT_PACK
 * before the exchange has succeeded; SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written. */
SECURITY_STATUS SEC_ENTRY ExportSecurityContext(CtxtHandle *phContext, ULONG fFlags,
    SecBuffer *pPackedContext, void **pToken);

/* Frees memory that a function of this library allocated for its caller: output tokens with
 * ALLOCATE_MEMORY, package information, attribute strings, exported contexts.
 *
 * The memory is overwritten before it is given back.
 *
 * * `pvContextBuffer`: the pointer as received; NULL is nothing to free.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_HANDLE for any other pointer (freed before, inside a block, or
 * not from here), which then is left alone. */
SECURITY_STATUS SEC_ENTRY FreeContextBuffer(void *pvContextBuffer);

/* Frees a credential. Contexts made with it go on.
 *
 * * `phCredential`: the credential; its words are left as they are.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_HANDLE for a handle that is none, or was freed before. */
SECURITY_STATUS SEC_ENTRY FreeCredentialsHandle(CredHandle *phCredential);

/* Server: would let this thread act as the client.
 *
 * * `phContext`: the context.
 *
 * Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_NO_IMPERSONATION, and the thread goes on as what
 * it is. */
SECURITY_STATUS SEC_ENTRY ImpersonateSecurityContext(CtxtHandle *phContext);

/* As ImportSecurityContextW, with an ANSI package name. */
SECURITY_STATUS SEC_ENTRY ImportSecurityContextA(SEC_CHAR *pszPackage, SecBuffer *pPackedContext,
    void *Token, CtxtHandle *phContext);

/* Unpacks a context that ExportSecurityContext packed on this machine.
 *
 * * `pszPackage`: the package of the context.
 * * `pPackedContext`: the pack. It can be freed afterwards.
 * * `Token`: ignored.
 * * `phContext`: receives the handle of the context, which is established.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `phContext` is NULL; SEC_E_SECPKG_NOT_FOUND;
 * SEC_E_INVALID_TOKEN for a pack that is missing, damaged, or another machine's;
 * SEC_E_UNSUPPORTED_FUNCTION for packages that cannot; SEC_E_INSUFFICIENT_MEMORY. On failure
 * nothing is written. */
SECURITY_STATUS SEC_ENTRY ImportSecurityContextW(SEC_WCHAR *pszPackage, SecBuffer *pPackedContext,
    void *Token, CtxtHandle *phContext);

/* As InitSecurityInterfaceW, in their ANSI forms. */
SecurityFunctionTableA *SEC_ENTRY InitSecurityInterfaceA(void);

/* Returns the table of the plain functions in their UTF-16 forms. It is the same for every caller
 * and every call, and is never freed. */
SecurityFunctionTableW *SEC_ENTRY InitSecurityInterfaceW(void);

/* Client: as InitializeSecurityContextW, with an ANSI target name. */
SECURITY_STATUS SEC_ENTRY InitializeSecurityContextA(CredHandle *phCredential,
    CtxtHandle *phContext, SEC_CHAR *pszTargetName, ULONG fContextReq, ULONG Reserved1,
    ULONG TargetDataRep, SecBufferDesc *pInput, ULONG Reserved2, CtxtHandle *phNewContext,
    SecBufferDesc *pOutput, ULONG *pfContextAttr, TimeStamp *ptsExpiry);

/* Client: takes one step of an exchange. For DIGEST-MD5: answers the challenge, then checks the
 * server's `rspauth=...`.
 *
 * * `phCredential`: an OUTBOUND credential; on subsequent steps NULL will do. It may be freed as soon
 *   as the context exists.
 * * `phContext`: NULL (or a zeroed handle) on the first step, then the handle returned by it.
 * * `pszTargetName`: UTF-16, terminated; for SASL service/host, for example imap/mail.example.org.
 * * `fContextReq`: ISC_REQ bits; unknown ones are ignored.
 * * `Reserved1`, `TargetDataRep`, `Reserved2`: ignored.
 * * `pInput`: the server's token in the first TOKEN buffer; NULL or an empty buffer where there
 *   is none. May be the same memory as the output's.
 * * `phNewContext`: receives the handle; may be NULL on subsequent steps, may equal `phContext`.
 * * `pOutput`: as for AcceptSecurityContext.
 * * `pfContextAttr`: receives ISC_RET bits; may be NULL.
 * * `ptsExpiry`: receives the end of the context; may be NULL.
 *
 * Digest over HTTP is asked for by ISC_REQ_HTTP (0x10000000), ISC_REQ_USE_HTTP_STYLE or PKG_PARAMS
 * buffers after the token: the method, and the hash of the body in digits (or nothing); perhaps a
 * TARGET_HOST buffer with the service's name and a CHANNEL_BINDINGS buffer. The target is the
 * request's URI. The token is what follows the word Digest in WWW-Authenticate, or a whole field
 * with challenges of any schemes; of several that are Digest's the one with the best algorithm of
 * those that secur32.toml allows is answered. ISC_REQ_INTEGRITY, ISC_REQ_REPLAY_DETECT and
 * ISC_REQ_SEQUENCE_DETECT ask for auth-int, where no hash means an empty body, and are refused where
 * the server has none. A challenge is answered with SEC_E_OK; later requests are MakeSignature's.
 *
 * When a request is answered by 401, pass its challenge to this function once more. With stale=true
 * or another nonce it is answered anew: some servers have a nonce for each request. A second one for
 * the nonce that was just answered gets SEC_E_LOGON_DENIED. Servers that refuse a password with a new
 * nonce each time cannot be told from the former here: a caller gives up when a request that
 * carried the answer to a challenge is answered by 401 without stale=true.
 *
 * Returns SEC_I_CONTINUE_NEEDED: send the token, if there is one, and call again with the answer;
 * SEC_E_OK: send the token, if there is one; the exchange has succeeded. What is written, and
 * whose the context is, is as for AcceptSecurityContext.
 *
 * Fails with SEC_E_INVALID_HANDLE; SEC_E_NO_CREDENTIALS for an INBOUND credential, or without a
 * password; SEC_E_WRONG_CREDENTIAL_HANDLE; SEC_E_INVALID_TOKEN for a malformed token, malformed
 * buffers, or no buffer for the token; SEC_E_BUFFER_TOO_SMALL; SEC_E_TARGET_UNKNOWN for a target
 * that is missing or malformed; SEC_E_UNSUPPORTED_FUNCTION for ISC_REQ_DELEGATE and
 * ISC_REQ_PROMPT_FOR_CREDS; SEC_E_QOP_NOT_SUPPORTED and SEC_E_CRYPTO_SYSTEM_INVALID when the
 * server does not offer what is needed; SEC_E_ALGORITHM_MISMATCH when none of the algorithms it
 * offers over HTTP is configured; SEC_E_WRONG_PRINCIPAL when the server does not prove that
 * it knows the password; SEC_E_LOGON_DENIED; SEC_E_INSUFFICIENT_MEMORY; STATUS_LOGON_FAILURE when
 * the exchange has ended already. */
SECURITY_STATUS SEC_ENTRY InitializeSecurityContextW(CredHandle *phCredential,
    CtxtHandle *phContext, SEC_WCHAR *pszTargetName, ULONG fContextReq, ULONG Reserved1,
    ULONG TargetDataRep, SecBufferDesc *pInput, ULONG Reserved2, CtxtHandle *phNewContext,
    SecBufferDesc *pOutput, ULONG *pfContextAttr, TimeStamp *ptsExpiry);

/* Signs a message.
 *
 * * `phContext`: an established context.
 * * `fQOP`: 0.
 * * `pMessage`: a TOKEN buffer, which receives the signature (its `cbBuffer` is the capacity on
 *   entry, SECPKG_ATTR_SIZES tells how much is needed, and the length on return), and the message
 *   in DATA buffers, which are signed in their order and left as they are; of Digest without those
 *   marked SECBUFFER_READONLY_WITH_CHECKSUM. A PADDING buffer's `cbBuffer` becomes 0. What is sent
 *   as one message should be no longer than SECPKG_ATTR_STREAM_SIZES says.
 * * `MessageSeqNo`: ignored; the context counts.
 *
 * In HTTP mode a client makes the digest-response of its next request: `pMessage` has an empty
 * TOKEN buffer, then in PKG_PARAMS buffers the method, the URI and the hash of the body (or
 * nothing), then a buffer of any type that receives the text: capacity on entry, length on
 * return.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_HANDLE, also before the exchange has succeeded, with the Sasl
 * functions their cookies too; SEC_E_INVALID_TOKEN without a TOKEN buffer, and for malformed or
 * overlapping buffers; SEC_E_BUFFER_TOO_SMALL; SEC_E_QOP_NOT_SUPPORTED when the context has no
 * integrity protection; SEC_E_CONTEXT_EXPIRED after 2^32 messages of Digest. On failure nothing is
 * written, but for `cbBuffer` after SEC_E_BUFFER_TOO_SMALL: the length needed. */
SECURITY_STATUS SEC_ENTRY MakeSignature(CtxtHandle *phContext, ULONG fQOP, SecBufferDesc *pMessage,
    ULONG MessageSeqNo);

/* As QueryContextAttributesW, with ANSI strings. SEC_E_UNSUPPORTED_FUNCTION also for NAMES and AUTHORITY
 * where Windows' code page lacks a character of the name: ask by the W function. */
SECURITY_STATUS SEC_ENTRY QueryContextAttributesA(CtxtHandle *phContext, ULONG ulAttribute,
    void *pBuffer);

/* As QueryContextAttributesExW, with ANSI strings. */
SECURITY_STATUS SEC_ENTRY QueryContextAttributesExA(CtxtHandle *phContext, ULONG ulAttribute,
    void *pBuffer, ULONG cbBuffer);

/* As QueryContextAttributesW; SEC_E_BUFFER_TOO_SMALL when the `cbBuffer` bytes at `pBuffer` are
 * fewer than the structure has. */
SECURITY_STATUS SEC_ENTRY QueryContextAttributesExW(CtxtHandle *phContext, ULONG ulAttribute,
    void *pBuffer, ULONG cbBuffer);

/* Tells an attribute of a context.
 *
 * * `phContext`: the context.
 * * `ulAttribute`: a SECPKG_ATTR number: SIZES 0, NAMES 1, LIFESPAN 2, STREAM_SIZES 4, KEY_INFO 5,
 *   AUTHORITY 6, PASSWORD_EXPIRY 8, SESSION_KEY 9, PACKAGE_INFO 10, NEGOTIATION_INFO 12, FLAGS 14,
 *   TARGET 19, CLIENT_SPECIFIED_TARGET 27. Which are answered, and when, is the package's affair.
 * * `pBuffer`: the SecPkgContext structure of that attribute. Each pointer in it receives memory
 *   of its own, to free with FreeContextBuffer.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `pBuffer` is NULL; SEC_E_INVALID_HANDLE;
 * SEC_E_TARGET_UNKNOWN while there is no target; SEC_E_NO_IMPERSONATION for ACCESS_TOKEN;
 * SEC_E_UNSUPPORTED_FUNCTION for other attributes; SEC_E_INSUFFICIENT_MEMORY. On failure nothing
 * is written. */
SECURITY_STATUS SEC_ENTRY QueryContextAttributesW(CtxtHandle *phContext, ULONG ulAttribute,
    void *pBuffer);

/* As QueryCredentialsAttributesW, with ANSI strings. */
SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesA(CredHandle *phCredential, ULONG ulAttribute,
    void *pBuffer);

/* As QueryCredentialsAttributesExW, with ANSI strings. */
SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExA(CredHandle *phCredential, ULONG ulAttribute,
    void *pBuffer, ULONG cbBuffer);

/* As QueryCredentialsAttributesW; SEC_E_BUFFER_TOO_SMALL when the `cbBuffer` bytes at `pBuffer`
 * are fewer than the structure has. */
SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesExW(CredHandle *phCredential, ULONG ulAttribute,
    void *pBuffer, ULONG cbBuffer);

/* Answers SECPKG_CRED_ATTR_NAMES, 1: whom the credential speaks for; and SECUR32_CRED_ATTR_LOGINS, this
 * library's own: how many exchanges of the credential's package have succeeded in this process, by
 * whichever credential.
 *
 * * `phCredential`: the credential.
 * * `ulAttribute`: the attribute.
 * * `pBuffer`: a SecPkgCredentials_Names, whose sUserName receives memory to free with
 *   FreeContextBuffer; or a Secur32Credentials_Logins, which counts the calls of accepting functions and
 *   of initializing ones that returned SEC_E_OK (or SEC_I_COMPLETE_NEEDED). Of HTTP these are the
 *   sessions, and not their subsequent requests.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `pBuffer` is NULL; SEC_E_INVALID_HANDLE;
 * SEC_E_UNSUPPORTED_FUNCTION for other attributes; SEC_E_INSUFFICIENT_MEMORY. On failure nothing
 * is written. */
SECURITY_STATUS SEC_ENTRY QueryCredentialsAttributesW(CredHandle *phCredential, ULONG ulAttribute,
    void *pBuffer);

/* Server: would return the client's access token.
 *
 * * `phContext`: the context.
 * * `Token`: is left as it is.
 *
 * Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_NO_IMPERSONATION. */
SECURITY_STATUS SEC_ENTRY QuerySecurityContextToken(CtxtHandle *phContext, void **Token);

/* As QuerySecurityPackageInfoW, with ANSI strings. */
SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoA(SEC_CHAR *pszPackageName,
    SecPkgInfoA **ppPackageInfo);

/* Tells about one package.
 *
 * * `pszPackageName`: its name without regard to case.
 * * `ppPackageInfo`: receives a structure that is one block with its strings, to free with
 *   FreeContextBuffer.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `ppPackageInfo` is NULL; SEC_E_SECPKG_NOT_FOUND;
 * SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written. */
SECURITY_STATUS SEC_ENTRY QuerySecurityPackageInfoW(SEC_WCHAR *pszPackageName,
    SecPkgInfoW **ppPackageInfo);

/* Ends an impersonation; there is none to end.
 *
 * * `phContext`: the context.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_HANDLE. */
SECURITY_STATUS SEC_ENTRY RevertSecurityContext(CtxtHandle *phContext);

/* Server: takes one step of a SASL exchange, and of the cookies that SASL adds to packages with
 * GSSAPI tokens. For DIGEST-MD5: an empty input makes the challenge (SEC_I_CONTINUE_NEEDED), the
 * response makes `rspauth=...` (SEC_E_OK). For GSSAPI (RFC 4752) after the package's tokens: the
 * empty answer to its last one makes the server's cookie, the client's cookie ends the exchange;
 * `pfContextAttr` then tells the layer that the client chose. For SCRAM (RFC 5802): client-first makes
 * server-first, also on the first call (SEC_I_CONTINUE_NEEDED), client-final makes `v=...` (SEC_E_OK);
 * an empty input before makes no token, which is an empty challenge to send. A server that lists a -PLUS
 * mechanism passes SECBUFFER_CHANNEL_BINDINGS, one of each type that it has, to every call, under the
 * plain mechanisms too: that is what tells a client whose list was tampered with.
 *
 * Parameters, results and ownership are as for AcceptSecurityContext. In addition fails with
 * SEC_E_ALGORITHM_MISMATCH when the client sent an authorization identity while
 * SASL_OPTION_AUTHZ_PROCESSING forbids them, and with SEC_E_INVALID_HANDLE for a context that no
 * Sasl function made. */
SECURITY_STATUS SEC_ENTRY SaslAcceptSecurityContext(CredHandle *phCredential, CtxtHandle *phContext,
    SecBufferDesc *pInput, ULONG fContextReq, ULONG TargetDataRep, CtxtHandle *phNewContext,
    SecBufferDesc *pOutput, ULONG *pfContextAttr, TimeStamp *ptsExpiry);

/* As SaslEnumerateProfilesW, with ANSI names. */
SECURITY_STATUS SEC_ENTRY SaslEnumerateProfilesA(SEC_CHAR **ProfileList, ULONG *ProfileCount);

/* Lists the SASL profiles (mechanisms) of this machine.
 *
 * * `ProfileList`: receives the names one after another, each terminated, and one more terminator
 *   at the end; one block to free with FreeContextBuffer.
 * * `ProfileCount`: receives the number of names.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for a NULL argument; SEC_E_INTERNAL_ERROR when the
 * configuration is wrong; SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written. */
SECURITY_STATUS SEC_ENTRY SaslEnumerateProfilesW(SEC_WCHAR **ProfileList, ULONG *ProfileCount);

/* Reads an option of a context that a Sasl function made.
 *
 * * `ContextHandle`: the context.
 * * `Option`: as for SaslSetContextOption.
 * * `Value`: receives the value; of a server's AUTHZ_STRING: what the client sent. NULL with
 *   `Size` 0 asks for the length.
 * * `Size`: bytes at `Value`.
 * * `Needed`: receives the value's length in bytes, after SEC_E_OK and SEC_E_BUFFER_TOO_SMALL;
 *   may be NULL.
 *
 * Returns as SaslSetContextOption; SEC_E_BUFFER_TOO_SMALL when the value is longer than `Size`,
 * of which then nothing is written. */
SECURITY_STATUS SEC_ENTRY SaslGetContextOption(CtxtHandle *ContextHandle, ULONG Option, void *Value,
    ULONG Size, ULONG *Needed);

/* As SaslGetProfilePackageW, with ANSI strings. */
SECURITY_STATUS SEC_ENTRY SaslGetProfilePackageA(SEC_CHAR *ProfileName, SecPkgInfoA **PackageInfo);

/* Finds the package behind a SASL profile.
 *
 * * `ProfileName`: the profile without regard to case, for example DIGEST-MD5.
 * * `PackageInfo`: receives what QuerySecurityPackageInfoW would tell, to free with
 *   FreeContextBuffer. Its Name is what AcquireCredentialsHandleW takes.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `PackageInfo` is NULL; SEC_E_SECPKG_NOT_FOUND
 * for an unknown profile, or one whose package this machine does not have;
 * SEC_E_INSUFFICIENT_MEMORY. On failure nothing is written. */
SECURITY_STATUS SEC_ENTRY SaslGetProfilePackageW(SEC_WCHAR *ProfileName, SecPkgInfoW **PackageInfo);

/* As SaslIdentifyPackageW, with ANSI strings in the answer. */
SECURITY_STATUS SEC_ENTRY SaslIdentifyPackageA(SecBufferDesc *pInput, SecPkgInfoA **PackageInfo);

/* Finds the package that a token begins an exchange of: by the name of a profile, or by the look of
 * the token.
 *
 * * `pInput`: the token in the first TOKEN buffer, or else in the first buffer.
 * * `PackageInfo`: receives what QuerySecurityPackageInfoW would tell, to free with
 *   FreeContextBuffer.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when `PackageInfo` is NULL; SEC_E_INVALID_TOKEN for an
 * empty token or malformed buffers; SEC_E_SECPKG_NOT_FOUND; SEC_E_INSUFFICIENT_MEMORY. On failure
 * nothing is written. */
SECURITY_STATUS SEC_ENTRY SaslIdentifyPackageW(SecBufferDesc *pInput, SecPkgInfoW **PackageInfo);

/* Client: as SaslInitializeSecurityContextW, with an ANSI target name. */
SECURITY_STATUS SEC_ENTRY SaslInitializeSecurityContextA(CredHandle *phCredential,
    CtxtHandle *phContext, SEC_CHAR *pszTargetName, ULONG fContextReq, ULONG Reserved1,
    ULONG TargetDataRep, SecBufferDesc *pInput, ULONG Reserved2, CtxtHandle *phNewContext,
    SecBufferDesc *pOutput, ULONG *pfContextAttr, TimeStamp *ptsExpiry);

/* Client: takes one step of a SASL exchange. For DIGEST-MD5: no input makes no output, the
 * challenge makes the response (both SEC_I_CONTINUE_NEEDED), `rspauth=...` ends the exchange
 * (SEC_E_OK). The challenge may come with the first call. For SCRAM (RFC 5802): no input makes
 * client-first, and makes the same again until server-first makes client-final (both
 * SEC_I_CONTINUE_NEEDED), `v=...` ends the exchange (SEC_E_OK); SASL_OPTION_AUTHZ_STRING, which needs a
 * context, is set after the first call, and the next call without input makes a client-first that has it.
 * For GSSAPI (RFC 4752) after the
 * package's tokens: an empty token to send (SEC_I_CONTINUE_NEEDED) where the package had none, then
 * the server's cookie makes the client's (SEC_E_OK), which asks for the strongest layer that
 * `fContextReq` named; SEC_E_QOP_NOT_SUPPORTED where the server does not have it.
 *
 * Parameters, results and ownership are as for InitializeSecurityContextW. In addition fails with
 * SEC_E_INVALID_HANDLE for a context that no Sasl function made. */
SECURITY_STATUS SEC_ENTRY SaslInitializeSecurityContextW(CredHandle *phCredential,
    CtxtHandle *phContext, SEC_WCHAR *pszTargetName, ULONG fContextReq, ULONG Reserved1,
    ULONG TargetDataRep, SecBufferDesc *pInput, ULONG Reserved2, CtxtHandle *phNewContext,
    SecBufferDesc *pOutput, ULONG *pfContextAttr, TimeStamp *ptsExpiry);

/* Sets an option of a context that a Sasl function made; effective for the steps that follow.
 *
 * * `ContextHandle`: the context.
 * * `Option`: SASL_OPTION_SEND_SIZE 1, SASL_OPTION_RECV_SIZE 2, SASL_OPTION_AUTHZ_STRING 3,
 *   SASL_OPTION_AUTHZ_PROCESSING 4.
 * * `Value`: the value: a ULONG, for AUTHZ_STRING bytes without terminator. Copied.
 * * `Size`: its length in bytes.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for a NULL `Value` with a `Size`;
 * SEC_E_INVALID_HANDLE, also for contexts that no Sasl function made; SEC_E_BUFFER_TOO_SMALL for
 * less than a ULONG; SEC_E_UNSUPPORTED_FUNCTION for other options and values, and for
 * AUTHZ_STRING while authorization identities are forbidden. */
SECURITY_STATUS SEC_ENTRY SaslSetContextOption(CtxtHandle *ContextHandle, ULONG Option, void *Value,
    ULONG Size);

/* As SetContextAttributesW. */
SECURITY_STATUS SEC_ENTRY SetContextAttributesA(CtxtHandle *phContext, ULONG ulAttribute,
    void *pBuffer, ULONG cbBuffer);

/* Would set an attribute of a context, which is a function of TLS alone.
 *
 * Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_UNSUPPORTED_FUNCTION. */
SECURITY_STATUS SEC_ENTRY SetContextAttributesW(CtxtHandle *phContext, ULONG ulAttribute,
    void *pBuffer, ULONG cbBuffer);

/* As SetCredentialsAttributesW. */
SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesA(CredHandle *phCredential, ULONG ulAttribute,
    void *pBuffer, ULONG cbBuffer);

/* Would set an attribute of a credential, which no package here takes.
 *
 * Returns SEC_E_INVALID_HANDLE; otherwise SEC_E_UNSUPPORTED_FUNCTION. */
SECURITY_STATUS SEC_ENTRY SetCredentialsAttributesW(CredHandle *phCredential, ULONG ulAttribute,
    void *pBuffer, ULONG cbBuffer);

/* Compares two identities.
 *
 * * `AuthIdentity1`, `AuthIdentity2`: identities of any form; NULL is the identity of the
 *   logged-on user, which differs from any other.
 * * `SameSuppliedUser`: receives TRUE where user and domain are the same without regard to case;
 *   NULL when not wanted.
 * * `SameSuppliedIdentity`: receives TRUE where the password is the same too; NULL when not
 *   wanted.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for an identity that cannot be used, and then nothing
 * is written. */
SECURITY_STATUS SEC_ENTRY SspiCompareAuthIdentities(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity1,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity2, BOOLEAN *SameSuppliedUser,
    BOOLEAN *SameSuppliedIdentity);

/* Copies an identity.
 *
 * * `AuthData`: an identity of any form. An encrypted one gives an encrypted copy.
 * * `AuthDataCopy`: receives the copy (a SEC_WINNT_AUTH_IDENTITY_EX2), which the caller frees with
 *   SspiFreeAuthIdentity. Untouched on failure.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or the identity cannot be used;
 * SEC_E_INSUFFICIENT_MEMORY. */
SECURITY_STATUS SEC_ENTRY SspiCopyAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *AuthDataCopy);

/* Decrypts what SspiEncryptAuthIdentity or SspiEncryptAuthIdentityEx encrypted, in place.
 *
 * * `EncryptedAuthData`: an identity that a function of this library made. One that is not
 *   encrypted stays as it is.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for NULL and for any other structure;
 * SEC_E_DECRYPT_FAILURE when another process encrypted it, or it was changed since. */
SECURITY_STATUS SEC_ENTRY SspiDecryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);

/* Decrypts an identity in place, as SspiDecryptAuthIdentity does.
 *
 * * `Options`: as for SspiEncryptAuthIdentityEx.
 * * `EncryptedAuthData`: as for SspiDecryptAuthIdentity.
 *
 * Returns what SspiDecryptAuthIdentity does, and SEC_E_INVALID_PARAMETER for other options. */
SECURITY_STATUS SEC_ENTRY SspiDecryptAuthIdentityEx(ULONG Options,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);

/* Gives the user name, the domain name and the password of an identity as strings.
 *
 * * `pAuthIdentity`: an identity of any form; an encrypted password is decrypted for the result.
 * * `ppszUserName`, `ppszDomainName`, `ppszPackedCredentialsString`: receive NUL-terminated
 *   strings, each freed by the caller with SspiLocalFree; NULL for what the identity does not
 *   have. Untouched on failure.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or the identity cannot be used;
 * SEC_E_INSUFFICIENT_MEMORY. */
SECURITY_STATUS SEC_ENTRY SspiEncodeAuthIdentityAsStrings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE pAuthIdentity,
    const WCHAR **ppszUserName, const WCHAR **ppszDomainName,
    const WCHAR **ppszPackedCredentialsString);

/* Makes an identity of a user name, a domain name and a password.
 *
 * * `pszUserName`, `pszDomainName`: NUL-terminated, at most 32767 characters; NULL for none. An
 *   empty domain is not the same as none.
 * * `pszPackedCredentialsString`: the password; NULL for none.
 * * `ppAuthIdentity`: receives the identity (a SEC_WINNT_AUTH_IDENTITY_EX2), which the caller
 *   frees with SspiFreeAuthIdentity. Untouched on failure.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_TOKEN when all three strings are NULL; SEC_E_INVALID_PARAMETER
 * for a string that is too long or not UTF-16, or when ppAuthIdentity is NULL;
 * SEC_E_INSUFFICIENT_MEMORY. */
SECURITY_STATUS SEC_ENTRY SspiEncodeStringsAsAuthIdentity(const WCHAR *pszUserName,
    const WCHAR *pszDomainName, const WCHAR *pszPackedCredentialsString,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity);

/* Encrypts the password of an identity in place, by a random key that this process keeps.
 *
 * * `AuthData`: an identity that a function of this library made. One that is encrypted already
 *   stays as it is. Every function that takes identities takes encrypted ones.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for NULL and for any other structure;
 * SEC_E_INTERNAL_ERROR when the system gives no randomness. */
SECURITY_STATUS SEC_ENTRY SspiEncryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);

/* Encrypts the password of an identity in place, as SspiEncryptAuthIdentity does.
 *
 * * `Options`: SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, _SAME_PROCESS or _FOR_SYSTEM. The key is
 *   this process's for all of them, so that no other process can decrypt.
 * * `AuthData`: as for SspiEncryptAuthIdentity.
 *
 * Returns what SspiEncryptAuthIdentity does, and SEC_E_INVALID_PARAMETER for other options. */
SECURITY_STATUS SEC_ENTRY SspiEncryptAuthIdentityEx(ULONG Options,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);

/* Copies an identity, with a package added that is not to be used for it. A credential that is
 * acquired with the copy for that package makes no contexts: SEC_E_NO_CREDENTIALS.
 *
 * * `AuthIdentity`: an identity of any form; NULL is the identity of the logged-on user.
 * * `pszPackageName`: the package, NUL-terminated.
 * * `ppNewAuthIdentity`: receives the copy, which the caller frees with SspiFreeAuthIdentity. Its
 *   package list ends in `!` and the name. Untouched on failure.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when another pointer is NULL, the identity cannot be
 * used, or the name is empty, holds a comma or `!`, or makes the list too long; SEC_E_INSUFFICIENT_MEMORY. */
SECURITY_STATUS SEC_ENTRY SspiExcludePackage(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
    const WCHAR *pszPackageName, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppNewAuthIdentity);

/* Overwrites and frees an identity that a function of this library made.
 *
 * * `AuthData`: the identity; NULL, and any pointer that is not such an identity, is left alone. */
void SEC_ENTRY SspiFreeAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);

/* Gives the host in the name of a service.
 *
 * * `pszTargetName`: `service/host`, `service/host:port` or `service/host:port/name`, of which the
 *   host is taken, or anything without a slash, which is taken as it is. NUL-terminated.
 * * `pszHostName`: receives the host, which the caller frees with SspiLocalFree. Untouched on
 *   failure.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or no host is left;
 * SEC_E_INSUFFICIENT_MEMORY. */
SECURITY_STATUS SEC_ENTRY SspiGetTargetHostName(const WCHAR *pszTargetName, WCHAR **pszHostName);

/* Says whether the password of an identity is encrypted.
 *
 * * `EncryptedAuthData`: an identity of any form.
 *
 * Returns TRUE where its flags say so; FALSE otherwise, and for NULL. */
BOOLEAN SEC_ENTRY SspiIsAuthIdentityEncrypted(PSEC_WINNT_AUTH_IDENTITY_OPAQUE EncryptedAuthData);

/* Says whether asking the user for other credentials may help after an error.
 *
 * * `ErrorOrNtStatus`: what the failed function returned: a SECURITY_STATUS, an NTSTATUS or a Win32
 *   error.
 *
 * Returns TRUE for SEC_E_NO_CREDENTIALS, SEC_E_LOGON_DENIED, SEC_E_UNKNOWN_CREDENTIALS,
 * STATUS_LOGON_FAILURE, STATUS_WRONG_PASSWORD, STATUS_NO_SUCH_USER and ERROR_LOGON_FAILURE; FALSE
 * otherwise. */
BOOLEAN SEC_ENTRY SspiIsPromptingNeeded(ULONG ErrorOrNtStatus);

/* Overwrites and frees memory that a function of the Sspi family allocated.
 *
 * * `DataBuffer`: the memory; NULL, and any pointer that is not such memory, is left alone. */
void SEC_ENTRY SspiLocalFree(void *DataBuffer);

/* Turns an identity into bytes that SspiUnmarshalAuthIdentity takes.
 *
 * * `AuthIdentity`: an identity of any form. The bytes of an encrypted one are encrypted, so that
 *   only this process can take them back.
 * * `AuthIdentityLength`: receives the number of bytes.
 * * `AuthIdentityByteArray`: receives the bytes, which the caller frees with SspiLocalFree.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or the identity cannot be used;
 * SEC_E_INSUFFICIENT_MEMORY. Nothing is written on failure. */
SECURITY_STATUS SEC_ENTRY SspiMarshalAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
    ULONG *AuthIdentityLength, char **AuthIdentityByteArray);

/* Says under which name the Credential Manager keeps the password of an identity.
 *
 * * `AuthIdentity`: an identity of any form.
 * * `pszTargetName`: the target, NUL-terminated; NULL for the name of the account.
 * * `pCredmanCredentialType`: receives CRED_TYPE_DOMAIN_PASSWORD (2).
 * * `ppszCredmanTargetName`: receives the target, or `domain\user`; the caller frees it with
 *   SspiLocalFree.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer other than pszTargetName is NULL, or the
 * identity cannot be used or has no user name; SEC_E_INSUFFICIENT_MEMORY. Nothing is written on
 * failure. */
SECURITY_STATUS SEC_ENTRY SspiPrepareForCredRead(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
    const WCHAR *pszTargetName, ULONG *pCredmanCredentialType, const WCHAR **ppszCredmanTargetName);

/* Gives what the Credential Manager is to keep of an identity.
 *
 * * `AuthIdentity`: an identity of any form.
 * * `pszTargetName`: the target, NUL-terminated; NULL for the name of the account.
 * * `pCredmanCredentialType`: receives CRED_TYPE_DOMAIN_PASSWORD (2).
 * * `ppszCredmanTargetName`: receives the target, or `domain\user`.
 * * `ppszCredmanUserName`: receives `domain\user`, or the user without a domain.
 * * `ppCredentialBlob`, `pCredentialBlobSize`: receive the password in UTF-16 without terminator
 *   and its length in bytes; NULL and 0 without a password.
 *
 * The caller frees the two names and the password with SspiLocalFree.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer other than pszTargetName is NULL, or the
 * identity cannot be used or has no user name; SEC_E_INSUFFICIENT_MEMORY. Nothing is written on
 * failure. */
SECURITY_STATUS SEC_ENTRY SspiPrepareForCredWrite(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
    const WCHAR *pszTargetName, ULONG *pCredmanCredentialType, const WCHAR **ppszCredmanTargetName,
    const WCHAR **ppszCredmanUserName, UCHAR **ppCredentialBlob, ULONG *pCredentialBlobSize);

/* Makes an identity of the bytes of SspiMarshalAuthIdentity.
 *
 * * `AuthIdentityLength`: the number of bytes, all of them.
 * * `AuthIdentityByteArray`: the bytes, which may come from anywhere.
 * * `ppAuthIdentity`: receives the identity, which the caller frees with SspiFreeAuthIdentity.
 *   Untouched on failure.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER when a pointer is NULL or the bytes are not those of
 * an identity; SEC_E_INSUFFICIENT_MEMORY. */
SECURITY_STATUS SEC_ENTRY SspiUnmarshalAuthIdentity(ULONG AuthIdentityLength,
    char *AuthIdentityByteArray, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity);

/* Says whether an identity can be used.
 *
 * * `AuthData`: an identity of any form.
 *
 * Returns SEC_E_OK; SEC_E_INVALID_PARAMETER for NULL, wrong versions, sizes, offsets, flags or
 * lengths, strings that are not UTF-16 or have a NUL, and an encryption that is not this process's. */
SECURITY_STATUS SEC_ENTRY SspiValidateAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);

/* Overwrites the secrets of an identity with zeros.
 *
 * * `AuthData`: an identity that a function of this library made is zeroed as a whole and can then
 *   only be freed; of a structure of the caller's own, the password's characters are. NULL, and a
 *   structure whose password cannot be found, is left alone. */
void SEC_ENTRY SspiZeroAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData);

/* Verifies the signature of a message.
 *
 * * `phContext`: an established context.
 * * `pMessage`: the signature in a TOKEN buffer and the message in DATA buffers, as they were signed;
 *   of Digest also DATA buffers alone, the last of which ends with the signature.
 * * `MessageSeqNo`: ignored; the context counts.
 * * `pfQOP`: receives the quality of protection; may be NULL. Written after success only.
 *
 * In HTTP mode a server verifies the digest-response of a further request: `pMessage` has it in a
 * TOKEN buffer, then in PKG_PARAMS buffers the method, the URI and the hash of the body.
 *
 * Returns SEC_E_OK; SEC_E_MESSAGE_ALTERED; SEC_E_OUT_OF_SEQUENCE for a message that was seen
 * before or follows one not seen, by Kerberos and Negotiate where SEQUENCE_DETECT or REPLAY_DETECT was
 * asked for (after both the next good message still verifies); SEC_E_INVALID_HANDLE;
 * SEC_E_INVALID_TOKEN; SEC_E_QOP_NOT_SUPPORTED; SEC_E_CONTEXT_EXPIRED after 2^32 messages of
 * Digest. */
SECURITY_STATUS SEC_ENTRY VerifySignature(CtxtHandle *phContext, SecBufferDesc *pMessage,
    ULONG MessageSeqNo, ULONG *pfQOP);

#endif

/* EncryptMessage by its former name. */
SECURITY_STATUS SEC_ENTRY SealMessage(CtxtHandle *phContext, ULONG fQOP, SecBufferDesc *pMessage,
    ULONG MessageSeqNo);

/* DecryptMessage by its former name. */
SECURITY_STATUS SEC_ENTRY UnsealMessage(CtxtHandle *phContext, SecBufferDesc *pMessage,
    ULONG MessageSeqNo, ULONG *pfQOP);

#ifdef __cplusplus
}
#endif

#endif /* SECUR32_H */
