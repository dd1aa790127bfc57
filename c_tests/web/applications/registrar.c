/* A registrar of SIP (RFC 3261 section 10) that lets its users register by Digest.
 *
 *   registrar [--port N] [--accounts FILE] [--realm NAME] [-v] */
#include "../../../examples/listener.h"

#include "../../../examples/http_gate.h"
#include "sip.h"

static void write_answer(struct text *answer, const char *request, int status, const char *fields)
{
    /* RFC 3261 section 8.2.6.2: what an answer repeats of its request. */
    static const char *const repeated[] = {"Via", "From", "Call-ID", "CSeq"};
    char value[2048];
    size_t name;
    int at;
    text_add(answer, "SIP/2.0 %d Registrar\r\n", status);
    for (name = 0; name < sizeof repeated / sizeof *repeated; name++) {
        for (at = 0; sip_field(request, repeated[name], at, value, sizeof value); at++)
            text_add(answer, "%s: %s\r\n", repeated[name], value);
    }
    if (sip_field(request, "To", 0, value, sizeof value))
        text_add(answer, "To: %s;tag=registrar\r\n", value);
    if (status == 200 && sip_field(request, "Contact", 0, value, sizeof value))
        text_add(answer, "Contact: %s\r\nExpires: 60\r\n", value);
    text_add(answer, "%sContent-Length: 0\r\n\r\n", fields);
}

static void serve(struct gate *gate, const char *request, struct text *answer)
{
    static struct pass pass;
    char method[32], target[512], value[4096], space[16];
    const char *response = NULL;
    if (sscanf(request, "%31s %511s SIP/2.0", method, target) != 2 || strcmp(method, "ACK") == 0)
        return;
    if (strcmp(method, "REGISTER") != 0) {
        write_answer(answer, request, 405, "Allow: REGISTER\r\n");
        return;
    }
    if (sip_field(request, "Authorization", 0, value, sizeof value))
        response = text_digest(value);
    gate_check(gate, method, target, response, &pass);
    printf("-- %s: %s\n", pass.call, text_status(pass.code, space));
    if (pass.status == 200)
        printf("-- this is %s\n", pass.user);
    write_answer(answer, request, pass.status, pass.fields.bytes);
}

static int run(net_socket socket, struct gate *gate)
{
    for (;;) {
        char request[SIP_MESSAGE + 1], bytes[SIP_MESSAGE];
        struct sockaddr_storage from;
        socklen_t length = (socklen_t)sizeof from;
        struct text answer;
        int received = (int)recvfrom(socket, request, SIP_MESSAGE, 0, (struct sockaddr *)&from, &length);
        if (received < 0)
            return 1;
        request[received] = '\0';
        sip_show("C", request);
        text_begin(&answer, bytes, sizeof bytes);
        serve(gate, request, &answer);
        sip_show("S", bytes);
        if (answer.length > 0)
            sendto(socket, bytes, answer.length, 0, (struct sockaddr *)&from, length);
    }
}

int main(int count, char **arguments)
{
    struct listener listener;
    struct gate gate;
    net_socket socket;
    int result = listener_start(&listener, "registrar", count, arguments);
    if (result != 0)
        return result;
    socket = sip_socket(&listener.port);
    if (socket == NET_NONE || gate_open(&gate) != SEC_E_OK)
        return 1;
    gate.realm = listener.realm;
    printf("listening on 127.0.0.1:%u\n", (unsigned)listener.port);
    fflush(stdout);
    result = run(socket, &gate);
    gate_close(&gate);
    return result;
}
