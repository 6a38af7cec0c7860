package live

import (
	"cmp"
	"errors"
	"syscall"

	"sockproof/lib/witness/diag"
)

// Dumper is the kernel's table of sockets, a *diag.Conn.
type Dumper interface {
	Dump(f diag.Filter, each func(diag.Socket) error) error
}

// dumps is how often a dump that changes interrupted is made before its gaps
// are admitted.
const dumps = 5

// Again calls read until changes no longer interrupt its dumps, each time from
// the beginning. diag.ErrInterrupted means that it is as good as it gets.
func Again(read func() error) error {
	var err error
	for range dumps {
		if err = read(); !errors.Is(err, diag.ErrInterrupted) {
			break
		}
	}
	return err
}

// Families lists the sockets of both families that pass the filter. One that
// changed its place in the kernel's table comes twice, the second time as it is
// now. diag.ErrInterrupted comes after the last socket.
func Families(d Dumper, f diag.Filter, take func(diag.Socket)) error {
	each := func(s diag.Socket) error { take(s); return nil }
	if !f.MPTCP {
		return d.Dump(f, each)
	}
	f.Family = diag.FamilyIPv4
	interrupted := d.Dump(f, each)
	if interrupted != nil && !errors.Is(interrupted, diag.ErrInterrupted) {
		return interrupted
	}
	f.Family = diag.FamilyIPv6
	err := d.Dump(f, each)
	if errors.Is(err, syscall.ENOENT) {
		err = nil // a kernel without IPv6 has nobody to answer for it
	}
	return cmp.Or(err, interrupted)
}
