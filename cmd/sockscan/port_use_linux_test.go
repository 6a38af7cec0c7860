package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"sockproof/lib/journaltest"
)

// Who listens on a port, and who else has it, is told with it.
func TestPortUsers(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		at := netip.MustParseAddrPort("127.0.0.1:8080")
		listener, err := listenAt(at, syscall.IPPROTO_TCP, 8)
		if err != nil {
			return err
		}
		client, err := connectTo(at, syscall.IPPROTO_TCP)
		if err != nil {
			return err
		}
		bound, err := boundTo(netip.MustParseAddrPort("127.0.0.1:8082"), syscall.IPPROTO_TCP)
		if err != nil {
			return err
		}
		defer journaltest.CloseAll([]int{int(listener), int(client), int(bound)})
		path := fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
		_, out, errs := command(t, "port", "8080", "8081", "8082", "--netns", path, "--format", "json")
		var r portReport
		if err := json.Unmarshal([]byte(out), &r); err != nil || errs != "" {
			return fmt.Errorf("%q, %q, %w", out, errs, err)
		}
		users := r.Ports[0].Users
		if len(users) != 2 || users[0].State != "LISTEN" || users[0].Program == nil || users[0].Program.PID != os.Getpid() ||
			users[1].State != "ESTABLISHED" || users[1].Program != nil || len(r.Ports[1].Users) != 0 {
			t.Errorf("%s", out)
		}
		if users := r.Ports[2].Users; showsBound(func(_ string, err error) { t.Error(err) }) && (len(users) != 1 || users[0].Program == nil || users[0].Program.PID != os.Getpid()) {
			t.Errorf("bound: %+v", users)
		}
		return nil
	})
}
