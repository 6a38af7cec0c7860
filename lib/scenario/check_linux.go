package scenario

import "sockproof/lib/sock"

// ConnectTwice is what check does on a network, for every rule of the confrontation to
// have something to say: a connection with data both ways, of which one end sends its
// FIN, and another that is reset. The first is reset when the run is torn down, so that
// no TIME_WAIT stays behind.
func ConnectTwice(r *Run) error {
	s, err := r.Host("b").Listen(ServerPort)
	if err != nil {
		return err
	}
	c, err := s.Connect(r.Host("a"))
	if err != nil {
		return err
	}
	r.Send(c.Client, "ping")
	r.Receive(c.Server)
	r.Send(c.Server, "pong")
	r.Receive(c.Client)
	_ = c.Client.Shutdown(sock.ShutWrite)
	r.Settle()
	r.Receive(c.Server)
	if c, err = s.Connect(r.Host("a")); err != nil {
		return err
	}
	_ = c.Server.Reset()
	r.Settle()
	r.Receive(c.Client)
	return nil
}
