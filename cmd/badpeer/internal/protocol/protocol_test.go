package protocol

import "testing"

func TestNew(t *testing.T) {
	for _, name := range Names() {
		if _, _, err := New(name); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := New("smtp"); err == nil {
		t.Error("smtp is none")
	}
}
