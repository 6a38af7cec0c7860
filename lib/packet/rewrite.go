package packet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
)

// Rewrite returns the decoded packet with other addresses, another payload of the
// same length, and the data of those options zeroed that have no method here: one
// of Multipath TCP's has addresses (RFC 8684 §3.4.1). Where that changes anything,
// the checksums are made right; else the packet is as it was, right or not.
//
// It is an error if it is not TCP, if addresses or payload do not fit it, or if it
// has IPv4 options or IPv6 extension headers, which can have addresses too.
func (p *Packet) Rewrite(src, dst netip.Addr, payload []byte) ([]byte, error) {
	plain := ipv6HeaderLen
	if p.Version == 4 {
		plain = ipv4HeaderLen
	}
	switch {
	case !p.IsTCP():
		return nil, fmt.Errorf("packet: rewrite: only TCP can be, not %s", p.ProtoName())
	case p.HeaderLen != plain:
		return nil, errors.New("packet: rewrite: its IP header has options or extensions")
	case src.BitLen() != p.Src.Addr().BitLen() || dst.BitLen() != p.Dst.Addr().BitLen():
		return nil, fmt.Errorf("packet: rewrite: addresses of another IP version: %v > %v", src, dst)
	case len(payload) != len(p.Payload):
		return nil, fmt.Errorf("packet: rewrite: a payload of %d bytes, not %d", len(payload), len(p.Payload))
	}
	b := bytes.Clone(p.Raw)
	at := 8 // IPv6
	if p.Version == 4 {
		at = 12
	}
	n := copy(b[at:], src.AsSlice())
	copy(b[at+n:], dst.AsSlice())
	blankUnknown(Options(b[p.HeaderLen+tcpHeaderLen:][:len(p.Options)]))
	copy(b[len(b)-len(payload):], payload)
	if !bytes.Equal(b, p.Raw) {
		setChecksums(b, p.HeaderLen, src, dst)
	}
	return b, nil
}

// Completed returns the decoded packet with its TCP checksum right, and ok, if the
// kernel had left it partial: the sum of the pseudo-header alone, for a network
// card to go on from. On lo there is no such card. Else ok is false.
func (p *Packet) Completed() (b []byte, ok bool) {
	if !p.IsTCP() {
		return nil, false
	}
	src, dst := p.Src.Addr(), p.Dst.Addr()
	segment := p.Raw[p.HeaderLen:]
	partial := fold(pseudoHeader(ProtoTCP, src, dst, len(segment)))
	if binary.BigEndian.Uint16(segment[16:]) != partial || p.ChecksumOK() {
		return nil, false
	}
	b = bytes.Clone(p.Raw)
	setTCPChecksum(b[p.HeaderLen:], src, dst)
	return b, true
}

// setChecksums makes the checksums of a TCP packet right.
func setChecksums(b []byte, headerLen int, src, dst netip.Addr) {
	if headerLen == ipv4HeaderLen {
		binary.BigEndian.PutUint16(b[10:], 0)
		binary.BigEndian.PutUint16(b[10:], ^fold(sum(0, b[:headerLen])))
	}
	setTCPChecksum(b[headerLen:], src, dst)
}

func setTCPChecksum(segment []byte, src, dst netip.Addr) {
	binary.BigEndian.PutUint16(segment[16:], 0)
	binary.BigEndian.PutUint16(segment[16:], checksumOf(ProtoTCP, src, dst, segment))
}

// blankUnknown zeroes the data of the options that this package has no method
// for, and whatever follows an impossible length.
func blankUnknown(o Options) {
	for {
		opt, rest, malformed, ok := o.next()
		if !ok {
			if malformed {
				clear(rest[min(2, len(rest)):])
			}
			return
		}
		switch opt.Kind {
		case KindMSS, KindWindowScale, KindSACKPermitted, KindSACK, KindTimestamps, KindFastOpen:
		default:
			clear(opt.Data)
		}
		o = rest
	}
}
