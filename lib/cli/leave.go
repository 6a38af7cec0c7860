package cli

// unlessInterrupted does what takes its time and changes nothing, and says whether it
// was done. If the program is to end, it is left where it is: nobody waits for it, and
// it must not write anything that is read then.
func (c *Context) unlessInterrupted(f func()) (done bool) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		f()
	}()
	select {
	case <-over:
		return !c.interrupted()
	case <-c.Ctx.Done():
		return false // Main names the signal
	}
}
