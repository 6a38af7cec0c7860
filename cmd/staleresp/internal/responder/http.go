package responder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"sockproof/cmd/staleresp/internal/token"
)

const (
	// maxBody bounds what a request may bring, in bytes.
	maxBody = 1 << 20
	// maxHeader bounds the rest of it.
	maxHeader = 1 << 16
	// headerWithin is how long a client may take for a request's header: one that
	// never ends it must not be waited for.
	headerWithin = time.Minute
)

// httpSpeaker serves HTTP/1.1, on connections that are kept.
type httpSpeaker struct {
	*journal
	conns sync.WaitGroup
}

func (s *httpSpeaker) serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerWithin,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(io.Discard, "", 0), // of what clients do wrong
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, c)
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			if h, is := c.(*httpConn); is && state == http.StateClosed {
				h.ended(ctx.Err() != nil)
				s.conns.Done()
			}
		},
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err := server.Serve(&httpListener{l, s})
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	} else {
		_ = server.Close() // the error says why
	}
	s.conns.Wait()
	return err
}

// connectionKey is where a request's context has its connection.
type connectionKey struct{}

// httpListener accepts connections on which every arrival is noted.
type httpListener struct {
	net.Listener
	s *httpSpeaker
}

func (l *httpListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.s.conns.Add(1)
	return &httpConn{c, l.s.connect(c.RemoteAddr().String())}, nil
}

// httpConn is a connection that notes arrivals. The library goes on reading while a
// request is answered, by a byte, to notice that the client has gone: so it is seen
// when the next request comes before the reply.
type httpConn struct {
	net.Conn
	*connection
}

func (c *httpConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.hear()
	}
	return n, err
}

// ServeHTTP answers any request with its token.
func (s *httpSpeaker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, is := r.Context().Value(connectionKey{}).(*httpConn)
	if !is {
		panic("a connection that was not accepted here") // ConnContext sees to it
	}
	request, err := requestOf(w, r)
	if err != nil {
		w.Header().Set("Connection", "close")
		http.Error(w, "error: "+err.Error(), http.StatusBadRequest)
		return
	}
	a := conn.ask(request)
	defer a.done()
	if a.wait(r.Context()) != nil {
		panic(http.ErrAbortHandler) // nobody is there to be answered
	}
	a.sent()
	reply := token.Of(request).String()
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", strconv.Itoa(len(reply)))
	_, _ = io.WriteString(w, reply)
	_ = http.NewResponseController(w).Flush() // before the server may end; errors are the client's
}

// requestOf is a request in one line: its method and its URI and, if it has a body,
// that one's hash.
func requestOf(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	hash := sha256.New()
	n, err := io.Copy(hash, http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	line := fmt.Appendf(nil, "%s %s", r.Method, r.RequestURI)
	if n > 0 {
		line = append(append(line, " sha256:"...), hex.EncodeToString(hash.Sum(nil))...)
	}
	return line, nil
}
