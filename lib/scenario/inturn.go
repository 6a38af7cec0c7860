package scenario

import "sockproof/lib/wire"

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
