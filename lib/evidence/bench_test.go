package evidence

import (
	"os"
	"testing"

	"sockproof/lib/journal"
)

// BenchmarkBundle makes the bundle of a run of lingerreset's, with names to look
// for: all that evidence adds to a run, but the writing of a file.
func BenchmarkBundle(b *testing.B) {
	f, err := os.Open("../../cmd/lingerreset/testdata/linger0.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	journals, err := journal.Read(f)
	if err != nil {
		b.Fatal(err)
	}
	r := reportOf(journals...)
	for b.Loop() {
		all, err := New(r, How{Repeat: 1, Names: &secrets, Judge: judged}).render()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(archived(b, all))))
	}
}
