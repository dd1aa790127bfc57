/* The calls of one response, by exported functions only. */

#include <string.h>

#include "timing.h"

#define METHOD "GET"
#define PAGE "/page"

static SecBuffer parameter(const char *text)
{
    return (SecBuffer){(ULONG)strlen(text), SECBUFFER_PKG_PARAMS, (void *)text};
}

static SECURITY_STATUS serve(struct turn *turn, CtxtHandle *old, struct text *in, struct text *out)
{
    SecBuffer ins[5] = {{(ULONG)in->length, SECBUFFER_TOKEN, in->bytes},
                        parameter(METHOD),
                        parameter(PAGE),
                        parameter(""),
                        parameter("")};
    SecBuffer answer = {sizeof out->bytes, SECBUFFER_TOKEN, out->bytes};
    SecBufferDesc inputs = {SECBUFFER_VERSION, turn->protocol == SASL ? 1 : 5, ins};
    SecBufferDesc outputs = {SECBUFFER_VERSION, 1, &answer};
    ULONG attributes;
    SECURITY_STATUS status =
        turn->protocol == SASL
            ? SaslAcceptSecurityContext(turn->server, old, &inputs, 0, SECURITY_NATIVE_DREP, &turn->context,
                                        &outputs, &attributes, NULL)
            : AcceptSecurityContext(turn->server, old, &inputs, ASC_REQ_HTTP, SECURITY_NATIVE_DREP,
                                    &turn->context, &outputs, &attributes, NULL);
    out->length = answer.cbBuffer;
    return status;
}

void turn_prepare(struct turn *turn, CredHandle *client)
{
    struct text nothing = {0}, challenge;
    if (serve(turn, NULL, &nothing, &challenge) != SEC_I_CONTINUE_NEEDED)
        fail("no challenge");
    SecBuffer ins[3] = {{(ULONG)challenge.length, SECBUFFER_TOKEN, challenge.bytes},
                        parameter(METHOD),
                        parameter("")};
    SecBuffer out = {sizeof turn->response.bytes, SECBUFFER_TOKEN, turn->response.bytes};
    SecBufferDesc inputs = {SECBUFFER_VERSION, turn->protocol == SASL ? 1 : 3, ins};
    SecBufferDesc outputs = {SECBUFFER_VERSION, 1, &out};
    ULONG attributes;
    SECURITY_STATUS status =
        turn->protocol == SASL
            ? SaslInitializeSecurityContextA(client, NULL, (SEC_CHAR *)TARGET, 0, 0, SECURITY_NATIVE_DREP,
                                             &inputs, 0, &turn->client, &outputs, &attributes, NULL)
            : InitializeSecurityContextA(client, NULL, (SEC_CHAR *)PAGE, ISC_REQ_HTTP, 0,
                                         SECURITY_NATIVE_DREP, &inputs, 0, &turn->client, &outputs,
                                         &attributes, NULL);
    turn->response.length = out.cbBuffer;
    if (status < 0)
        fail("no response: %08x", (unsigned)status);
}

SECURITY_STATUS turn_judge(struct turn *turn)
{
    struct text answer;
    return serve(turn, &turn->context, &turn->response, &answer);
}

void turn_end(struct turn *turn)
{
    DeleteSecurityContext(&turn->context);
    DeleteSecurityContext(&turn->client);
}
