/* What the parts of the program share: the system's function tables, and names. */
#ifndef STRANGERS_H
#define STRANGERS_H

#define _WIN32_WINNT 0x0A00
#define SECURITY_WIN32
#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>
#include <schannel.h>
#include <sspi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern SecurityFunctionTableW *wide;
extern SecurityFunctionTableA *narrow;

extern WCHAR schannel[], kerberos[], negotiate[], ntlm[], host[];
extern SEC_WINNT_AUTH_IDENTITY_W identity;

#define STATUS(what, call) printf("  %s: %08lX\n", what, (unsigned long)(call))

static inline void set_list(SecBufferDesc *list, SecBuffer *buffers, ULONG count)
{
    list->ulVersion = SECBUFFER_VERSION;
    list->cBuffers = count;
    list->pBuffers = buffers;
}

static inline void set_buffer(SecBuffer *buffer, ULONG type, void *start, ULONG length)
{
    buffer->BufferType = type;
    buffer->pvBuffer = start;
    buffer->cbBuffer = length;
}

/* From first steps to signed and sealed messages, client and server in this process. */
void exchange(WCHAR *package);

/* A connection to a server on this machine that sends lines back in reverse. */
void speak_tls(unsigned short port);

#endif
