package section

import "testing"

func TestPut(t *testing.T) {
	for _, tt := range []struct{ results, want string }{
		{"# M\n\n## a\n1\n", "# M\n\n## a\n1\n\n## p\n2\n"},
		{"# M\n\n## p\n1\n1\n\n## a\n1\n", "# M\n\n## p\n2\n\n## a\n1\n"},
		{"# M\n\n## a\n1\n\n## p\n1\n", "# M\n\n## a\n1\n\n## p\n2\n"},
	} {
		if got := string(Put([]byte(tt.results), []byte("## p\n2\n"))); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.results, got, tt.want)
		}
	}
}

func TestKeep(t *testing.T) {
	for _, tt := range []struct{ old, want string }{
		{"", "# M\n"},
		{"# O\n\n## a\n1\n", "# M\n"},
		{"# O\n\n## a\n1\n\n## p\n2\n\n## b\n3\n", "# M\n\n## p\n2\n"},
		{"# O\n\n## p\n2\n", "# M\n\n## p\n2\n"},
	} {
		if got := string(Keep([]byte("# M\n"), []byte(tt.old), "## p")); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.old, got, tt.want)
		}
	}
}
