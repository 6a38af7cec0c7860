package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"sockproof/lib/journaltest"
	"sockproof/lib/schematest"
)

// watched runs the watch of the calling thread's namespace while do does something there, and
// returns its records by their kind.
func watched(t *testing.T, do func() error, args ...string) map[string][]map[string]any {
	t.Helper()
	place := []string{"--netns", fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid()), "--stuck", "100ms", "--for", "2s", "--format", "jsonl"}
	type result struct {
		code      int
		out, errs string
	}
	over := make(chan result, 1)
	go func() {
		var r result
		r.code, r.out, r.errs = command(t, "watch", append(place, args...)...)
		over <- r
	}()
	var r result
	for r.out == "" && r.errs == "" { // until it watches, and for as long as it does
		select {
		case r = <-over:
		case <-time.After(50 * time.Millisecond):
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if strings.Contains(r.errs, "CAP_BPF") && r.code == 3 {
		t.Skipf("skip: needs root: %s", r.errs)
	}
	if r.code != 0 || r.errs != "" {
		t.Fatalf("exit %d: %s", r.code, r.errs)
	}
	records := map[string][]map[string]any{}
	for line := range strings.Lines(r.out) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(line, err)
		}
		schematest.Fits(t, "watch", record)
		kind := record["record"].(string)
		records[kind] = append(records[kind], record)
	}
	return records
}

// halfOpened listens; do makes a connection whose client closes. The server accepts it only if it
// is to, and keeps it until end is called.
func halfOpened(accepts bool) (do func() error, end func(), err error) {
	at := netip.MustParseAddrPort("127.0.0.1:8080")
	listener, err := listenAt(at, syscall.IPPROTO_TCP, 1000)
	open := []int{int(listener)}
	do = func() error {
		client, err := connectTo(at, syscall.IPPROTO_TCP)
		if err != nil {
			return err
		}
		if accepts {
			server, err := listener.accept()
			if err != nil {
				return err
			}
			open = append(open, int(server))
		}
		return client.close()
	}
	return do, func() { journaltest.CloseAll(open) }, err
}

// TestWatch: what stays in CLOSE_WAIT is told with its program; what has not been accepted has none.
func TestWatch(t *testing.T) {
	for _, accepts := range []bool{true, false} {
		journaltest.InNamespace(t, func() error {
			do, end, err := halfOpened(accepts)
			defer end()
			if err != nil {
				return err
			}
			records := watched(t, do)
			if len(records["before"]) != 1 || len(records["sums"]) != 1 || len(records["change"]) != 0 {
				t.Errorf("records: %v", records)
			}
			sums := records["sums"][0]
			if sums["lost"] != 0.0 || sums["stays"] != float64(len(records["stays"])) {
				t.Errorf("sums: %v", sums)
			}
			wantCloseWait(t, accepts, records["stays"])
			return nil
		})
	}
}

// wantCloseWait: some of the stays are in CLOSE_WAIT, and these are told in time and with their owners.
func wantCloseWait(t *testing.T, accepts bool, stays []map[string]any) {
	t.Helper()
	told := 0
	for _, s := range stays {
		if s["state"] != "CLOSE_WAIT" {
			continue // the client, whose FIN's acknowledgement is delayed on a busy machine
		}
		told++
		owner, _ := s["owner"].(map[string]any)
		if accepts && owner["pid"] != float64(os.Getpid()) || !accepts && owner != nil {
			t.Errorf("accepted %t: %v", accepts, s)
		}
		if s["for_ns"].(float64) < float64(100*time.Millisecond) {
			t.Errorf("told too early: %v", s)
		}
	}
	if told == 0 {
		t.Errorf("accepted %t: no CLOSE_WAIT was told", accepts)
	}
}

// TestWatchAllEvents: as many changes are told as were counted, if none was lost.
func TestWatchAllEvents(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		do, end, err := halfOpened(true)
		defer end()
		if err != nil {
			return err
		}
		records := watched(t, do, "--all-events")
		entered, told := map[string]float64{}, map[string]float64{}
		for state, n := range records["sums"][0]["entered"].(map[string]any) {
			entered[state] = n.(float64)
		}
		for _, c := range records["change"] {
			told[c["to"].(string)]++
		}
		// Those of the very end were counted after they were last read.
		if n := told["CLOSE_WAIT"]; n == 0 || n > entered["CLOSE_WAIT"] || told["SYN_SENT"] > entered["SYN_SENT"] {
			t.Errorf("told %v, counted %v", told, entered)
		}
		return nil
	})
}

// TestWatchUsage: a stay too short to be told is refused.
func TestWatchUsage(t *testing.T) {
	if code, out, errs := command(t, "watch", "--stuck", "1ms"); code != 2 || out != "" || !strings.Contains(errs, "100ms") {
		t.Errorf("exit %d, %q, %q", code, out, errs)
	}
}
