package tcp

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"sockproof/lib/journal"
)

// FuzzView builds and confronts a view of whatever journal.Read takes.
func FuzzView(f *testing.F) {
	const largest = 40_000 // of a seed: the fuzzer is faster with short ones
	files, err := filepath.Glob("../../cmd/*/testdata/*.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) <= largest {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		js, err := journal.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		for i := range js {
			for _, d := range New(&js[i]).Confront() {
				if d.Rule == "" || len(d.Accounts) == 0 || d.Explanation == "" {
					t.Errorf("%+v", d)
				}
			}
		}
	})
}
