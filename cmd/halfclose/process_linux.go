package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
	"sockproof/lib/sock"
)

// exit: a process that owns a connection returns from main, and one that calls
// _exit.
func exit(r *scenario.Run) error {
	return processes(r,
		func(c *sock.Child) error { return c.Exit(0) },
		func(c *sock.Child) error { return c.ExitNow(0) })
}

// kill: a process that owns a connection is killed.
func kill(r *scenario.Run) error {
	return processes(r, func(c *sock.Child) error { return c.Kill(journal.SIGKILL) })
}

func processes(r *scenario.Run, ways ...func(*sock.Child) error) error {
	s, err := r.Host("b").Listen(scenario.ServerPort)
	if err != nil {
		return err
	}
	for _, end := range ways {
		if err := ends(r, s, end); err != nil {
			return err
		}
	}
	return nil
}
