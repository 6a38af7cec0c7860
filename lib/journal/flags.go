package journal

import (
	"slices"
	"strings"
)

// Flags are the control bits of a TCP header (RFC 9293 section 3.1), the byte
// at offset 13. The bits before it, three reserved ones and RFC 9768's AE, are
// left to the raw bytes.
type Flags uint8

// The control bits.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

var flagNames = [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"}

// FlagsOf are the flags with these names; names it does not know are left out.
func FlagsOf(names ...string) Flags {
	var f Flags
	for _, name := range names {
		if i := slices.Index(flagNames[:], name); i >= 0 {
			f |= 1 << i
		}
	}
	return f
}

// Has says whether every flag of want is set.
func (f Flags) Has(want Flags) bool { return f&want == want }

// HasAny says whether a flag of some is set.
func (f Flags) HasAny(some Flags) bool { return f&some != 0 }

// Names lists the flags that are set, in the order FIN SYN RST PSH ACK URG ECE
// CWR. It is never nil, so that its JSON is a list.
func (f Flags) Names() []string {
	names := make([]string, 0, len(flagNames))
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String is Names joined by commas, "SYN,ACK"; "none" where no flag is set.
func (f Flags) String() string {
	if f == 0 {
		return "none"
	}
	return strings.Join(f.Names(), ",")
}

// InProse is Names joined by hyphens, "SYN-ACK", as a sentence calls a segment.
func (f Flags) InProse() string {
	if f == 0 {
		return "none"
	}
	return strings.Join(f.Names(), "-")
}

// areNames says whether the names are those of f, in the order of Names.
func (f Flags) areNames(names []string) bool {
	i := 0
	for bit, name := range flagNames {
		if f&(1<<bit) == 0 {
			continue
		}
		if i == len(names) || names[i] != name {
			return false
		}
		i++
	}
	return i == len(names)
}
