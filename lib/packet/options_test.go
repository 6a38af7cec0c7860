package packet_test

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sockproof/lib/packet"
)

func TestOptionsStrings(t *testing.T) {
	tests := []struct {
		name, raw string
		want      []string
	}{
		{"none", "", nil},
		{"padding only", "01010100", []string{}},
		{"every known one", "0402 01 020405b4 030307 080a0000000100000002", []string{"sackOK", "mss 1460", "wscale 7", "TS val 1 ecr 2"}},
		{"one SACK block", "050a 00000001 00000005", []string{"sack 1-5"}},
		{"two SACK blocks", "0101 0512 00000001 00000005 00000009 0000000c", []string{"sack 1-5 9-12"}},
		{"Fast Open cookie", "220a 0011223344556677", []string{"tfo 0011223344556677"}},
		{"Fast Open request", "2202", []string{"tfo"}},
		{"unknown kind", "1e0c 81000000000000000000", []string{"kind 30 (12 bytes)"}},
		{"known kinds of a length they do not have", "0203aa 030400bb 0403cc 0502 0803dd 2203ee", []string{
			"kind 2 (3 bytes)", "kind 3 (4 bytes)", "kind 4 (3 bytes)", "kind 5 (2 bytes)", "kind 8 (3 bytes)", "kind 34 (3 bytes)",
		}},
		{"end before the end", "0402 00 020405b4", []string{"sackOK"}},
		{"length 0", "0402 0200 05b4", []string{"sackOK", "malformed (4 bytes)"}},
		{"length 1", "0201", []string{"malformed (2 bytes)"}},
		{"no room for a length", "01 02", []string{"malformed (1 bytes)"}},
		{"beyond the header", "0204 05", []string{"malformed (3 bytes)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := packet.Options(raw(t, tt.raw)).Strings()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOptionsAreRead(t *testing.T) {
	o := packet.Options(raw(t, "020405b4 0402 080a00000001ffffffff 03030e"))
	if shift, ok := o.WindowScale(); !ok || shift != 14 {
		t.Errorf("WindowScale = %d, %v", shift, ok)
	}
	if val, ecr, ok := o.Timestamps(); !ok || val != 1 || ecr != 4294967295 {
		t.Errorf("Timestamps = %d, %d, %v", val, ecr, ok)
	}
}

func TestOptionsPadding(t *testing.T) {
	tests := []struct{ name, raw, padding, kinds string }{
		{"none", "", "", ""},
		{"before, between and behind", "01 0402 0101 080a0000000100000002 01", "01010101", "0408"},
		{"behind the end", "0402 00 0204", "000204", "04"},
		{"an impossible length", "01 0402 01 0801 01", "0101", "04"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := packet.Options(raw(t, tt.raw))
			kinds := []byte{}
			for opt := range o.All() {
				kinds = append(kinds, opt.Kind)
			}
			if got := hex.EncodeToString(o.Padding()); got != tt.padding {
				t.Errorf("Padding = %s, want %s", got, tt.padding)
			}
			if got := hex.EncodeToString(kinds); got != tt.kinds {
				t.Errorf("All = %s, want %s", got, tt.kinds)
			}
		})
	}
}

func TestOptionsAbsent(t *testing.T) {
	o := packet.Options(raw(t, "01 1e040102"))
	_, shift := o.WindowScale()
	_, _, ts := o.Timestamps()
	if shift || ts {
		t.Errorf("%v: something was found that is not there", o.Strings())
	}
}
