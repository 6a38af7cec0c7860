package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// eventJSON is Event as v1 has it: its fields, and the payloads that v1 has in another
// form than the journal. It stands for the event within what is encoded and decoded,
// where a method of each type would have every byte read twice more.
type eventJSON struct {
	eventFields
	Packet *packetJSON `json:"packet,omitempty"`
}

// eventFields is Event without its methods, so that its JSON is the plain one.
type eventFields Event

func (e *Event) asJSON() *eventJSON {
	j := &eventJSON{eventFields: eventFields(*e)}
	if e.Packet != nil {
		j.Packet = e.Packet.asJSON()
	}
	return j
}

// event is the event that was read, the payload of an unknown kind left out.
func (j *eventJSON) event() Event {
	e := Event(j.eventFields)
	if j.Packet != nil {
		e.Packet = j.Packet.packet()
	}
	return e
}

// MarshalJSON writes the event with its one payload under the kind's name.
func (e Event) MarshalJSON() ([]byte, error) {
	plain, err := json.Marshal(e.asJSON())
	if err != nil || len(e.Unknown) == 0 {
		return plain, err
	}
	name, err := json.Marshal(string(e.Kind))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(plain[:len(plain)-1])
	b.WriteByte(',')
	b.Write(name)
	b.WriteByte(':')
	b.Write(e.Unknown)
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads an event; the payload of an unknown kind is kept as it is.
func (e *Event) UnmarshalJSON(b []byte) error {
	var j eventJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*e = j.event()
	return e.keepUnknown(b)
}

// keepUnknown keeps the payload of an unknown kind from the JSON of the event, and says
// what the event lacks.
func (e *Event) keepUnknown(b []byte) error {
	if e.Kind == "" {
		return fmt.Errorf("event %d has no kind", e.N)
	}
	if e.hasPayload() {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	if raw, ok := fields[string(e.Kind)]; ok && !isField(string(e.Kind)) {
		e.Unknown = raw
	}
	if !e.hasPayload() {
		return fmt.Errorf("event %d of kind %q lacks its payload", e.N, e.Kind)
	}
	return nil
}

// keepUnknownOf does so from the record of the event.
func (e *Event) keepUnknownOf(record []byte) error {
	if e.Kind != "" && e.hasPayload() {
		return nil
	}
	var r struct {
		Event json.RawMessage `json:"event"`
	}
	if err := json.Unmarshal(record, &r); err != nil {
		return err
	}
	return e.keepUnknown(r.Event)
}

// WriteRecord writes one line of a stream: {"record": name, name: payload}.
// The records of a stream are start, event, finding, run and end; the journal's
// own are event and, after a run's events, run, which has the run's head.
func WriteRecord(w io.Writer, name string, payload any) error {
	e, isEvent := payload.(Event)
	encode := func() ([]byte, error) { return json.Marshal(payload) }
	if isEvent {
		encode = e.JSON
	}
	p, err := encode()
	if err != nil {
		return err
	}
	n, err := json.Marshal(name)
	if err != nil {
		return err
	}
	line := slices.Concat([]byte(`{"record":`), n, []byte{','}, n, []byte{':'}, p, []byte("}\n"))
	_, err = w.Write(line)
	return err
}

// JSON is the event on one line. json.Marshal would read through what MarshalJSON has
// written once more, and write the payload of an unknown kind anew, which is to stay
// as it was read.
func (e Event) JSON() ([]byte, error) {
	if bytes.IndexByte(e.Unknown, '\n') >= 0 {
		return json.Marshal(e)
	}
	return e.MarshalJSON()
}

// Write writes a journal as JSON Lines: its events, then its head.
func Write(w io.Writer, j *Journal) error {
	for i := range j.Events {
		if err := WriteRecord(w, "event", j.Events[i]); err != nil {
			return err
		}
	}
	return WriteRecord(w, "run", j)
}

// Read reads the journals of a stream of records, passing over records that
// are not the journal's. A run whose head never came, because the writer was
// killed, is returned as stopped. The journals are checked.
func Read(r io.Reader) ([]Journal, error) {
	var read reading
	lines := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			switch bad := read.line(n, line); {
			case bad == nil:
			case errors.Is(err, io.EOF) && isCut(line):
				// the writer was killed in the middle of a line
			default:
				return nil, bad
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if len(read.events) > 0 {
		if err := read.end(Journal{Run: read.events[0].Run, Stopped: "the journal ends before the run does"}); err != nil {
			return nil, err
		}
	}
	return read.all, nil
}

// reading is journals of which a part has been read.
type reading struct {
	all    []Journal
	events []Event // of the run whose head has not come yet
}

// line takes a record, the n-th.
func (r *reading) line(n int, line []byte) error {
	var rec struct {
		Record string     `json:"record"`
		Event  *eventJSON `json:"event"`
		Run    *Journal   `json:"run"`
	}
	if err := json.Unmarshal(line, &rec); err != nil {
		return fmt.Errorf("line %d: %w", n, err)
	}
	switch {
	case rec.Record == "event" && rec.Event != nil:
		e := rec.Event.event()
		if err := e.keepUnknownOf(line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		r.events = append(r.events, e)
	case rec.Record == "run" && rec.Run != nil:
		return r.end(*rec.Run)
	case rec.Record == "event" || rec.Record == "run" || rec.Record == "":
		return fmt.Errorf("line %d: not a record of a journal", n)
	}
	return nil
}

// end takes a run's head, and checks its journal.
func (r *reading) end(head Journal) error {
	head.Events, r.events = r.events, nil
	if err := head.Check(); err != nil {
		return fmt.Errorf("run %d: %w", head.Run, err)
	}
	r.all = append(r.all, head)
	return nil
}

// isCut says whether a line is the beginning of JSON rather than something else.
func isCut(line []byte) bool {
	var v json.RawMessage
	return errors.Is(json.NewDecoder(bytes.NewReader(line)).Decode(&v), io.ErrUnexpectedEOF)
}
