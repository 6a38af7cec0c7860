package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"sockproof/cmd/internal/doctor"
	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/repro"
)

func TestZZ(t *testing.T) {
	sent := func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.Proto == "" && e.Packet.At == journal.AtSent
	}
	var wg sync.WaitGroup
	for k := range 160 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c := doctor.Stage{Network: journal.Wire, Family: journal.IPv4}.Conditions()
			doctor.When(k%12, sent, func(*repro.Run) { time.Sleep(1100 * time.Millisecond) })(&c)
			r := suite.Conduct(suite.Scenario(t, "linger0"), c)
			if r.Outcome != claim.Reproduced {
				f, _ := os.Create(fmt.Sprintf("/tmp/zz%d.jsonl", k))
				for _, e := range r.Events {
					b, _ := json.Marshal(map[string]any{"record": "event", "event": e})
					f.Write(append(b, '\n'))
				}
				f.Close()
				t.Errorf("%d %s", k, r.Why)
			}
		}()
	}
	wg.Wait()
}
