package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// notices: what epoll says at each step of a connection's end, once after the
// peer's close, once after its shutdown for writing.
func notices(t *scenario.T) {
	for _, end := range []ending{closing, shut(journal.ShutWrite)} {
		client, server := t.Connection()
		noticed(client, server, end)
	}
}

// noticed asks epoll for the server's end before and after the client's last
// data, its end, and what the server writes then.
func noticed(client, server *scenario.End, end ending) {
	e := server.Epoll()
	e.Wait()
	client.Send("last words")
	e.Wait()
	server.Recv()
	e.Wait()
	end(client)
	e.Wait()
	server.Recv()
	e.Wait()
	server.Send("an answer")
	e.Wait()
	server.SendMsg("another", journal.MSGNoSignal)
	e.Wait()
	server.ShutdownWrite()
	e.Wait()
}

// shutRead: shutdown(SHUT_RD), on a connection into which the peer goes on
// writing, with and without something to be read already; and on a listener, with one
// client in its queue, and one that connects later.
func shutRead(t *scenario.T) {
	l := t.Listen(scenario.ServerPort)
	for _, before := range []string{"", "before"} {
		client, server := l.Connect()
		if before != "" {
			server.Send(before)
		}
		client.Shutdown(journal.ShutRead)
		client.Recv()
		server.Send("after")
		client.Recv()
		client.Recv()
		client.Send("still")
		server.Recv()
	}
	l.Dial()
	l.Shutdown(journal.ShutRead)
	l.Accept()
	l.Dial().Err()
}
