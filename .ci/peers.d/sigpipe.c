/* Clients in C that leave SIGPIPE as it is: sigpipe writes|checks HOST PORT. One writes on,
   whatever happens; the other looks at what each call returns, and reads before it writes again. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	char buf[4096];
	int checks, fd;

	if (argc != 4)
		return 2;
	checks = !strcmp(argv[1], "checks");
	inet_pton(AF_INET, argv[2], &to.sin_addr);
	to.sin_port = htons(atoi(argv[3]));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		perror("connect");
		return 1;
	}
	for (int i = 0; i < 20; i++) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (checks && poll(&p, 1, 0) == 1 && read(fd, buf, sizeof(buf)) <= 0) {
			fprintf(stderr, "the peer has gone: %s\n", strerror(errno));
			return 1;
		}
		if (write(fd, "hello\n", 6) < 0) {
			perror("write");
			if (checks)
				return 1;
		}
		usleep(20000);
	}
	return 0;
}
