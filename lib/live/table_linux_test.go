package live

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"sockproof/lib/witness/diag"
)

// fakeDumps are a table of which each dump shows something else.
type fakeDumps struct {
	dumps map[uint8][]fakeDump // by family; none left: an empty table
	asked []diag.Filter
}

type fakeDump struct {
	cookies []uint64
	err     error
}

func (f *fakeDumps) Dump(filter diag.Filter, each func(diag.Socket) error) error {
	f.asked = append(f.asked, filter)
	left := f.dumps[filter.Family]
	if len(left) == 0 {
		return nil
	}
	f.dumps[filter.Family] = left[1:]
	for _, c := range left[0].cookies {
		if err := each(diag.Socket{Cookie: c}); err != nil {
			return err
		}
	}
	return left[0].err
}

func TestTable(t *testing.T) {
	const four, six = diag.FamilyIPv4, diag.FamilyIPv6
	broken := errors.New("broken")
	cut := fakeDump{[]uint64{1}, diag.ErrInterrupted}
	for _, tt := range []struct {
		name  string
		dumps map[uint8][]fakeDump
		want  []uint64
		asked int
		err   error
	}{
		{"both families", map[uint8][]fakeDump{four: {{[]uint64{1, 2}, nil}}, six: {{[]uint64{3}, nil}}}, []uint64{1, 2, 3}, 2, nil},
		{"no IPv6", map[uint8][]fakeDump{four: {{[]uint64{1}, nil}}, six: {{nil, syscall.ENOENT}}}, []uint64{1}, 2, nil},
		{"no IPv4", map[uint8][]fakeDump{four: {{nil, syscall.ENOENT}}}, nil, 1, syscall.ENOENT},
		{"broken", map[uint8][]fakeDump{six: {{nil, broken}}}, nil, 2, broken},
		{"interrupted once", map[uint8][]fakeDump{four: {cut, {[]uint64{2}, nil}}}, []uint64{2}, 4, nil},
		{"interrupted once, later", map[uint8][]fakeDump{four: {{[]uint64{1}, nil}, {[]uint64{2}, nil}}, six: {cut}}, []uint64{2}, 4, nil},
		{"interrupted, then broken", map[uint8][]fakeDump{four: {cut}, six: {{nil, broken}}}, []uint64{1}, 2, broken},
		{"always interrupted", map[uint8][]fakeDump{four: {cut, cut, cut, cut, cut}}, []uint64{1}, 10, diag.ErrInterrupted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeDumps{dumps: tt.dumps}
			var got []uint64
			err := Again(func() error {
				got = nil
				return Families(f, diag.Filter{States: 8, MPTCP: true}, func(s diag.Socket) { got = append(got, s.Cookie) })
			})
			if !errors.Is(err, tt.err) || !slices.Equal(got, tt.want) || len(f.asked) != tt.asked {
				t.Errorf("%v, sockets %v, %d dumps", err, got, len(f.asked))
			}
			if f.asked[0] != (diag.Filter{Family: four, States: 8, MPTCP: true}) {
				t.Errorf("asked for %+v", f.asked[0])
			}
		})
	}
}

// TCP's sockets come with one question.
func TestTableOfTCP(t *testing.T) {
	f := &fakeDumps{dumps: map[uint8][]fakeDump{0: {{[]uint64{1, 2}, diag.ErrInterrupted}}}}
	var got []uint64
	err := Families(f, diag.Filter{States: 8}, func(s diag.Socket) { got = append(got, s.Cookie) })
	if !errors.Is(err, diag.ErrInterrupted) || !slices.Equal(got, []uint64{1, 2}) || len(f.asked) != 1 {
		t.Errorf("%v, sockets %v, %d dumps", err, got, len(f.asked))
	}
}
