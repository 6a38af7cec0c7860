package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sockproof/lib/live"
	"sockproof/lib/report"
	"sockproof/lib/schematest"
	"sockproof/lib/witness/tcpstate"
)

// everything is a look with a finding of each form.
func everything(t *testing.T) *made {
	t.Helper()
	m := makeLook()
	m.at = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	app, hostile := m.process(7, "app"), m.process(8, "a\x1b[2J\"\\\nb")
	m.owners[hostile-1].Unit = "evil\x1b]0;x\a.service"
	m.o.showAll = true
	m.listener("0.0.0.0:80", app, func(v *listener) {
		v.waiting, v.stillWaiting, v.again, v.holders = 9, 9, true, 3
	})
	m.listener("0.0.0.0:81", app, func(v *listener) { v.requests, v.requestsRetried = 20, 20 })
	m.socket(tcpstate.CloseWait, hostile, here+port(0), "203.0.113.7:8081")
	m.socket(tcpstate.CloseWait, app, here+port(1), "[2001:db8:1::7]:8081")
	m.socket(tcpstate.Established, app, here+port(2), there+"80", func(s *socket) {
		s.tx, s.timer, s.retransmits, s.rto = 5, timerRetransmit, 4, 3_200_000
	})
	m.socket(tcpstate.FinWait2, 0, here+port(3), there+"80", func(s *socket) { s.cgroup = 5 })
	m.cgroups = map[uint64]string{5: "x\x1b[2J.service"}
	m.relayed(4, app, hostile, 20_000, 19_999)
	m.spaces[0].kept.conntrack = 900
	m.descriptors = []descriptors{{m.owners[0], 60, 64, 50}}
	m.spaces[0].settings.ports.High = m.spaces[0].settings.ports.Low + 299
	m.spaces[0].settings.twReuse, m.o.portsAt = 0, 10
	m.used(60, "127.0.0.1:9000", tcpstate.TimeWait, 38_000)
	m.unseen = []unseen{{"something", []string{"ports"}}}
	return m
}

func TestSchema(t *testing.T) {
	for name, m := range map[string]*made{"everything": everything(t), "nothing": makeLook()} {
		t.Run(name, func(t *testing.T) { schematest.Fits(t, "scan", m.report()) })
	}
}

// Every field of a finding is in the schema.
func TestSchemaIsWhole(t *testing.T) {
	b, err := os.ReadFile("../../docs/schema/scan.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	r := everything(t).report()
	for i := range r.Findings {
		b, err := json.Marshal(&r.Findings[i])
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		for name := range fields {
			if schema.Defs["finding"].Properties[name] == nil {
				t.Errorf("%s: the schema does not know %q", r.Findings[i].Kind, name)
			}
		}
	}
}

// What a stranger named does nothing to a terminal, in any format.
func TestHostileNames(t *testing.T) {
	r := everything(t).report()
	later := everything(t).report()
	later.Round, later.At = 2, later.At.Add(time.Minute)
	later.since(r)
	var text, metrics, records, round bytes.Buffer
	r.write(&text)
	r.writeMetrics(&metrics)
	later.writeRound(&round)
	if err := r.writeRecords(&records); err != nil {
		t.Fatal(err)
	}
	document, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	plain := report.Style{Unicode: true}.Plain(text.String())
	for name, s := range map[string]string{
		"text": plain, "round": report.Style{Unicode: true}.Plain(round.String()),
		"openmetrics": metrics.String(), "jsonl": records.String(), "json": string(document),
	} {
		if strings.ContainsAny(s, "\x1b\a") {
			t.Errorf("%s has a control character", name)
		}
	}
	if strings.Count(text.String(), "\n") != strings.Count(plain, "\n") || strings.Contains(text.String(), "\x1b") {
		t.Errorf("a name began a line, or was written as it is:\n%s", text.String())
	}
	if !strings.Contains(metrics.String(), `program="a\\x1b[2J\"\\\\`) && !strings.Contains(metrics.String(), `program="a\\x1b[2J\"`) {
		t.Errorf("metrics:\n%s", metrics.String())
	}
}

// With --redact no address is left but those that name no host, and the same one is masked alike.
func TestRedact(t *testing.T) {
	m := everything(t)
	m.o.redact = true
	r := m.report()
	var text, metrics bytes.Buffer
	r.write(&text)
	r.writeMetrics(&metrics)
	document, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{"text": text.String(), "openmetrics": metrics.String(), "json": string(document)} {
		for _, private := range []string{"192.0.2.", "203.0.113.", "2001:db8:1:"} {
			if strings.Contains(s, private) {
				t.Errorf("%s has %s", name, private)
			}
		}
	}
	if !strings.Contains(text.String(), "127.0.0.1:9000") || !strings.Contains(text.String(), "198.18.") {
		t.Errorf("%s", text.String())
	}
}

func TestMetricsAreBounded(t *testing.T) {
	m := makeLook()
	for n := range 2 * maxSeries {
		m.listener("127.0.0.1:"+port(n), 0, func(v *listener) { v.drops = 1 })
	}
	var b bytes.Buffer
	m.report().writeMetrics(&b)
	series := 0
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "#") {
			series++
		}
	}
	if series > maxSeries || !strings.Contains(b.String(), `{other="true"}`) || !strings.HasSuffix(b.String(), "# EOF\n") {
		t.Errorf("%d series", series)
	}
}

// A file is replaced whole, and nothing is left beside it.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "sockscan.prom")
	for _, content := range []string{"one", "two"} {
		if err := replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != content {
			t.Errorf("%q, %v", b, err)
		}
	}
	if err := replace(filepath.Join(dir, "no", "such"), nil); err == nil {
		t.Error("no error where there is no folder")
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestSince(t *testing.T) {
	look := func(leaked, open int) *scanReport {
		m := makeLook()
		m.at = time.Date(2026, 11, 28, 12, 0, leaked, 0, time.UTC) // a leak each second
		app := m.process(7, "app")
		for n := range leaked {
			m.socket(tcpstate.CloseWait, app, here+port(n), there+"80")
		}
		m.descriptors = []descriptors{{m.owners[0], open, 64, leaked}}
		return m.report()
	}
	first, second := look(2, 54), look(7, 59)
	second.since(first)
	if len(second.Changes) != 2 || second.Changes[0].Was != 2 || second.Changes[0].Now != 7 || second.Changes[0].PerMinute != 60 {
		t.Errorf("%+v", second.Changes)
	}
	if d := second.Findings[1].Descriptors; d.EmptyAfter != 5 {
		t.Errorf("%+v", d)
	}
	third := look(0, 2)
	third.At = second.At.Add(time.Second)
	third.since(second)
	if len(third.Changes) != 2 || third.Changes[0].Now != 0 || third.Changes[0].Was != 7 {
		t.Errorf("%+v", third.Changes)
	}
}

// What could not be seen, and could have shown more, is no success of --fail-over.
func TestFailOver(t *testing.T) {
	for name, tt := range map[string]struct {
		limit  int
		kinds  []string
		unseen string
		want   int
	}{
		"within":                         {1, nil, "", 0},
		"over":                           {0, nil, "", 1},
		"over, and something not seen":   {0, nil, "close-wait", 1},
		"within, something not seen":     {1, nil, "close-wait", 3},
		"another kind":                   {0, []string{"ports"}, "close-wait", 0},
		"the machine's, not the place's": {1, nil, "tcp-mem", 0},
		"the machine's, asked for":       {1, []string{"tcp-mem"}, "tcp-mem", 3},
	} {
		m := makeLook()
		m.o.kinds = tt.kinds
		m.socket(tcpstate.CloseWait, m.process(7, "app"), here+port(0), there+"80")
		if tt.unseen != "" {
			m.unseen = []unseen{{"something", []string{tt.unseen}}}
		}
		r := m.report()
		if got := live.Limit(tt.limit).Exit(r.Stuck, !m.o.couldBeMore(r)); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}
