package journal

import "strconv"

// Setting is a kernel setting that the run changed, as read back; where Old and
// New are the same, it read it and relied on it.
type Setting struct {
	Name string `json:"name"` // "net.ipv4.tcp_orphan_retries"
	Old  string `json:"old"`
	New  string `json:"new"`
	// Caller is the value on the caller's own stack, where that was read: in a namespace that the
	// run has made the setting is as the kernel makes it, unless somebody sets it there.
	Caller string `json:"caller,omitempty"`
}

// Number is the value; false: it is none.
func (s *Setting) Number() (int64, bool) {
	n, err := strconv.ParseInt(s.New, 10, 64)
	return n, err == nil
}

// IsLowered says whether a number was set that is less than the one before.
func (s *Setting) IsLowered() bool {
	n, is := s.Number()
	old, err := strconv.ParseInt(s.Old, 10, 64)
	return is && err == nil && n < old
}

func (s Setting) masked(m Mask) *Setting {
	s.Old, s.New, s.Caller = m.Text(s.Old), m.Text(s.New), m.Text(s.Caller)
	return &s
}
