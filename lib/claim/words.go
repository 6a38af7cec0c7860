package claim

import (
	"fmt"
	"strings"
	"time"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// Returned is what a call returned, in a word or two: "9", "EPIPE", "0: the
// end", "killed by SIGPIPE"; "" for none.
func Returned(e *journal.Event) string {
	switch {
	case e == nil:
		return ""
	case e.Call.Signal != "" && e.Call.Errno == "":
		return "killed by " + string(e.Call.Signal)
	case e.Call.Signal != "":
		return string(e.Call.Errno) + ", " + string(e.Call.Signal)
	case e.Call.Errno != "":
		return string(e.Call.Errno)
	case e.Call.Op == "getsockopt" && e.Call.Option() == journal.SOError:
		return "SO_ERROR " + e.Call.Out
	case e.Call.Op == "read" && e.Call.Result == 0:
		return "0: the end"
	}
	return fmt.Sprint(e.Call.Result)
}

// maxNamed bounds how many segments a sentence names.
const maxNamed = 8

// Named names segments by their flags: "SYN, SYN-ACK, ACK". PSH, ECE and CWR are left out: they
// say nothing of a connection's state.
func Named(some []*tcp.Segment) string {
	var names []string
	for i, s := range some {
		if i == maxNamed {
			names = append(names, fmt.Sprintf("… %d more", len(some)-i))
			break
		}
		names = append(names, s.Control().InProse())
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Path is a way through the states, for a sentence: "SYN_SENT → SYN_RECV on the other's SYN".
func Path(whose string, path ...Transition) string {
	words := []string{path[0].From}
	for _, t := range path {
		to := t.To
		if t.On != 0 {
			to += " on " + whose + " " + t.On.InProse()
		}
		words = append(words, to)
	}
	return strings.Join(words, " → ")
}

// Milliseconds is a duration to a tenth of one, for a sentence: "41.3 ms".
func Milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// Seconds is a duration to a hundredth of one, as time.Duration writes it: "1.25s", "30ms".
func Seconds(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }
