/*
 * The floor: the least that any program must do to let six clients ask a server
 * three times each, the first reply late by more than their patience, which all of
 * them lose at the same time, and every reply read by whoever reads next; one of
 * them reconnects then. In a private network namespace. It observes
 * nothing and prints nothing; what bin/staleresp takes beyond it is the price of
 * the evidence. The patience and the delay are those of bin/staleresp.
 */
#define _GNU_SOURCE
#include "floor.h"
#include <poll.h>
#include <time.h>

enum { SIZE = 32, CLIENTS = 6, REQUESTS = 3, PATIENCE_MS = 20, DELAY_US = 30000, RECONNECTS = 3 };

static struct sockaddr_in server = { .sin_family = AF_INET };

static int call(int listener, int *peer)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return failed("socket");
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0)
		return failed("connect");
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

/* All ask at the same time, and nobody has a reply. */
static int ask(int listener, int *fds, int *peers)
{
	struct pollfd late[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = call(listener, &peers[i]);
		if (fds[i] < 0 || pass(fds[i], peers[i]) < 0)
			return -1;
		late[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	}
	return poll(late, CLIENTS, PATIENCE_MS) == 0 ? 0 : failed("the replies are late");
}

/* The late reply comes, and is taken for the next one's. */
static int rest(int fd, int peer, int late)
{
	char b[SIZE] = "late";

	if (late && write(peer, b, SIZE) != SIZE)
		return failed("write");
	for (int i = 1; i < REQUESTS; i++)
		if (pass(fd, peer) < 0 || write(peer, b, SIZE) != SIZE || read(fd, b, SIZE) != SIZE)
			return failed("request");
	close(fd);
	return close(peer);
}

int main(void)
{
	int listener, fds[CLIENTS], peers[CLIENTS];
	struct timespec asked;

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
	clock_gettime(CLOCK_MONOTONIC, &asked);
	if (ask(listener, fds, peers) < 0)
		return EXIT_FAILURE;
	close(fds[RECONNECTS]);
	close(peers[RECONNECTS]);
	fds[RECONNECTS] = call(listener, &peers[RECONNECTS]);
	if (fds[RECONNECTS] < 0)
		return EXIT_FAILURE;
	until(&asked, DELAY_US);
	for (int i = 0; i < CLIENTS; i++)
		if (rest(fds[i], peers[i], i != RECONNECTS) < 0)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
