package main

import (
	"sockproof/lib/journal"
	"sockproof/lib/network"
)

// onStage sets a stage, and calls f with the place of the options on it.
func onStage(o *loadOptions, f func() error) (err error) {
	network.OnThread(func() {
		var n *network.Network
		n, err = network.Open(network.Options{
			Kind: o.network, Family: o.family, Hosts: []string{"a", "b"},
			Recorder: journal.NewRecorder(journal.Journal{}, 1), // nobody reads it
		})
		if err != nil {
			return
		}
		defer n.Close()
		o.Place = func(f func() error) (err error) {
			if refused := <-n.Hosts[0].Go(func() { err = f() }); refused != nil {
				return refused
			}
			return err
		}
		err = f()
	})
	return err
}
