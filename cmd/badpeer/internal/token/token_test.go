package token

import "testing"

func TestToken(t *testing.T) {
	// printf 'GET k' | sha256sum
	const want = "token-9654abe42ce497b5"
	if got := Of([]byte("GET k")).String(); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, s := range []string{want, Token(0).String(), Token(1<<64 - 1).String()} {
		if got, ok := Parse(s); !ok || got.String() != s {
			t.Errorf("%s: %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "token-", "token-12", want + "0", want[6:], "token-+00000000000000f", "token-ABCDEF0123456789", " " + want} {
		if got, ok := Parse(s); ok {
			t.Errorf("%q: %v", s, got)
		}
	}
}
