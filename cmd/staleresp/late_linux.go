package main

import "sockproof/lib/scenario"

// lateReply: a request times out, and its reply is read by the next one; then
// what each policy makes of that.
func lateReply(r *scenario.Run) error {
	s, err := serve(r)
	if err != nil {
		return err
	}
	for _, p := range policies {
		c, err := newClient(r, s, p)
		if err != nil {
			return err
		}
		if err := c.play(afterOne(fromServer, 3)...); err != nil {
			return err
		}
	}
	return nil
}

// afterOne are the requests of so many users, of which the first one's reply is
// late.
func afterOne(a arrival, n int) []step {
	steps := []step{{users[0], a}}
	for _, u := range users[1:n] {
		steps = append(steps, step{u, inTime})
	}
	return steps
}

// slowServer: the server answers late.
func slowServer(r *scenario.Run) error { return late(r, fromServer) }

// slowNetwork: the server answers at once, and the network is slow.
func slowNetwork(r *scenario.Run) error { return late(r, fromNetwork) }

// late lets all users ask through a client that takes whatever comes.
func late(r *scenario.Run, a arrival) error {
	s, err := serve(r)
	if err != nil {
		return err
	}
	c, err := newClient(r, s, naive)
	if err != nil {
		return err
	}
	return c.play(afterOne(a, len(users))...)
}

// policiesSideBySide: two replies are late, and what each policy makes of it.
func policiesSideBySide(r *scenario.Run) error {
	s, err := serve(r)
	if err != nil {
		return err
	}
	a := fromServer
	if r.Wire() != nil {
		a = fromNetwork
	}
	for _, p := range policies {
		c, err := newClient(r, s, p)
		if err != nil {
			return err
		}
		steps := afterOne(a, len(users))
		steps[2].comes = a
		if err := c.play(steps...); err != nil {
			return err
		}
	}
	return nil
}
