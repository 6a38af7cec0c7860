package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// A patient is a network namespace whose sockets are as sockscan should find them: a
// connection of a socket with itself, a full accept queue, connections in CLOSE_WAIT,
// some of which come while sockscan watches, and resets.
type patient struct {
	space int
	stop  context.CancelFunc
	ended chan struct{}
	keep  []any
}

// newPatient returns when its CLOSE_WAIT is old enough to be found.
func newPatient() (p *patient, err error) {
	p = &patient{ended: make(chan struct{})}
	if p.space, err = newSpace(setup{}); err != nil {
		return nil, err
	}
	var l *net.TCPListener
	err = in(p.space, func() error {
		if l, err = p.fall(); err != nil {
			return fmt.Errorf("make sockets for sockscan: %w", err)
		}
		return nil
	})
	if err != nil {
		unix.Close(p.space)
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	go func() {
		defer close(p.ended)
		defer func() { _ = l.Close() }()
		for ctx.Err() == nil {
			_ = in(p.space, func() error { return p.worsen(l) })
			wait(ctx, 100*time.Millisecond)
		}
	}()
	time.Sleep(1500 * time.Millisecond)
	return p, nil
}

// fall makes what stays as it is.
func (p *patient) fall() (*net.TCPListener, error) {
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	l, err := net.ListenTCP("tcp4", local)
	if err != nil {
		return nil, err
	}
	p.keep = append(p.keep, l)
	for range 2 {
		ends, err := leaveOpen(l)
		if err != nil {
			return nil, err
		}
		p.keep = append(p.keep, ends)
	}
	full, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Listen(full, 0); err != nil {
		return nil, err
	}
	at, err := unix.Getsockname(full)
	if err != nil {
		return nil, err
	}
	waiting, err := net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", at.(*unix.SockaddrInet4).Port), time.Second)
	if err != nil {
		return nil, err
	}
	p.keep = append(p.keep, waiting)
	self, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(self, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, err
	}
	if at, err = unix.Getsockname(self); err != nil {
		return nil, err
	}
	return l, unix.Connect(self, at)
}

// leaveOpen is the server's end of a connection that its client has closed.
func leaveOpen(l *net.TCPListener) (*net.TCPConn, error) {
	client, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		return nil, err
	}
	server, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return server, client.Close()
}

// worsen makes one connection that is reset, and one that is in CLOSE_WAIT for a while.
func (p *patient) worsen(l *net.TCPListener) error {
	client, err := net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
	if err != nil {
		return err
	}
	server, err := l.AcceptTCP()
	if err != nil {
		return err
	}
	_ = client.SetLinger(0)
	_ = client.Close()
	_ = server.Close()
	stuck, err := leaveOpen(l)
	if err != nil {
		return err
	}
	time.AfterFunc(700*time.Millisecond, func() { _ = stuck.Close() })
	return nil
}

// close ends it. What it made ends with this program.
func (p *patient) close() {
	p.stop()
	<-p.ended
	unix.Close(p.space)
}
