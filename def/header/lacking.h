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
