package packet_test

import (
	"encoding/hex"
	"strings"
	"testing"
)

// Packets that Linux 6.18 sent: into a TUN device, and, where said, over lo.
const (
	synIPv4 = `4500003c 88c04000 40062df8 c0000201 c0000202
		9c401f90 f14f64d3 00000000 a002faf0 bae10000 020405b4 0402080a bc304002 00000000 0103030a`
	synIPv6 = `6000bcf8 00280640 20010db8000000000000000000000001 20010db8000000000000000000000002
		9c401f90 5818c715 00000000 a002fd20 8eb60000 020405a0 0402080a 40f744cf 00000000 0103030a`
	synFastOpen = `45000040 16104000 4006a0a4 c0000201 c0000202
		a7281f90 bfd05e77 00000000 b002faf0 dedd0000 020405b4 0402080a c02811fa 00000000 0103030a 22020101`
	synMPTCP = `45000040 22114000 400694a3 c0000201 c0000202
		a72e1f90 1a9d9a78 00000000 b002faf0 83280000 020405b4 0402080a 75d4252e 00000000 0103030a 1e040101`
	dataOverLo = `45000039 0c264000 40063097 7f000001 7f000001
		9c401f90 d2c10c08 f9b22ff7 80180040 fe2d0000 0101080a a057c832 6aaf37b7 68656c6c6f`
	udpIPv4 = `4500001e 9ba44000 40111b27 c0000201 c0000202 d1ef0035 000a4148 6869`
	// A router solicitation, sent when the device came up.
	icmpv6 = `60000000 00083aff fe80000000000000414e2933f0177c2b ff020000000000000000000000000002
		8500a672 00000000`
	// The second of two fragments of a UDP datagram, its data cut to 8 bytes
	// and the lengths and checksum with it.
	fragmentIPv4 = `4500001c 9ba500b9 40115a6f c0000201 c0000202 78787878 78787878`
)

// raw reads hexadecimal that is laid out for the reader.
func raw(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
