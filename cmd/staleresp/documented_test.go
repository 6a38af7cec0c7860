package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDocumented: docs/commands.md names every field of every document.
func TestDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{loadReport{}, loadRow{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "" && !strings.Contains(string(doc), "`"+name+"`") {
				t.Errorf("%T: %s is not documented", v, name)
			}
		}
	}
}
