package load

import "container/heap"

// waiting is a request under way. Those of a shard are linked in the order in
// which patience with them ends.
type waiting struct {
	client     *client
	number     uint64
	sent       int64 // nanoseconds since the load began
	since      int64 // when the wait for it began: when it was sent, or later
	prev, next *waiting
}

// queue is a ring of requests under way, of which it is the head.
type queue struct{ waiting }

func newQueue() *queue {
	q := &queue{}
	q.prev, q.next = &q.waiting, &q.waiting
	return q
}

// push puts a request last: of all waits its began last.
func (q *queue) push(w *waiting) {
	w.prev, w.next = q.prev, &q.waiting
	w.prev.next, q.prev = w, w
}

// first is the request that was pushed before all others; nil: there is none.
func (q *queue) first() *waiting {
	if q.next == &q.waiting {
		return nil
	}
	return q.next
}

// leave takes a request out of its queue, if it is in one.
func (w *waiting) leave() {
	if w.next != nil {
		w.prev.next, w.next.prev = w.next, w.prev
		w.prev, w.next = nil, nil
	}
}

// lateReply is a reply that a server owes, and when it is due.
type lateReply struct {
	at     int64
	by     *server
	number uint64
}

// lateReplies are those of a shard, a heap by time.
type lateReplies []lateReply

func (l lateReplies) Len() int           { return len(l) }
func (l lateReplies) Less(i, j int) bool { return l[i].at < l[j].at }
func (l lateReplies) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *lateReplies) Push(x any)        { *l = append(*l, x.(lateReply)) }

func (l *lateReplies) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}

func (l *lateReplies) add(r lateReply) { heap.Push(l, r) }

func (l *lateReplies) take() lateReply { return heap.Pop(l).(lateReply) }
