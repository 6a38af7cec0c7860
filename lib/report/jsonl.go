package report

import (
	"io"
	"sync"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// Stream writes records, one a line, as things happen: start, the events of a
// run, its findings, its discrepancies, the run itself, and end. journal.Read reads it back.
//
// The first error is kept and ends the writing: a run does not stop because
// nobody reads any more. A Stream may be used by several goroutines.
type Stream struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// NewStream returns a stream of records to w. Each record is one Write.
func NewStream(w io.Writer) *Stream { return &Stream{w: visibleWriter{w}} }

type (
	startRecord struct {
		Schema  string    `json:"schema"`
		Tool    Tool      `json:"tool"`
		Started time.Time `json:"started"`
		Machine Machine   `json:"machine"`
	}
	findingRecord struct {
		Run int `json:"run"`
		claim.Finding
	}
	discrepancyRecord struct {
		Run int `json:"run"`
		tcp.Discrepancy
	}
	// runRecord is a Run without what has records of its own.
	runRecord struct {
		journal.Journal
		Title         string               `json:"title,omitempty"`
		Outcome       claim.Outcome        `json:"outcome"`
		Why           string               `json:"why"`
		Histories     []claim.History      `json:"histories"`
		Disagreements []claim.Disagreement `json:"disagreements"`
		Comparison    *claim.Comparison    `json:"comparison,omitempty"`
	}
	endRecord struct {
		Tally Tally `json:"tally"`
	}
)

// Start writes what r says of the tool and the machine.
func (s *Stream) Start(r *Report) {
	s.record("start", startRecord{Schema, r.Tool, r.Started, r.Machine.complete()})
}

// Event writes an event. It is what a journal.Recorder streams to.
func (s *Stream) Event(e journal.Event) { s.record("event", Complete(e)) }

// Run writes the findings of a run whose events were written, where its witnesses
// contradict each other, and then the run.
func (s *Stream) Run(r *Run) {
	head := *r
	head.Events = nil
	c := head.complete()
	for i := range c.Findings {
		s.record("finding", findingRecord{c.Run, c.Findings[i]})
	}
	for i := range c.Discrepancies {
		s.record("discrepancy", discrepancyRecord{c.Run, c.Discrepancies[i]})
	}
	s.record("run", runRecord{c.Journal, c.Title, c.Outcome, c.Why, c.Histories, c.Disagreements, c.Comparison})
}

// End writes the tally.
func (s *Stream) End(t Tally) { s.record("end", endRecord{t}) }

// Err returns the first error of writing, if any.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Stream) record(name string, payload any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = journal.WriteRecord(s.w, name, payload)
	}
}

// visibleWriter passes whole records on with visible applied to them.
type visibleWriter struct{ w io.Writer }

func (v visibleWriter) Write(b []byte) (int, error) {
	if _, err := v.w.Write(visible(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}
