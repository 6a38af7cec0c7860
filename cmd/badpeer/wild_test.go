package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clientTimeout is how long the clients here wait for a reply.
const clientTimeout = 200 * time.Millisecond

// clientMain is a client of the line protocol: client KIND ADDRESS.
func clientMain() {
	kinds := map[string]func(at string) error{
		"pool": func(at string) error { return asks(at, pooled{}) }, "careful": func(at string) error { return asks(at, careful{}) },
		"patient": patient, "pipelines": pipelines, "once": once, "writes": writes, "worker": worker, "elsewhere": elsewhere, "parallel": parallel,
	}
	if err := kinds[os.Args[1]](os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// policy is what a client does with a connection on which it has given up.
type policy interface{ after(c net.Conn) net.Conn }

// pooled puts it back into its pool, with the reply still to come: CVE-2023-28858.
type pooled struct{}

func (pooled) after(c net.Conn) net.Conn { return c }

// careful drops it.
type careful struct{}

func (careful) after(c net.Conn) net.Conn { c.Close(); return nil }

// asks makes requests, one after the other, and logs what it takes for the reply.
func asks(at string, p policy) error {
	var (
		c    net.Conn
		from *bufio.Reader
	)
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for i := range 6 {
		if c == nil {
			var err error
			if c, err = net.Dial("tcp", at); err != nil {
				return err
			}
			from = bufio.NewReader(c)
		}
		request := fmt.Sprintf("request-%d", i)
		fmt.Fprintln(c, request)
		_ = c.SetReadDeadline(time.Now().Add(clientTimeout))
		reply, err := from.ReadString('\n')
		fmt.Printf("%s\t%s\n", request, strings.TrimSpace(reply))
		if err != nil {
			c = p.after(c)
		}
	}
	return nil
}

// patient waits for as long as it takes.
func patient(at string) error {
	c, err := net.Dial("tcp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintln(c, "hello")
	_, err = bufio.NewReader(c).ReadString('\n')
	return err
}

// pipelines asks twice before it reads.
func pipelines(at string) error {
	c, err := net.Dial("tcp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprint(c, "first\nsecond\n")
	from := bufio.NewReader(c)
	for _, request := range []string{"first", "second"} {
		reply, err := from.ReadString('\n')
		if err != nil {
			return err
		}
		fmt.Printf("%s\t%s", request, reply)
	}
	return nil
}

// once asks once, and reports an error.
func once(at string) error {
	c, err := net.DialTimeout("tcp", at, clientTimeout)
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintln(c, "hello")
	_ = c.SetReadDeadline(time.Now().Add(clientTimeout))
	reply, err := bufio.NewReader(c).ReadString('\n')
	fmt.Print(reply)
	return err
}

// writes goes on writing, as a program does that handles no error, and SIGPIPE is not ignored.
// Go's runtime handles the signal; so the program ends as C's would.
func writes(at string) error {
	c, err := net.Dial("tcp", at)
	if err != nil {
		return err
	}
	for range 50 {
		if _, err := fmt.Fprintln(c, "hello"); err != nil && strings.Contains(err.Error(), "broken pipe") {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

// worker asks for ever, and connects again.
func worker(at string) error {
	for i := 0; ; i++ {
		c, err := net.Dial("tcp", at)
		for err == nil {
			i++
			fmt.Fprintf(c, "request-%d\n", i)
			_, err = bufio.NewReader(c).ReadString('\n')
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// elsewhere connects to a server of its own.
func elsewhere(string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	return once(l.Addr().String())
}

// parallel asks on two connections at once, and takes each one's reply for its own.
func parallel(at string) error {
	var all [2]net.Conn
	for i := range all {
		var err error
		if all[i], err = net.Dial("tcp", at); err != nil {
			return err
		}
		defer all[i].Close()
		fmt.Fprintf(all[i], "request-%d\n", i)
	}
	for i, c := range all {
		reply, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			return err
		}
		fmt.Printf("request-%d\t%s", i, reply)
	}
	return nil
}

// serverMain is a server: server KIND PORT.
func serverMain() {
	l, err := net.Listen("tcp", "127.0.0.1:"+os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	serve := map[string]func(net.Conn){"echo": echo, "impatient": impatient, "eof": eofMeansGone, "forks": forks, "fragile": nil}[os.Args[1]]
	for n := 0; ; n++ {
		c, err := l.Accept()
		if err != nil {
			os.Exit(1)
		}
		if os.Args[1] == "fragile" {
			c.Close()
			continue
		}
		go func() { defer c.Close(); serve(c) }()
	}
}

// echo answers each line.
func echo(c net.Conn) {
	from := bufio.NewReader(c)
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return
		}
		fmt.Fprint(c, strconv.Quote(line)+"\n")
	}
}

// forks gives each connection to a process of its own, which answers a line, and crashes where that
// fails.
func forks(c net.Conn) {
	f, err := c.(*net.TCPConn).File()
	if err != nil {
		return
	}
	worker := exec.Command("sh", "-c", `trap "" PIPE; read line <&3; sleep 0.05; echo $line >&3 || kill -SEGV $$`)
	worker.ExtraFiles = []*os.File{f}
	err = worker.Start()
	f.Close()
	c.Close()
	if err == nil {
		_ = worker.Wait()
	}
}

// impatient closes a connection on which nothing comes.
func impatient(c net.Conn) {
	_ = c.SetReadDeadline(time.Now().Add(clientTimeout))
	echo(c)
}

// eofMeansGone takes the end of what a client sends for its having gone, and does not answer.
func eofMeansGone(c net.Conn) {
	all, err := io.ReadAll(io.LimitReader(c, 6))
	if err == nil && len(all) == 6 {
		b := make([]byte, 1)
		_ = c.SetReadDeadline(time.Now().Add(clientTimeout / 4))
		if _, err := c.Read(b); errors.Is(err, io.EOF) {
			return
		}
		fmt.Fprintln(c, "hello too")
	}
}
