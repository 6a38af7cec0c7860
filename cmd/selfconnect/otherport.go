package main

import "sockproof/lib/scenario"

// otherPort: a bound client connects to another port of its own address, where nothing
// listens.
func otherPort(t *scenario.T) {
	client, spare := t.Host("a").Socket(), t.Host("a").Socket()
	client.Bind(t.Host("a").At(0))
	spare.Bind(t.Host("a").At(0))
	client.Local()
	target := spare.Local()
	spare.Close() // nothing has that port then
	client.Connect(target)
	client.Err()
}
