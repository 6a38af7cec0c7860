package journal

// Where a packet was seen.
const (
	AtSent      = "sent"      // it left its host, and waits on the wire
	AtDelivered = "delivered" // it entered its destination (captured on lo: it was received)
	AtDropped   = "dropped"   // the wire threw it away
	AtHeld      = "held"      // the wire keeps it back until it is released
	AtInjected  = "injected"  // bytes kept earlier, or made up, entered a host
)

// Packet is one IP packet. For what is not TCP, Flags, Seq, Ack, Win and Options are not set.
type Packet struct {
	Src     Address
	Dst     Address
	Proto   string // "": TCP; else "icmpv6", …
	Flags   Flags
	Seq     uint32 // absolute
	Ack     uint32 // absolute; meaningful when ACK is among the flags
	Win     uint16 // as sent, unscaled
	Len     int    // bytes of payload, of TCP and UDP
	Options TCPOptions
	ICMP    *ICMP // set: it is a message of ICMP or ICMPv6
	At      string
	Of      int  // the number of the "sent" event of this same packet
	Copy    bool // the wire made it: a duplicate of the packet Of
	Reason  string
	Bytes   []byte  // the whole packet from its IP header
	Payload *Digest // of the payload, where Bytes have zeros in its place
	Bulk    *Bulk   // set: this stands for many packets, counted and hashed instead of kept

	// RawFlags are the flags as they were read, where the names of Flags are others:
	// a later version may know more.
	RawFlags []string
}

// packetJSON is Packet as v1 has it.
type packetJSON struct {
	Src     Address    `json:"src"`
	Dst     Address    `json:"dst"`
	Proto   string     `json:"proto,omitempty"`
	Flags   []string   `json:"flags"` // of FIN SYN RST PSH ACK URG ECE CWR, in that order
	Seq     uint32     `json:"seq"`
	Ack     uint32     `json:"ack"`
	Win     uint16     `json:"win"`
	Len     int        `json:"len"`
	Options TCPOptions `json:"options,omitempty"`
	ICMP    *ICMP      `json:"icmp,omitempty"`
	At      string     `json:"at"`
	Of      int        `json:"of,omitempty"`
	Copy    bool       `json:"copy,omitempty"`
	Reason  string     `json:"reason,omitempty"`
	Bytes   []byte     `json:"bytes,omitempty"` // base64
	Payload *Digest    `json:"payload,omitempty"`
	Bulk    *Bulk      `json:"bulk,omitempty"`
}

// asJSON is the packet as v1 has it.
func (p *Packet) asJSON() *packetJSON {
	return &packetJSON{
		Src: p.Src, Dst: p.Dst, Proto: p.Proto, Flags: p.FlagNames(),
		Seq: p.Seq, Ack: p.Ack, Win: p.Win, Len: p.Len, Options: p.Options, ICMP: p.ICMP,
		At: p.At, Of: p.Of, Copy: p.Copy, Reason: p.Reason, Bytes: p.Bytes, Payload: p.Payload, Bulk: p.Bulk,
	}
}

// packet is the packet that was read.
func (j *packetJSON) packet() *Packet {
	p := &Packet{
		Src: j.Src, Dst: j.Dst, Proto: j.Proto, Flags: FlagsOf(j.Flags...),
		Seq: j.Seq, Ack: j.Ack, Win: j.Win, Len: j.Len, Options: j.Options, ICMP: j.ICMP,
		At: j.At, Of: j.Of, Copy: j.Copy, Reason: j.Reason, Bytes: j.Bytes, Payload: j.Payload, Bulk: j.Bulk,
	}
	if !p.Flags.areNames(j.Flags) {
		p.RawFlags = j.Flags
	}
	return p
}

// IsICMP says whether it is one of ICMP, of either family.
func (p *Packet) IsICMP() bool { return p.Proto == "icmp" || p.Proto == "icmpv6" }

// FlagNames are the packet's flags by name, those too that this version does not know.
func (p *Packet) FlagNames() []string {
	if p.RawFlags != nil && FlagsOf(p.RawFlags...) == p.Flags {
		return p.RawFlags
	}
	return p.Flags.Names()
}

func (p Packet) masked(m Mask) *Packet {
	p.Reason = m.Text(p.Reason)
	p.Bytes, p.Payload = m.Packet(p.Bytes)
	p.Src, p.Dst = m.Address(p.Src), m.Address(p.Dst)
	p.ICMP = p.ICMP.masked(m)
	return &p
}

// Bulk stands for packets that one host sent, too many to keep. The event's
// host is the sender; all were delivered.
type Bulk struct {
	Packets  int64  `json:"packets"`
	IPBytes  int64  `json:"ip_bytes"`        // with headers
	TCPBytes int64  `json:"tcp_bytes"`       // payload only
	SHA256   string `json:"sha256"`          // of all packets, whole, one after the other, hex
	Flags    string `json:"flags,omitempty"` // every flag that occurred
}
