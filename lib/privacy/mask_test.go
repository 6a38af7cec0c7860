package privacy

import "testing"

// secrets are what the machine of these tests is called.
var secrets = Names{
	Hosts: []string{"Snowwhite.example.org", "snowwhite"}, Users: []string{"grumpy", "doc7"}, Homes: []string{"/home/grumpy", "/srv/doc7"},
}

func TestText(t *testing.T) {
	m := New(&secrets, nil)
	for _, tt := range [][2]string{
		{"", ""},
		{"127.0.0.1:80 → [::1]:80, 0.0.0.0, 192.0.2.1", "127.0.0.1:80 → [::1]:80, 0.0.0.0, 192.0.2.1"},
		{"10.1.2.3", "198.51.100.1"},
		{"10.1.2.3.", "198.51.100.1."},
		{"(10.1.2.4:80)", "(198.51.100.2:80)"},
		{"::ffff:10.1.2.3", "::ffff:198.51.100.3"},
		{"fe80::1%eth0, fe80::1%eth1", "2001:db8:ffff::1, 2001:db8:ffff::2"},
		{"[fe80::1%eth0]:80", "[2001:db8:ffff::1]:80"},
		{"12:30:05, a::b, dead, 1.2.3, face:b00c", "12:30:05, 2001:db8:ffff::3, dead, 1.2.3, face:b00c"},
		{"6.18.5-snowwhite", "6.18.5-host-2"},
		{"grumpyish, ungrumpy, grumpy_1, Grumpy.", "grumpyish, ungrumpy, grumpy_1, user-1."},
		{"open /home/grumpy/a/b.c: EACCES", "open b.c: EACCES"},
		{"open /proc/self/ns/net, /dev/net/tun", "open /proc/self/ns/net, /dev/net/tun"},
		{"start /usr/local/bin/x: ENOENT; /tmp", "start x: ENOENT; /tmp"},
		{"in /home/grumpy", "in ~"},
		{"1/2 and/or 3", "1/2 and/or 3"},
	} {
		if got := m.Text(tt[0]); got != tt[1] {
			t.Errorf("%q became %q, want %q", tt[0], got, tt[1])
		}
	}
}

func TestBaseName(t *testing.T) {
	for _, tt := range [][2]string{
		{"", ""},
		{"-", "-"},
		{"--", "--"},
		{"cross", "cross"},
		{"/a/b", "b"},
		{"/a/b/", "b"},
		{`C:\Users\x\e.zip`, "e.zip"},
		{"--evidence=/a/b.zip", "--evidence=b.zip"},
		{"k=/a/b", "b"},
		{"/", ""},
		{"../x", "x"},
	} {
		if got := BaseName(tt[0]); got != tt[1] {
			t.Errorf("%q became %q, want %q", tt[0], got, tt[1])
		}
	}
}

// FuzzText: whatever the text, no name is left in it that stands by itself.
func FuzzText(f *testing.F) {
	f.Add("grumpy at snowwhite: 10.2.3.4:80, [fe80::1%x]:2 in /home/grumpy/x")
	f.Fuzz(func(t *testing.T, s string) {
		got := New(&secrets, nil).Text(s)
		for _, name := range []string{"grumpy", "snowwhite"} {
			eachWord(got, name, func(found string) string {
				t.Errorf("%q became %q", s, got)
				return found
			})
		}
	})
}

// TestWordsInAddresses: what could be a part of an address is left alone inside one.
func TestWordsInAddresses(t *testing.T) {
	for _, tt := range [][3]string{
		{"db8", "2001:db8::1 of db8.", "2001:db8::1 of X."},
		{"cafe", "cafe, ::cafe and cafe: ok", "X, ::cafe and X: ok"},
		{"10", "10.0.0.1 has 10", "10.0.0.1 has X"},
	} {
		if got := eachWord(tt[1], tt[0], func(string) string { return "X" }); got != tt[2] {
			t.Errorf("%q in %q: %q; want %q", tt[0], tt[1], got, tt[2])
		}
	}
}
