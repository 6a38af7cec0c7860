package journal

import (
	"strconv"
	"strings"
)

// TCPOptions are the options of a TCP header in their order, each as v1 has it: "mss 1460",
// "sackOK", "TS val 7 ecr 5", "wscale 10", or by its number.
type TCPOptions []string

// Timestamps are those of RFC 7323, the sender's and the one it echoes. Of several the last
// counts.
func (o TCPOptions) Timestamps() (value, echo uint32, ok bool) {
	f := o.last("TS", 5)
	if f == nil {
		return 0, 0, false
	}
	v, err := strconv.ParseUint(f[2], 10, 32)
	e, errEcho := strconv.ParseUint(f[4], 10, 32)
	return uint32(v), uint32(e), err == nil && errEcho == nil
}

// maxScale is the largest shift of a window (RFC 7323 §2.3).
const maxScale = 14

// WindowScale is the shift that a SYN offers, at most the largest that counts.
func (o TCPOptions) WindowScale() (shift uint8, ok bool) {
	f := o.last("wscale", 2)
	if f == nil {
		return 0, false
	}
	n, err := strconv.ParseUint(f[1], 10, 8)
	return uint8(min(n, maxScale)), err == nil
}

// Kinds names the options, and gives the values of those that no clock and no
// sequence number is in.
func (o TCPOptions) Kinds() []string {
	var kinds []string
	for _, text := range o {
		name, _, _ := strings.Cut(text, " ")
		if name == "mss" || name == "wscale" {
			name = text
		}
		kinds = append(kinds, name)
	}
	return kinds
}

// MSS is the maximum segment size that a SYN announces.
func (o TCPOptions) MSS() (size int, ok bool) {
	f := o.last("mss", 2)
	if f == nil {
		return 0, false
	}
	size, err := strconv.Atoi(f[1])
	return size, err == nil
}

// last are the words of the last option of a name that has so many; nil: there is none.
func (o TCPOptions) last(name string, words int) []string {
	for i := len(o) - 1; i >= 0; i-- {
		if strings.HasPrefix(o[i], name) {
			if f := strings.Fields(o[i]); len(f) == words && f[0] == name {
				return f
			}
		}
	}
	return nil
}
