/*
 * The floor: the least that any program must do to connect a TCP socket to
 * itself in a private network namespace. It observes nothing and prints
 * nothing; what bin/selfconnect takes beyond it is the price of the evidence.
 */
#define _GNU_SOURCE
#include "floor.h"

static const char greeting[] = "hello, me";

static int self_connection(void)
{
	struct sockaddr_in self = {
		.sin_family = AF_INET,
		.sin_port = htons(8080),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	char echo[sizeof(greeting)];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return failed("socket");
	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return failed("bind");
	if (connect(fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return failed("connect");
	if (write(fd, greeting, sizeof(greeting)) != sizeof(greeting))
		return failed("write");
	if (recv(fd, echo, sizeof(echo), MSG_WAITALL) != sizeof(echo))
		return failed("recv");
	if (memcmp(echo, greeting, sizeof(echo)) != 0) {
		fprintf(stderr, "floor: what came back is not what was sent\n");
		return -1;
	}
	return close(fd) < 0 ? failed("close") : 0;
}

int main(void)
{
	return private_network() < 0 || self_connection() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
