/*
 * The floor: the least that any program must do to let six clients, one after the
 * other, ask a server three times each, the first reply late by more than their
 * patience, and every reply read by whoever reads next; one of them reconnects
 * when it has lost its patience. In a private network namespace. It observes
 * nothing and prints nothing; what bin/staleresp takes beyond it is the price of
 * the evidence. The patience and the delay are those of bin/staleresp.
 */
#define _GNU_SOURCE
#include "floor.h"
#include <errno.h>
#include <sys/time.h>
#include <time.h>

enum { SIZE = 32, CLIENTS = 6, REQUESTS = 3, PATIENCE_US = 20000, DELAY_US = 30000 };

static struct sockaddr_in server = { .sin_family = AF_INET };

static int call(int listener, int *peer)
{
	struct timeval patience = { .tv_usec = PATIENCE_US };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return failed("socket");
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0)
		return failed("connect");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return failed("setsockopt");
	*peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return *peer < 0 ? failed("accept") : fd;
}

static void until(const struct timespec *asked, long us)
{
	struct timespec due = *asked;

	due.tv_nsec += us * 1000;
	due.tv_sec += due.tv_nsec / 1000000000;
	due.tv_nsec %= 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

static int pass(int from, int to)
{
	char b[SIZE] = "ask";

	return write(from, b, SIZE) != SIZE || read(to, b, SIZE) != SIZE ? failed("pass") : 0;
}

/* The first request's reply is late; with again, its connection is closed then. */
static int client(int listener, int again)
{
	struct timespec asked;
	char b[SIZE];
	int peer, fd = call(listener, &peer);

	if (fd < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &asked);
	if (pass(fd, peer) < 0)
		return -1;
	if (read(fd, b, SIZE) >= 0 || errno != EAGAIN)
		return failed("the reply is late");
	if (again) {
		close(fd);
		close(peer);
		fd = call(listener, &peer);
		if (fd < 0)
			return -1;
	}
	until(&asked, DELAY_US);
	if (!again && write(peer, b, SIZE) != SIZE)
		return failed("write");
	for (int i = 1; i < REQUESTS; i++)
		if (pass(fd, peer) < 0 || write(peer, b, SIZE) != SIZE || read(fd, b, SIZE) != SIZE)
			return failed("request");
	close(fd);
	return close(peer);
}

int main(void)
{
	int listener;

	if (private_network() < 0)
		return EXIT_FAILURE;
	server.sin_port = htons(8080);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&server, sizeof(server)) < 0 ||
	    listen(listener, 8) < 0) {
		failed("listen");
		return EXIT_FAILURE;
	}
	for (int i = 0; i < CLIENTS; i++)
		if (client(listener, i == 3) < 0)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
