package synproxy

import (
	"encoding/binary"
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"

	"sockproof/lib/packet"
)

// Set puts netfilter's SYN proxy in front of a port, in the calling thread's namespace: the
// kernel answers each SYN that comes over the wire by itself, with a cookie, and opens the
// connection to the listener when that has come back (nft(8), SYNPROXY STATEMENT).
//
// Linux 5.3 or newer with nf_tables, nf_conntrack and nft_synproxy.
func Set(port uint16) error {
	c, err := nftables.New()
	if err != nil {
		return fmt.Errorf("set the SYN proxy: %w", err)
	}
	t := c.AddTable(&nftables.Table{Family: nftables.TableFamilyINet, Name: "sockproof"})
	before := c.AddChain(&nftables.Chain{Name: "before", Table: t, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookPrerouting, Priority: nftables.ChainPriorityRaw})
	in := c.AddChain(&nftables.Chain{Name: "in", Table: t, Type: nftables.ChainTypeFilter, Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter})
	c.AddRule(&nftables.Rule{Table: t, Chain: before, Exprs: append(overWire(port), append(isSYN(), &expr.Notrack{})...)})
	c.AddRule(&nftables.Rule{Table: t, Chain: in, Exprs: append(overWire(port), append(isUnknown(),
		&expr.SynProxy{Mss: 1440, MssValueSet: true, Wscale: 10, WscaleValueSet: true, Timestamp: true, SackPerm: true})...)})
	c.AddRule(&nftables.Rule{Table: t, Chain: in, Exprs: append(overWire(port), append(isUnknown(), &expr.Verdict{Kind: expr.VerdictDrop})...)})
	if err := c.Flush(); err != nil {
		return fmt.Errorf("set the SYN proxy: %w", err)
	}
	return nil
}

const register = 1

// overWire matches what comes to a TCP port, but not over lo, by which the proxy's own segments
// reach the listener.
func overWire(port uint16) []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: register},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: register, Data: []byte("lo\x00")},
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: []byte{packet.ProtoTCP}},
		&expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: binary.BigEndian.AppendUint16(nil, port)},
	}
}

// isSYN matches a SYN without ACK.
func isSYN() []expr.Any {
	const flags, which = 13, byte(packet.FIN | packet.SYN | packet.RST | packet.ACK)
	return []expr.Any{
		&expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: flags, Len: 1},
		&expr.Bitwise{SourceRegister: register, DestRegister: register, Len: 1, Mask: []byte{which}, Xor: []byte{0}},
		&expr.Cmp{Op: expr.CmpOpEq, Register: register, Data: []byte{byte(packet.SYN)}},
	}
}

// isUnknown matches what belongs to no connection that is tracked.
func isUnknown() []expr.Any {
	mask := binary.NativeEndian.AppendUint32(nil, expr.CtStateBitINVALID|expr.CtStateBitUNTRACKED)
	none := make([]byte, len(mask))
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeySTATE, Register: register},
		&expr.Bitwise{SourceRegister: register, DestRegister: register, Len: uint32(len(mask)), Mask: mask, Xor: none},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: register, Data: none},
	}
}
