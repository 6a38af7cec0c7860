package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/schematest"
)

func document(t testing.TB, r *Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bare is a report that leaves out all that may be left out.
func bare() *Report {
	return &Report{Runs: []Run{
		{Journal: journal.Journal{Run: 1, Network: journal.Wire, Family: journal.IPv6}, Outcome: claim.Reproduced},
		{
			Journal: journal.Journal{Run: 2, Network: journal.Wire, Family: journal.IPv6}, Outcome: claim.Reproduced,
			Histories:     []claim.History{{Socket: "a1"}, {Socket: "a2", States: []claim.Stand{{State: "CLOSE"}}}},
			Disagreements: []claim.Disagreement{{Socket: "a1"}},
			Findings:      []claim.Finding{{Claim: "X1", Quantity: claim.Can, Verdict: claim.Refuted}},
			Events: []journal.Event{
				{N: 1, Run: 2, Kind: journal.KindCall, Call: &journal.Call{Op: "close"}},
				{N: 2, Run: 2, Kind: journal.KindPacket, Packet: &journal.Packet{At: journal.AtSent, Proto: "icmpv6"}},
				{N: 3, Run: 2, Kind: journal.KindFold, Fold: &journal.Fold{}},
			},
		},
	}}
}

func TestNothingIsNull(t *testing.T) {
	all := fixtures()
	all["bare"], all["empty"] = bare(), &Report{}
	for name, r := range all {
		if doc := string(document(t, r)); strings.Contains(doc, "null") {
			t.Errorf("%s: %s", name, doc)
		}
		var b bytes.Buffer
		if err := streamed(&b, r); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "null") {
			t.Errorf("%s: %s", name, b.String())
		}
	}
	if r := bare(); r.Runs[1].Events[0].Call.Args != nil {
		t.Error("rendering changed the report")
	}
}

func TestDocumentReadsBack(t *testing.T) {
	for name, r := range fixtures() {
		var got Report
		if err := json.Unmarshal(document(t, r), &got); err != nil {
			t.Fatal(name, err)
		}
		if len(got.Verdicts) != len(r.Merged()) {
			t.Errorf("%s: %d verdicts, want %d", name, len(got.Verdicts), len(r.Merged()))
		}
		got.Verdicts = nil // a document has them, a report makes them
		diff := cmp.Diff(r, &got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(journal.Journal{}, "Events"), cmpopts.IgnoreFields(claim.Finding{}, "Absence"), toUTF8)
		if diff != "" {
			t.Errorf("%s (-rendered +read):\n%s", name, diff)
		}
	}
}

// toUTF8 compares strings as JSON has them: what is no UTF-8 is replaced.
var toUTF8 = cmp.Comparer(func(a, b string) bool {
	return strings.ToValidUTF8(a, "\ufffd") == strings.ToValidUTF8(b, "\ufffd")
})

func TestStreamReadsBackAsJournals(t *testing.T) {
	for name, r := range fixtures() {
		var b bytes.Buffer
		if err := streamed(&b, r); err != nil {
			t.Fatal(err)
		}
		got, err := journal.Read(&b)
		if err != nil {
			t.Fatal(name, err)
		}
		var want []journal.Journal
		for i := range r.Runs {
			want = append(want, r.Runs[i].Journal)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), toUTF8); d != "" {
			t.Errorf("%s (-written +read):\n%s", name, d)
		}
	}
}

func TestRecordsFollowTheSchema(t *testing.T) {
	for _, r := range fixtures() {
		var b strings.Builder
		if err := streamed(&b, r); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			schematest.Fits(t, "journal", line)
		}
	}
}

func TestStreamKeepsItsFirstError(t *testing.T) {
	w := &failing{after: 2}
	s := NewStream(w)
	s.Start(&Report{})
	s.Event(journal.Event{N: 1, Run: 1, Kind: journal.KindNote, Note: &journal.Note{}})
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	s.End(Tally{})
	s.End(Tally{})
	if s.Err() == nil || w.calls != 3 {
		t.Errorf("after %d writes: %v", w.calls, s.Err())
	}
}

type failing struct{ after, calls int }

func (f *failing) Write(b []byte) (int, error) {
	f.calls++
	if f.calls > f.after {
		return 0, bytes.ErrTooLarge
	}
	return len(b), nil
}

// The layout is for the eye: taken away, it is what encoding/json wrote.
func TestOutlineIsTheSameDocument(t *testing.T) {
	for _, doc := range []string{
		`{}`, `[]`, `""`, `{"a":[]}`, `{"a":{"b":[1,{"c":"x:,\"{}[]\\"}]},"d":[[],{},[[[[1,2]]]]]}`,
	} {
		for depth := range 5 {
			var got bytes.Buffer
			if err := json.Compact(&got, outline([]byte(doc), depth)); err != nil {
				t.Fatal(err)
			}
			if got.String() != doc {
				t.Errorf("depth %d: %s became %s", depth, doc, got.String())
			}
		}
	}
}

func TestVisible(t *testing.T) {
	const hidden = "a\u009b31m\u202eb\u00a0\U000e0001\u007fé→日"
	in, err := json.Marshal(hidden)
	if err != nil {
		t.Fatal(err)
	}
	out := visible(in)
	if want := `"a\u009b31m\u202eb\u00a0\udb40\udc01\u007fé→日"`; string(out) != want {
		t.Errorf("%s, want %s", out, want)
	}
	var back string
	if err := json.Unmarshal(out, &back); err != nil || back != hidden {
		t.Errorf("read back as %q, %v", back, err)
	}
}

func parse(t *testing.T, doc []byte) map[string]any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return v.(map[string]any)
}

func TestDocumentsFollowTheSchema(t *testing.T) {
	s := schematest.Schema(t, "report")
	all := fixtures()
	all["empty"] = &Report{}
	for name, r := range all {
		if err := s.Validate(parse(t, document(t, r))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The objects of a document.
func whole(d map[string]any) map[string]any     { return d }
func runIn(d map[string]any) map[string]any     { return d["runs"].([]any)[0].(map[string]any) }
func machineIn(d map[string]any) map[string]any { return d["machine"].(map[string]any) }

// firstOf is the first of a run's list.
func firstOf(list string) func(map[string]any) map[string]any {
	return func(d map[string]any) map[string]any { return runIn(d)[list].([]any)[0].(map[string]any) }
}

// eventOf is the first event of a kind; nil: there is none.
func eventOf(kind string) func(map[string]any) map[string]any {
	return func(d map[string]any) map[string]any {
		for _, e := range runIn(d)["events"].([]any) {
			if e := e.(map[string]any); e["kind"] == kind {
				return e
			}
		}
		return nil
	}
}

// payloadOf is what such an event says.
func payloadOf(kind string) func(map[string]any) map[string]any {
	return func(d map[string]any) map[string]any { return eventOf(kind)(d)[kind].(map[string]any) }
}

// required are the required fields of each object of a document.
var required = []struct {
	name   string
	where  func(map[string]any) map[string]any
	fields string
}{
	{"document", whole, "schema tool started machine tally runs"},
	{"machine", machineIn, "kernel arch privilege settings"},
	{"run", runIn, "run scenario network family outcome why elapsed_ns witnesses sockets histories disagreements findings events"},
	{"witness", firstOf("witnesses"), "name status lost"},
	{"socket", firstOf("sockets"), "id host"},
	{"history", firstOf("histories"), "socket states"},
	{"finding", firstOf("findings"), "claim statement source quantity verdict because events"},
	{"event", firstOf("events"), "n run t_ns kind call"},
	{"call", payloadOf("call"), "op args result took_ns"},
	{"packet", payloadOf("packet"), "src dst flags seq ack win len at"},
	{"state", payloadOf("state"), "from to witness"},
	{"sample", payloadOf("sample"), "witness state timer_ms rx_queue tx_queue"},
	{"counter", payloadOf("counter"), "name delta"},
}

// changedFields are fields with another value, and whether the schema lets that through.
var changedFields = []struct {
	name  string
	where func(map[string]any) map[string]any
	field string
	value any
	ok    bool
}{
	{"outcome", runIn, "outcome", "maybe", false},
	{"network", runIn, "network", "internet", false},
	{"family", runIn, "family", "ipx", false},
	{"verdict", firstOf("findings"), "verdict", "true", false},
	{"status", firstOf("witnesses"), "status", "asleep", false},
	{"at", payloadOf("packet"), "at", "lost", false},
	{"seq", payloadOf("packet"), "seq", json.Number("-1"), false},
	{"null list", runIn, "sockets", nil, false},
	{"no date", whole, "started", "yesterday", false},
	{"other version", whole, "schema", "sockproof/report/v2", false},
	{"new field of the document", whole, "weather", "fine", true},
	{"new field of a packet", payloadOf("packet"), "ttl", json.Number("64"), true},
	{"new kind", eventOf("sample"), "kind", "weather", true},
}

// Every required field, taken away, must be missed; every field of a closed
// set must refuse another value; what is new must be let through.
func TestSchemaCatchesWhatIsWrong(t *testing.T) {
	s := schematest.Schema(t, "report")
	fresh := func() map[string]any { return parse(t, document(t, selfConnection())) }
	for _, c := range required {
		for _, f := range strings.Fields(c.fields) {
			d := fresh()
			at := c.where(d)
			if _, ok := at[f]; !ok {
				t.Errorf("%s has no %s to begin with", c.name, f)
			}
			delete(at, f)
			if s.Validate(d) == nil {
				t.Errorf("%s without %s is let through", c.name, f)
			}
		}
	}
	for _, c := range changedFields {
		d := fresh()
		c.where(d)[c.field] = c.value
		if err := s.Validate(d); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A field that a type gets must get into the schema as well.
func TestSchemaKnowsEveryField(t *testing.T) {
	var full Report
	fill(reflect.ValueOf(&full).Elem())
	doc, err := json.Marshal(&full)
	if err != nil {
		t.Fatal(err)
	}
	known := schematest.Schema(t, "report")
	var walk func(path string, v any, s *jsonschema.Schema)
	walk = func(path string, v any, s *jsonschema.Schema) {
		for s.Ref != nil {
			s = s.Ref
		}
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				sub, ok := s.Properties[name]
				if !ok {
					if more, ok := s.AdditionalProperties.(*jsonschema.Schema); ok {
						sub = more
					} else {
						t.Errorf("the schema does not know %s.%s", path, name)
						continue
					}
				}
				walk(path+"."+name, value, sub)
			}
		case []any:
			items, ok := s.Items2020, s.Items2020 != nil
			if !ok {
				t.Errorf("the schema does not say what is in %s", path)
				return
			}
			for _, value := range v {
				walk(path+"[]", value, items)
			}
		}
	}
	walk("", parse(t, doc), known)
}

// fill gives everything in v a value that JSON does not leave out.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1, 0)))
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				fill(v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	default:
		panic("fill does not know " + v.Kind().String())
	}
}
