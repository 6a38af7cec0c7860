package wire

// HasData says whether a packet carries data.
func HasData(p *Packet) bool { return len(p.Payload) > 0 }

// From matches the packets that a host sends.
func From(host string) func(p *Packet) bool {
	return func(p *Packet) bool { return p.From == host }
}

// DataFrom matches the packets with data that a host sends.
func DataFrom(host string) func(p *Packet) bool {
	return func(p *Packet) bool { return p.From == host && HasData(p) }
}
