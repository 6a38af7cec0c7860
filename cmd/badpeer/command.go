package main

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"sockproof/lib/scenario"
)

// start starts the program, if there is one.
func (p *play) start() {
	if len(p.argv) > 0 {
		p.exec(scenario.Program{})
	}
}

// exec starts the program: its arguments and its environment name the peer.
func (p *play) exec(of scenario.Program) {
	known := p.names()
	replace := strings.NewReplacer("{addr}", known["ADDR"], "{host}", known["HOST"], "{port}", known["PORT"], "{url}", known["URL"])
	of.Path, of.Argv = p.path, []string{p.argv[0]}
	for _, a := range p.argv[1:] {
		of.Argv = append(of.Argv, replace.Replace(a))
	}
	for _, name := range []string{"ADDR", "HOST", "PORT", "URL"} {
		of.Env = append(of.Env, "BADPEER_"+name+"="+known[name])
	}
	files, err := p.output.files()
	p.t.Must(err)
	of.Files = files
	p.cmd = p.t.Host("a").Exec(of)
	p.output.started()
}

// names are how the program meets the peer.
func (p *play) names() map[string]string {
	at := p.at
	if p.server.IsValid() {
		at = p.server
	}
	scheme := map[string]string{"http": "http", "resp": "redis", "postgres": "postgres"}[p.protocol]
	if scheme == "" {
		scheme = "tcp"
	}
	return map[string]string{
		"ADDR": at.String(), "HOST": at.Addr().String(), "PORT": strconv.Itoa(int(at.Port())),
		"URL": scheme + "://" + at.String() + "/",
	}
}

// mostOutput bounds what is kept of a program's output, in bytes. What it writes is passed
// on whole.
const mostOutput = 16 << 20

// captured passes a program's output on, and keeps it for the verdict.
type captured struct {
	out, errs io.Writer
	ends      [2]*os.File // that the program writes to
	from      [2]*os.File
	copying   sync.WaitGroup

	mu   sync.Mutex
	kept [2]bytes.Buffer // standard output and standard error
	full [2]bool         // more was written than is kept
}

// files are the program's standard input, output and error.
func (o *captured) files() (f [3]*os.File, err error) {
	f[0] = os.Stdin
	for i := range o.ends {
		if o.from[i], o.ends[i], err = os.Pipe(); err != nil {
			return f, err
		}
		f[i+1] = o.ends[i]
	}
	return f, nil
}

// started begins to pass on.
func (o *captured) started() {
	for i, to := range []io.Writer{o.out, o.errs} {
		o.ends[i].Close()
		o.copying.Go(func() { _, _ = io.Copy(&keeper{o, i, to}, o.from[i]) }) // it ends with the program
	}
}

// keeper is one of the two.
type keeper struct {
	o  *captured
	i  int
	to io.Writer
}

func (k *keeper) Write(b []byte) (int, error) {
	k.o.mu.Lock()
	room := max(mostOutput-k.o.kept[k.i].Len(), 0)
	k.o.full[k.i] = k.o.full[k.i] || len(b) > room
	k.o.kept[k.i].Write(b[:min(room, len(b))])
	k.o.mu.Unlock()
	_, _ = k.to.Write(b) // a reader that has gone does not end the program
	return len(b), nil
}

// wait waits for what the program has left in its pipes. Another process may hold them.
func (o *captured) wait() {
	over := make(chan struct{})
	go func() { o.copying.Wait(); close(over) }()
	select {
	case <-over:
	case <-time.After(farewell):
	}
}

// close lets go of the pipes.
func (o *captured) close() {
	for _, f := range o.from {
		if f != nil {
			f.Close()
		}
	}
	o.copying.Wait()
}

// text is what the program has written so far; 0: to its standard output, 1: error.
func (o *captured) text(i int) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.kept[i].Bytes())
}

// cut says whether not all was kept of one of them.
func (o *captured) cut(i int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.full[i]
}

// examine looks through the program's output for what was asked for.
func (p *play) examine() {
	if p.output.cut(0) || p.output.cut(1) {
		p.note(unkept, nil, nil, "%d MiB of its output were looked through, and it has more", mostOutput>>20)
	}
	all := append(p.output.text(0), p.output.text(1)...)
	if p.success != nil && p.success.Match(all) {
		p.note(said, nil, nil, "success")
	}
	if p.failure != nil && p.failure.Match(all) {
		p.note(said, nil, nil, "error")
	}
	if own, is := p.player.(interface{ examine(output []byte) }); is {
		own.examine(all)
	}
	p.judgeReplies()
}
