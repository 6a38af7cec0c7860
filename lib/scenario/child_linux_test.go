package scenario

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/sock"
)

// withChild gives the client's end of a connection to a child alone.
func withChild(r *Run, d journal.Disposition) (c *sock.Child, client, server *sock.Socket, err error) {
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
		if e.Process != nil && e.Process.Event != journal.HeldUp {
			p = *e.Process
		}
	}
	return p
}

func TestChildEndsWithItsSocketOpen(t *testing.T) {
	ends := map[string]func(*sock.Child) error{
		"exited": func(c *sock.Child) error { return c.Exit(3) },
		"killed": func(c *sock.Child) error { return c.Kill(journal.SIGKILL) },
	}
	for how, end := range ends {
		for _, s := range stages() {
			t.Run(how+"/"+s.String(), func(t *testing.T) {
				j := s.play(t, func(r *Run) error {
					c, client, server, err := withChild(r, journal.DefaultSIGPIPE)
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

// A write to a connection that was reset raises SIGPIPE, which ends the process, or
// leaves EPIPE, as the process has set it.
func TestChildAndSIGPIPE(t *testing.T) {
	for d, want := range map[journal.Disposition]journal.Call{
		journal.DefaultSIGPIPE: {Signal: "SIGPIPE"},
		journal.IgnoreSIGPIPE:  {Errno: "EPIPE"},
		journal.HandleSIGPIPE:  {Errno: "EPIPE", Signal: "SIGPIPE"},
		journal.BlockSIGPIPE:   {Errno: "EPIPE", Signal: "SIGPIPE"},
		journal.GoSIGPIPE:      {Errno: "EPIPE"},
	} {
		for _, s := range stages() {
			t.Run(string(d)+"/"+s.String(), func(t *testing.T) {
				t.Parallel()
				j := s.play(t, func(r *Run) error { return writesAfterReset(r, d) })
				w := claim.Calls(&j, "a1", "write")
				if len(w) != 1 {
					t.Fatalf("%d writes journalled, want 1", len(w))
				}
				if c := w[0].Call; c.Errno != want.Errno || c.Signal != want.Signal || c.Result != -1 {
					t.Errorf("write: %+v, want %+v", *c, want)
				}
				died := want.Errno == ""
				if p := lastProcess(&j); p.Disposition != string(d) || (p.Signal == "SIGPIPE") != died || !died && p.Signal != "SIGKILL" {
					t.Errorf("the child ended so: %+v", p)
				}
			})
		}
	}
}

// writesAfterReset lets a child write when its peer has reset the connection, and
// it has been told so once.
func writesAfterReset(r *Run, d journal.Disposition) error {
	c, client, server, err := withChild(r, d)
	if err != nil {
		return err
	}
	if err := server.Reset(); err != nil {
		return err
	}
	r.Settle()
	if err := c.Read(client, 1); err != nil { // takes the ECONNRESET
		return err
	}
	return c.Write(client, []byte("x"))
}

// maskSIGPIPE changes the calling thread's signal mask (rt_sigprocmask(2)).
func maskSIGPIPE(how uintptr) error {
	set := uint64(1) << (syscall.SIGPIPE - 1)
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, how, uintptr(unsafe.Pointer(&set)), 0, unsafe.Sizeof(set), 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// TestDefaultIsTheDefault: whoever started this program may have blocked the signal.
func TestDefaultIsTheDefault(t *testing.T) {
	j := testStage{journal.Loopback, journal.IPv4}.play(t, func(r *Run) error {
		const block, unblock = 0, 1 // SIG_BLOCK, SIG_UNBLOCK
		if err := maskSIGPIPE(block); err != nil {
			return err
		}
		defer maskSIGPIPE(unblock)
		return writesAfterReset(r, journal.DefaultSIGPIPE)
	})
	if p := lastProcess(&j); p.Signal != "SIGPIPE" {
		t.Errorf("the child ended so: %+v", p)
	}
}

// TestPipedChild: its standard output and error are sockets of its own, and it is
// told which.
func TestPipedChild(t *testing.T) {
	for _, s := range stages() {
		t.Run(s.String(), func(t *testing.T) {
			j := s.play(t, func(r *Run) error {
				var clients, servers [3]*sock.Socket
				for i := range clients {
					var err error
					if clients[i], servers[i], err = pair(r); err != nil {
						return err
					}
				}
				c, err := r.SpawnPiped(journal.GoSIGPIPE, clients[0], clients[1], clients[2])
				if err != nil {
					return err
				}
				for i, line := range []string{"out", "errs", "other"} {
					if err := c.WriteByGo(clients[i], []byte(line)); err != nil {
						return err
					}
					r.Settle()
					if b, err := servers[i].Read(16); err != nil || string(b) != line {
						return fmt.Errorf("read %q, %w; want %q", b, err, line)
					}
				}
				return nil
			})
			var descriptors []string
			for _, w := range claim.Calls(&j, "", "(*os.File).Write") {
				descriptors = append(descriptors, w.Call.Args[2])
			}
			if want := []string{"descriptor 1", "descriptor 2", "descriptor 5"}; !slices.Equal(descriptors, want) {
				t.Errorf("wrote to %v; want %v", descriptors, want)
			}
			for _, e := range j.Events {
				if e.Process != nil && e.Process.Event == "started" && !slices.Equal(e.Process.Sockets, []string{"a1", "a2", "a3"}) {
					t.Errorf("started with %v; want all three", e.Process.Sockets)
				}
			}
		})
	}
}

// TestOtherPrograms: a program with a socket as its standard input and output: how
// it ends is known, whether by itself, by a signal, or by the tearing down.
func TestOtherPrograms(t *testing.T) {
	for name, tt := range map[string]struct {
		script      string
		disposition string
		want        journal.Process
	}{
		"exits":           {"read line; echo $line; exit 5", "default", journal.Process{Event: "exited", Status: 5}},
		"is killed":       {"read line; echo $line; kill -TERM $$", "default", journal.Process{Event: "killed", Signal: "SIGTERM"}},
		"ignores SIGPIPE": {"trap '' PIPE; read line; echo $line; exit 0", "ignore", journal.Process{Event: "exited"}},
		"goes on":         {"read line; echo $line; sleep 600", "default", journal.Process{Event: "killed", Signal: "SIGKILL"}},
	} {
		t.Run(name, func(t *testing.T) {
			j := testStage{journal.HostNet, journal.IPv4}.play(t, func(r *Run) error { return runs(r, tt.script, tt.disposition, name != "goes on") })
			p := lastProcess(&j)
			if p.Event != tt.want.Event || p.Status != tt.want.Status || p.Signal != tt.want.Signal {
				t.Errorf("it ended so: %+v; want %+v", p, tt.want)
			}
		})
	}
}

// runs runs a shell that echoes what it is sent.
func runs(r *Run, script, disposition string, ends bool) error {
	client, server, err := pair(r)
	if err != nil {
		return err
	}
	if err := client.SetBlocking(); err != nil {
		return err
	}
	program, err := r.Exec("/bin/sh", []string{"sh", "-c", script}, client)
	if err != nil {
		return err
	}
	if err := client.Close(); err != nil {
		return err
	}
	r.Await(testBound, func() bool { return program.Disposition() == disposition })
	if got := program.Disposition(); got != disposition {
		return fmt.Errorf("SIGPIPE %q, want %q", got, disposition)
	}
	if _, err := server.Write([]byte("hello\n")); err != nil {
		return err
	}
	r.Await(testBound, server.Readable)
	if b, err := server.Read(16); err != nil || string(b) != "hello\n" {
		return fmt.Errorf("read %q, %w", b, err)
	}
	if ends && !r.Await(testBound, program.Ended) {
		return errors.New("it did not end")
	}
	if !ends && program.Ended() {
		return errors.New("it ended")
	}
	return nil
}
