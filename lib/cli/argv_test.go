package cli

import (
	"testing"

	"pgregory.net/rapid"
)

// TestFlagsStandAnywhere: wherever flags stand among the command and its
// arguments, the program understands the same.
func TestFlagsStandAnywhere(t *testing.T) {
	const want = `["a" "b" "--" "-6"] times=7 loud=true format=json 6=true` + "\n"
	rapid.Check(t, func(rt *rapid.T) {
		flags := rapid.Permutation([][]string{
			rapid.SampledFrom([][]string{{"--format", "json"}, {"--format=json"}, {"-format", "json"}}).Draw(rt, "format"),
			rapid.SampledFrom([][]string{{"--times", "7"}, {"--times=7"}}).Draw(rt, "times"),
			rapid.SampledFrom([][]string{{"--loud"}, {"-loud"}, {"--loud=true"}}).Draw(rt, "loud"),
			{"-6"},
		}).Draw(rt, "flags")
		var line []string
		words := []string{"echo", "a", "b"}
		for len(flags)+len(words) > 0 {
			if len(words) == 0 || len(flags) > 0 && rapid.Bool().Draw(rt, "flag next") {
				line, flags = append(line, flags[0]...), flags[1:]
			} else {
				line, words = append(line, words[0]), words[1:]
			}
		}
		code, out, errs := call(t, append(line, "--", "--", "-6")...)
		if code != 0 || out != want || errs != "" {
			rt.Fatalf("%q: exit %d\n%swant %s%s", line, code, out, want, errs)
		}
	})
}
