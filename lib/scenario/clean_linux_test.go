package scenario

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// held is what this process holds that a run could have left.
type held struct {
	descriptors, goroutines, namespaces int
}

func holding(t *testing.T) held {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	links, err := filepath.Glob("/proc/self/task/*/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	namespaces := map[string]bool{}
	for _, l := range links {
		if ns, err := os.Readlink(l); err == nil { // a thread may have ended
			namespaces[ns] = true
		}
	}
	return held{len(fds), runtime.NumGoroutine(), len(namespaces)}
}

// A run leaves no descriptor, goroutine, thread or namespace, however it ends.
func TestNothingIsLeft(t *testing.T) {
	ends := map[string]func(*T){
		"in order": func(r *T) { r.Connection() },
		"in error": func(r *T) {
			r.Connection()
			r.Stop("an error")
		},
		"in its time": func(r *T) {
			r.Connection()
			r.Wait(testBound)
		},
	}
	for _, s := range stages() {
		for name, steps := range ends {
			t.Run(s.String()+"/"+name, func(t *testing.T) {
				s.need(t)
				before := holding(t)
				for range 5 {
					s.conduct(context.Background(), 20*time.Millisecond, steps)
				}
				var after held
				for deadline := time.Now().Add(testBound); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
					if after = holding(t); after.goroutines <= before.goroutines && after.namespaces <= before.namespaces && after.descriptors <= before.descriptors {
						return
					}
				}
				t.Errorf("held %+v before, %+v after", before, after)
			})
		}
	}
}
