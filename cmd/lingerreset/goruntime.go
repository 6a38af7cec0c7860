package main

import (
	"slices"
	"strings"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
)

// The descriptors on which Go's runtime raises SIGPIPE itself (the package
// os/signal), as the journal names them.
var standard = []string{"descriptor 1", "descriptor 2"}

// descriptorOf is the descriptor of a write by Go's os package: "descriptor 1";
// "" for anything else.
func descriptorOf(e *journal.Event) string {
	if e == nil || e.Call.Op != goWrite || len(e.Call.Args) < 3 {
		return ""
	}
	return e.Call.Args[2]
}

// goDies is the phenomenon of go-runtime: on descriptors 1 and 2 a Go process
// dies of SIGPIPE, on others it gets EPIPE.
var goDies = claim.Phenomenon{
	Needs: needsDiag,
	Check: func(j *journal.Journal) claim.Finding {
		if f := drawsKiller(j); f.Verdict != claim.Confirmed {
			return f
		}
		var (
			cited      []*journal.Event
			told, seen []string
		)
		for _, p := range processes(j) {
			again := p.after()
			on := descriptorOf(again)
			if p.disposition != "go" || on == "" {
				continue
			}
			kills := slices.Contains(standard, on)
			died, failed := p.killed(again), again.Call.Errno == "EPIPE" && p.end == nil
			if kills && !died || !kills && !failed {
				return claim.Refute(claim.Numbers(p.rst, again, p.end), "a Go program's write to %s returned %s", on, claim.Returned(again))
			}
			if !kills {
				on, seen = on+", another", append(seen, "another")
			}
			cited = append(cited, p.rst, again, p.end)
			seen = append(seen, on)
			told = append(told, on+": "+claim.Returned(again))
		}
		for _, on := range append(slices.Clone(standard), "another") {
			if !slices.Contains(seen, on) {
				return goUnseen(j, on)
			}
		}
		return claim.Confirm(claim.Numbers(cited...), "%s", strings.Join(told, "; "))
	},
}

func goUnseen(j *journal.Journal, on string) claim.Finding {
	if f, ok := claim.Complete(j); !ok {
		return f
	}
	return claim.Unclear("no write of a Go program after a RST was seen on %s", on)
}
