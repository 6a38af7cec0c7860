package scenario

import "sockproof/lib/journal"

// eventsIn are the events of a journal that match.
func eventsIn(j *journal.Journal, match func(e *journal.Event) bool) []*journal.Event {
	var some []*journal.Event
	for i := range j.Events {
		if match(&j.Events[i]) {
			some = append(some, &j.Events[i])
		}
	}
	return some
}

// callsIn are the calls of one kind, on one socket or with "" on any.
func callsIn(j *journal.Journal, socket, op string) []*journal.Event {
	return eventsIn(j, func(e *journal.Event) bool {
		return e.Call != nil && e.Call.Op == op && (socket == "" || e.Socket == socket)
	})
}

// failedIn are those of them that failed with an error.
func failedIn(j *journal.Journal, socket, op string, errno journal.Errno) []*journal.Event {
	return eventsIn(j, func(e *journal.Event) bool {
		return e.Call != nil && e.Call.Op == op && (socket == "" || e.Socket == socket) && e.Call.Errno == errno
	})
}

// packetsAt are the TCP packets seen at one place.
func packetsAt(j *journal.Journal, at string) []*journal.Event {
	return eventsIn(j, func(e *journal.Event) bool {
		return e.Packet != nil && e.Packet.Proto == "" && e.Packet.Bulk == nil && e.Packet.At == at
	})
}
