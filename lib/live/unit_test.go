package live

import "testing"

func TestUnitOf(t *testing.T) {
	const id = "3f2a9c1b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a"
	for path, want := range map[string]string{
		"/":                                     "",
		"/system.slice":                         "",
		"/system.slice/nginx.service":           "nginx.service",
		"/system.slice/nginx.service/worker":    "nginx.service",
		"/docker/" + id:                         "container 3f2a9c1b8d7e",
		"/system.slice/docker-" + id + ".scope": "container 3f2a9c1b8d7e",
		"/kubepods.slice/kubepods-burstable.slice/cri-containerd-" + id + ".scope": "container 3f2a9c1b8d7e",
		"/user.slice/user-1000.slice/session-2.scope":                              "session-2.scope",
	} {
		if got := unitOf(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
