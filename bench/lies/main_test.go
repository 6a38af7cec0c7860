package main

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	told, err := read(strings.NewReader(`=== RUN
    told.go:1: lies: 10 6 1 1 2 8 an event is dropped
    told.go:2: unnoticed: x: y
    told.go:1: lies: 10 5 0 0 5 2 an event is dropped
ok
`))
	if err != nil || len(told) != 1 || told[0].Made != 20 || told[0].Unseen() != 0.2 || told[0].Sort != "an event is dropped" {
		t.Errorf("%+v, %v", told, err)
	}
	for _, text := range []string{"", "--- FAIL: TestJournals", "x: lies: 1 2 x"} {
		if _, err := read(strings.NewReader(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
