package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"sockproof/lib/journaltest"
)

// TestPortCure asks the kernel: a port at risk, then cured by the line that
// was printed, which keeps what was reserved.
func TestPortCure(t *testing.T) {
	journaltest.InNamespace(t, func() error {
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_reserved_ports", []byte("9001,9000"), 0); err != nil {
			return err
		}
		path := fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), syscall.Gettid())
		check := func(args ...string) (int, portReport, error) {
			code, out, errs := command(t, "port", append(args, "--netns", path, "--format", "json")...)
			var r portReport
			if err := json.Unmarshal([]byte(out), &r); err != nil || errs != "" {
				return code, r, fmt.Errorf("%q, %q, %w", out, errs, err)
			}
			return code, r, nil
		}
		code, r, err := check("8080", "40000")
		if err != nil {
			return err
		}
		if code != 1 || r.Cure == nil || r.Cure.Value != "9000-9001,40000" || r.Ports[0].AtRisk || !r.Ports[1].AtRisk {
			return fmt.Errorf("exit %d, %+v, cure %+v", code, r, r.Cure)
		}
		_, value, _ := strings.Cut(r.Cure.Now, "net.ipv4.ip_local_reserved_ports=")
		if err := os.WriteFile("/proc/sys/net/ipv4/ip_local_reserved_ports", []byte(value), 0); err != nil {
			return err
		}
		if code, r, err = check("8080", "40000"); err != nil || code != 0 || r.Cure != nil || r.Reserved != "9000-9001,40000" {
			t.Errorf("cured: exit %d, %+v, %v", code, r, err)
		}
		return nil
	})
}
