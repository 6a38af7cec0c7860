package main

import (
	"net/netip"
	"testing"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/schematest"
	"sockproof/lib/witness/trace"
)

func TestResetsSchema(t *testing.T) {
	r := newResetsReport(live.Place{Netns: "a"}, map[string]int64{"OutRsts": 1}, map[string]int64{"OutRsts": 3}, time.Second)
	owner := &live.Owner{PID: 7, Program: "app", Unit: "app.service"}
	r.Each = &rstList{RSTs: []*rst{{At: time.Now(), Direction: "sent", Local: "a", Remote: "b", State: "c", Reason: "d", Answers: "e", Meaning: "f", Owner: owner}}, More: 1, Lost: 1, NotWatched: "g"}
	r.Ends = &endsReport{Lost: 1, Places: []endsPlace{{scanPlace{"in", "a", "b"}, endsSum{1, 1, 1}}}, Others: &endsSum{1, 0, 0}}
	schematest.Fits(t, "resets", r)
	schematest.Fits(t, "resets", newResetsReport(live.Place{}, nil, map[string]int64{}, 0))
	schematest.Fits(t, "resets", &resetsReport{Schema: resetsSchema, Counters: []counted{}, Each: &rstList{RSTs: []*rst{}}, Ends: &endsReport{Places: []endsPlace{}}})
}

func TestWatchSchema(t *testing.T) {
	into := trace.Change{At: time.Now(), To: "CLOSE_WAIT", Local: netip.MustParseAddrPort("192.0.2.1:80"), Remote: netip.MustParseAddrPort("192.0.2.2:81")}
	stays := newStay(&into, time.Now())
	stays.Owner = &live.Owner{PID: 7}
	for _, record := range []any{
		&ending{Record: "before", Schema: watchSchema, States: map[string]int{"CLOSE_WAIT": 1}, Truncated: true},
		stays, &changed{Record: "change"}, &sums{Record: "sums", Entered: map[string]uint64{"CLOSE_WAIT": 2}, Ending: &ending{States: map[string]int{}}},
	} {
		schematest.Fits(t, "watch", record)
	}
}

// Each field is in the schema, and the schema has no other.
func TestSchemaFields(t *testing.T) {
	for name, forms := range map[string]map[string]any{
		"resets": {"": resetsReport{}, "counter": counted{}, "rsts": rstList{}, "rst": rst{}, "ends": endsReport{}, "place": endsPlace{}, "sum": endsSum{}, "process": live.Owner{}},
		"port":   {"": portReport{}, "port": checkedPort{}, "user": portUser{}, "cure": portCure{}},
		"watch":  {"before": ending{}, "stay": stay{}, "change": changed{}, "sums": sums{}, "process": live.Owner{}},
	} {
		schematest.Fields(t, name, forms)
	}
}
