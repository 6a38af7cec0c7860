package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"sockproof/lib/journal"
	"sockproof/lib/network"
)

// crowdKind is what has become of a crowd's connections.
type crowdKind string

// The kinds of crowds.
const (
	established crowdKind = "established"
	halfClosed  crowdKind = "half-closed" // each client has, its server has not: half CLOSE_WAIT, half FIN_WAIT2
)

// inCrowd calls f on a thread in a network namespace with that many TCP sockets,
// the ends of connections over lo. They are held by processes of their own, a
// share each, for a process may not have as many descriptors as that.
func inCrowd(kind crowdKind, sockets int, f func() error) error {
	var err error
	network.OnThread(func() {
		var n *network.Network
		n, err = network.Open(network.Options{
			Kind: journal.Loopback, Family: journal.IPv4, Hosts: []string{"a"},
			Recorder: journal.NewRecorder(journal.Journal{}, 1),
		})
		if err != nil {
			return
		}
		defer n.Close()
		var held []*holder
		defer func() {
			for _, h := range held {
				err = errors.Join(err, h.release())
			}
		}()
		for port := firstPort; sockets > 0 && err == nil; port++ {
			share := min(sockets, shareSize)
			sockets -= share
			var h *holder
			if h, err = hold(kind, port, share); err == nil {
				held = append(held, h)
			}
		}
		if err == nil {
			err = f()
		}
	})
	return err
}

const (
	// shareSize is how many sockets a process holds: what the usual limit of
	// descriptors allows, and few enough to have source ports for each.
	shareSize = 10_000
	// firstPort is where the first listens, the others on those that follow.
	firstPort = 9000
)

// holdCommand makes this program hold a share until its stdin ends.
const holdCommand = "hold"

// holder is a process that holds a share.
type holder struct {
	cmd   *exec.Cmd
	stdin io.Closer
}

// hold starts a holder in the calling thread's namespace, and waits until its
// sockets are there.
func hold(kind crowdKind, port, sockets int) (*holder, error) {
	cmd := exec.Command("/proc/self/exe", holdCommand, string(kind), strconv.Itoa(port), strconv.Itoa(sockets))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	h := &holder{cmd, stdin}
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		return nil, errors.Join(fmt.Errorf("the process that holds %d sockets: %w", sockets, err), h.release())
	}
	return h, nil
}

// release lets the holder end, and its sockets with it.
func (h *holder) release() error {
	return errors.Join(h.stdin.Close(), h.cmd.Wait())
}

// holdShare is what a holder does: hold KIND PORT SOCKETS.
func holdShare(args []string, out io.Writer) error {
	port, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	sockets, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	if err := connectMany(crowdKind(args[1]), port, sockets/2); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "holding"); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// connectMany makes connections whose ends stay open until the process ends.
func connectMany(kind crowdKind, port, n int) error {
	at := &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
	listener, err := abortingSocket()
	if err != nil {
		return err
	}
	if err := errors.Join(syscall.Bind(listener, at), syscall.Listen(listener, 1)); err != nil {
		return fmt.Errorf("listen on port %d: %w", port, err)
	}
	for range n {
		client, err := abortingSocket()
		if err != nil {
			return err
		}
		if err := syscall.Connect(client, at); err != nil {
			return fmt.Errorf("connect to port %d: %w", port, err)
		}
		if _, _, err := syscall.Accept4(listener, syscall.SOCK_CLOEXEC); err != nil {
			return fmt.Errorf("accept on port %d: %w", port, err)
		}
		if kind != halfClosed {
			continue
		}
		if err := syscall.Shutdown(client, syscall.SHUT_WR); err != nil {
			return fmt.Errorf("shutdown of a client of port %d: %w", port, err)
		}
	}
	return nil
}

// abortingSocket is a TCP socket that ends with RST, as do those accepted from
// it: no TIME_WAIT is left to pin the namespace.
func abortingSocket() (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, syscall.IPPROTO_TCP)
	if errors.Is(err, syscall.EMFILE) {
		return -1, fmt.Errorf("socket: %w: a process needs %d descriptors (ulimit -Hn)", err, shareSize+100)
	}
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	if err := syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}); err != nil {
		return -1, fmt.Errorf("setsockopt(SO_LINGER): %w", err)
	}
	return fd, nil
}
