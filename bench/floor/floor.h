/*
 * What every floor begins with: a private network namespace with lo up, in a
 * user namespace of its own where the caller is not root.
 */
#ifndef FLOOR_H
#define FLOOR_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	return -1;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return failed(path);
	if (write(fd, text, strlen(text)) < 0) {
		failed(path);
		close(fd);
		return -1;
	}
	return close(fd);
}

/* Becomes root of a user namespace, as one who is not root has to. */
static int enter_user_namespace(uid_t uid, gid_t gid)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	if (write_file("/proc/self/uid_map", map) < 0 ||
	    write_file("/proc/self/setgroups", "deny") < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	return write_file("/proc/self/gid_map", map);
}

static int private_network(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int fd;

	if (unshare(uid == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return failed("unshare");
	if (uid != 0 && enter_user_namespace(uid, gid) < 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return failed("socket");
	if (ioctl(fd, SIOCSIFFLAGS, &lo) < 0)
		return failed("bring up lo");
	return close(fd);
}

#endif
