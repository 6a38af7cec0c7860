package live

import "fmt"

// Owner is a process that holds a descriptor of a socket.
type Owner struct {
	PID     int    `json:"pid"`
	Program string `json:"program"`        // empty: it ended meanwhile
	Unit    string `json:"unit,omitempty"` // the container or unit that it runs in
}

// NotVisible says of how many sockets the owner is not visible, and what would
// help.
func NotVisible(sockets int, reason string) string {
	if sockets == 1 {
		return "1 socket's owner not visible: " + reason
	}
	return fmt.Sprintf("%d sockets' owners not visible: %s", sockets, reason)
}
