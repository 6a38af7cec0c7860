package packet

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strings"
)

// Options are a TCP header's options as they stand in it, padding included.
// They are read in place.
type Options []byte

// Option is one TCP option. A known option of a length its kind does not have
// is kept, like an unknown kind, by its data alone.
type Option struct {
	Kind uint8
	Data []byte // without the kind and length bytes
}

// TCP option kinds (IANA, "TCP Option Kind Numbers").
const (
	KindEnd           = 0  // RFC 9293: nothing follows but padding
	KindNop           = 1  // RFC 9293: one byte of padding
	KindMSS           = 2  // RFC 9293
	KindWindowScale   = 3  // RFC 7323
	KindSACKPermitted = 4  // RFC 2018
	KindSACK          = 5  // RFC 2018
	KindTimestamps    = 8  // RFC 7323
	KindFastOpen      = 34 // RFC 7413
)

// next takes the first option off o. ok is false where nothing but padding is
// left, or where the next option's length is impossible, as malformed says.
func (o Options) next() (opt Option, rest Options, malformed, ok bool) {
	for len(o) > 0 && o[0] == KindNop {
		o = o[1:]
	}
	if len(o) == 0 || o[0] == KindEnd {
		return Option{}, nil, false, false
	}
	if len(o) < 2 || o[1] < 2 || int(o[1]) > len(o) {
		return Option{}, o, true, false
	}
	n := o[1]
	return Option{Kind: o[0], Data: o[2:n:n]}, o[n:], false, true
}

// All are the options, up to one of an impossible length.
func (o Options) All() iter.Seq[Option] {
	return func(yield func(Option) bool) {
		for opt, rest, _, ok := o.next(); ok; opt, rest, _, ok = rest.next() {
			if !yield(opt) {
				return
			}
		}
	}
}

// Padding is the bytes that belong to no option: no-operations, and what follows the end.
func (o Options) Padding() []byte {
	var padding []byte
	for len(o) > 0 {
		opt, rest, malformed, ok := o.next()
		before := len(o) - len(rest)
		if ok {
			before -= 2 + len(opt.Data)
		}
		padding = append(padding, o[:before]...)
		if malformed {
			break
		}
		o = rest
	}
	return padding
}

// find returns the data of the first option of a kind for which fits holds.
func (o Options) find(kind uint8, fits func(length int) bool) ([]byte, bool) {
	for opt, rest, _, ok := o.next(); ok; opt, rest, _, ok = rest.next() {
		if opt.Kind == kind && fits(len(opt.Data)) {
			return opt.Data, true
		}
	}
	return nil, false
}

func exactly(n int) func(int) bool { return func(length int) bool { return length == n } }

// sackLength says whether a SACK option's data is of whole blocks, at least one.
func sackLength(n int) bool { return n > 0 && n%8 == 0 }

// cookieLength says whether a Fast Open option's data is a request (empty) or
// a cookie (RFC 7413 section 4.1.1: 4 to 16 bytes, even).
func cookieLength(n int) bool { return n == 0 || n >= 4 && n <= 16 && n%2 == 0 }

// WindowScale is by how many bits the sender's windows are to be shifted.
func (o Options) WindowScale() (uint8, bool) {
	d, ok := o.find(KindWindowScale, exactly(1))
	if !ok {
		return 0, false
	}
	return d[0], true
}

// Timestamps are the sender's clock and the last it saw of the receiver's, in
// ticks of each (Linux: milliseconds from a random start).
func (o Options) Timestamps() (val, ecr uint32, ok bool) {
	d, ok := o.find(KindTimestamps, exactly(8))
	if !ok {
		return 0, 0, false
	}
	return binary.BigEndian.Uint32(d), binary.BigEndian.Uint32(d[4:]), true
}

// Strings renders the options in order, without padding: "mss 1460", "sackOK",
// "TS val 1 ecr 2", "wscale 7", "sack 1-5 9-12", "tfo 0011223344556677", "tfo"
// (a request for a cookie). Others by kind and their whole length: "kind 30
// (12 bytes)". What follows an impossible length is "malformed (3 bytes)".
func (o Options) Strings() []string {
	if len(o) == 0 {
		return nil
	}
	list := make([]string, 0, 5)
	opt, rest, malformed, ok := o.next()
	for ; ok; opt, rest, malformed, ok = rest.next() {
		list = append(list, opt.String())
	}
	if malformed {
		list = append(list, fmt.Sprintf("malformed (%d bytes)", len(rest)))
	}
	return list
}

// String renders one option, as described at Options.Strings.
func (opt Option) String() string {
	d := opt.Data
	switch {
	case opt.Kind == KindMSS && len(d) == 2:
		return fmt.Sprintf("mss %d", binary.BigEndian.Uint16(d))
	case opt.Kind == KindWindowScale && len(d) == 1:
		return fmt.Sprintf("wscale %d", d[0])
	case opt.Kind == KindSACKPermitted && len(d) == 0:
		return "sackOK"
	case opt.Kind == KindTimestamps && len(d) == 8:
		return fmt.Sprintf("TS val %d ecr %d", binary.BigEndian.Uint32(d), binary.BigEndian.Uint32(d[4:]))
	case opt.Kind == KindSACK && sackLength(len(d)):
		var s strings.Builder
		s.WriteString("sack")
		for ; len(d) > 0; d = d[8:] {
			fmt.Fprintf(&s, " %d-%d", binary.BigEndian.Uint32(d), binary.BigEndian.Uint32(d[4:]))
		}
		return s.String()
	case opt.Kind == KindFastOpen && len(d) == 0:
		return "tfo"
	case opt.Kind == KindFastOpen && cookieLength(len(d)):
		return fmt.Sprintf("tfo %x", d)
	}
	return fmt.Sprintf("kind %d (%d bytes)", opt.Kind, 2+len(d))
}
