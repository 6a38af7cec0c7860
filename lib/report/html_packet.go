package report

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// openPackets is what the page shows of packets that are opened. There are many, and
// all have the same fields: their names stand there once.
type openPackets struct {
	Names   []string              `json:"names"`
	Packets map[string]openPacket `json:"packets"` // by the number of the event that has the bytes
}

// openPacket is one of them.
type openPacket struct {
	Fields []openField `json:"fields"`
	Hex    string      `json:"hex,omitempty"` // all its bytes
}

// openField is a field's name, by its place among the names, and its value.
type openField struct {
	name  int
	value string
}

// MarshalJSON is a pair: [3,"64"].
func (f openField) MarshalJSON() ([]byte, error) { return json.Marshal([]any{f.name, f.value}) }

// add keeps a packet, with the names of its fields.
func (o *openPackets) add(n int, fields [][2]string, hex string) {
	p := openPacket{Hex: hex}
	for _, f := range fields {
		i := slices.Index(o.Names, f[0])
		if i < 0 {
			i = len(o.Names)
			o.Names = append(o.Names, f[0])
		}
		p.Fields = append(p.Fields, openField{i, f[1]})
	}
	o.Packets[strconv.Itoa(n)] = p
}

// open keeps what is shown of a packet, its bytes decoded. Of many packets there is
// what the event says.
func (p *page) open(e *journal.Event, l *label) {
	j := e.Packet
	if j.Bulk != nil {
		p.packets.add(e.N, [][2]string{
			{"packets", grouped(j.Bulk.Packets)},
			{"bytes, with headers", grouped(j.Bulk.IPBytes)},
			{"bytes of payload", grouped(j.Bulk.TCPBytes)},
			{"SHA-256", p.clean(j.Bulk.SHA256)},
			{"bytes", "not kept: there are too many"},
		}, "")
		return
	}
	fields := [][2]string{{"from", p.clean(j.Src)}, {"to", p.clean(j.Dst)}}
	d, err := packet.Decode(j.Bytes)
	if err == nil {
		fields = append(fields, ipFields(&d)...)
	}
	if j.Proto == "" {
		fields = append(fields, p.tcpFields(j, l)...)
	}
	if err == nil && len(d.Payload) > 0 {
		fields = append(fields, [2]string{"payload", p.data(d.Payload)})
	}
	p.packets.add(e.N, fields, hex.EncodeToString(j.Bytes))
}

// ipFields are those of the IP header.
func ipFields(d *packet.Packet) [][2]string {
	fields := [][2]string{
		{"IP", fmt.Sprintf("version %d, %d bytes, of which %d are header", d.Version, len(d.Raw), d.HeaderLen)},
		{"TTL", strconv.Itoa(int(d.TTL))},
		{"DSCP and ECN", fmt.Sprintf("0x%02x", d.Class)},
	}
	if d.Version == 4 {
		fields = append(fields, [2]string{"identification", fmt.Sprintf("0x%04x", d.ID)})
	}
	sums := "right"
	if !d.ChecksumOK() {
		sums = "not right, as on lo, where nobody fills them in"
	}
	return append(fields, [2]string{"checksums", sums})
}

// tcpFields are those of the TCP header, numbers absolute and counted from the
// connection's beginning.
func (p *page) tcpFields(j *journal.Packet, l *label) [][2]string {
	fields := [][2]string{
		{"flags", p.clean(flagNames(j.Flags))},
		{"seq", fmt.Sprintf("%d (%d from the beginning)", j.Seq, l.seq)},
	}
	if has(j, "ACK") {
		fields = append(fields, [2]string{"ack", fmt.Sprintf("%d (%d from the beginning)", j.Ack, l.ack)})
	}
	return append(fields,
		[2]string{"window", fmt.Sprintf("%d, unscaled", j.Win)},
		[2]string{"options", p.clean(strings.Join(j.Options, ", "))},
		[2]string{"length", count(int64(j.Len), "byte")},
	)
}
