package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// renderer is one way to write a report.
type renderer struct {
	ext   string
	write func(io.Writer, *Report) error
}

func textIn(s Style) func(io.Writer, *Report) error {
	return func(w io.Writer, r *Report) error { return Text(w, r, s) }
}

func TestGolden(t *testing.T) {
	all := []renderer{
		{"60-ascii.txt", textIn(Style{Width: 60})},
		{"80.txt", textIn(Style{Width: 80, Unicode: true})},
		{"100-ladder.txt", textIn(Style{Width: 100, Unicode: true, Verbosity: Ladder})},
		{"100-verbose.txt", textIn(Style{Width: 100, Unicode: true, Verbosity: Verbose})},
		{"120-color.txt", textIn(Style{Width: 120, Unicode: true, Color: true})},
		{"quiet.txt", textIn(Style{Unicode: true, Verbosity: Quiet})},
		{"md", func(w io.Writer, r *Report) error { return Markdown(w, r, Normal) }},
		{"story.md", storyOf},
		{"html", bodyOf},
		{"tap", TAP},
		{"json", JSON},
		{"jsonl", streamed},
	}
	for name, r := range fixtures() {
		for _, as := range all {
			t.Run(name+"."+as.ext, func(t *testing.T) {
				var got bytes.Buffer
				if err := as.write(&got, r); err != nil {
					t.Fatal(err)
				}
				golden(t, filepath.Join("testdata", name+"."+as.ext), got.Bytes())
			})
		}
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got; go test -update writes it):\n%s", path, d)
	}
}

// streamed writes a report as the stream of records that the live program writes.
func streamed(w io.Writer, r *Report) error {
	s := NewStream(w)
	s.Start(r)
	for i := range r.Runs {
		for k := range r.Runs[i].Events {
			s.Event(r.Runs[i].Events[k])
		}
		s.Run(&r.Runs[i])
	}
	s.End(r.Tally)
	return s.Err()
}
