package network

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"sockproof/lib/journal"
)

// Unavailable says that a network cannot be had here, why, and what would help.
type Unavailable struct {
	Kind   journal.Network
	Err    error
	Remedy string // empty: none is known
}

// Error is one line.
func (u *Unavailable) Error() string {
	s := fmt.Sprintf("the network %q cannot be had here: %v", u.Kind, u.Err)
	if u.Remedy != "" {
		s += "; " + u.Remedy
	}
	return s
}

// Unwrap keeps the errno.
func (u *Unavailable) Unwrap() error { return u.Err }

// unavailable explains why a network could not be made.
func unavailable(k journal.Network, err error) error {
	u := &Unavailable{Kind: k, Err: err}
	if strings.HasPrefix(err.Error(), "unshare(") {
		if elevation != nil {
			u.Err = fmt.Errorf("%w, and no user namespace either: %w", err, elevation)
			u.Remedy = userNamespaceRemedy(elevation)
		} else {
			u.Remedy = userNamespaceRemedy(err)
		}
		return u
	}
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		u.Remedy = pathRemedy(path)
	case errors.Is(err, errLoDown):
		u.Remedy = "ip link set lo up"
	case errors.Is(err, syscall.EPERM):
		u.Remedy = "CAP_NET_ADMIN may be missing: in a container pass --cap-add NET_ADMIN"
	}
	return u
}

// pathRemedy says what lets a file that the wire needs be opened or written.
func pathRemedy(err *fs.PathError) string {
	tun := err.Path == tunDevice
	switch {
	case tun && errors.Is(err, fs.ErrNotExist):
		return "load the module (modprobe tun); in a container pass --device /dev/net/tun"
	case tun && errors.Is(err, fs.ErrPermission):
		return "run as root, or once: chmod 666 /dev/net/tun (what most distributions ship)"
	case strings.HasPrefix(err.Path, "/proc/sys/"):
		return "mount /proc/sys writable in this container (docker: --security-opt systempaths=unconfined or --privileged)"
	}
	return ""
}

// The settings that forbid user namespaces, by what asks for them.
const (
	maxUserNamespaces = "user.max_user_namespaces"                     // namespaces(7)
	appArmorUserns    = "kernel.apparmor_restrict_unprivileged_userns" // Ubuntu 23.10 and later
	debianUserns      = "kernel.unprivileged_userns_clone"             // Debian up to 10, and derivatives
)

// userNamespaceRemedy names the setting, flag or capability that stands between
// this process and a user namespace.
func userNamespaceRemedy(err error) string {
	switch {
	case settingIs(maxUserNamespaces, "0"):
		return "sysctl -w user.max_user_namespaces=10000, or run as root"
	case settingIs(appArmorUserns, "1"):
		return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with 'userns,', or run as root"
	case settingIs(debianUserns, "0"):
		return "sysctl -w kernel.unprivileged_userns_clone=1, or run as root"
	case errors.Is(err, syscall.ENOSPC):
		return "the limit of user or network namespaces is reached: raise user.max_user_namespaces or user.max_net_namespaces"
	case seccompFilters():
		return "a seccomp filter is in force: in a container pass --cap-add SYS_ADMIN or --security-opt seccomp=unconfined"
	case os.Getuid() == 0:
		return "uid 0 without CAP_SYS_ADMIN: grant it (docker: --cap-add SYS_ADMIN)"
	}
	return "run as root"
}

func settingIs(name, value string) bool {
	v, err := ReadSetting(name)
	return err == nil && v == value
}

// seccompFilters says whether this process runs under a seccomp filter
// (proc_pid_status(5): mode 2), as in a container.
func seccompFilters() bool {
	b, err := os.ReadFile("/proc/self/status")
	return err == nil && strings.Contains(string(b), "\nSeccomp:\t2\n")
}
