/* Sockets, threads and the environment, alike on Windows (Winsock, CreateThread) and elsewhere
 * (BSD sockets, pthreads). Everything platform specific in the examples is in this file; include
 * it first. */
#ifndef EXAMPLES_PORTABLE_H
#define EXAMPLES_PORTABLE_H

#ifdef _WIN32
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#define _CRT_SECURE_NO_WARNINGS
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#else
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- sockets ---- */

#ifdef _WIN32
typedef SOCKET net_socket;
#define NET_NONE INVALID_SOCKET
#else
typedef int net_socket;
#define NET_NONE (-1)
#endif

/* What net_receive returns beside a count of bytes. */
#define NET_CLOSED 0
#define NET_FAILED (-1)
#define NET_IDLE (-2)

/* Once per process, before any other call here. Returns 0, or -1. */
static inline int net_start(void)
{
#ifdef _WIN32
    WSADATA data;
    return WSAStartup(MAKEWORD(2, 2), &data) == 0 ? 0 : -1;
#else
    return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0;
#endif
}

static inline void net_close(net_socket socket)
{
#ifdef _WIN32
    closesocket(socket);
#else
    close(socket);
#endif
}

/* Listens on 127.0.0.1. `*port` 0 takes any free port; the port taken is written back. */
static inline net_socket net_listen(unsigned short *port)
{
    struct sockaddr_in address;
    socklen_t length = (socklen_t)sizeof address;
    net_socket listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == NET_NONE)
        return NET_NONE;
#ifndef _WIN32
    {
        int on = 1; /* a port just left by an earlier run can be taken again */
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, (socklen_t)sizeof on);
    }
#endif
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(*port);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, SOMAXCONN) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        net_close(listener);
        return NET_NONE;
    }
    *port = ntohs(address.sin_port);
    return listener;
}

/* The next connection, or NET_NONE when the listener can give no more. A peer that left before it
 * was accepted is passed over. */
static inline net_socket net_accept(net_socket listener)
{
    for (;;) {
        net_socket peer = accept(listener, NULL, NULL);
        if (peer != NET_NONE)
            return peer;
#ifdef _WIN32
        if (WSAGetLastError() != WSAECONNRESET)
            return NET_NONE;
#else
        if (errno != EINTR && errno != ECONNABORTED)
            return NET_NONE;
#endif
    }
}

/* Connects to `host` (a name or an address) at `port` (digits), or returns NET_NONE. */
static inline net_socket net_connect(const char *host, const char *port)
{
    struct addrinfo hints, *list = NULL, *each;
    net_socket found = NET_NONE;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return NET_NONE;
    for (each = list; each != NULL && found == NET_NONE; each = each->ai_next) {
        found = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (found != NET_NONE && connect(found, each->ai_addr, (int)each->ai_addrlen) != 0) {
            net_close(found);
            found = NET_NONE;
        }
    }
    freeaddrinfo(list);
    return found;
}

/* From now on sending and receiving give up after `seconds` without progress. */
static inline void net_patience(net_socket socket, unsigned seconds)
{
#ifdef _WIN32
    DWORD limit = seconds * 1000;
#else
    struct timeval limit;
    limit.tv_sec = (time_t)seconds;
    limit.tv_usec = 0;
#endif
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, (const char *)&limit, (socklen_t)sizeof limit);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, (const char *)&limit, (socklen_t)sizeof limit);
}

/* The number of bytes received (at least 1), or NET_CLOSED, NET_FAILED, NET_IDLE. */
static inline int net_receive(net_socket socket, void *data, size_t capacity)
{
    for (;;) {
        int received = (int)recv(socket, data, capacity > 65536 ? 65536 : (int)capacity, 0);
        if (received >= 0)
            return received;
#ifdef _WIN32
        return WSAGetLastError() == WSAETIMEDOUT ? NET_IDLE : NET_FAILED;
#else
        if (errno != EINTR)
            return errno == EAGAIN || errno == EWOULDBLOCK ? NET_IDLE : NET_FAILED;
#endif
    }
}

/* Closes so that the peer still reads what was sent last: with bytes of its own unread here, the
 * network would throw ours away. Waits a little for the peer to close too. */
static inline void net_hang_up(net_socket socket)
{
    char ignored[4096];
    int reads;
#ifdef _WIN32
    shutdown(socket, SD_SEND);
#else
    shutdown(socket, SHUT_WR);
#endif
    net_patience(socket, 2);
    for (reads = 0; reads < 256 && net_receive(socket, ignored, sizeof ignored) > 0; reads++)
        continue;
    net_close(socket);
}

/* Sends all of it: 0, or -1 when the peer is gone or takes nothing. */
static inline int net_send(net_socket socket, const void *data, size_t length)
{
    const char *next = data;
    while (length > 0) {
        int sent = (int)send(socket, next, length > 65536 ? 65536 : (int)length, 0);
        if (sent <= 0) {
#ifndef _WIN32
            if (sent < 0 && errno == EINTR)
                continue;
#endif
            return -1;
        }
        next += sent;
        length -= (size_t)sent;
    }
    return 0;
}

/* ---- threads ---- */

struct thread_start {
    void (*run)(void *);
    void *argument;
};

#ifdef _WIN32
static inline DWORD WINAPI thread_main(LPVOID given)
#else
static inline void *thread_main(void *given)
#endif
{
    struct thread_start start = *(struct thread_start *)given;
    free(given);
    start.run(start.argument);
    return 0;
}

/* Runs `run(argument)` on a thread of its own, which nobody joins. Returns 0, or -1 and nothing
 * runs. */
static inline int thread_run(void (*run)(void *), void *argument)
{
#ifdef _WIN32
    HANDLE thread;
#else
    pthread_t thread;
    pthread_attr_t attributes;
#endif
    struct thread_start *start = malloc(sizeof *start);
    if (start == NULL)
        return -1;
    start->run = run;
    start->argument = argument;
#ifdef _WIN32
    thread = CreateThread(NULL, 0, thread_main, start, 0, NULL);
    if (thread != NULL) {
        CloseHandle(thread);
        return 0;
    }
#else
    if (pthread_attr_init(&attributes) == 0) {
        /* glibc keeps 40 MB of stacks for threads to come, which would be five of its usual size. */
        int failed = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) != 0
                     || pthread_attr_setstacksize(&attributes, 512 * 1024) != 0
                     || pthread_create(&thread, &attributes, thread_main, start) != 0;
        pthread_attr_destroy(&attributes);
        if (!failed)
            return 0;
    }
#endif
    free(start);
    return -1;
}

/* Counts what is going on, so that one thread can wait for room or for the end of it all. */
struct crowd {
    unsigned inside;
#ifdef _WIN32
    CRITICAL_SECTION lock;
    CONDITION_VARIABLE changed;
#else
    pthread_mutex_t lock;
    pthread_cond_t changed;
#endif
};

static inline void crowd_open(struct crowd *crowd)
{
    crowd->inside = 0;
#ifdef _WIN32
    InitializeCriticalSection(&crowd->lock);
    InitializeConditionVariable(&crowd->changed);
#else
    pthread_mutex_init(&crowd->lock, NULL);
    pthread_cond_init(&crowd->changed, NULL);
#endif
}

/* Waits until at most `most` are inside, then adds `more`. */
static inline void crowd_wait(struct crowd *crowd, unsigned most, unsigned more)
{
#ifdef _WIN32
    EnterCriticalSection(&crowd->lock);
    while (crowd->inside > most)
        SleepConditionVariableCS(&crowd->changed, &crowd->lock, INFINITE);
    crowd->inside += more;
    LeaveCriticalSection(&crowd->lock);
#else
    pthread_mutex_lock(&crowd->lock);
    while (crowd->inside > most)
        pthread_cond_wait(&crowd->changed, &crowd->lock);
    crowd->inside += more;
    pthread_mutex_unlock(&crowd->lock);
#endif
}

/* One is out again. */
static inline void crowd_leave(struct crowd *crowd)
{
#ifdef _WIN32
    EnterCriticalSection(&crowd->lock);
    crowd->inside--;
    WakeAllConditionVariable(&crowd->changed);
    LeaveCriticalSection(&crowd->lock);
#else
    pthread_mutex_lock(&crowd->lock);
    crowd->inside--;
    pthread_cond_broadcast(&crowd->changed);
    pthread_mutex_unlock(&crowd->lock);
#endif
}

/* ---- the environment ---- */

/* Sets a variable of this process's environment: 0, or -1. Call before other threads run. */
static inline int environment_set(const char *name, const char *value)
{
#ifdef _WIN32
    return _putenv_s(name, value) == 0 ? 0 : -1;
#else
    return setenv(name, value, 1);
#endif
}

#endif
