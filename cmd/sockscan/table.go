package main

import "iter"

// numberTable finds numbers of sockets by a hash of something, which several may share.
type numberTable struct {
	slots []uint32 // a number, from 1; 0: none. What comes to a slot that is taken is in one that follows
}

// reset empties it and makes room for so many.
func (t *numberTable) reset(n int) {
	size := 8
	for size < n+n/2 {
		size *= 2
	}
	if len(t.slots) < size {
		t.slots = make([]uint32, size)
		return
	}
	clear(t.slots)
}

func (t *numberTable) add(hash uint64, n int) {
	at := t.slot(hash)
	for t.slots[at] != 0 {
		at = (at + 1) & (len(t.slots) - 1)
	}
	t.slots[at] = uint32(n) + 1
}

// with are the numbers with that hash, and some with others: which of them is meant the caller compares.
func (t *numberTable) with(hash uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for at := t.slot(hash); t.slots[at] != 0; at = (at + 1) & (len(t.slots) - 1) {
			if !yield(int(t.slots[at]) - 1) {
				return
			}
		}
	}
}

func (t *numberTable) slot(hash uint64) int { return int(hash>>32) & (len(t.slots) - 1) }
