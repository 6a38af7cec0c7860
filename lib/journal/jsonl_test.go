package journal

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// kinds are those this version knows.
var kinds = []Kind{
	KindCall, KindPacket, KindState, KindSample, KindDestroyed, KindReset, KindProcess,
	KindCounter, KindSetting, KindRule, KindTable, KindFold, KindAnswer, KindNote,
}

// payloadField finds a kind's field in an event, by its name in JSON.
func payloadField(e *Event, k Kind) reflect.Value {
	v := reflect.ValueOf(e).Elem()
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name == string(k) {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// draw fills a value with anything. An absent list and an empty one are told
// apart only where JSON does: not where the field is left out when empty.
func draw(t *rapid.T, v reflect.Value, omitempty bool) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint") & (1<<v.Type().Bits() - 1))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Slice:
		n := rapid.IntRange(-1, 3).Draw(t, "length")
		if n < 0 || n == 0 && omitempty {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(t, v.Index(i), false)
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem(), false)
		}
	case reflect.Struct:
		if p, ok := v.Addr().Interface().(*Packet); ok {
			drawPacket(t, p)
			return
		}
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag.Get("json")
			if tag != "-" {
				draw(t, v.Field(i), strings.Contains(tag, "omitempty"))
			}
		}
	default:
		t.Fatalf("no generator for %s", v.Type())
	}
}

// drawPacket fills a packet by its fields in JSON.
func drawPacket(t *rapid.T, p *Packet) {
	var j packetJSON
	draw(t, reflect.ValueOf(&j).Elem(), false)
	if j.Flags == nil || rapid.Bool().Draw(t, "flags known") {
		j.Flags = Flags(rapid.Uint8().Draw(t, "flags")).Names()
	}
	*p = *j.packet()
}

// unknownKinds are names that other versions might use.
var unknownKinds = []string{"teleport", "Kürzel", "a.b", "päcket2", "-", `with "quotes"`, "<b>"}

// drawEvent makes an event of any kind.
func drawEvent(t *rapid.T, n, run int) Event {
	e := Event{
		N: n, Run: run, T: rapid.Int64().Draw(t, "t"),
		Host: rapid.String().Draw(t, "host"), Socket: rapid.String().Draw(t, "socket"),
	}
	i := rapid.IntRange(0, len(kinds)).Draw(t, "kind")
	if i == len(kinds) {
		e.Kind = Kind(rapid.SampledFrom(unknownKinds).Draw(t, "unknown kind"))
		e.Unknown = []byte(rapid.SampledFrom([]string{
			`null`, `{}`, `7`, `"x"`, `{"a": [1, 2.50, {"b": "<&>\u2028 "}], "a": 1e3}`, "[ ]", `{"text":"a<b>c"}`, `123456789012345678901234567890`,
		}).Draw(t, "payload"))
		return e
	}
	e.Kind = kinds[i]
	f := payloadField(&e, e.Kind)
	f.Set(reflect.New(f.Type().Elem()))
	draw(t, f.Elem(), false)
	if e.State != nil && e.State.Witness == "" {
		e.State.Witness = TCPInfo
	}
	return e
}

// drawJournal makes a journal that passes Check, numbered from first.
func drawJournal(t *rapid.T, run, first int) Journal {
	var j Journal
	draw(t, reflect.ValueOf(&j).Elem(), false)
	j.Run = run
	for range rapid.IntRange(0, 5).Draw(t, "events") {
		j.Events = append(j.Events, drawEvent(t, first, run))
		first += rapid.IntRange(1, 3).Draw(t, "step")
	}
	return j
}

func write(t rapid.TB, journals ...Journal) []byte {
	t.Helper()
	var b bytes.Buffer
	for i := range journals {
		if err := Write(&b, &journals[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func read(t rapid.TB, b []byte) []Journal {
	t.Helper()
	all, err := Read(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return all
}

// TestRoundTrip: what is written is read back without loss, of every kind, and
// of kinds that this version does not know byte for byte.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := []Journal{drawJournal(t, 1, 1), drawJournal(t, 2, 100)}
		b := write(t, want...)
		got := read(t, b)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("-written +read:\n%s\n%s", d, b)
		}
		if again := write(t, got...); !bytes.Equal(b, again) {
			t.Fatalf("written again:\n%s\n%s", b, again)
		}
	})
}

// TestEveryKindHasItsField, so that the round trip is one of every kind.
func TestEveryKindHasItsField(t *testing.T) {
	payloads := 0
	for i := range reflect.TypeFor[Event]().NumField() {
		if reflect.TypeFor[Event]().Field(i).Type.Kind() == reflect.Pointer {
			payloads++
		}
	}
	if payloads != len(kinds) {
		t.Errorf("%d payloads, %d kinds", payloads, len(kinds))
	}
	for _, k := range kinds {
		if !payloadField(&Event{}, k).IsValid() || !isField(string(k)) {
			t.Errorf("%s is no field of an event, or none that isField knows", k)
		}
	}
}

// three is a stream of two runs: the first of two events, the second of one.
func three() (Journal, Journal) {
	note := func(n, run int) Event {
		return Event{N: n, Run: run, T: int64(n), Kind: KindNote, Note: &Note{Text: fmt.Sprint(n)}}
	}
	first := Journal{Run: 1, Scenario: "x", Network: Wire, Family: IPv4, Events: []Event{note(1, 1), note(2, 1)}}
	return first, Journal{Run: 2, Scenario: "y", Network: Wire, Family: IPv4, Events: []Event{note(3, 2)}}
}

// TestReadCutOff: wherever the writer was killed, what it had written whole is
// there, and a run whose head never came is stopped.
func TestReadCutOff(t *testing.T) {
	first, second := three()
	whole := write(t, first, second)
	for n := range whole {
		got, err := Read(bytes.NewReader(whole[:n]))
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		lines := bytes.Count(whole[:n], []byte("\n"))
		if n > 0 && (n == len(whole)-1 || whole[n] == '\n') {
			lines++ // complete but for the end of the line
		}
		want := 0
		switch {
		case lines >= 4:
			want = 2
		case lines > 0:
			want = 1
		}
		if len(got) != want {
			t.Fatalf("cut at %d, after %d lines: %d runs, want %d", n, lines, len(got), want)
		}
		events := 0
		for i := range got {
			events += len(got[i].Events)
			cut := i == 0 && lines < 3 || i == 1 && lines < 5
			if (got[i].Stopped != "") != cut || got[i].Run != i+1 {
				t.Errorf("cut at %d, after %d lines: run %d, stopped %q", n, lines, got[i].Run, got[i].Stopped)
			}
		}
		if wantEvents := []int{0, 1, 2, 2, 3, 3}[lines]; events != wantEvents {
			t.Errorf("cut at %d, after %d lines: %d events, want %d", n, lines, events, wantEvents)
		}
	}
}

// TestReadPassesOver records that are not the journal's, and empty lines.
func TestReadPassesOver(t *testing.T) {
	first, second := three()
	b := slicesOf(write(t, first, second))
	stream := `{"record":"start","start":{}}` + "\n\n" + b[0] + `{"record":"finding","finding":{"run":1},"event":7}` + "\r\n" +
		strings.Join(b[1:], "") + `{"record":"end","end":{}}` + "\n" + `{"record":"coming","x":1}`
	stream = strings.Replace(stream, `,"event":7`, "", 1)
	if d := cmp.Diff([]Journal{first, second}, read(t, []byte(stream))); d != "" {
		t.Error(d)
	}
}

func slicesOf(b []byte) []string { return strings.SplitAfter(string(b), "\n") }

// TestReadRefuses what is no journal, naming the line.
func TestReadRefuses(t *testing.T) {
	first, _ := three()
	ok := slicesOf(write(t, first))[0]
	for _, tt := range []struct{ stream, want string }{
		{"hello\n", "line 1: "},
		{"hello", "line 1: "}, // no line that was cut off: JSON does not begin so
		{ok + "\n{]\n", "line 3: "},
		{ok + "{\n", "line 2: "}, // cut off, but others follow
		{ok + "null\n", "line 2: not a record"},
		{ok + "{}\n", "line 2: not a record"},
		{ok + "[]\n", "line 2: "},
		{`{"record":"event"}` + "\n", "line 1: not a record"},
		{`{"record":"run"}` + "\n", "line 1: not a record"},
		{`{"record":7}` + "\n", "line 1: "},
		{`{"record":"event","event":{"n":1,"run":1}}` + "\n", "line 1: event 1 has no kind"},
		{`{"record":"event","event":{"n":1,"run":1,"kind":"note"}}` + "\n", `line 1: event 1 of kind "note" lacks its payload`},
		{`{"record":"event","event":{"n":1,"run":1,"kind":"teleport"}}` + "\n", `line 1: event 1 of kind "teleport" lacks its payload`},
		{`{"record":"event","event":{"n":1,"run":1,"kind":"t_ns","t_ns":5}}` + "\n", `line 1: event 1 of kind "t_ns" lacks its payload`},
		{`{"record":"event","event":{"n":1,"run":1,"kind":"Call","Call":{"op":"x"}}}` + "\n", `line 1: event 1 of kind "Call" lacks its payload`},
		{`{"record":"event","event":{"n":"1","run":1,"kind":"note"}}` + "\n", "line 1: "},
		{ok + ok + `{"record":"run","run":{"run":1}}` + "\n", "run 1: event 1 follows event 1"},
		{ok + `{"record":"run","run":{"run":2}}` + "\n", "run 2: event 1 belongs to run 1, not 2"},
	} {
		got, err := Read(strings.NewReader(tt.stream))
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || got != nil {
			t.Errorf("%q: %v, %v; want %q", tt.stream, got, err, tt.want)
		}
	}
}

// TestCheck refuses each thing that makes a journal unfit to be judged.
func TestCheck(t *testing.T) {
	note := &Note{Text: "x"}
	state := func(w Witness) *State { return &State{To: Close, Witness: w} }
	for name, events := range map[string][]Event{
		"number 0":           {{N: 0, Run: 1, Kind: KindNote, Note: note}},
		"falling":            {{N: 2, Run: 1, Kind: KindNote, Note: note}, {N: 1, Run: 1, Kind: KindNote, Note: note}},
		"twice":              {{N: 2, Run: 1, Kind: KindNote, Note: note}, {N: 2, Run: 1, Kind: KindNote, Note: note}},
		"another run":        {{N: 1, Run: 2, Kind: KindNote, Note: note}},
		"no kind":            {{N: 1, Run: 1, Note: note}},
		"another payload":    {{N: 1, Run: 1, Kind: KindCall, Note: note}},
		"two payloads":       {{N: 1, Run: 1, Kind: KindNote, Note: note, State: state(TCPInfo)}},
		"unknown beside":     {{N: 1, Run: 1, Kind: "x", Note: note, Unknown: []byte("1")}},
		"nothing of its own": {{N: 1, Run: 1, Kind: "x"}},
		"no witness":         {{N: 1, Run: 1, Kind: KindState, State: state("")}},
	} {
		if err := (&Journal{Run: 1, Events: events}).Check(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, k := range kinds {
		if err := (&Journal{Run: 1, Events: []Event{{N: 1, Run: 1, Kind: k}}}).Check(); err == nil {
			t.Errorf("%s without payload: accepted", k)
		}
	}
	ok := Journal{Run: 1, Events: []Event{
		{N: 3, Run: 1, Kind: KindState, State: state(Trace)}, {N: 9, Run: 1, Kind: "x", Unknown: []byte("null")},
	}}
	if err := ok.Check(); err != nil {
		t.Error(err)
	}
	if e, found := ok.Event(9); !found || e.Kind != "x" {
		t.Errorf("event 9: %+v, %v", e, found)
	}
	if _, found := ok.Event(4); found {
		t.Error("event 4 was found")
	}
}

// FuzzRead: nothing makes it panic, and what it reads it writes so that it
// reads the same again.
func FuzzRead(f *testing.F) {
	first, second := three()
	f.Add(write(f, first, second))
	f.Add([]byte(`{"record":"event","event":{"n":1,"run":1,"kind":"teleport","teleport":{"a": [1]}}}`))
	f.Add([]byte(`{"record":"event","event":{"n":1,"run":1,"kind":"call","call":{"op":"x","args":null,"data":""}}}`))
	f.Add([]byte("{\"record\":\"run\",\"run\":{\"run\":1}}\n{\"rec"))
	f.Add([]byte("{}\n[\n\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		written := write(t, all...)
		again := read(t, written)
		if !bytes.Equal(written, write(t, again...)) {
			t.Errorf("%q\nwritten %q\nread and written again %q", b, written, write(t, again...))
		}
	})
}
