package evidence

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"sockproof/lib/journal"
)

// TestBombs: a file that would take hundreds of times its size in memory is refused
// before anything is made of it.
func TestBombs(t *testing.T) {
	many := strings.Repeat("{},", 4<<20)
	for name, tt := range map[string]struct{ file, before, list, want string }{
		"runs of a report":       {fileReport, `"runs": [`, "", `report.json has more than 500 objects in lists called "runs"`},
		"claims of a report":     {fileReport, `"runs": [`, `"claims": [`, `report.json has more than 20000 objects in lists called "claims"`},
		"runs of a machine":      {fileMachine, `"runs": [`, "", `machine.json has more than 500 objects in lists called "runs"`},
		"what was replaced":      {fileMachine, `"runs": [`, `"replaced": [`, `machine.json has more than 20000 objects in lists called "replaced"`},
		"witnesses of a journal": {fileJournal, `"witnesses":[`, "", `journal.jsonl has more than 20000 objects in lists called "witnesses"`},
		"sockets of a journal":   {fileJournal, `"sockets":[`, "", `journal.jsonl has more than 20000 objects in lists called "sockets"`},
		"files of a manifest":    {fileManifest, `"files": [`, "", `manifest.json has more than 12 objects in lists called "files"`},
	} {
		t.Run(name, func(t *testing.T) {
			all := rendered(t, sample(t))
			list := tt.before + many
			if tt.list != "" {
				list = tt.list + many + "{}]," + tt.before
			}
			if !bytes.Contains(all[tt.file], []byte(tt.before)) {
				t.Fatalf("%s has no %s", tt.file, tt.before)
			}
			all[tt.file] = bytes.Replace(all[tt.file], []byte(tt.before), []byte(list), 1)
			bounded(t, func() { lean(t, func() { wantForeign(t, all, tt.want) }) })
		})
	}
}

// lean checks that something takes less memory than a bomb would.
func lean(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > maxFile {
		t.Errorf("%d MiB were taken", n>>20)
	}
}

// TestStructure counts values, objects and levels in whatever form they stand.
func TestStructure(t *testing.T) {
	for json, want := range map[string]string{
		`{"a":[{"b":"]}\"{"},{}],"c":{"d":[1,2.5e3,true,null,"\\"]}}`:                                   "",
		`{"runs":[` + strings.Repeat(`{"runs":1},`, maxRuns) + `{}]}`:                                   `more than 500 objects in lists called "runs"`,
		`{"runs" : [ [` + strings.Repeat(` { } ,`, maxRuns) + ` ] ]}`:                                   `more than 500 objects in lists called "runs"`,
		strings.Repeat(`{"runs":[{}]}`+"\n", maxRuns+1):                                                 `more than 500 objects in lists called "runs"`,
		`{"runs":[` + strings.Repeat(`1,`, maxRuns) + `1]}`:                                             "",
		`[` + strings.Repeat(`{},`, maxElements) + `[]]`:                                                `more than 20000 objects in lists called ""`,
		`[` + strings.Repeat(`"",`, maxValues) + `0]`:                                                   "more than 1000000 values",
		`{` + strings.Repeat(`"":0,`, maxFields) + `"":0}`:                                              "an object of more than 1000 fields",
		strings.Repeat(`[`, maxDepth+1):                                                                 "more than 32 levels",
		strings.Repeat(`{"a":`, maxDepth+1):                                                             "more than 32 levels",
		strings.Repeat(`]}`, 9) + `"\`:                                                                  "",
		`{"a":[` + strings.Repeat(`{},`, maxElements-1) + `{}],"A":[` + strings.Repeat(`{},`, 9) + `]}`: "",
	} {
		what := tooComplex([]byte(json))
		if (what == "") != (want == "") || !strings.HasPrefix(what, want) {
			t.Errorf("%.60s…: %q, want %q", json, what, want)
		}
	}
}

// TestManySockets: the names of addresses are compared with each other.
func TestManySockets(t *testing.T) {
	j := cross(t, addrA, addrB)
	for len(j.Sockets) <= maxSockets {
		j.Sockets = append(j.Sockets, journal.Socket{ID: "x", Host: "a"})
	}
	const want = "run 1 makes it 1001 sockets; evidence has at most 1000 of one run, 10000 in all"
	if _, err := New(reportOf(j), How{Repeat: 1}).render(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("written: %v", err)
	}
	all := rendered(t, sample(t))
	all[fileJournal], _ = New(reportOf(j), How{Repeat: 1}).journal()
	bounded(t, func() { wantForeign(t, all, want) })
}

// FuzzStructure lets a file be anything.
func FuzzStructure(f *testing.F) {
	f.Add(rendered(f, sample(f))[fileReport])
	f.Fuzz(func(_ *testing.T, b []byte) { tooComplex(b) })
}
