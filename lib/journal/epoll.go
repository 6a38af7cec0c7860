package journal

import (
	"fmt"
	"strconv"
	"strings"
)

// Epoll is a set of epoll(7)'s events, by Linux's numbers.
type Epoll uint32

// The events (epoll_ctl(2)).
const (
	EPOLLIN      Epoll = 0x1
	EPOLLOUT     Epoll = 0x4
	EPOLLERR     Epoll = 0x8
	EPOLLHUP     Epoll = 0x10
	EPOLLRDHUP   Epoll = 0x2000
	EPOLLONESHOT Epoll = 1 << 30
	EPOLLET      Epoll = 1 << 31
)

// epollNames are the events in the order in which they are written.
var epollNames = []struct {
	event Epoll
	name  string
}{
	{EPOLLIN, "EPOLLIN"},
	{EPOLLOUT, "EPOLLOUT"},
	{EPOLLRDHUP, "EPOLLRDHUP"},
	{EPOLLHUP, "EPOLLHUP"},
	{EPOLLERR, "EPOLLERR"},
	{EPOLLONESHOT, "EPOLLONESHOT"},
	{EPOLLET, "EPOLLET"},
}

// Has says whether every event of some is in the set.
func (e Epoll) Has(some Epoll) bool { return e&some == some }

// HasAny says whether an event of some is in the set.
func (e Epoll) HasAny(some Epoll) bool { return e&some != 0 }

// String names the events: "EPOLLIN|EPOLLRDHUP"; those without a name by their number.
func (e Epoll) String() string {
	var names []string
	for _, n := range epollNames {
		if e.Has(n.event) {
			names = append(names, n.name)
			e &^= n.event
		}
	}
	if e != 0 {
		names = append(names, fmt.Sprintf("0x%x", uint32(e)))
	}
	return strings.Join(names, "|")
}

// parseEpoll reads what String writes; what it does not know it leaves out.
func parseEpoll(text string) Epoll {
	var e Epoll
	for word := range strings.SplitSeq(text, "|") {
		n, err := strconv.ParseUint(word, 0, 32)
		if err == nil {
			e |= Epoll(n)
		}
		for _, known := range epollNames {
			if word == known.name {
				e |= known.event
			}
		}
	}
	return e
}
