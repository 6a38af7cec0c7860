package privacy

import (
	"os"
	"slices"
	"testing"
)

// TestPeopleIn: people's accounts are told from the system's.
func TestPeopleIn(t *testing.T) {
	users, homes := peopleIn([]byte("daemon:x:1:1::/usr/sbin:/bin/false\nsleepy:x:1000:1000:S. Leepy:/home/sleepy/:/bin/sh\n"+
		"broken:x:1001\n# a remark\nnfsnobody:x:65534:65534::/:/bin/false\nbashful:x:1002:1:::/bin/sh"), 0)
	if !slices.Equal(users, []string{"sleepy", "bashful"}) || !slices.Equal(homes, []string{"/home/sleepy", "."}) {
		t.Errorf("%q, %q", users, homes)
	}
	if users, _ = peopleIn([]byte("nobody:x:65534:65534::/:/bin/false"), 65534); !slices.Equal(users, []string{"nobody"}) {
		t.Errorf("one's own account: %q", users)
	}
}

func TestHere(t *testing.T) {
	t.Setenv("USER", "happy")
	t.Setenv("HOME", "/home/happy")
	n := Here()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(n.Hosts, host) || !slices.Contains(n.Users, "happy") || !slices.Contains(n.Homes, "/home/happy") {
		t.Errorf("%+v", n)
	}
}
