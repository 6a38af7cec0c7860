package sock

import (
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Race runs two functions at the same moment, as nearly as two threads can: each
// pinned to a processor of its own where there are two, both spinning until
// the other is there too. It returns when both have.
func Race(first, second func()) {
	var (
		ready atomic.Int32
		both  sync.WaitGroup
	)
	for i, f := range []func(){first, second} {
		both.Add(1)
		go func() {
			defer both.Done()
			runtime.LockOSThread() // not unlocked: the pinned thread ends here
			pin(i)
			ready.Add(1)
			for ready.Load() < 2 {
				if runtime.NumCPU() == 1 {
					runtime.Gosched()
				}
			}
			f()
		}()
	}
	both.Wait()
}

// pin keeps the calling thread on the n-th processor that it may use. Where it
// may not choose, the race is only less close.
func pin(n int) {
	var allowed, one unix.CPUSet
	if unix.SchedGetaffinity(0, &allowed) != nil {
		return
	}
	for cpu := 0; cpu < 8*len(allowed)*8; cpu++ {
		if !allowed.IsSet(cpu) {
			continue
		}
		if n--; n < 0 {
			one.Set(cpu)
			_ = unix.SchedSetaffinity(0, &one)
			return
		}
	}
}
