package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/journaltest"
	"sockproof/lib/live"
	"sockproof/lib/witness/diag"
	"sockproof/lib/witness/tcpstate"
)

// self is this process as an owner.
func self() (live.Owner, error) {
	comm, err := os.ReadFile("/proc/self/comm")
	return live.Owner{PID: os.Getpid(), Program: strings.TrimSpace(string(comm))}, err
}

// selfAddress is where a socket connects to itself, and what a scan says of it.
type selfAddress struct{ name, at, address, family string }

// TestScanSeesItLiveAndDie follows a self-connected socket, among ordinary
// ones, from ESTABLISHED to TIME_WAIT.
func TestScanSeesItLiveAndDie(t *testing.T) {
	for _, tt := range []selfAddress{
		{"IPv4", "127.0.0.1:8080", "127.0.0.1:8080", "ipv4"},
		{"IPv6", "[::1]:8080", "[::1]:8080", "ipv6"},
		{"IPv4 on an IPv6 socket", "[::ffff:127.0.0.1]:8080", "127.0.0.1:8080", "ipv6"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			journaltest.InNamespace(t, func() error {
				var ordinary []int
				defer func() { journaltest.CloseAll(ordinary) }()
				for _, a := range []string{"127.0.0.1:80", "[::1]:80"} {
					var err error
					if ordinary, err = connection(netip.MustParseAddrPort(a), ordinary); err != nil {
						return err
					}
				}
				if r, err := scan(live.Place{}); err != nil {
					return err
				} else if r.Found != 0 || r.SocketsSeen != 4 {
					t.Errorf("before: %+v", r)
				}
				fd, err := selfConnect(netip.MustParseAddrPort(tt.at))
				if err != nil {
					return err
				}
				if err := tt.lives(t, fd); err != nil {
					return err
				}
				if err := syscall.Close(fd); err != nil {
					return err
				}
				return tt.dies(t)
			})
		})
	}
}

// lives checks that a scan finds the socket ESTABLISHED, among four others.
func (tt *selfAddress) lives(t *testing.T, fd int) error {
	r, err := scan(live.Place{})
	if err != nil {
		return err
	}
	me, err := self()
	if err != nil {
		return err
	}
	uid := uint32(os.Getuid())
	want := &scanned{
		Schema: "sockproof/scan/v1", Found: 1, SocketsSeen: 5, Complete: true,
		Sockets: []scannedSocket{{
			State: "ESTABLISHED", Address: tt.address, Family: tt.family,
			UID: &uid, Inode: inode(fd), Owners: []live.Owner{me},
		}},
	}
	if d := cmp.Diff(want, r, cmp.AllowUnexported()); d != "" {
		t.Errorf("established (-want +got):\n%s", d)
	}
	return nil
}

// dies waits until a scan finds it in TIME_WAIT, and checks what is left of it.
func (tt *selfAddress) dies(t *testing.T) error {
	var r *scanned
	err := journaltest.Eventually("TIME_WAIT", func() (ok bool, err error) {
		r, err = scan(live.Place{})
		return err == nil && r.Found == 1 && r.Sockets[0].State == "TIME_WAIT", err
	})
	if err != nil {
		return err
	}
	s := r.Sockets[0]
	if s.Address != tt.address || s.LeftMS == 0 || s.LeftMS > 60_000 || s.Inode != 0 || s.UID != nil || len(s.Owners) != 0 || r.OwnersNotVisible != 0 {
		t.Errorf("closed: %+v", r)
	}
	return nil
}

// inode is that of a socket's descriptor, 0 if it cannot be had.
func inode(fd int) uint64 {
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil {
		return 0
	}
	return st.Ino
}

// TestScanElsewhere looks into a namespace from outside: by its file, and by
// a process that lives in it and shares the socket.
func TestScanElsewhere(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		fd, err := selfConnect(netip.MustParseAddrPort("127.0.0.1:8080"))
		if err != nil {
			return err
		}
		shared := os.NewFile(uintptr(fd), "socket")
		defer shared.Close()
		child := exec.Command("cat")
		child.ExtraFiles = []*os.File{shared}
		input, err := child.StdinPipe()
		if err != nil {
			return err
		}
		if err := child.Start(); err != nil {
			return err
		}
		defer func() {
			_ = input.Close()
			_ = child.Wait()
		}()
		me, err := self()
		if err != nil {
			return err
		}
		if err := becomes(child, "cat"); err != nil {
			return err
		}

		want := []live.Owner{me, {PID: child.Process.Pid, Program: "cat"}}
		slices.SortFunc(want, func(a, b live.Owner) int { return a.PID - b.PID })
		path := fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
		pid := strconv.Itoa(child.Process.Pid)
		for _, tt := range []struct {
			flag, value, namespace string
		}{
			{"--netns", path, "the network namespace " + path},
			{"--netns-of", pid, "the network namespace of process " + pid},
		} {
			owners, err := ownersIn(t, tt.flag, tt.value, tt.namespace)
			if err != nil {
				return err
			}
			if d := cmp.Diff(want, owners); d != "" {
				t.Errorf("%s: owners (-want +got):\n%s", tt.flag, d)
			}
		}
		if code, out, errs := journaltest.Command(t, "selfconnect", scanCommand(), "--netns-of", pid, "--fail-over", "1"); code != 0 || errs != "" ||
			!strings.HasPrefix(out, "1 self-connected socket among 1 TCP socket in the network namespace of process "+pid+"\n") {
			t.Errorf("text: exit %d, %q, %q", code, out, errs)
		}
		return nil
	})
}

// becomes waits until a child has a program's name: before that it has this process's.
func becomes(child *exec.Cmd, program string) error {
	return journaltest.Eventually(program, func() (bool, error) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child.Process.Pid))
		return string(b) == program+"\n", err
	})
}

// ownersIn is whose the one socket is that a scan of a namespace finds, by process.
func ownersIn(t *testing.T, flag, value, namespace string) ([]live.Owner, error) {
	t.Helper()
	code, out, errs := journaltest.Command(t, "selfconnect", scanCommand(), flag, value, "--format", "json", "--fail-over", "0")
	var r scanned
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 1 || errs != "" {
		return nil, fmt.Errorf("%s: exit %d, %q, %w", flag, code, errs, err)
	}
	if r.Found != 1 || r.Namespace != namespace {
		return nil, fmt.Errorf("%s: %s", flag, out)
	}
	owners := r.Sockets[0].Owners
	slices.SortFunc(owners, func(a, b live.Owner) int { return a.PID - b.PID })
	return owners, nil
}

func TestScanNoSuchPlace(t *testing.T) {
	file := journaltest.Scratch(t).Name()
	const noProcess = "4194305" // above the largest (proc_sys_kernel(5): pid_max)
	for _, tt := range []struct{ flag, value, want string }{
		{"--netns", "/no/such", `selfconnect: flag "--netns": value "/no/such": no network namespace: open /no/such: no such file or directory; want a name, or a path like`},
		{"--netns", file, fmt.Sprintf("selfconnect: flag \"--netns\": value %q: no network namespace: setns(CLONE_NEWNET): invalid argument; want a name, or a path like", file)},
		{"--netns-of", noProcess, `selfconnect: flag "--netns-of": value "` + noProcess + `": no such process here: open /proc/` + noProcess + "/ns/net: no such file or directory\n"},
	} {
		code, out, errs := journaltest.Command(t, "selfconnect", scanCommand(), tt.flag, tt.value)
		if code != 2 || out != "" || !strings.HasPrefix(errs, tt.want) {
			t.Errorf("%s %s: exit %d, %q, %q", tt.flag, tt.value, code, out, errs)
		}
	}
}

func TestOwnersNotVisible(t *testing.T) {
	const nobodys = 1 << 60 // inodes of sockets have 32 bits in sock_diag
	r := scanned{Sockets: []scannedSocket{{Inode: nobodys}, {Inode: nobodys + 1}, {Inode: 0}}}
	r.findOwners()
	if r.OwnersNotVisible != 2 || r.OwnersReason == "" {
		t.Errorf("%d, %q", r.OwnersNotVisible, r.OwnersReason)
	}
}

// fakeDumps are a table that answers one dump after the other.
type fakeDumps struct {
	family uint8
	dumps  []fakeDump
}

type fakeDump struct {
	sockets []diag.Socket
	err     error
}

func (f *fakeDumps) Dump(filter diag.Filter, each func(diag.Socket) error) error {
	if filter.Family != f.family {
		return nil
	}
	d := f.dumps[0]
	f.dumps = f.dumps[1:]
	for _, s := range d.sockets {
		if err := each(s); err != nil {
			return err
		}
	}
	return d.err
}

func TestReadTable(t *testing.T) {
	socket := func(address string, cookie uint64, state uint8) diag.Socket {
		a := netip.MustParseAddrPort(address)
		return diag.Socket{Local: a, Remote: a, Cookie: cookie, State: state}
	}
	var (
		first  = socket("127.0.0.1:1", 1, tcpstate.Closing)
		later  = socket("127.0.0.1:1", 1, tcpstate.TimeWait)
		second = socket("127.0.0.1:2", 2, tcpstate.Established)
		other  = diag.Socket{Local: netip.MustParseAddrPort("127.0.0.1:1"), Remote: netip.MustParseAddrPort("127.0.0.1:3")}
		cut    = fakeDump{[]diag.Socket{second, other, first}, diag.ErrInterrupted}
		broken = errors.New("broken")
	)
	for _, tt := range []struct {
		name  string
		dumps []fakeDump
		want  []diag.Socket
		seen  int
		err   error
	}{
		{"whole", []fakeDump{{[]diag.Socket{second, other, first}, nil}}, []diag.Socket{first, second}, 3, nil},
		{"one comes twice", []fakeDump{{[]diag.Socket{first, other, later}, nil}}, []diag.Socket{later}, 3, nil},
		{"interrupted once", []fakeDump{cut, {[]diag.Socket{later, other}, nil}}, []diag.Socket{later}, 2, nil},
		{"always interrupted", []fakeDump{cut, cut, cut, cut, cut}, []diag.Socket{first, second}, 3, diag.ErrInterrupted},
		{"broken", []fakeDump{{nil, broken}}, nil, 0, broken},
	} {
		for _, family := range []uint8{diag.FamilyIPv4, diag.FamilyIPv6} {
			var table table
			err := table.read(&fakeDumps{family, tt.dumps})
			if !errors.Is(err, tt.err) || table.seen != tt.seen || !slices.Equal(table.found, tt.want) {
				t.Errorf("%s, family %d: %v, %d seen, %+v", tt.name, family, err, table.seen, table.found)
			}
		}
	}
	// A kernel without IPv6.
	var table6 table
	if err := table6.read(&fakeDumps{diag.FamilyIPv6, []fakeDump{{nil, syscall.ENOENT}}}); err != nil {
		t.Errorf("no IPv6: %v", err)
	}
}
