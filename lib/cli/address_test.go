package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// listener is a program with a command that shows where it would listen.
func listener(remote bool) *Program {
	p := fakeProgram()
	p.Commands = []Command{{
		Name:    "listen",
		Flags:   []cli.Flag{&cli.StringFlag{Name: "at"}, &cli.BoolFlag{Name: AllowRemoteFlag}},
		Accepts: []string{"4", "6"},
		Do: func(c *Context) (int, error) {
			at, err := c.ListenAddress("at", remote)
			if err == nil {
				fmt.Fprintf(c.Out, "%s %s", at, FamilyOf(at))
			}
			return ExitInconclusive, err
		},
	}}
	return p
}

func TestListenAddress(t *testing.T) {
	for args, want := range map[string]string{
		"--at 80":                             "127.0.0.1:80 ipv4",
		"--at 0":                              "127.0.0.1:0 ipv4",
		"--at 80 -6":                          "[::1]:80 ipv6",
		"--at localhost:80":                   "127.0.0.1:80 ipv4",
		"--at localhost:80 -6":                "[::1]:80 ipv6",
		"--at 127.0.0.2:80 -4":                "127.0.0.2:80 ipv4",
		"--at [::1]:80":                       "[::1]:80 ipv6",
		"--at [::ffff:127.0.0.1]:80":          "127.0.0.1:80 ipv4",
		"--at 0.0.0.0:80 --allow-remote":      "0.0.0.0:80 ipv4",
		"--at [2001:db8::1]:0 --allow-remote": "[2001:db8::1]:0 ipv6",
	} {
		if code, out, errs := callProgram(t, listener(true), strings.Fields("listen "+args)...); out != want || code != ExitInconclusive {
			t.Errorf("%s: exit %d, %q, %q; want %q", args, code, out, errs, want)
		}
	}
	const form = "want a port, or an address and a port like 127.0.0.1:6379 or [::1]:6379, or localhost:6379; other names are not looked up"
	for args, want := range map[string]string{
		"--at 65536":                 form,
		"--at -1":                    form,
		"--at +80":                   form,
		"--at=":                      form,
		"--at example.org:80":        form,
		"--at 127.0.0.1":             form,
		"--at ::1":                   form,
		"--at 127.0.0.1:80 -6":       `value "127.0.0.1:80": 127.0.0.1 is not of the family asked for`,
		"--at [::ffff:1.2.3.4]:0 -6": "1.2.3.4 is not of the family asked for",
		"--at [::1]:80 -4":           "::1 is not of the family asked for",
		"--at 80 -4 -6":              "exclude each other",
		"--at 0.0.0.0:80":            `flag "--at": value "0.0.0.0:80": others can reach 0.0.0.0; --allow-remote lets them, else want a loopback address like 127.0.0.1`,
	} {
		if code, out, errs := callProgram(t, listener(true), strings.Fields("listen "+args)...); code != ExitUsage || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %q, %q; want %q", args, code, out, errs, want)
		}
	}
	code, _, errs := callProgram(t, listener(false), "listen", "--at", "[::]:80", "--allow-remote")
	if code != ExitUsage || !strings.HasSuffix(errs, "others can reach ::; want a loopback address like 127.0.0.1\n") {
		t.Errorf("exit %d, %q", code, errs)
	}
}
