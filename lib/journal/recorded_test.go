package journal

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recordings are the journals kept beside the binaries.
func recordings(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("../../cmd/*/testdata/*.jsonl")
	if err != nil || len(names) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	return names
}

// TestRecordingsStayTheSame reads every recording and writes it: what is the journal's
// has the same bytes.
func TestRecordingsStayTheSame(t *testing.T) {
	for _, name := range recordings(t) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		journals, err := Read(bytes.NewReader(b))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var again bytes.Buffer
		for i := range journals {
			if err := Write(&again, &journals[i]); err != nil {
				t.Fatal(err)
			}
		}
		want, got := events(b), events(again.Bytes())
		if len(want) == 0 || len(got) != len(want) {
			t.Errorf("%s: %d events of %d", name, len(got), len(want))
			continue
		}
		for i := range want {
			if !bytes.Equal(want[i], got[i]) {
				t.Errorf("%s:\nread    %.300s\nwritten %.300s", name, want[i], got[i])
				break
			}
		}
		if want, got := sockets(t, b), sockets(t, again.Bytes()); want != got {
			t.Errorf("%s: sockets\nread    %s\nwritten %s", name, want, got)
		}
	}
}

// events are the lines of a stream that are events.
func events(stream []byte) [][]byte {
	return slices.DeleteFunc(bytes.Split(stream, []byte{'\n'}), func(line []byte) bool {
		return !bytes.HasPrefix(line, []byte(`{"record":"event"`))
	})
}

// sockets are the sockets of a stream's runs, as they stand there.
func sockets(t *testing.T, stream []byte) string {
	var all []string
	for line := range bytes.Lines(stream) {
		var r struct {
			Run struct{ Sockets json.RawMessage }
		}
		if bytes.HasPrefix(line, []byte(`{"record":"run"`)) {
			if err := json.Unmarshal(line, &r); err != nil {
				t.Fatal(err)
			}
			all = append(all, string(r.Run.Sockets))
		}
	}
	return strings.Join(all, "\n")
}

// BenchmarkRead reads every recording.
func BenchmarkRead(b *testing.B) {
	var all [][]byte
	for _, name := range recordings(b) {
		text, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, text)
	}
	for b.Loop() {
		for _, text := range all {
			if _, err := Read(bytes.NewReader(text)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
