package scenario

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"sockproof/lib/packet"
)

// maxMove is the longest line of moves, in bytes.
const maxMove = 1 << 10

// Moves are what somebody wants done with the packets on the wire: words on lines.
type Moves struct {
	lines  chan string // closed at the end
	failed error       // why that is the end; nil: there are no more. Read once lines is closed
	asked  int         // lines read so far
	shown  io.Writer   // gets what waits, and both hosts' states
	// person: somebody is there to correct a mistake.
	person bool
	// scenario is the one whose packets they are; "": there is but one.
	scenario string
	told     bool // which moves there are

	made  []string  // so far, in this run
	again []string  // to be made first, for the run goes back to the move before
	back  bool      // it does
	save  io.Writer // gets the moves when the run is over; nil: nobody wants them
}

// Save has the moves that were made written down, a line each, as NewMoves reads them.
func (m *Moves) Save(w io.Writer) { m.save = w }

// GoesBack says whether the run is to be made again, up to the move before the last. It is asked
// when a run is over, and what was made of it is written down if it is not.
func (m *Moves) GoesBack() (bool, error) {
	back := m.back
	m.back, m.told = false, true
	if back || m.save == nil {
		m.made = nil
		return back, nil
	}
	_, err := io.WriteString(m.save, strings.Join(append(m.made, ""), "\n"))
	m.made = nil
	return false, err
}

// NewMoves reads moves from a file as they are asked for, and shows on w what there
// is to be decided. Its reader ends with the file.
func NewMoves(from *os.File, w io.Writer) *Moves {
	m := &Moves{lines: make(chan string), shown: w, person: term.IsTerminal(int(from.Fd()))}
	go func() {
		defer close(m.lines)
		s := bufio.NewScanner(from)
		s.Buffer(nil, maxMove)
		for s.Scan() {
			m.lines <- s.Text()
		}
		m.failed = s.Err()
	}()
	return m
}

// Of says of which scenario the packets are, where there are several.
func (m *Moves) Of(scenario string) { m.scenario = scenario }

// The moves.
const (
	moveDeliver   = "deliver"
	moveDrop      = "drop"
	moveDuplicate = "duplicate"
	moveHold      = "hold"
	moveRelease   = "release"
	moveSwap      = "swap"
	moveRun       = "run"
	moveQuit      = "quit"
	moveBack      = "back"
	moveHelp      = "help"
)

// MovesLine says which moves there are.
const MovesLine = "deliver, drop, duplicate, hold, release, swap, back, run or quit, one a line of standard input"

// movesHelp says what is accepted.
const movesHelp = "deliver, drop, duplicate, hold or release, each with #N or without; drop FLAGS, like drop SYN,ACK, for all from now on that have these and no others; swap, back, run, quit, help; the beginning of a word will do"

// explain says which moves there are, and what goes with them.
func (m *Moves) explain() {
	m.told = true
	fmt.Fprintf(m.shown, "moves: %s\n", MovesLine)
	fmt.Fprintln(m.shown, "  an empty line delivers; #N behind a move names the packet; drop SYN,ACK drops from now on all that have these flags and no others")
	fmt.Fprintln(m.shown, "  (PSH, ECE and CWR count where they are named); help shows this")
}

// move is one line.
type move struct {
	word  string
	n     int      // #N; 0: the packet that has waited longest
	flags []string // drop FLAGS
}

// moveWords are the moves, in the order in which a prefix is taken for one of them.
var moveWords = []string{moveDeliver, moveDrop, moveDuplicate, moveHold, moveRelease, moveSwap, moveRun, moveQuit, moveBack, moveHelp}

// wholeWord is the first move that begins so; else the word.
func wholeWord(word string) string {
	if i := slices.IndexFunc(moveWords, func(w string) bool { return strings.HasPrefix(w, word) }); i >= 0 {
		return moveWords[i]
	}
	return word
}

// parseMove reads a line; an empty one delivers.
func parseMove(line string) (m move, err error) {
	words := strings.Fields(line)
	bad := fmt.Errorf("move %q: want %s", line, movesHelp)
	if len(words) == 0 {
		return move{word: moveDeliver}, nil
	}
	m.word = wholeWord(words[0])
	rest := words[1:]
	switch m.word {
	case moveRun:
		if len(rest) == 1 && rest[0] == "on" {
			rest = nil
		}
		fallthrough
	case moveSwap, moveQuit, moveBack, moveHelp:
		if len(rest) > 0 {
			return m, bad
		}
		return m, nil
	case moveDeliver, moveDrop, moveDuplicate, moveHold, moveRelease:
	default:
		return m, bad
	}
	switch {
	case len(rest) == 0:
		return m, nil
	case len(rest) > 1:
		return m, bad
	}
	if number, numbered := strings.CutPrefix(rest[0], "#"); numbered {
		n, err := strconv.ParseUint(number, 10, 31)
		if m.n = int(n); err != nil || n == 0 {
			return m, bad
		}
		return m, nil
	}
	if m.word == moveDrop {
		m.flags = flagsOf(rest[0])
	}
	if m.flags == nil {
		return m, bad
	}
	return m, nil
}

// flagsOf are the flags that a text names, each once, as a segment has them; nil: it
// names something else.
func flagsOf(text string) []string {
	named := strings.Split(strings.ToUpper(text), ",")
	all := packet.Flags(0xff).Names()
	if slices.ContainsFunc(named, func(f string) bool { return !slices.Contains(all, f) }) {
		return nil
	}
	return slices.DeleteFunc(all, func(f string) bool { return !slices.Contains(named, f) })
}
