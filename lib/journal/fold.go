package journal

import "strings"

// Fold stands for like events in a row, too many to keep: counted instead.
type Fold struct {
	Times  int           `json:"times"`  // how many repetitions were folded
	Events int           `json:"events"` // how many events they had
	Counts []FoldedCount `json:"counts"` // by kind and content, most frequent first
	// Segments are the TCP segments among them, by host; absent in journals before these were
	// counted on their own.
	Segments []FoldedSegments `json:"segments,omitempty"`
}

// FoldedSegments is how many TCP segments of a Fold were seen at a host.
type FoldedSegments struct {
	Host         string `json:"host"`
	Sent         int    `json:"sent"`          // as they left it
	Delivered    int    `json:"delivered"`     // as they entered it; captured on lo: both
	SentRST      int    `json:"sent_rst"`      // those of Sent with RST
	DeliveredRST int    `json:"delivered_rst"` // those of Delivered with RST
}

// FoldedCount is how often one sort of event occurred in a Fold.
type FoldedCount struct {
	What  string `json:"what"` // "connect ECONNREFUSED", "packet SYN delivered"
	Count int    `json:"count"`
}

const packetSort = "packet "

func sortOfState(to string, by Witness) string { return "state " + to + " by " + string(by) }

// sortOf names what an event is, for counting like events: its kind and what
// tells it from others of the kind, without addresses, numbers or times.
func sortOf(e *Event) string {
	switch {
	case e.Call != nil && e.Call.Errno != "":
		return e.Call.Op + " " + string(e.Call.Errno)
	case e.Call != nil:
		return e.Call.Op
	case e.Packet != nil && e.Packet.Proto != "":
		return packetSort + e.Packet.Proto + " " + e.Packet.At
	case e.Packet != nil:
		return packetSort + strings.Join(e.Packet.FlagNames(), ",") + " " + e.Packet.At
	case e.State != nil:
		return sortOfState(e.State.To, e.State.Witness)
	}
	return string(e.Kind)
}

// IsCall says whether calls of a kind were counted, however they ended.
func (c *FoldedCount) IsCall(op string) bool {
	word, _, _ := strings.Cut(c.What, " ")
	return word == op
}

// IsState says whether it was counted how often a witness saw a state entered.
func (c *FoldedCount) IsState(to string, by Witness) bool { return c.What == sortOfState(to, by) }

// IsPacket says whether packets were counted, and of TCP with which flags.
func (c *FoldedCount) IsPacket() (flags Flags, is bool) {
	rest, is := strings.CutPrefix(c.What, packetSort)
	names, _, _ := strings.Cut(rest, " ")
	return FlagsOf(strings.Split(names, ",")...), is
}
