package cli

import (
	"context"
	"testing"
	"time"
)

// TestUnlessInterrupted: what takes for ever is left when the program is to end.
func TestUnlessInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &Context{Ctx: ctx}
	done := false
	if !c.unlessInterrupted(func() { done = true }) || !done {
		t.Error("it was not done")
	}
	stuck, left := make(chan struct{}), make(chan bool)
	go func() { left <- c.unlessInterrupted(func() { <-stuck }) }()
	cancel()
	select {
	case is := <-left:
		if is {
			t.Error("it is said to be done")
		}
	case <-time.After(10 * time.Second):
		t.Error("it is waited for")
	}
	close(stuck)
}
