package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"sockproof/lib/evidence"
	"sockproof/lib/journal"
	"sockproof/lib/pcapng"
	"sockproof/lib/report"
)

// onStdout is the value of --pcap that means standard output; the report goes to standard
// error then.
const onStdout = "-"

// pcap writes the packets of all runs while they are made, for Wireshark to read along.
type pcap struct {
	file   *os.File // nil: standard output
	stream *pcapng.Stream
	on     map[string]int // a run's host's interface
}

// openPcap opens what --pcap names; nil: it is not given.
func (s *session) openPcap() (*pcap, error) {
	name := s.String(pcapFlag)
	if name == "" {
		return nil, nil
	}
	p := &pcap{on: map[string]int{}}
	var w io.Writer = queued{s.stdout}
	if name != onStdout {
		var err error
		if p.file, err = s.newFile(pcapFlag, name); err != nil {
			return nil, err
		}
		w = p.file
	} else {
		s.Out = s.Errs
	}
	p.stream = pcapng.NewStream(w, pcapng.Section{
		Comment: "Each packet is here once, where it left; its comment has the event's number.", Hardware: s.report.Machine.Arch,
		OS: s.report.Machine.Kernel, Application: s.report.Tool.Name + " " + s.report.Tool.Version,
	})
	return p, nil
}

// newFile opens a file that a flag names, and that is not there yet; or a FIFO.
func (s *session) newFile(flag, name string) (*os.File, error) {
	if i, err := os.Stat(name); err == nil && i.Mode().IsRegular() && !s.Bool(forceFlag) {
		return nil, Usagef("flag %q: value %q: it exists; --force replaces it", dashed(flag), name)
	}
	f, err := os.Create(name)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, Usagef("flag %q: value %q: %v; want a file that can be written", dashed(flag), name, err)
	}
	return f, nil
}

// of takes the packets of one run, of the scenario of that name.
func (p *pcap) of(scenario string, began int64) func(e journal.Event) {
	return func(e journal.Event) {
		if e.Packet == nil || !evidence.IsFirst(e.Packet) || len(e.Packet.Bytes) == 0 {
			return
		}
		name := fmt.Sprintf("run%d.%s", e.Run, e.Host)
		on, known := p.on[name]
		if !known {
			on = p.stream.Interface(pcapng.Interface{Name: name, Description: scenario})
			p.on[name] = on
		}
		direction := pcapng.Outbound
		if e.Packet.At == journal.AtDelivered || e.Packet.At == journal.AtInjected {
			direction = pcapng.Inbound
		}
		p.stream.Packet(pcapng.Packet{
			Interface: on, T: uint64(began + e.T), Data: e.Packet.Bytes, Direction: direction,
			Comment: fmt.Sprintf("event %d: %s", e.N, report.Printable(e.Packet.At)),
		})
	}
}

// close ends it.
func (p *pcap) close() error {
	if p == nil {
		return nil
	}
	err := p.stream.Err()
	if p.file != nil {
		err = errors.Join(err, p.file.Close())
	}
	if err != nil {
		return fmt.Errorf("--pcap: %w", err)
	}
	return nil
}
