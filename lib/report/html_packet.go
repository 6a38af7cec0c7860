package report

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// openPacket is what the page shows of a packet that is opened.
type openPacket struct {
	Fields [][2]string `json:"fields"`
	Hex    string      `json:"hex,omitempty"` // all its bytes
}

// openedPacket decodes a packet's bytes. Of many packets, and of one whose bytes
// are not in the journal, there is what the event says.
func (p *page) openedPacket(e *journal.Event, l *label) openPacket {
	j := e.Packet
	if j.Bulk != nil {
		return openPacket{Fields: [][2]string{
			{"packets", grouped(j.Bulk.Packets)},
			{"bytes, with headers", grouped(j.Bulk.IPBytes)},
			{"bytes of payload", grouped(j.Bulk.TCPBytes)},
			{"SHA-256", p.clean(j.Bulk.SHA256)},
			{"bytes", "not kept: there are too many"},
		}}
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
	return openPacket{Fields: fields, Hex: hex.EncodeToString(j.Bytes)}
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
