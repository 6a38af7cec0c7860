package protocol

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// postgresClient is a client of PostgreSQL's protocol 3.0 that asks for a session, and no
// more: what may be asked then is between the user and the server's tables.
type postgresClient struct{}

// Ask is a startup message. A text is its parameters, as "user=alice database=shop".
func (postgresClient) Ask(_ int, text string) []byte {
	m := binary.BigEndian.AppendUint32(nil, pgproto3.ProtocolVersion30)
	pairs := strings.Fields(text)
	if !slices.ContainsFunc(pairs, func(p string) bool { return strings.HasPrefix(p, "user=") }) {
		pairs = append([]string{"user=badpeer"}, pairs...)
	}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		m = append(m, name+"\x00"+value+"\x00"...)
	}
	m = append(m, 0)
	return append(binary.BigEndian.AppendUint32(nil, uint32(4+len(m))), m...)
}

// Whole: the server's answer ends where it waits for the client: for a password, or for a
// query; or with an error.
func (postgresClient) Whole(in []byte, _ bool) (int, bool, error) {
	for at := 0; ; {
		kind, body, n, err := pgMessage(in[at:])
		if err != nil {
			return 0, false, fmt.Errorf("postgres: %w", err)
		}
		if n == 0 {
			return 0, false, nil
		}
		at += n
		switch kind {
		case 'R':
			const authenticationOk = 0
			if len(body) < 4 {
				return 0, false, fmt.Errorf("postgres: a message of kind 'R' has %d bytes: want 4 or more", len(body))
			}
			if binary.BigEndian.Uint32(body) != authenticationOk {
				return at, true, nil
			}
		case 'E', 'Z':
			return at, true, nil
		case 'S', 'K', 'N', 'v', 'A', 'T', 'D', 'C', 'I':
		default:
			return 0, false, fmt.Errorf("postgres: a message of kind %q: want what follows a startup message", kind)
		}
	}
}
