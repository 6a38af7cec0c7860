package scenario

import (
	"slices"
	"strings"
	"testing"
)

// TestMovesAreNamed: what stands above the first question, and what is said of a wrong
// move, have every move that is taken.
func TestMovesAreNamed(t *testing.T) {
	var b strings.Builder
	m := &Moves{shown: &b}
	m.explain()
	for _, word := range strings.FieldsFunc(strings.TrimSuffix(MovesLine, ", one a line of standard input"), func(r rune) bool { return r == ',' || r == ' ' }) {
		if _, err := parseMove(word); err != nil && word != "or" {
			t.Errorf("%s: %v", word, err)
		}
		if !strings.Contains(movesHelp, word) {
			t.Errorf("%s is not in what is said of a wrong move", word)
		}
	}
	if !m.told || !strings.HasPrefix(b.String(), "moves: "+MovesLine+"\n") {
		t.Errorf("%s", b.String())
	}
}

func TestParseMove(t *testing.T) {
	for line, want := range map[string]move{
		"":             {word: moveDeliver},
		"  deliver ":   {word: moveDeliver},
		"deliver #12":  {word: moveDeliver, n: 12},
		"drop":         {word: moveDrop},
		"drop #7":      {word: moveDrop, n: 7},
		"drop SYN,ACK": {word: moveDrop, flags: []string{"SYN", "ACK"}},
		"drop rst":     {word: moveDrop, flags: []string{"RST"}},
		"drop ACK,PSH": {word: moveDrop, flags: []string{"PSH", "ACK"}},
		"drop SYN,SYN": {word: moveDrop, flags: []string{"SYN"}},
		"duplicate #1": {word: moveDuplicate, n: 1},
		"hold":         {word: moveHold},
		"release #3":   {word: moveRelease, n: 3},
		"swap":         {word: moveSwap},
		"run":          {word: moveRun},
		"run on":       {word: moveRun},
		"quit":         {word: moveQuit},
		"help":         {word: moveHelp},
		"d":            {word: moveDeliver},
		"dr #7":        {word: moveDrop, n: 7},
		"q":            {word: moveQuit},
		"b":            {word: moveBack},
	} {
		got, err := parseMove(line)
		if err != nil || got.word != want.word || got.n != want.n || !slices.Equal(got.flags, want.flags) {
			t.Errorf("%q: %+v, %v; want %+v", line, got, err, want)
		}
	}
	for _, line := range []string{
		"lose", "deliver 12", "deliver #0", "deliver #-1", "deliver #1x", "deliver #1 #2", "drop SYN;ACK", "drop SYN,", "hold SYN",
		"swap #1", "run off", "quit now", "help drop", "HELP", "deliver #99999999999999999999", "\x00",
	} {
		if m, err := parseMove(line); err == nil {
			t.Errorf("%q is taken for %+v", line, m)
		}
	}
}
