package main

import "sockproof/lib/scenario"

// greeting is what the socket sends, and should receive, itself.
const greeting = "hello, me"

// direct: one socket binds a port and connects to that same port. It is closed in order
// even on the host network, where the kernel chose the port: TIME_WAIT is the subject.
func direct(t *scenario.T) {
	port := givenPort(t)
	if port == 0 && !t.OnHost() {
		port = directPort // else 0: the kernel chooses one that is free
	}
	s := t.Host("a").Socket(scenario.From(port))
	s.Connect(s.Local())
	s.Remote()
	s.Send(greeting)
	s.Recv()
	if t.OnHost() && givenPort(t) != 0 {
		t.Note("reset instead of closed in order: TIME_WAIT would keep a server from port %d for a minute", port)
		s.Reset()
		return
	}
	s.Close()
}
