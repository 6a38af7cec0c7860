package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	urfave "github.com/urfave/cli/v2"

	"sockproof/lib/cli"
	"sockproof/lib/live"
	"sockproof/lib/witness/trace"
)

func watchCommand() cli.Command {
	return cli.Command{
		Name: "watch", Usage: "tell which sockets stay in a state that only their peer or their program can end",
		Flags: append(live.PlaceFlags(),
			cli.Duration("stuck", "tell of a socket that stays for `DURATION`, 100ms or more", "1s", 1000*time.Hour),
			cli.Duration("for", "watch for a `DURATION` like 10s; without it until ^C", "", 0),
			&urfave.BoolFlag{Name: "all-events", Usage: "tell every change of state too, which costs a busy machine more than the rest"},
			cli.Choice("format", "what stdout gets", formatText, formatText, formatJSONL)),
		Accepts: []string{"color"},
		Exit:    "0 watched, 2 bad usage, 3 the kernel cannot be watched, or output lost",
		Examples: []cli.Example{
			{Line: "sockscan watch --stuck 10s", Does: "which sockets stay in CLOSE_WAIT, FIN_WAIT2 and the like for ten seconds"},
		},
		Do: doWatch,
	}
}

// leastStuck is the shortest stay that is told: the kernel is asked four times as often.
const leastStuck = 100 * time.Millisecond

func doWatch(c *cli.Context) (int, error) {
	if err := c.NoArgs(); err != nil {
		return cli.ExitUsage, err
	}
	in, err := live.PlaceOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	w := &stayWatch{Context: c, in: in, stuck: c.Duration("stuck"), each: c.Bool("all-events"), told: map[uint64]*stay{}}
	if w.stuck < leastStuck {
		return cli.ExitUsage, cli.Usagef("flag \"--stuck\": value %q: want %v or more", c.String("stuck"), leastStuck)
	}
	if err := w.run(c.Duration("for")); err != nil {
		return cli.ExitInconclusive, err
	}
	return 0, nil
}

// stay is a socket that stays in a state, or stayed.
type stay struct {
	Record string      `json:"record"` // stays, left
	At     time.Time   `json:"at"`
	State  string      `json:"state"`
	Since  time.Time   `json:"since"`
	ForNS  int64       `json:"for_ns"`
	Local  string      `json:"local"`
	Remote string      `json:"remote"`
	Owner  *live.Owner `json:"owner,omitempty"` // nil: none has it any more, or yet, or it is not known

	local, remote netip.AddrPort
	inode         uint64
}

func newStay(into *trace.Change, now time.Time) *stay {
	s := &stay{
		Record: "stays", At: now, State: into.To, Since: into.At, ForNS: now.Sub(into.At).Nanoseconds(),
		Local: into.Local.String(), Remote: into.Remote.String(), local: into.Local, remote: into.Remote, inode: into.Inode,
	}
	if into.Local.Port() == 0 { // connect() had not chosen one
		s.Local = into.Local.Addr().String()
	}
	return s
}

// changed is one change of state.
type changed struct {
	Record string    `json:"record"` // change
	At     time.Time `json:"at"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Local  string    `json:"local"`
	Remote string    `json:"remote"`
}

// stayWatch tells of sockets that stay.
type stayWatch struct {
	*cli.Context
	in     live.Place
	stuck  time.Duration
	each   bool
	kernel *trace.Stays
	told   map[uint64]*stay
	stays  int
}

// run watches for a while; 0: until the user has had enough.
func (w *stayWatch) run(wait time.Duration) error {
	number, err := w.in.Number()
	if err != nil {
		return err
	}
	if w.kernel, err = trace.OpenStays(number, w.each); err != nil {
		return err
	}
	defer w.kernel.Close()
	began := time.Now()
	before, err := endingIn(w.in)
	if err != nil {
		return err
	}
	before.Record, before.Schema = "before", watchSchema
	w.tell(&before, before.write)
	for wait == 0 || time.Since(began) < wait {
		next := time.Now().Add(w.stuck / 4)
		if end := began.Add(wait); wait > 0 && end.Before(next) {
			next = end
		}
		if !w.until(next) {
			break
		}
		if err := w.look(); err != nil {
			return err
		}
	}
	return w.sum(time.Since(began))
}

// until waits for the next look, and tells meanwhile what comes; false: the user has had enough.
func (w *stayWatch) until(next time.Time) bool {
	if !w.each {
		select {
		case <-w.Ctx.Done():
		case <-time.After(time.Until(next)):
		}
		return w.Ctx.Err() == nil
	}
	for w.Ctx.Err() == nil {
		x, err := w.kernel.Read(next)
		if err != nil {
			return errors.Is(err, os.ErrDeadlineExceeded) && w.Ctx.Err() == nil
		}
		e := &changed{"change", x.At, x.From, x.To, x.Local.String(), x.Remote.String()}
		w.tell(e, func(out io.Writer) {
			fmt.Fprintf(out, "%s  %s → %s  %s, peer %s\n", clock(e.At), e.From, e.To, e.Local, e.Remote)
		})
	}
	return false
}

// look asks the kernel which sockets stay, and tells which have stayed too long, and which no
// longer do.
func (w *stayWatch) look() error {
	now := time.Now()
	inside := map[uint64]trace.Change{}
	if err := w.kernel.Inside(func(socket uint64, into trace.Change) { inside[socket] = into }); err != nil {
		return err
	}
	for socket, s := range w.told {
		if into, still := inside[socket]; !still || !into.At.Equal(s.Since) {
			delete(w.told, socket)
			s.Record, s.At, s.ForNS = "left", now, now.Sub(s.Since).Nanoseconds()
			w.tell(s, s.write)
		}
	}
	var come []*stay
	for socket, into := range inside {
		if w.told[socket] == nil && now.Sub(into.At) >= w.stuck {
			s := newStay(&into, now)
			w.told[socket] = s
			come = append(come, s)
		}
	}
	if len(come) == 0 {
		return nil
	}
	w.stays += len(come)
	if err := inodesNow(w.in, come); err != nil {
		return err
	}
	findHolders(come, func(s *stay) (uint64, **live.Owner) { return s.inode, &s.Owner })
	slices.SortFunc(come, func(a, b *stay) int { return a.Since.Compare(b.Since) })
	for _, s := range come {
		w.tell(s, s.write)
	}
	return nil
}

func clock(t time.Time) string { return t.Format("15:04:05.000") }

func (s *stay) write(out io.Writer) {
	verb, who := "stays in", ""
	if s.Record == "left" {
		verb = "left"
	} else if s.inode == 0 {
		who = "; no process: orphaned, or not accepted yet"
	} else if who = "; owner not known"; s.Owner != nil {
		who = "; " + processText(s.Owner)
	}
	fmt.Fprintf(out, "%s  %s %s, %s  %s, peer %s%s\n", clock(s.At), verb, s.State, ageText(time.Duration(s.ForNS)), s.Local, s.Remote, who)
}

// ageText is how long a socket stayed, at most to the hundredth of a second.
func ageText(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }

// tell writes one record.
func (w *stayWatch) tell(record any, text func(io.Writer)) {
	// What cannot be written, the program's output keeps, and it decides the exit status.
	if w.Format() == formatJSONL {
		_ = json.NewEncoder(w.Out).Encode(record)
		return
	}
	_ = w.Text(text)
}

// sums are what was seen in all.
type sums struct {
	Record  string            `json:"record"` // sums
	ForNS   int64             `json:"for_ns"`
	Stays   int               `json:"stays"`
	Entered map[string]uint64 `json:"entered"` // how often each state was entered
	Lost    uint64            `json:"lost"`    // changes that could not be told, and sockets beyond those that can be watched
	Ending  *ending           `json:"ending"`  // at the end of the watch
}

func (w *stayWatch) sum(took time.Duration) (err error) {
	s := sums{Record: "sums", ForNS: took.Nanoseconds(), Stays: w.stays}
	if s.Entered, err = w.kernel.Entered(); err != nil {
		return err
	}
	if s.Lost, err = w.kernel.Lost(); err != nil {
		return err
	}
	now, err := endingIn(w.in)
	if err != nil {
		return err
	}
	s.Ending = &now
	w.tell(&s, s.write)
	return nil
}

func (s *sums) write(out io.Writer) {
	fmt.Fprintf(out, "in %s: %d stayed\n", ageText(time.Duration(s.ForNS)), s.Stays)
	if len(s.Entered) > 0 {
		fmt.Fprintf(out, "entered: %s\n", countsText(s.Entered))
	}
	if s.Lost > 0 {
		fmt.Fprintf(out, "lost: %d changes came faster than they could be told, or were of sockets beyond those that can be watched at once\n", s.Lost)
	}
	fmt.Fprintf(out, "not told by the kernel, counted now: %s\n", s.Ending.unseen())
}

// countsText lists states with how often.
func countsText[N int | uint64](n map[string]N) string {
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(n)) {
		parts = append(parts, fmt.Sprintf("%d %s", n[state], state))
	}
	return strings.Join(parts, ", ")
}
