package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// loadCommand makes this program make and end connections.
const loadCommand = "load"

const (
	loadTime = 1500 * time.Millisecond
	// warmUp is not counted: the watcher's first readings, too, fall into it.
	warmUp = 300 * time.Millisecond
)

// load makes and ends connections over lo on every processor, as fast as it can, and prints how
// many a second. Both ends are one thread's: nothing waits.
func load(out io.Writer) error {
	var (
		made    atomic.Int64
		threads sync.WaitGroup
		errs    = make([]error, runtime.NumCPU())
		stop    atomic.Bool
	)
	for i := range errs {
		threads.Go(func() { errs[i] = connections(byte(i), &stop, &made) })
	}
	time.Sleep(warmUp)
	began, before := time.Now(), made.Load()
	time.Sleep(loadTime)
	n, took := made.Load()-before, time.Since(began)
	stop.Store(true)
	threads.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%.0f\n", float64(n)/took.Seconds())
	return err
}

// addresses is how many addresses a thread's connections go to in turn: the ports to one would be
// used up by TIME_WAIT.
const addresses = 100

func connections(thread byte, stop *atomic.Bool, made *atomic.Int64) error {
	at := func(n int) *syscall.SockaddrInet4 {
		return &syscall.SockaddrInet4{Port: 9000, Addr: [4]byte{127, thread, 1, byte(n)}}
	}
	var listeners [addresses]int
	for n := range listeners {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("socket: %w", err)
		}
		defer func() { _ = syscall.Close(fd) }() // nothing is lost with it
		if err := errors.Join(syscall.Bind(fd, at(n)), syscall.Listen(fd, 16)); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
		listeners[n] = fd
	}
	for n := 0; !stop.Load(); n = (n + 1) % addresses {
		if err := connection(listeners[n], at(n)); err != nil {
			return err
		}
		made.Add(1)
	}
	return nil
}

// connection is one, from connect() to both ends' close().
func connection(listener int, at syscall.Sockaddr) error {
	client, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if err := syscall.Connect(client, at); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	server, _, err := syscall.Accept4(listener, syscall.SOCK_CLOEXEC)
	if err != nil {
		return fmt.Errorf("accept: %w", err)
	}
	return errors.Join(syscall.Close(client), syscall.Close(server))
}
