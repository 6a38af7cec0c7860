package report

import (
	"fmt"
	"strconv"
	"strings"

	"sockproof/lib/journal"
	"sockproof/lib/packet"
)

// openPackets is what the page shows of packets that are opened. There are many, and
// most of what is said of one is said of others: each text stands there once.
type openPackets struct {
	Texts   []string              `json:"texts"`   // the first is empty
	Packets map[string]openPacket `json:"packets"` // by the number of the event that has the bytes
	places  map[string]int        // of the texts
}

// openPacket is one of them.
type openPacket struct {
	Fields []int  `json:"fields"`          // names and values in turn, by their places among the texts
	Bytes  []byte `json:"bytes,omitempty"` // all of them, in base64
}

func newOpenPackets() openPackets {
	return openPackets{Texts: []string{""}, Packets: map[string]openPacket{}, places: map[string]int{"": 0}}
}

// place is where a text stands.
func (o *openPackets) place(text string) int {
	i, ok := o.places[text]
	if !ok {
		i = len(o.Texts)
		o.places[text] = i
		o.Texts = append(o.Texts, text)
	}
	return i
}

// add keeps a packet.
func (o *openPackets) add(n int, fields [][2]string, bytes []byte) {
	p := openPacket{Fields: make([]int, 0, 2*len(fields)), Bytes: bytes}
	for _, f := range fields {
		p.Fields = append(p.Fields, o.place(f[0]), o.place(f[1]))
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
		}, nil)
		return
	}
	fields := make([][2]string, 0, 16)
	fields = append(fields, [2]string{"from", p.clean(string(j.Src))}, [2]string{"to", p.clean(string(j.Dst))})
	d, err := packet.Decode(j.Bytes)
	if err == nil {
		fields = appendIPFields(fields, &d)
	}
	if j.Proto == "" {
		fields = p.appendTCPFields(fields, j, l)
	}
	if err == nil && len(d.Payload) > 0 {
		fields = append(fields, [2]string{"payload", p.data(d.Payload)})
	}
	p.packets.add(e.N, fields, j.Bytes)
}

// appendIPFields appends those of the IP header.
func appendIPFields(fields [][2]string, d *packet.Packet) [][2]string {
	fields = append(fields,
		[2]string{"IP", "version " + strconv.Itoa(int(d.Version)) + ", " + strconv.Itoa(len(d.Raw)) + " bytes, of which " + strconv.Itoa(d.HeaderLen) + " are header"},
		[2]string{"TTL", strconv.Itoa(int(d.TTL))},
		[2]string{"DSCP and ECN", fmt.Sprintf("0x%02x", d.Class)})
	if d.Version == 4 {
		fields = append(fields, [2]string{"identification", fmt.Sprintf("0x%04x", d.ID)})
	}
	sums := "right"
	if !d.ChecksumOK() {
		sums = "not right, as on lo, where nobody fills them in"
	}
	return append(fields, [2]string{"checksums", sums})
}

// appendTCPFields appends those of the TCP header, numbers absolute and counted from
// the connection's beginning.
func (p *page) appendTCPFields(fields [][2]string, j *journal.Packet, l *label) [][2]string {
	fields = append(fields,
		[2]string{"flags", p.clean(flagNames(j))},
		[2]string{"seq", bothWays(j.Seq, l.seq)})
	if j.Flags.Has(journal.ACK) {
		fields = append(fields, [2]string{"ack", bothWays(j.Ack, l.ack)})
	}
	return append(fields,
		[2]string{"window", strconv.Itoa(int(j.Win)) + ", unscaled"},
		[2]string{"options", p.clean(strings.Join(j.Options, ", "))},
		[2]string{"length", count(int64(j.Len), "byte")},
	)
}

// bothWays is a number of the sequence space as it is, and counted from the
// connection's beginning.
func bothWays(absolute uint32, relative int64) string {
	return strconv.FormatUint(uint64(absolute), 10) + " (" + strconv.FormatInt(relative, 10) + " from the beginning)"
}
