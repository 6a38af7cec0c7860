/*
 * The floor: the least that any program must do to close a connection with
 * SO_LINGER {1, 0} and another without, each with a process at the other end
 * that goes on until SIGPIPE ends it, to drop unsent data, and to try linger 0
 * on a TIME_WAIT, in a private network namespace. It observes nothing and prints
 * nothing; what bin/lingerreset takes beyond it is the price of the evidence.
 */
#define _GNU_SOURCE
#include "floor.h"
#include <signal.h>
#include <sys/wait.h>

static struct sockaddr_in server = { .sin_family = AF_INET };

static int linger_zero(int fd)
{
	struct linger now = { .l_onoff = 1 };

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) < 0 ? failed("setsockopt") : 0;
}

static int listen_on(int port, int small)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	server.sin_port = htons(port);
	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		return failed("socket");
	if (small && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) < 0)
		return failed("setsockopt");
	if (bind(fd, (struct sockaddr *)&server, sizeof(server)) < 0 || listen(fd, 8) < 0)
		return failed("listen");
	return fd;
}

static int call(int listener, int port, int *peer)
{
	struct sockaddr_in at = server;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_port = htons(port);
	if (fd < 0)
		return failed("socket");
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -1; /* the pair may be taken: that is one of the answers */
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) < 0)
		return failed("connect");
	*peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return *peer < 0 ? failed("accept") : fd;
}

/* The peer reads twice and writes twice, when it is told to, and may die of it. */
static int peer_process(int fd, int own, int go[2])
{
	pid_t pid = fork();
	char b[16];
	ssize_t ignored;

	if (pid != 0) {
		close(fd);
		return pid;
	}
	close(own);
	signal(SIGPIPE, SIG_DFL);
	ignored = read(go[0], b, 1);
	ignored = read(fd, b, sizeof(b));
	ignored = read(fd, b, sizeof(b));
	ignored = write(fd, "anybody?", 8);
	ignored = write(fd, "anybody?", 8);
	(void)ignored;
	_exit(0);
}

static int close_it(int listener, int port, int zero)
{
	int go[2], peer, again, pid, fd = call(listener, port, &peer);

	if (fd < 0 || pipe2(go, O_CLOEXEC) < 0)
		return failed("connection");
	if (zero && linger_zero(fd) < 0)
		return -1;
	pid = peer_process(peer, fd, go);
	if (pid < 0)
		return failed("fork");
	close(fd);
	if (write(go[1], "x", 1) != 1 || waitpid(pid, NULL, 0) < 0)
		return failed("peer");
	close(go[0]);
	close(go[1]);
	again = call(listener, port, &peer);
	if (again >= 0) {
		linger_zero(again);
		close(again);
		close(peer);
	}
	return 0;
}

static int drop_unsent(void)
{
	char data[8192] = { 0 };
	int peer, listener = listen_on(8081, 4096), fd = listener < 0 ? -1 : call(listener, 40010, &peer);

	if (fd < 0)
		return -1;
	if (send(fd, data, sizeof(data), MSG_DONTWAIT) < 0 || linger_zero(fd) < 0)
		return failed("send");
	close(fd);
	while (recv(peer, data, sizeof(data), 0) > 0)
		;
	close(peer);
	return close(listener);
}

static int after_time_wait(int listener)
{
	int peer, fd = call(listener, 40020, &peer);

	if (fd < 0)
		return -1;
	shutdown(fd, SHUT_WR);
	close(peer);
	linger_zero(fd);
	return close(fd);
}

int main(void)
{
	int listener;

	if (private_network() < 0)
		return EXIT_FAILURE;
	listener = listen_on(8080, 0);
	if (listener < 0 || close_it(listener, 40001, 1) < 0 || close_it(listener, 40002, 0) < 0 ||
	    drop_unsent() < 0)
		return EXIT_FAILURE;
	server.sin_port = htons(8080);
	return after_time_wait(listener) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
