package network

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// tunDevice is the clone device of TUN interfaces.
const tunDevice = "/dev/net/tun"

// interfaceIndex is the index of an interface of the calling thread's namespace.
func interfaceIndex(name string) (int, error) {
	r, err := askInterface(name, unix.SIOCGIFINDEX, "SIOCGIFINDEX")
	if err != nil {
		return 0, err
	}
	return int(r.Uint32()), nil
}

// errLoDown is that the loopback interface is not up.
var errLoDown = errors.New("the interface lo is down")

// loIsUp fails with errLoDown where lo is down: binding to its address would
// succeed all the same.
func loIsUp() error {
	r, err := askInterface("lo", unix.SIOCGIFFLAGS, "SIOCGIFFLAGS")
	if err != nil {
		return err
	}
	if r.Uint16()&unix.IFF_UP == 0 {
		return errLoDown
	}
	return nil
}

// askInterface asks about an interface (netdevice(7)).
func askInterface(name string, op uint, opName string) (*unix.Ifreq, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket(AF_INET, SOCK_DGRAM): %w", err)
	}
	defer unix.Close(fd)
	r, err := unix.NewIfreq(name)
	if err != nil {
		return nil, fmt.Errorf("interface name %q: %w", name, err)
	}
	if err := unix.IoctlIfreq(fd, op, r); err != nil {
		return nil, fmt.Errorf("%s %s: %w", opName, name, err)
	}
	return r, nil
}

// openTUN makes a TUN interface in the calling thread's namespace and returns
// its descriptor: a packet a read, a packet a write, without a header before it.
//
// It is persistent, so that closing it only detaches: otherwise every close
// would unregister the device, which costs the process 30 ms each. The kernel
// removes it with its namespace.
func openTUN(name string) (int, error) {
	fd, err := unix.Open(tunDevice, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: tunDevice, Err: err}
	}
	if err := attachTUN(fd, name); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func attachTUN(fd int, name string) error {
	r, err := unix.NewIfreq(name)
	if err != nil {
		return fmt.Errorf("interface name %q: %w", name, err)
	}
	r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, r); err != nil {
		return fmt.Errorf("TUNSETIFF %s: %w", name, err)
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
		return fmt.Errorf("TUNSETPERSIST %s: %w", name, err)
	}
	return nil
}
