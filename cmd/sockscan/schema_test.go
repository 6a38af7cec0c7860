package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sockproof/lib/live"
	"sockproof/lib/witness/trace"
)

// schemaFile describes the documents of a name.
func schemaFile(name string) string { return "../../docs/schema/" + name + ".json" }

// fits says that a document is as its schema describes it.
func fits(t *testing.T, name string, document any) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(schemaFile(name))
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(read); err != nil {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestResetsSchema(t *testing.T) {
	r := newResetsReport(live.Place{Netns: "a"}, map[string]int64{"OutRsts": 1}, map[string]int64{"OutRsts": 3}, time.Second)
	owner := &live.Owner{PID: 7, Program: "app", Unit: "app.service"}
	r.Each = &rstList{RSTs: []*rst{{At: time.Now(), Direction: "sent", Local: "a", Remote: "b", State: "c", Reason: "d", Answers: "e", Meaning: "f", Owner: owner}}, More: 1, Lost: 1, NotWatched: "g"}
	r.Ends = &endsReport{Lost: 1, Places: []endsPlace{{scanPlace{"in", "a", "b"}, endsSum{1, 1, 1}}}, Others: &endsSum{1, 0, 0}}
	fits(t, "resets", r)
	fits(t, "resets", newResetsReport(live.Place{}, nil, map[string]int64{}, 0))
	fits(t, "resets", &resetsReport{Schema: resetsSchema, Counters: []counted{}, Each: &rstList{RSTs: []*rst{}}, Ends: &endsReport{Places: []endsPlace{}}})
}

func TestWatchSchema(t *testing.T) {
	into := trace.Change{At: time.Now(), To: "CLOSE_WAIT", Local: netip.MustParseAddrPort("192.0.2.1:80"), Remote: netip.MustParseAddrPort("192.0.2.2:81")}
	stays := newStay(&into, time.Now())
	stays.Owner = &live.Owner{PID: 7}
	for _, record := range []any{
		&ending{Record: "before", Schema: watchSchema, States: map[string]int{"CLOSE_WAIT": 1}, Truncated: true},
		stays, &changed{Record: "change"}, &sums{Record: "sums", Entered: map[string]uint64{"CLOSE_WAIT": 2}, Ending: &ending{States: map[string]int{}}},
	} {
		fits(t, "watch", record)
	}
}

// Each field is in the schema, and the schema has no other.
func TestSchemaFields(t *testing.T) {
	for name, forms := range map[string]map[string]any{
		"resets": {"": resetsReport{}, "counter": counted{}, "rsts": rstList{}, "rst": rst{}, "ends": endsReport{}, "place": endsPlace{}, "sum": endsSum{}, "process": live.Owner{}},
		"watch":  {"before": ending{}, "stay": stay{}, "change": changed{}, "sums": sums{}, "process": live.Owner{}},
	} {
		b, err := os.ReadFile(schemaFile(name))
		if err != nil {
			t.Fatal(err)
		}
		type form struct{ Properties map[string]any }
		var schema struct {
			form
			Defs map[string]form `json:"$defs"`
		}
		if err := json.Unmarshal(b, &schema); err != nil {
			t.Fatal(err)
		}
		for def, of := range forms {
			described := schema.Defs[def]
			if def == "" {
				described = schema.form
			}
			if got, want := slices.Sorted(maps.Keys(described.Properties)), fieldsOf(reflect.TypeOf(of)); !slices.Equal(got, want) {
				t.Errorf("%s: %q: the schema has %v, the program %v", name, def, got, want)
			}
		}
	}
}

// fieldsOf are the names of a struct's fields in JSON.
func fieldsOf(of reflect.Type) (names []string) {
	for _, f := range reflect.VisibleFields(of) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
