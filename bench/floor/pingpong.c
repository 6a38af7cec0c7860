/*
 * The floor: as many round trips as two threads make over TCP connections on
 * 127.0.0.1, in a private network namespace: one thread is the server's, the other
 * the clients', each with an epoll of its own. Messages are as long as those of
 * staleresp load. It checks nothing; it prints the round trips per second.
 *
 * pingpong CONNECTIONS ROUND-TRIPS
 */
#define _GNU_SOURCE
#include "floor.h"
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>

#define MESSAGE 24
#define BATCH 256

static int connections;
static long wanted;
static int server_epoll, client_epoll;

static int watch(int epoll, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
	int one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		return failed("watch");
	return 0;
}

static int connect_all(void)
{
	struct linger now = { .l_onoff = 1 };
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, len) < 0 ||
	    listen(listener, 16) < 0 || getsockname(listener, (struct sockaddr *)&at, &len) < 0)
		return failed("listen");
	for (int i = 0; i < connections; i++) {
		int own = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), peer;

		if (own < 0 || setsockopt(own, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) < 0 ||
		    connect(own, (struct sockaddr *)&at, len) < 0)
			return failed("connect");
		peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (peer < 0)
			return failed("accept");
		if (watch(client_epoll, own) < 0 || watch(server_epoll, peer) < 0)
			return -1;
		if (write(own, "01234567890123456789012", MESSAGE) != MESSAGE)
			return failed("write");
	}
	return close(listener);
}

/* Sends back whatever comes. */
static void *serve(void *ignored)
{
	struct epoll_event events[BATCH];
	char b[MESSAGE];

	for (;;) {
		int n = epoll_wait(server_epoll, events, BATCH, -1);

		for (int i = 0; i < n; i++)
			if (read(events[i].data.fd, b, MESSAGE) == MESSAGE &&
			    write(events[i].data.fd, b, MESSAGE) != MESSAGE)
				exit(-failed("reply"));
	}
	return ignored;
}

static void ask(void)
{
	struct epoll_event events[BATCH];
	char b[MESSAGE];
	long done = 0;

	while (done < wanted) {
		int n = epoll_wait(client_epoll, events, BATCH, -1);

		for (int i = 0; i < n; i++) {
			if (read(events[i].data.fd, b, MESSAGE) != MESSAGE)
				continue;
			done++;
			if (write(events[i].data.fd, b, MESSAGE) != MESSAGE)
				exit(-failed("request"));
		}
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	pthread_t server;
	double began;

	if (argc != 3 || (connections = atoi(argv[1])) < 1 || (wanted = atol(argv[2])) < 1) {
		fprintf(stderr, "usage: pingpong CONNECTIONS ROUND-TRIPS\n");
		return 2;
	}
	if (private_network() < 0)
		return EXIT_FAILURE;
	server_epoll = epoll_create1(EPOLL_CLOEXEC);
	client_epoll = epoll_create1(EPOLL_CLOEXEC);
	if (server_epoll < 0 || client_epoll < 0 || connect_all() < 0)
		return EXIT_FAILURE;
	began = seconds();
	if (pthread_create(&server, NULL, serve, NULL) != 0)
		return EXIT_FAILURE;
	ask();
	printf("%.0f\n", wanted / (seconds() - began));
	return EXIT_SUCCESS;
}
