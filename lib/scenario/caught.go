package scenario

import "sockproof/lib/wire"

// Catch lets every packet wait for its turn from now on; caught is the last that has left a host and matches.
// Nil: none has.
func (t *T) Catch(match func(p *wire.Packet) bool) (caught func() *wire.Packet) {
	var last *wire.Packet
	t.Watch(func(p *wire.Packet) {
		if match(p) {
			last = p
		}
	})
	return func() *wire.Packet { return last }
}

// InTurn has the first packet that matches meet the first of some fates, the second the second, and those after
// that the last. The others wait for their turn.
func InTurn(match func(p *wire.Packet) bool, fates ...wire.Fate) wire.Rule {
	return func(p *wire.Packet) wire.Fate {
		if !match(p) {
			return wire.Wait
		}
		fate := fates[0]
		if len(fates) > 1 {
			fates = fates[1:]
		}
		return fate
	}
}
