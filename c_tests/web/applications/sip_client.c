/* A user agent of SIP (RFC 3261 section 10) that registers twice on one nonce, and prints the dialogue.
 *
 *   sip_client PORT USER PASSWORD
 *
 * Exits with 0 when it is registered, 1 when it is refused, 3 when the registrar breaks the protocol. */
#include "../../../examples/portable.h"

#include "../../../examples/http_login.h"
#include "sip.h"

enum { REGISTERED = 0, REFUSED = 1, USAGE = 2, BROKEN = 3 };

static const char method[] = "REGISTER";

struct agent {
    net_socket socket;
    unsigned short port;
    const char *user, *uri;
    int number;
    char answer[SIP_MESSAGE + 1];
};

/* Sends a request, with a response unless that is empty; the status of the final answer, or 0. */
static int ask(struct agent *agent, const char *response)
{
    char bytes[SIP_MESSAGE];
    struct text text;
    int status;
    agent->number++;
    text_begin(&text, bytes, sizeof bytes);
    text_add(&text, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%d;rport\r\n", method,
             agent->uri, (unsigned)agent->port, agent->number);
    text_add(&text, "From: <sip:%s@example.org>;tag=1\r\nTo: <sip:%s@example.org>\r\n", agent->user,
             agent->user);
    text_add(&text, "Call-ID: secur32@127.0.0.1\r\nCSeq: %d %s\r\nMax-Forwards: 70\r\n", agent->number,
             method);
    text_add(&text, "Contact: <sip:%s@127.0.0.1:%u>\r\n", agent->user, (unsigned)agent->port);
    if (*response != '\0')
        text_add(&text, "Authorization: Digest %s\r\n", response);
    text_add(&text, "Content-Length: 0\r\n\r\n");
    sip_show("C", bytes);
    if (text.full || net_send(agent->socket, bytes, text.length) != 0)
        return 0;
    do {
        int received = net_receive(agent->socket, agent->answer, SIP_MESSAGE);
        if (received <= 0)
            return 0;
        agent->answer[received] = '\0';
        sip_show("S", agent->answer);
        if (sscanf(agent->answer, "SIP/2.0 %3d", &status) != 1)
            return 0;
    } while (status < 200);
    return status;
}

static int run(struct agent *agent, struct login *login)
{
    char response[LOGIN_TOKEN], challenge[4096];
    int status = ask(agent, "");
    if (status != 401 || !sip_field(agent->answer, "WWW-Authenticate", 0, challenge, sizeof challenge)
        || login_respond(login, challenge, method, agent->uri, response) != SEC_E_OK)
        return BROKEN;
    status = ask(agent, response);
    if (status != 200)
        return status == 401 || status == 403 ? REFUSED : BROKEN;
    if (login_sign(login, method, agent->uri, response) != SEC_E_OK)
        return BROKEN;
    return ask(agent, response) == 200 ? REGISTERED : BROKEN;
}

int main(int count, char **arguments)
{
    struct agent agent = {NET_NONE, 0, NULL, NULL, 0, ""};
    struct sockaddr_in registrar;
    struct login login;
    int result;
    if (count != 4 || net_start() != 0)
        return USAGE;
    agent.user = arguments[2];
    agent.uri = "sip:example.org";
    agent.socket = sip_socket(&agent.port);
    memset(&registrar, 0, sizeof registrar);
    registrar.sin_family = AF_INET;
    registrar.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    registrar.sin_port = htons((unsigned short)atoi(arguments[1]));
    if (agent.socket == NET_NONE
        || connect(agent.socket, (struct sockaddr *)&registrar, (socklen_t)sizeof registrar) != 0)
        return BROKEN;
    net_patience(agent.socket, 60);
    if (login_open(&login, agent.user, arguments[3], NULL) != SEC_E_OK)
        return BROKEN;
    result = run(&agent, &login);
    login_close(&login);
    net_close(agent.socket);
    return result;
}
