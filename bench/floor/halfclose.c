/*
 * The floor: the least that any program must do to end four connections in four
 * ways, with a peer that goes on, in a private network namespace. It observes
 * nothing and prints nothing; what bin/halfclose takes beyond it is the price of
 * the evidence.
 */
#define _GNU_SOURCE
#include "floor.h"

enum ending { WRITE = SHUT_WR, READ = SHUT_RD, BOTH = SHUT_RDWR, CLOSE };

static int end_with(int fd, enum ending how)
{
	return how == CLOSE ? close(fd) : shutdown(fd, how);
}

/* What a peer does that does not know; what its calls return is not looked at. */
static void go_on(int own, int peer, enum ending how)
{
	char b[64];
	ssize_t ignored;

	ignored = recv(peer, b, sizeof(b), MSG_DONTWAIT);
	ignored = send(peer, "late data", 9, MSG_NOSIGNAL);
	if (how != CLOSE)
		ignored = recv(own, b, sizeof(b), MSG_DONTWAIT);
	ignored = send(peer, "and more", 8, MSG_NOSIGNAL);
	ignored = recv(peer, b, sizeof(b), MSG_DONTWAIT);
	(void)ignored;
}

static int reset(int fd)
{
	struct linger now = { .l_onoff = 1 };

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) < 0)
		return failed("setsockopt");
	return close(fd) < 0 ? failed("close") : 0;
}

static int connection(int listener, const struct sockaddr_in *at, enum ending how)
{
	int own = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int peer;

	if (own < 0)
		return failed("socket");
	if (connect(own, (const struct sockaddr *)at, sizeof(*at)) < 0)
		return failed("connect");
	peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (peer < 0)
		return failed("accept");
	if (end_with(own, how) < 0)
		return failed("end");
	go_on(own, peer, how);
	if (how != CLOSE && reset(own) < 0)
		return -1;
	return reset(peer);
}

static int endings(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(8080),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	static const enum ending ways[] = { WRITE, READ, BOTH, CLOSE };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0)
		return failed("socket");
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0)
		return failed("bind");
	if (listen(listener, 4) < 0)
		return failed("listen");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (connection(listener, &at, ways[i]) < 0)
			return -1;
	return close(listener) < 0 ? failed("close") : 0;
}

int main(void)
{
	return private_network() < 0 || endings() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
