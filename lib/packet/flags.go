package packet

import "strings"

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

// Has says whether every flag of want is set.
func (f Flags) Has(want Flags) bool { return f&want == want }

// Names lists the flags that are set, in the order FIN SYN RST PSH ACK URG ECE
// CWR. It is never nil, so that its JSON is a list.
func (f Flags) Names() []string {
	names := make([]string, 0, 8)
	for i, name := range [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
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
