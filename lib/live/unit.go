package live

import (
	"path"
	"strings"
)

// unitOf names the container or unit in a path of a cgroup; empty: it is in none.
func unitOf(cgroup string) string {
	parts := strings.Split(cgroup, "/")
	for i := len(parts) - 1; i > 0; i-- {
		name := parts[i]
		if id := containerID(strings.TrimSuffix(name, ".scope")); id != "" {
			return "container " + id
		}
		if ext := path.Ext(name); ext == ".service" || ext == ".scope" || ext == ".slice" && i == len(parts)-1 && name != "user.slice" && name != "system.slice" {
			return name
		}
	}
	return ""
}

// containerID is the beginning of a container's number, as its runtime shows it: cgroups have
// it behind the runtime's name (docker-, cri-containerd-, libpod-), or alone.
func containerID(name string) string {
	const shown, whole = 12, 64
	id := name[strings.LastIndexAny(name, "-:")+1:]
	if len(id) != whole || strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return id[:shown]
}
