package scenario

import (
	"os"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"sockproof/lib/journal"
)

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
	ends := map[string]func(*Child){
		"exited": func(c *Child) { c.Exit(3) },
		"killed": func(c *Child) { c.Kill(journal.SIGKILL) },
	}
	for how, end := range ends {
		for _, s := range stages() {
			t.Run(how+"/"+s.String(), func(t *testing.T) {
				j := s.steps(t, func(r *T) {
					client, server := r.Connection()
					c := r.Handover(journal.DefaultSIGPIPE, client)
					c.Write(client, "bye")
					end(c)
					wantRead(t, server, "bye")
					wantRead(t, server, "")
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
				j := s.steps(t, func(r *T) { writesAfterReset(r, d) })
				w := callsIn(&j, "a1", "write")
				if len(w) != 1 {
					t.Fatalf("%d writes journalled, want 1", len(w))
				}
				if c := w[0].Call; c.Errno != want.Errno || c.Signal != want.Signal || c.Result != -1 {
					t.Errorf("write: %+v, want %+v", *c, want)
				}
				died := want.Errno == ""
				if p := lastProcess(&j); p.Disposition != d || (p.Signal == "SIGPIPE") != died || !died && p.Signal != "SIGKILL" {
					t.Errorf("the child ended so: %+v", p)
				}
			})
		}
	}
}

// writesAfterReset lets a child write when its peer has reset the connection, and
// it has been told so once.
func writesAfterReset(r *T, d journal.Disposition) {
	client, server := r.Connection()
	c := r.Handover(d, client)
	server.Reset()
	c.Recv(client) // takes the ECONNRESET
	c.Write(client, "x")
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
	j := testStage{journal.Loopback, journal.IPv4}.steps(t, func(r *T) {
		const block, unblock = 0, 1 // SIG_BLOCK, SIG_UNBLOCK
		r.Must(maskSIGPIPE(block))
		defer maskSIGPIPE(unblock)
		writesAfterReset(r, journal.DefaultSIGPIPE)
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
			j := s.steps(t, func(r *T) {
				var clients, servers [3]*End
				for i := range clients {
					clients[i], servers[i] = r.Connection()
				}
				c := r.SpawnPiped(journal.GoSIGPIPE, clients[0], clients[1], clients[2])
				for i, line := range []string{"out", "errs", "other"} {
					c.WriteByGo(clients[i], line)
					wantRead(t, servers[i], line)
				}
			})
			var descriptors []string
			for _, w := range callsIn(&j, "", "(*os.File).Write") {
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
// it ends is known, whether by itself, by a signal, or by the teardown.
func TestOtherPrograms(t *testing.T) {
	for name, tt := range map[string]struct {
		script      string
		disposition journal.Disposition
		want        journal.Process
	}{
		"exits":           {"read line; echo $line; exit 5", "default", journal.Process{Event: "exited", Status: 5}},
		"is killed":       {"read line; echo $line; kill -TERM $$", "default", journal.Process{Event: "killed", Signal: "SIGTERM"}},
		"ignores SIGPIPE": {"trap '' PIPE; read line; echo $line; exit 0", "ignore", journal.Process{Event: "exited"}},
		"goes on":         {"read line; echo $line; sleep 600", "default", journal.Process{Event: "killed", Signal: "SIGKILL"}},
	} {
		t.Run(name, func(t *testing.T) {
			j := testStage{journal.HostNet, journal.IPv4}.steps(t, func(r *T) { runs(t, r, tt.script, tt.disposition, name != "goes on") })
			p := lastProcess(&j)
			if p.Event != tt.want.Event || p.Status != tt.want.Status || p.Signal != tt.want.Signal {
				t.Errorf("it ended so: %+v; want %+v", p, tt.want)
			}
		})
	}
}

// runs runs a shell that echoes what it is sent.
func runs(t *testing.T, r *T, script string, disposition journal.Disposition, ends bool) {
	client, server := r.Connection()
	client.SetBlocking()
	program := r.Host("a").Exec(Program{Path: "/bin/sh", Argv: []string{"sh", "-c", script}, Standard: client, Files: [3]*os.File{2: os.Stderr}})
	client.Close()
	if !r.Await(testBound, func() bool { return program.Disposition() == disposition }) {
		t.Errorf("SIGPIPE %q, want %q", program.Disposition(), disposition)
	}
	server.Send("hello\n")
	r.Await(testBound, server.Readable)
	wantRead(t, server, "hello\n")
	if ends && !r.Await(testBound, program.Ended) {
		t.Error("it did not end")
	}
	if !ends && program.Ended() {
		t.Error("it ended")
	}
}
