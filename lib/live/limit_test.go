package live

import "testing"

func TestLimitExit(t *testing.T) {
	for _, tt := range []struct {
		found    int
		limit    Limit
		complete bool
		want     int
	}{
		{3, NoLimit, true, 0},
		{3, NoLimit, false, 0},
		{0, 0, true, 0},
		{1, 0, true, 1},
		{2, 2, true, 0},
		{3, 2, true, 1},
		{3, 2, false, 1}, // there may be more still
		{2, 2, false, 3}, // and here there may be one too many
	} {
		if got := tt.limit.Exit(tt.found, tt.complete); got != tt.want {
			t.Errorf("%d found, limit %d, complete %v: exit %d, want %d", tt.found, tt.limit, tt.complete, got, tt.want)
		}
	}
}
