package main

import (
	"context"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/journaltest"
	"sockproof/lib/live"
)

// Both ends of a connection that one closes with data unread are heard of.
func TestEndsHeard(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		at := netip.MustParseAddrPort("127.0.0.1:8080")
		listener, err := listenAt(at, syscall.IPPROTO_TCP, 8)
		if err != nil {
			return err
		}
		defer listener.close()
		w, err := openEnds(live.Place{})
		if err != nil {
			return err
		}
		defer w.close()
		client, err := connectTo(at, syscall.IPPROTO_TCP)
		if err != nil {
			return err
		}
		server, err := listener.accept()
		if err != nil {
			return err
		}
		if _, err := syscall.Write(int(client), []byte("hello")); err != nil {
			return err
		}
		journaltest.CloseAll([]int{int(server), int(client)})
		heard := endsSum{}
		err = journaltest.Eventually("both ends", func() (bool, error) {
			r, err := w.until(context.Background(), time.Now().Add(10*time.Millisecond))
			if err == nil {
				heard.merge(r.endsSum)
			}
			return heard.Ends == 2, err
		})
		if err == nil && heard.Unread != 1 {
			t.Errorf("%+v", heard)
		}
		return err
	})
}
