package main

import (
	"fmt"
	"io"

	"sockproof/lib/cli"
	"sockproof/lib/live"
	"sockproof/lib/portrange"
)

// portCommand says whether server ports are safe from the kernel's choice of
// source port.
func portCommand() cli.Command {
	return cli.Command{
		Name: "port", Usage: "say whether server ports can be hit by the kernel's choice of source port, the cure, and what uses them now",
		ArgsUsage: "PORT [PORT ...]",
		Flags:     append(live.PlaceFlags(), cli.FormatFlag()),
		Accepts:   []string{"color"},
		Exit:      "0 every port is safe, 1 one is not, 2 bad usage, 3 the settings could not be read, or output lost",
		Examples: []cli.Example{
			{Line: "sockscan port 8080", Does: "exit status 1: a client may connect to itself there, and the sysctl line that cures it"},
		},
		Do: doPort,
	}
}

func doPort(c *cli.Context) (int, error) {
	if len(c.Args) == 0 {
		return cli.ExitUsage, cli.Usagef("port: no port given: want ports from 1 to 65535")
	}
	var ports []uint16
	for _, a := range c.Args {
		p, err := portrange.ParsePort(a)
		if err != nil {
			return cli.ExitUsage, cli.Usagef("port: %v", err)
		}
		ports = append(ports, p)
	}
	place, err := live.PlaceOf(c)
	if err != nil {
		return cli.ExitUsage, err
	}
	s, err := live.ReadPortSettings(place)
	if err != nil {
		return cli.ExitInconclusive, err
	}
	r := portSettings(s).check(ports, place)
	users, err := usersOf(place, ports)
	if err != nil {
		return cli.ExitInconclusive, err
	}
	for i := range r.Ports {
		r.Ports[i].Users, r.Ports[i].asked = users.of(r.Ports[i].Port), users
	}
	code := 0
	if r.Cure != nil {
		code = cli.ExitNotReproduced
	}
	return code, c.TextOrJSON(r, r.write)
}

// portReport is what the command found.
type portReport struct {
	Schema    string        `json:"schema"`
	Namespace string        `json:"namespace,omitempty"` // looked into, if not the caller's own
	Range     string        `json:"ip_local_port_range"`
	Reserved  string        `json:"ip_local_reserved_ports"`
	Ports     []checkedPort `json:"ports"`
	Cure      *portCure     `json:"cure,omitempty"` // absent: none is needed
}

// write shows the report as text.
func (r *portReport) write(w io.Writer) {
	if r.Namespace != "" {
		fmt.Fprintf(w, "in %s:\n", r.Namespace)
	}
	for i := range r.Ports {
		r.Ports[i].write(w)
	}
	if r.Cure != nil {
		fmt.Fprintf(w, "\nto protect %s, keeping what is reserved already:\n  %s\n", r.Cure.whom(), r.Cure.Now)
		if r.Cure.Persistent != "" {
			fmt.Fprintf(w, "and after a reboot:\n  %s\n", r.Cure.Persistent)
		} else {
			fmt.Fprintln(w, "lasting only if set again by whatever makes that namespace (docker run --sysctl …)")
		}
	}
	fmt.Fprintln(w, "no setting stops a client that itself binds such a port before it connects")
}
