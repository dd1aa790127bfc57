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
