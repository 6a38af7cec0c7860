package counters

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Reader reads the counters of one network namespace. It is not for use by
// several goroutines at once.
type Reader struct {
	snmp, netstat int // descriptors; they keep the namespace alive
	snmp6         int // -1: not read
	buf           []byte
}

// The files, as the calling thread's namespace has them. /proc/net would be
// those of the main thread's.
const (
	snmpPath    = "/proc/thread-self/net/snmp"
	netstatPath = "/proc/thread-self/net/netstat"
	snmp6Path   = "/proc/thread-self/net/snmp6"
)

// Open opens the counters of the calling thread's network namespace, which the
// Reader keeps alive; it works from every thread afterwards. It needs no
// privilege, but a /proc that is mounted. With ipv6 it reads those of IPv6 too.
func Open(ipv6 bool) (*Reader, error) {
	snmp, err := open(snmpPath)
	if err != nil {
		return nil, err
	}
	netstat, err := open(netstatPath)
	if err != nil {
		return nil, errors.Join(err, unix.Close(snmp))
	}
	r := &Reader{snmp: snmp, netstat: netstat, snmp6: -1, buf: make([]byte, 16<<10)}
	if ipv6 {
		if r.snmp6, err = open(snmp6Path); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

func open(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("counters: open %s: %w", path, err)
	}
	return fd, nil
}

// Close closes the files and lets go of the namespace.
func (r *Reader) Close() error {
	err := errors.Join(unix.Close(r.snmp), unix.Close(r.netstat))
	if r.snmp6 >= 0 {
		err = errors.Join(err, unix.Close(r.snmp6))
	}
	if err != nil {
		return fmt.Errorf("counters: close: %w", err)
	}
	return nil
}

// Read reads all counters as they are now.
func (r *Reader) Read() (Set, error) {
	s := make(Set, 192) // Linux 6.18 has some 150
	for _, f := range []struct {
		fd    int
		path  string
		parse func(file []byte) error
	}{
		{r.snmp, snmpPath, func(file []byte) error { return errors.Join(s.add(file, groupTCP), s.add(file, groupIP)) }},
		{r.netstat, netstatPath, func(file []byte) error { return s.add(file, groupTCPExt) }},
		{r.snmp6, snmp6Path, s.addIPv6},
	} {
		if f.fd < 0 {
			continue
		}
		file, err := r.readFile(f.fd)
		if err != nil {
			return nil, fmt.Errorf("counters: read %s: %w", f.path, err)
		}
		if err := f.parse(file); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// readFile reads a file from its start to its end, into the buffer that the
// next call reuses. The kernel makes the content anew for a read at 0.
func (r *Reader) readFile(fd int) ([]byte, error) {
	n := 0
	for {
		if n == len(r.buf) {
			r.buf = append(r.buf, make([]byte, len(r.buf))...)
		}
		m, err := unix.Pread(fd, r.buf[n:], int64(n))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, err
		case m == 0:
			return r.buf[:n], nil
		case m > len(r.buf)-n:
			return nil, fmt.Errorf("pread returned %d, more than it was given room for", m)
		}
		n += m
	}
}
