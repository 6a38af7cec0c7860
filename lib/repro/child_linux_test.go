package repro

import (
	"fmt"
	"syscall"
	"testing"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/sock"
)

// withChild gives the client's end of a connection to a child alone.
func withChild(r *Run, d sock.Disposition) (c *sock.Child, client, server *sock.Socket, err error) {
	client, server, err = pair(r)
	if err != nil {
		return nil, nil, nil, err
	}
	if c, err = r.Spawn(d, client); err != nil {
		return nil, nil, nil, err
	}
	return c, client, server, client.Close()
}

// lastProcess is how the child ended.
func lastProcess(j *journal.Journal) journal.Process {
	var p journal.Process
	for _, e := range j.Events {
		if e.Process != nil {
			p = *e.Process
		}
	}
	return p
}

func TestChildEndsWithItsSocketOpen(t *testing.T) {
	ends := map[string]func(*sock.Child) error{
		"exited": func(c *sock.Child) error { return c.Exit(3) },
		"killed": func(c *sock.Child) error { return c.Kill(syscall.SIGKILL) },
	}
	for how, end := range ends {
		for _, s := range stages() {
			t.Run(how+"/"+s.String(), func(t *testing.T) {
				j := s.play(t, func(r *Run) error {
					c, client, server, err := withChild(r, sock.DefaultSIGPIPE)
					if err != nil {
						return err
					}
					if err := c.Write(client, []byte("bye")); err != nil {
						return err
					}
					r.Settle()
					if err := end(c); err != nil {
						return err
					}
					r.Settle()
					if b, err := server.Read(16); err != nil || string(b) != "bye" {
						return fmt.Errorf("read %q, %w", b, err)
					}
					if b, err := server.Read(16); err != nil || len(b) != 0 {
						return fmt.Errorf("read %q, %w: want the end", b, err)
					}
					return nil
				})
				p := lastProcess(&j)
				if p.Event != how || (how == "exited" && p.Status != 3) || (how == "killed" && p.Signal != "SIGKILL") {
					t.Errorf("the child ended so: %+v", p)
				}
			})
		}
	}
}

// A write to a connection that was reset raises SIGPIPE, which ends the
// process or, ignored, leaves EPIPE.
func TestChildAndSIGPIPE(t *testing.T) {
	for _, d := range []sock.Disposition{sock.DefaultSIGPIPE, sock.IgnoreSIGPIPE} {
		t.Run(string(d), func(t *testing.T) {
			j := stage{journal.Loopback, journal.IPv4}.play(t, func(r *Run) error {
				c, client, server, err := withChild(r, d)
				if err != nil {
					return err
				}
				if err := server.SetLinger(true, 0); err != nil {
					return err
				}
				if err := server.Close(); err != nil {
					return err
				}
				r.Settle()
				if err := c.Read(client, 1); err != nil { // takes the ECONNRESET
					return err
				}
				return c.Write(client, []byte("x"))
			})
			w := claim.Calls(&j, "a1", "write")
			if len(w) != 1 {
				t.Fatalf("%d writes journalled, want 1", len(w))
			}
			if d == sock.IgnoreSIGPIPE {
				if w[0].Call.Errno != "EPIPE" {
					t.Errorf("write: %+v, want EPIPE", *w[0].Call)
				}
				return
			}
			if p := lastProcess(&j); w[0].Call.Signal != "SIGPIPE" || p.Signal != "SIGPIPE" {
				t.Errorf("write: %+v, process: %+v, want SIGPIPE", *w[0].Call, p)
			}
		})
	}
}
