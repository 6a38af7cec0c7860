package report

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// Verbosity says how much of a run the text shows.
type Verbosity int

// The verbosities.
const (
	Normal  Verbosity = iota // one screen: what matters most, and the verdicts
	Quiet                    // the last line only
	Ladder                   // what tells the story, whole, and why each claim has its verdict
	Verbose                  // every event
)

// Style is how text is drawn on one stream. It is decided for each stream by
// itself: standard output may be a file while standard error is a terminal.
type Style struct {
	Width     int  // cells in a line, 60 to 200; 0: 100
	Told      bool // by the terminal, or by COLUMNS, how wide a line is
	Unicode   bool // else not one byte beyond ASCII
	Color     bool
	Verbosity Verbosity
}

// The bounds of a line, and its length where nobody says.
const (
	minWidth     = 60
	maxWidth     = 200
	defaultWidth = 100
)

// StyleFor decides the style of text written to f: its width from the terminal
// or COLUMNS, its characters from the locale, and its colour from the flag
// (auto, always, never), NO_COLOR and TERM. env is os.Getenv.
func StyleFor(f *os.File, colorFlag string, env func(string) string) Style {
	var (
		fd       = int(f.Fd())
		terminal = term.IsTerminal(fd)
		width    int
	)
	if terminal {
		width, _, _ = term.GetSize(fd)
	}
	if width <= 0 {
		width, _ = strconv.Atoi(env("COLUMNS"))
	}
	return Style{
		Width:   clampWidth(width),
		Told:    width > 0,
		Unicode: localeIsUTF8(env),
		Color:   wantsColor(terminal, colorFlag, env),
	}
}

// wantsColor applies the flag; auto leaves it to the terminal and to
// NO_COLOR (no-color.org: set and not empty).
func wantsColor(terminal bool, flag string, env func(string) string) bool {
	switch flag {
	case "always":
		return true
	case "never":
		return false
	}
	return terminal && env("NO_COLOR") == "" && env("TERM") != "dumb"
}

// localeIsUTF8 looks where POSIX says: the first of these that is set decides.
func localeIsUTF8(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(env(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

func clampWidth(w int) int {
	if w <= 0 {
		return defaultWidth
	}
	return min(max(w, minWidth), maxWidth)
}
