// Package evidence writes what a run showed as one bundle, a folder or a .zip, and
// judges such a bundle again: hashes, packets and verdicts, offline, on any
// platform. A bundle is a function of the journals and the facts about the
// machine: everything else in it can be made again from them and compared.
package evidence

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"

	"sockproof/lib/journal"
)

// The files of a bundle.
const (
	fileJournal  = "journal.jsonl"
	fileMachine  = "machine.json"
	fileManifest = "manifest.json"
	filePage     = "report.html"
	fileReport   = "report.json"
	fileStory    = "report.md"
	fileCapture  = "wire.pcapng"
)

// rendering makes one file of a bundle.
type rendering struct {
	name  string
	make  func(*Bundle) ([]byte, error)
	since int // the minor version of bundles from which on it is there
}

// renderings are the files of a bundle but the manifest, in order of their names.
// One that is added here, with the next minor version, is written, expected and
// compared; bundles of older versions lack it.
var renderings = []rendering{
	{name: fileJournal, make: (*Bundle).journal},
	{name: fileMachine, make: (*Bundle).machine},
	{name: filePage, make: (*Bundle).page, since: 1},
	{name: fileReport, make: (*Bundle).report},
	{name: fileStory, make: (*Bundle).story},
	{name: fileCapture, make: (*Bundle).capture},
}

// The limits of a bundle. What is beyond them is neither written nor read: an
// attachment that nobody can open is no evidence, and a stranger's must not take
// all memory, nor all time: some judges take the square of a run's events, of which
// there are hundreds.
const (
	maxFile       = 32 << 20 // bytes of one file
	maxFacts      = 1 << 20  // bytes of machine.json, and of the manifest
	maxLine       = 1 << 20  // bytes of one event
	maxBundle     = 64 << 20 // bytes of all files
	maxObjects    = 20 * maxEvents
	maxValues     = 50 * maxEvents // of one file: texts, numbers, objects, lists
	maxRunEvents  = 10_000         // of one run
	maxEvents     = 20_000         // of all runs
	maxRuns       = 500            // a story, a page tell of each, be it without events
	maxHosts      = 16             // of one run: each is a column of its diagram
	maxSockets    = 1_000          // of one run, which has some tens: hunts keep only those that hit
	maxAllSockets = 10_000         // of all runs
	maxWitnesses  = 16             // of one run
)

// maxOf is how many bytes a file may have; "": a bundle.
func maxOf(name string) int {
	switch name {
	case "":
		return maxBundle
	case fileMachine, fileManifest:
		return maxFacts
	}
	return maxFile
}

// longestLine is how many bytes the longest line has, its end too.
func longestLine(b []byte) (longest int) {
	for line := range bytes.Lines(b) {
		longest = max(longest, len(line))
	}
	return longest
}

// inWords is a size of whole MiB.
func inWords(bytes int) string { return fmt.Sprintf("%d MiB", bytes>>20) }

// tooMuch says what of a file of JSON is more than evidence has; "": nothing is. What
// takes two or three bytes there, as {} and a comma, takes hundreds in memory, so it is
// counted before anything is made of it.
func tooMuch(b []byte) string {
	for _, c := range []struct {
		sign string
		most int
	}{{"{", maxObjects}, {"[", maxObjects}, {",", maxValues}} {
		if n := bytes.Count(b, []byte(c.sign)); n > c.most {
			return fmt.Sprintf("%d times %q; evidence has at most %d", n, c.sign, c.most)
		}
	}
	return ""
}

// sizeLimit tells why there is one.
var sizeLimit = fmt.Sprintf("evidence has at most %d MiB in a file, %d MiB in all, so that anyone can open it: run fewer scenarios at once", maxFile>>20, maxBundle>>20)

// leastSize is how many bytes of JSON there will be at least, from what may be large:
// what was sent, in base64, and notes.
func leastSize(journals []journal.Journal) int {
	n := 0
	for i := range journals {
		for k := range journals[i].Events {
			switch e := &journals[i].Events[k]; {
			case e.Packet != nil:
				n += base64.StdEncoding.EncodedLen(len(e.Packet.Bytes))
			case e.Call != nil:
				n += base64.StdEncoding.EncodedLen(len(e.Call.Data))
			case e.Note != nil:
				n += len(e.Note.Text)
			}
		}
	}
	return n
}

// tooMany says that there are more runs, hosts, sockets or events than evidence has;
// "": there are not.
func tooMany(journals []journal.Journal) string {
	if n := len(journals); n > maxRuns {
		return fmt.Sprintf("%d runs; evidence has at most %d", n, maxRuns)
	}
	all, sockets := 0, 0
	for i := range journals {
		n := len(journals[i].Sockets)
		if sockets += n; n > maxSockets || sockets > maxAllSockets {
			return fmt.Sprintf("run %d makes it %d sockets; evidence has at most %d of one run, %d in all", journals[i].Run, sockets, maxSockets, maxAllSockets)
		}
		if n := hostsOf(&journals[i]); n > maxHosts {
			return fmt.Sprintf("run %d has %d hosts; evidence has at most %d of one run", journals[i].Run, n, maxHosts)
		}
		if n := witnessesOf(&journals[i]); n > maxWitnesses {
			return fmt.Sprintf("run %d has %d witnesses; evidence has at most %d of one run", journals[i].Run, n, maxWitnesses)
		}
		n = len(journals[i].Events)
		if all += n; n > maxRunEvents || all > maxEvents {
			return fmt.Sprintf("run %d makes it %d events; evidence has at most %d of one run, %d in all", journals[i].Run, all, maxRunEvents, maxEvents)
		}
	}
	return ""
}

// hostsOf counts the hosts that a journal names.
func hostsOf(j *journal.Journal) int {
	hosts := map[string]bool{}
	for i := range j.Events {
		hosts[j.Events[i].Host] = true
		if r := j.Events[i].Rule; r != nil {
			hosts[r.Host] = true
		}
	}
	for i := range j.Sockets {
		hosts[j.Sockets[i].Host] = true
	}
	delete(hosts, "") // what concerns no single host
	return len(hosts)
}

// witnessesOf counts the witnesses of states that a journal names: each is compared with
// each.
func witnessesOf(j *journal.Journal) int {
	names := map[journal.Witness]bool{}
	for _, w := range j.Witnesses {
		names[w.Name] = true
	}
	for i := range j.Events {
		switch e := &j.Events[i]; {
		case e.State != nil:
			names[e.State.Witness] = true
		case e.Sample != nil:
			names[e.Sample.Witness] = true
		case e.Destroyed != nil:
			names[e.Destroyed.Witness] = true
		case e.Table != nil:
			names[e.Table.Witness] = true
		}
	}
	return len(names)
}

// files are a bundle's files by name.
type files map[string][]byte

// names lists the files in their order.
func (f files) names() []string {
	var names []string
	for n := range f {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// bundleNames lists what a bundle can have.
func bundleNames() []string {
	names := []string{fileManifest}
	for _, r := range renderings {
		names = append(names, r.name)
	}
	return names
}

// known says whether a bundle can have a file of that name.
func known(name string) bool { return slices.Contains(bundleNames(), name) }

// render makes all files of a bundle.
func (b *Bundle) render() (files, error) {
	if len(b.Report.Runs) == 0 {
		return nil, errors.New("there was no run: it would be evidence of nothing")
	}
	if text := tooMany(b.journals()); text != "" {
		return nil, fmt.Errorf("%s: %s: run fewer scenarios at once", fileJournal, text)
	}
	if b.changed != "" {
		return nil, fmt.Errorf("with names replaced %s would be judged differently: --no-redact keeps them", b.changed)
	}
	if n := leastSize(b.journals()); n > maxFile { // what is made from it may be many times as large
		return nil, fmt.Errorf("%s: more than %d bytes; %s", fileJournal, n, sizeLimit)
	}
	contents, errs := make([][]byte, len(renderings)), make([]error, len(renderings))
	atOnce(len(renderings), func(i int) { contents[i], errs[i] = renderings[i].make(b) })
	all, total := files{}, 0
	for i, r := range renderings {
		if errs[i] != nil {
			return nil, fmt.Errorf("%s: %w", r.name, errs[i])
		}
		all[r.name] = contents[i]
		if total += len(contents[i]); len(contents[i]) > maxOf(r.name) || total > maxBundle {
			return nil, fmt.Errorf("%s: %d bytes; it has at most %s, and %s", r.name, len(contents[i]), inWords(maxOf(r.name)), sizeLimit)
		}
	}
	if n := longestLine(all[fileJournal]); n > maxLine {
		return nil, fmt.Errorf("%s: a line of %d bytes; evidence has at most %s", fileJournal, n, inWords(maxLine))
	}
	all[fileManifest] = manifestOf(all)
	for _, name := range []string{fileJournal, fileReport} {
		if what := tooMuch(all[name]); what != "" {
			return nil, fmt.Errorf("%s has %s: run fewer scenarios at once", name, what)
		}
	}
	return all, nil
}

// atOnce does n things on as many processors as there are: a run should not take
// noticeably longer for its evidence.
func atOnce(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// ForeignError is that something is no evidence, or evidence that this program
// cannot judge: another program's, another version's.
type ForeignError struct {
	Path string // as it was given
	Text string
}

// Error is one line.
func (e *ForeignError) Error() string { return e.Path + ": " + e.Text }

// alteredError is that a bundle is not as it was written, so much so that it
// cannot be read.
type alteredError struct{ Problem }

// Error is one line.
func (e *alteredError) Error() string { return e.String() }

func altered(file, format string, args ...any) error {
	return &alteredError{Problem{File: file, Text: fmt.Sprintf(format, args...)}}
}

// isAltered finds the problem in an error.
func isAltered(err error) (Problem, bool) {
	var a *alteredError
	if errors.As(err, &a) {
		return a.Problem, true
	}
	return Problem{}, false
}
