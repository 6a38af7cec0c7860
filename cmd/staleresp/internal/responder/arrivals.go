package responder

import (
	"errors"
	"io"
	"net"
)

// arrivals is what comes from a client. Every protocol is read through it, so that
// for each the same is noted: when the first byte of a request came.
type arrivals struct {
	*connection
	conn net.Conn
	room int   // how many bytes may come yet; below 0: any number
	err  error // why nothing more comes
}

// errTooMuch is that more came than there is room for.
var errTooMuch = errors.New("it is too long")

func (a *arrivals) Read(b []byte) (int, error) {
	if a.room == 0 {
		return 0, errTooMuch
	}
	if a.room > 0 {
		b = b[:min(len(b), a.room)]
	}
	n, err := a.conn.Read(b)
	if n > 0 {
		a.hear()
	}
	if a.room > 0 {
		a.room -= n
	}
	a.note(err)
	return n, err
}

// drain reads until nothing more comes: no request is expected any more. What is
// left unread when a connection is closed would reset it, and a reply with it.
func (a *arrivals) drain() {
	if a.err == nil {
		_, err := io.Copy(io.Discard, a.conn)
		if err == nil {
			err = io.EOF // which is none to Copy
		}
		a.note(err)
	}
}

func (a *arrivals) note(err error) {
	if errors.Is(err, io.EOF) {
		a.finish()
	}
	a.err = err
}
