package main

import "testing"

func TestStuckSeen(t *testing.T) {
	var r stuckSeen
	s := scanSocket("192.0.2.1:33000", "192.0.2.9:80")
	s.Cookie = 1
	if r.again(&s) || !r.again(&s) {
		t.Error("a socket that comes twice")
	}
	later := s
	later.State = 6
	if !r.again(&later) {
		t.Error("the same socket in its next state")
	}
	reborn := s
	reborn.Cookie = 2
	if r.again(&reborn) {
		t.Error("another socket with the same addresses")
	}
	sibling := scanSocket("192.0.2.1:33001", "192.0.2.9:80")
	sibling.Cookie = 1
	if r.again(&sibling) {
		t.Error("another MPTCP socket with its listener's cookie")
	}
	for i := range seenRecently {
		s := s
		s.Cookie = uint64(10 + i)
		r.again(&s)
	}
	if r.again(&s) {
		t.Error("remembered for longer than there is room")
	}
}

func TestStuckTwins(t *testing.T) {
	var w stuckTwins
	s := scanSocket("192.0.2.1:33000", "192.0.2.9:80")
	s.Inode = 7
	if w.has(&s) {
		t.Error("before any")
	}
	w.note(&s)
	unaccepted := scanSocket("192.0.2.1:80", "192.0.2.9:33000")
	w.note(&unaccepted)
	joined := scanSocket("192.0.2.2:33000", "192.0.2.8:80") // another path
	joined.Inode = 7
	orphan := scanSocket("192.0.2.1:33000", "192.0.2.9:80")
	stranger := scanSocket("192.0.2.1:33001", "192.0.2.9:80")
	if !w.has(&s) || !w.has(&joined) || !w.has(&orphan) || !w.has(&unaccepted) || w.has(&stranger) {
		t.Error("a subflow by inode, or by addresses")
	}
	for i := range 3 * maxStuckTwins {
		s.Inode = uint64(8 + i)
		w.note(&s)
	}
	if !w.full || len(w.keys) > 2*maxStuckTwins {
		t.Errorf("full %v, %d keys", w.full, len(w.keys))
	}
}
