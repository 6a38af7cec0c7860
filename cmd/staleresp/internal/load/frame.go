package load

import "encoding/binary"

// frameSize is the length of every request and every reply, in bytes: so a
// reader knows where one ends, and a reply can take another's place.
const frameSize = 24

// request is what a client sends.
type request struct {
	number uint64 // the connection's, and that of the request on it
	sent   int64  // when, in nanoseconds since the load began
	gaveUp uint64 // the number of the request that was given up last on this connection; 0: none was
}

// numberOf is the number of a connection's nth request, counted from 1.
func numberOf(connection int, n int64) uint64 { return uint64(connection)<<32 | uint64(n) }

func (r *request) put(b []byte) {
	binary.LittleEndian.PutUint64(b, r.number)
	binary.LittleEndian.PutUint64(b[8:], uint64(r.sent))
	binary.LittleEndian.PutUint64(b[16:], r.gaveUp)
}

func requestIn(b []byte) request {
	return request{
		number: binary.LittleEndian.Uint64(b),
		sent:   int64(binary.LittleEndian.Uint64(b[8:])),
		gaveUp: binary.LittleEndian.Uint64(b[16:]),
	}
}

// reply is what a server answers. The token is what only this request's reply
// has: whatever a client looks at, its answers are checked by that.
type reply struct{ number, token uint64 }

func replyTo(number uint64) reply { return reply{number, mix(^number)} }

// appendTo appends the reply in the bytes that are sent.
func (r reply) appendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, r.number)
	b = binary.LittleEndian.AppendUint64(b, r.token)
	return binary.LittleEndian.AppendUint64(b, 0)
}

func replyIn(b []byte) reply {
	return reply{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}
}

// answers says whether the reply is this request's own.
func (r reply) answers(number uint64) bool { return r == replyTo(number) }
