package diag

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

func told(ms uint32) Since { return Since{ms, true} }

func TestParseRecordedInfo(t *testing.T) {
	littleEndian(t)
	replies := recordedIn(t, "testdata/info.txt")
	want := map[string]Info{
		// 300 ms after the opening, 200 after the data, 100 after the FIN.
		"close-wait, 5 bytes unread": {LastDataSent: told(304), LastDataRecv: told(204), LastAckRecv: told(104)},
		"fin-wait2, held":            {LastDataSent: told(204), LastDataRecv: told(304), LastAckRecv: told(60)}, // 40 ms to a delayed ACK
		"fin-wait2, orphaned":        {},
		"MPTCP, close-wait":          {LastDataSent: told(300), LastDataRecv: told(200), LastAckRecv: told(100)},
		// The opening is 100 ms ago. TCP's FIN is no MPTCP acknowledgement.
		"MPTCP that fell back, close-wait": {LastDataSent: told(104), LastDataRecv: told(104), LastAckRecv: told(104), Fallback: true},
	}
	if len(replies) != len(want) {
		t.Errorf("%d replies are recorded, %d expected", len(replies), len(want))
	}
	for name, b := range replies {
		if got := parseInfo(b, isMPTCP(name)); got != want[name] {
			t.Errorf("%s\ngot  %+v\nwant %+v", name, got, want[name])
		}
	}
}

// isMPTCP says whether a reply was recorded from an MPTCP socket.
func isMPTCP(name string) bool { return strings.HasPrefix(name, "MPTCP") }

// withInfo is a reply whose only attribute is this struct.
func withInfo(info []byte) []byte {
	b := make([]byte, messageLen, messageLen+8+len(info))
	b = binary.NativeEndian.AppendUint16(b, uint16(4+len(info)))
	b = binary.NativeEndian.AppendUint16(b, attrInfo)
	return append(b, info...)
}

// The struct of an older kernel is shorter, that of a newer one longer: what it
// has is read.
func TestInfoOfAnyLength(t *testing.T) {
	for name, whole := range recordedIn(t, "testdata/info.txt") {
		want := parseInfo(whole, isMPTCP(name))
		info := infoAttribute(whole)
		if got := parseInfo(withInfo(append(slices.Clone(info), make([]byte, 100)...)), isMPTCP(name)); len(info) > 0 && got != want {
			t.Errorf("%s, longer: %+v, want %+v", name, got, want)
		}
		for n := range info {
			got := parseInfo(withInfo(info[:n]), isMPTCP(name))
			for _, field := range []struct {
				name      string
				got, want Since
				at        map[bool]int
			}{
				{"LastDataSent", got.LastDataSent, want.LastDataSent, map[bool]int{false: 44, true: 84}},
				{"LastDataRecv", got.LastDataRecv, want.LastDataRecv, map[bool]int{false: 52, true: 88}},
				{"LastAckRecv", got.LastAckRecv, want.LastAckRecv, map[bool]int{false: 56, true: 92}},
			} {
				if n < field.at[isMPTCP(name)]+4 {
					field.want = Since{}
				}
				if field.got != field.want {
					t.Errorf("%s, %d bytes: %s %+v, want %+v", name, n, field.name, field.got, field.want)
				}
			}
		}
	}
}

// A struct tcp_info filled with numbers of their own, for what the recordings
// have zeros in.
func TestInfoFields(t *testing.T) {
	var b []byte
	for at := uint32(0); at < 248; at += 4 {
		b = binary.NativeEndian.AppendUint32(b, at)
	}
	if got, want := parseInfo(withInfo(b), false), (Info{LastDataSent: told(44), LastDataRecv: told(52), LastAckRecv: told(56), NotSent: 144}); got != want {
		t.Errorf("tcp_info: %+v, want %+v", got, want)
	}
	if got, want := parseInfo(withInfo(b), true), (Info{LastDataSent: told(84), LastDataRecv: told(88), LastAckRecv: told(92)}); got != want {
		t.Errorf("mptcp_info: %+v, want %+v", got, want)
	}
	binary.NativeEndian.PutUint32(b[8:], 1)
	if got := parseInfo(withInfo(b), true); !got.Fallback {
		t.Errorf("flags 1: %+v", got)
	}
}

func TestAttributes(t *testing.T) {
	attr := func(length, kind uint16, payload ...byte) []byte {
		b := binary.NativeEndian.AppendUint16(nil, length)
		return append(binary.NativeEndian.AppendUint16(b, kind), payload...)
	}
	for _, tt := range []struct {
		name  string
		attrs []byte
		want  []byte // of kind 2; nil: none
	}{
		{"none", nil, nil},
		{"only one", attr(5, 2, 7, 0, 0, 0), []byte{7}},
		{"empty", attr(4, 2), []byte{}},
		{"behind one that is padded", slices.Concat(attr(5, 8, 1, 0, 0, 0), attr(8, 2, 1, 2, 3, 4)), []byte{1, 2, 3, 4}},
		{"flagged as nested", attr(8, 2|1<<15, 1, 2, 3, 4), []byte{1, 2, 3, 4}},
		{"the first of two", slices.Concat(attr(8, 2, 1, 2, 3, 4), attr(8, 2, 5, 6, 7, 8)), []byte{1, 2, 3, 4}},
		{"of another kind", attr(8, 3, 1, 2, 3, 4), nil},
		{"shorter than its own header", slices.Concat(attr(3, 8), attr(8, 2, 1, 2, 3, 4)), nil},
		{"of length 0", slices.Concat(attr(0, 8), attr(8, 2, 1, 2, 3, 4)), nil},
		{"longer than the message", attr(9, 2, 1, 2, 3, 4), nil},
		{"header cut short", []byte{8, 0, 2}, nil},
		{"padding cut off", attr(5, 2, 7), []byte{7}},
	} {
		got := infoAttribute(append(make([]byte, messageLen), tt.attrs...))
		if !slices.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := infoAttribute(make([]byte, messageLen-1)); got != nil {
		t.Errorf("a message without room for any: %v", got)
	}
}

// FuzzInfo: no bytes make the reader panic or stand still, and what is told is
// never from beyond them.
func FuzzInfo(f *testing.F) {
	for name, b := range recordedIn(f, "testdata/info.txt") {
		f.Add(b, isMPTCP(name))
		f.Add(b[:len(b)/2], isMPTCP(name))
	}
	f.Fuzz(func(t *testing.T, b []byte, mptcp bool) {
		got := parseInfo(b, mptcp)
		if len(b) < messageLen+4+48 && got != (Info{}) {
			t.Errorf("%d bytes, %+v", len(b), got)
		}
	})
}
