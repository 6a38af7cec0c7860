package live

import (
	"os"
	"strconv"
	"strings"
)

// Unit names the container or unit that a process runs in, by its cgroups; empty: none is known.
func Unit(pid int) string {
	b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup") // a process that ended has none
	for line := range strings.Lines(string(b)) {
		_, path, _ := strings.Cut(line, ":") // the hierarchy
		_, path, _ = strings.Cut(path, ":")  // its controllers
		if u := unitOf(strings.TrimSuffix(path, "\n")); u != "" {
			return u
		}
	}
	return ""
}
