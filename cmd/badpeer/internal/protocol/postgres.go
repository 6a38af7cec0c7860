package protocol

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// postgres is a server of PostgreSQL's protocol 3.0
// (https://www.postgresql.org/docs/current/protocol.html). Where a message ends is found
// here, in bounded memory; the library reads and writes messages.
type postgres struct {
	started     bool
	transaction byte // as ReadyForQuery reports it
	failed      bool // what comes until Sync is passed over
	statements  map[string]statement
	portals     map[string]portal
}

func newPostgres() *postgres {
	return &postgres{transaction: idle, statements: map[string]statement{}, portals: map[string]portal{}}
}

// statement is what Parse names, and portal what Bind does.
type statement struct {
	query string
	types []uint32 // of its parameters
}

type portal struct {
	query  string
	values []string // of its parameters
	format int16    // of the column
}

// The states of a transaction (section 55.7, ReadyForQuery).
const (
	idle          = 'I'
	inTransaction = 'T'
)

// pgStep is a part of a reply, in the order in which it is due.
type pgStep struct {
	fixed []byte // what does not depend on the body
	query string // or the result of this one
	rows  bool   // or, described by its own columns first
}

// What may come instead of the first message (section 55.7).
const (
	pgCancel = 80877102
	pgSSL    = 80877103
	pgGSS    = 80877104
)

// pgMaxStartup is how long the first message may be, as in PostgreSQL.
const pgMaxStartup = 10000

func (p *postgres) Next(in []byte) (Request, int, error) {
	if !p.started {
		return p.startup(in)
	}
	var b batch
	for at := 0; ; {
		kind, body, n, err := pgMessage(in[at:])
		if err != nil || n == 0 {
			return Request{}, 0, err
		}
		at += n
		done, err := b.add(kind, body)
		if err != nil {
			return Request{}, 0, err
		}
		if done {
			return p.request(&b), at, nil
		}
	}
}

// pgMessage is the message at the beginning; n is 0 where it is not whole.
func pgMessage(in []byte) (kind byte, body []byte, n int, err error) {
	const head = 5
	if len(in) > 0 && in[0] == 0 {
		return 0, nil, 0, errors.New("a message begins with the byte 0: want a kind of message and its length")
	}
	if len(in) < head {
		return 0, nil, 0, nil
	}
	length := binary.BigEndian.Uint32(in[1:])
	switch {
	case length < 4:
		return 0, nil, 0, fmt.Errorf("a message says that its length is %d: want 4 or more", length)
	case length > MaxRequest:
		return 0, nil, 0, errTooLong
	case len(in) < 1+int(length):
		return 0, nil, 0, nil
	}
	return in[0], in[head : 1+length], 1 + int(length), nil
}

// startup reads what comes first on a connection.
func (p *postgres) startup(in []byte) (Request, int, error) {
	const head = 8
	if len(in) < head {
		return Request{}, 0, nil
	}
	length, code := binary.BigEndian.Uint32(in), binary.BigEndian.Uint32(in[4:])
	known := code == pgCancel || code == pgSSL || code == pgGSS || code>>16 == 3
	if length < head || length > pgMaxStartup || !known {
		return Request{}, 0, fmt.Errorf("the connection begins with %x: want a startup message of version 3.0, or an SSLRequest", in[:head])
	}
	n := int(length)
	if len(in) < n {
		return Request{}, 0, nil
	}
	r := Request{Text: []byte("startup")}
	switch code {
	case pgSSL, pgGSS: // refused: the client goes on without
		r.Setup = []byte("N")
	case pgCancel:
		r.Setup, r.Last = []byte{}, true
	default:
		options, err := startupOptions(in[head:n])
		if err != nil {
			return Request{}, 0, err
		}
		p.started = true
		r.Setup = welcome(code&0xffff, options)
	}
	r.Same = string(r.Text)
	return r, n, nil
}

// startupOptions are the options of the protocol that a client asks for.
func startupOptions(parameters []byte) (options []string, err error) {
	words := strings.Split(string(parameters), "\x00")
	if len(words)%2 != 0 || words[len(words)-1] != "" || words[len(words)-2] != "" {
		return nil, errors.New("a startup message is not names and values that end with the byte 0")
	}
	for i := 0; i < len(words)-2; i += 2 {
		if strings.HasPrefix(words[i], "_pq_.") {
			options = append(options, words[i])
		}
	}
	return options, nil
}

// welcome is the answer to the startup message: no password, and what a modern server
// reports of itself.
func welcome(minor uint32, options []string) (b []byte) {
	if minor > 0 || len(options) > 0 {
		b = encode(b, &pgproto3.NegotiateProtocolVersion{NewestMinorProtocol: pgproto3.ProtocolVersion30, UnrecognizedOptions: options})
	}
	b = encode(b, &pgproto3.AuthenticationOk{})
	for _, s := range [][2]string{
		{"server_version", "17.0"},
		{"server_encoding", "UTF8"},
		{"client_encoding", "UTF8"},
		{"DateStyle", "ISO, MDY"},
		{"IntervalStyle", "postgres"},
		{"TimeZone", "UTC"},
		{"integer_datetimes", "on"},
		{"standard_conforming_strings", "on"},
		{"application_name", ""},
		{"is_superuser", "off"},
		{"in_hot_standby", "off"},
		{"default_transaction_read_only", "off"},
		{"session_authorization", "badpeer"},
	} {
		b = encode(b, &pgproto3.ParameterStatus{Name: s[0], Value: s[1]})
	}
	b = encode(b, &pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	return encode(b, &pgproto3.ReadyForQuery{TxStatus: idle})
}

// encode appends a message.
func encode(b []byte, m pgproto3.BackendMessage) []byte {
	with, err := m.Encode(b)
	if err != nil { // only what is longer than a message may be, and none here is
		return b
	}
	return with
}

func (p *postgres) Reply(r Request, body string) (b []byte) {
	steps, _ := r.detail.([]pgStep)
	for _, s := range steps {
		switch {
		case s.fixed != nil:
			b = append(b, s.fixed...)
		default:
			if s.rows {
				b = encode(b, columnsOf(s.query, 0))
			}
			b = append(b, resultOf(s.query, body)...)
		}
	}
	return b
}

func (p *postgres) Cut(r Request, body string, how Cut) ([]byte, bool, error) {
	if how != CutLength {
		return nil, false, noCut("postgres", how)
	}
	return half(p.Reply(r, body), body), true, nil
}

func (*postgres) Refuse(err error) []byte {
	return encode(nil, pgError("FATAL", "08P01", err.Error())) // protocol_violation
}

func pgError(severity, code, message string) *pgproto3.ErrorResponse {
	return &pgproto3.ErrorResponse{Severity: severity, SeverityUnlocalized: severity, Code: code, Message: message}
}

// textOID is the type text.
const textOID = 25

// columnsOf describes the column of a query's result, if it has one.
func columnsOf(query string, format int16) pgproto3.BackendMessage {
	if !hasRows(query) {
		return &pgproto3.NoData{}
	}
	return &pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
		{Name: []byte("reply"), DataTypeOID: textOID, DataTypeSize: -1, TypeModifier: -1, Format: format},
	}}
}

// resultOf is the result of a query: a row whose column carries body, where it has rows.
func resultOf(query, body string) (b []byte) {
	if commandOf(query) == "" {
		return encode(b, &pgproto3.EmptyQueryResponse{})
	}
	if hasRows(query) {
		b = encode(b, &pgproto3.DataRow{Values: [][]byte{[]byte(body)}})
	}
	return encode(b, &pgproto3.CommandComplete{CommandTag: []byte(commandTag(query))})
}

// valueOf is a parameter as a person writes it: numbers are known by their type.
func valueOf(value []byte, oid uint32, format int16) string {
	const int8OID, int2OID, int4OID = 20, 21, 23
	switch {
	case value == nil:
		return "NULL"
	case format == pgproto3.TextFormat || oid == textOID:
		return string(value)
	case oid == int8OID && len(value) == 8:
		return fmt.Sprint(int64(binary.BigEndian.Uint64(value)))
	case oid == int4OID && len(value) == 4:
		return fmt.Sprint(int32(binary.BigEndian.Uint32(value)))
	case oid == int2OID && len(value) == 2:
		return fmt.Sprint(int16(binary.BigEndian.Uint16(value)))
	}
	return fmt.Sprintf("%x", value)
}

// formatOf is the format of the i-th value: there are none, one for all, or one each.
func formatOf(formats []int16, i int) int16 {
	switch {
	case len(formats) == 1:
		return formats[0]
	case i < len(formats):
		return formats[i]
	}
	return pgproto3.TextFormat
}

// typeOf is the type of the i-th parameter: what a client does not know is text.
func typeOf(types []uint32, i int) uint32 {
	if i < len(types) {
		return cmp.Or(types[i], textOID)
	}
	return textOID
}
