package privacy

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Here are what this machine and its users are called, as far as that is known
// without asking another machine.
func Here() *Names {
	n := &Names{}
	if host, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(host, ".")
		n.Hosts = distinct(host, short)
	}
	home, _ := os.UserHomeDir()
	n.Users = distinct(os.Getenv("USER"), os.Getenv("LOGNAME"), os.Getenv("SUDO_USER"), os.Getenv("USERNAME"))
	n.Homes = distinct(home)
	passwd, _ := os.ReadFile("/etc/passwd") // there is none on some systems
	users, homes := peopleIn(passwd, os.Getuid())
	n.Users, n.Homes = distinct(append(n.Users, users...)...), distinct(append(n.Homes, homes...)...)
	return n
}

// The numbers that distributions give to people (login.defs(5)).
const (
	firstPerson = 1000
	lastPerson  = 60000
)

// peopleIn reads the accounts of people, and one more by its number, out of
// passwd(5): their names and homes.
func peopleIn(passwd []byte, own int) (users, homes []string) {
	for line := range bytes.Lines(passwd) {
		f := strings.Split(strings.TrimSuffix(string(line), "\n"), ":")
		if len(f) < 7 {
			continue
		}
		uid, err := strconv.Atoi(f[2])
		if err != nil || uid != own && (uid < firstPerson || uid > lastPerson) {
			continue
		}
		users, homes = append(users, f[0]), append(homes, filepath.Clean(f[5]))
	}
	return users, homes
}

// distinct drops what is empty or there already.
func distinct(names ...string) []string {
	var all []string
	for _, n := range names {
		if n != "" && !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}
