package protocol

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgproto3"
)

// batch is the messages of one request: a query, or those of the extended protocol until
// Sync or Flush (sections 55.2.2 and 55.2.3).
type batch struct {
	messages []pgproto3.FrontendMessage
}

// add takes a message; done: the request is whole.
func (b *batch) add(kind byte, body []byte) (done bool, err error) {
	m := map[byte]pgproto3.FrontendMessage{
		'Q': &pgproto3.Query{}, 'P': &pgproto3.Parse{}, 'B': &pgproto3.Bind{}, 'D': &pgproto3.Describe{},
		'E': &pgproto3.Execute{}, 'C': &pgproto3.Close{}, 'S': &pgproto3.Sync{}, 'H': &pgproto3.Flush{},
		'X': &pgproto3.Terminate{}, 'F': &pgproto3.FunctionCall{},
	}[kind]
	if m == nil {
		return false, fmt.Errorf("a message of kind %q: want a query, simple or extended", kind)
	}
	if err := m.Decode(body); err != nil {
		return false, fmt.Errorf("%s: want a message of kind %q", oneLine(err.Error()), kind)
	}
	b.messages = append(b.messages, m)
	switch m.(type) {
	case *pgproto3.Parse, *pgproto3.Bind, *pgproto3.Describe, *pgproto3.Execute, *pgproto3.Close:
		return false, nil
	}
	return true, nil
}

// pgRun is the reply to a batch while it is put together.
type pgRun struct {
	*postgres
	steps []pgStep
	texts []string // of the queries that count
}

// request is the request that a batch is.
func (p *postgres) request(b *batch) Request {
	run := &pgRun{postgres: p}
	r := Request{}
	for _, m := range b.messages {
		switch m := m.(type) {
		case *pgproto3.Terminate:
			r.Last = true
		case *pgproto3.Query:
			run.simple(m.String)
		case *pgproto3.FunctionCall:
			run.refuse("0A000", "function calls are not supported")
			run.ready()
		case *pgproto3.Sync:
			p.failed = false
			run.ready()
		default:
			if !p.failed {
				run.extended(m)
			}
		}
	}
	r.Text = []byte(strings.Join(run.texts, "; "))
	r.Same, r.Kin, r.detail = string(r.Text), strings.ToUpper(firstWord(string(r.Text))), run.steps
	if len(run.texts) == 0 {
		r.Setup = append([]byte{}, p.Reply(r, "")...)
	}
	return r
}

// firstWord is that of a text.
func firstWord(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), " ")
	return text
}

func (r *pgRun) say(m pgproto3.BackendMessage) {
	r.steps = append(r.steps, pgStep{fixed: encode(nil, m)})
}

// ready is the end of a request. Portals last as long as a transaction.
func (r *pgRun) ready() {
	if r.transaction == idle {
		clear(r.portals)
	}
	r.say(&pgproto3.ReadyForQuery{TxStatus: r.transaction})
}

func (r *pgRun) refuse(code, message string) { r.say(pgError("ERROR", code, message)) }

// fail refuses a message of the extended protocol; what follows until Sync is passed over.
func (r *pgRun) fail(code, message string) {
	r.failed = true
	r.refuse(code, message)
}

// simple is a query of the simple protocol.
func (r *pgRun) simple(query string) {
	if isCopy(query) {
		r.refuse("0A000", noCopy)
	} else {
		r.execute(pgStep{query: query, rows: hasRows(query)}, query)
	}
	r.ready()
}

const noCopy = "COPY is not supported"

// execute is the result of a query, which text stands for in a log.
func (r *pgRun) execute(s pgStep, text string) {
	r.transaction = after(r.transaction, s.query)
	r.steps = append(r.steps, s)
	if !preparatory(s.query) {
		r.texts = append(r.texts, text)
	}
}

// extended is a message of the extended protocol.
func (r *pgRun) extended(m pgproto3.FrontendMessage) {
	switch m := m.(type) {
	case *pgproto3.Parse:
		r.parse(m)
	case *pgproto3.Bind:
		r.bind(m)
	case *pgproto3.Describe:
		r.describe(m)
	case *pgproto3.Execute:
		switch bound, is := r.portals[m.Portal]; {
		case !is:
			r.fail("34000", fmt.Sprintf("portal %q does not exist", m.Portal))
		case isCopy(bound.query):
			r.fail("0A000", noCopy)
		default:
			r.execute(pgStep{query: bound.query}, strings.Join(append([]string{bound.query}, bound.values...), " "))
		}
	case *pgproto3.Close:
		if m.ObjectType == 'S' {
			delete(r.statements, m.Name)
		} else {
			delete(r.portals, m.Name)
		}
		r.say(&pgproto3.CloseComplete{})
	}
}

// maxKept bounds what is remembered of the statements and portals of a connection, and
// pgEntry is counted for each, in bytes.
const (
	maxKept = 4 * MaxRequest
	pgEntry = 256
)

// kept is what is remembered.
func (p *postgres) kept() (n int) {
	for name, s := range p.statements {
		n += pgEntry + len(name) + len(s.query) + 4*len(s.types)
	}
	for name, bound := range p.portals {
		n += pgEntry + len(name)
		for _, value := range bound.values {
			n += pgEntry + len(value)
		}
	}
	return n
}

func (r *pgRun) parse(m *pgproto3.Parse) {
	if r.kept() > maxKept {
		r.fail("53200", "too much is prepared on this connection")
		return
	}
	s := statement{query: m.Query}
	for i := range max(len(m.ParameterOIDs), placeholders(m.Query)) {
		s.types = append(s.types, typeOf(m.ParameterOIDs, i))
	}
	r.statements[m.Name] = s
	r.say(&pgproto3.ParseComplete{})
}

// placeholders is how many parameters a query has: the highest of $1, $2, … outside of
// quotes.
func placeholders(query string) (n int) {
	for i, text := range strings.Split(query, "'") {
		if i%2 != 0 {
			continue
		}
		for _, after := range strings.Split(text, "$")[1:] {
			end := strings.IndexFunc(after, func(r rune) bool { return r < '0' || r > '9' })
			if end < 0 {
				end = len(after)
			}
			number, _ := strconv.ParseUint(after[:end], 10, 16) // what is none, or too large, is no parameter
			if number < 1<<16-1 {
				n = max(n, int(number))
			}
		}
	}
	return n
}

func (r *pgRun) bind(m *pgproto3.Bind) {
	s, is := r.statements[m.PreparedStatement]
	switch {
	case !is:
		r.fail("26000", fmt.Sprintf("prepared statement %q does not exist", m.PreparedStatement))
		return
	case r.kept() > maxKept:
		r.fail("53200", "too much is bound on this connection")
		return
	}
	bound := portal{query: s.query, format: formatOf(m.ResultFormatCodes, 0)}
	for i, value := range m.Parameters {
		bound.values = append(bound.values, valueOf(value, typeOf(s.types, i), formatOf(m.ParameterFormatCodes, i)))
	}
	r.portals[m.DestinationPortal] = bound
	r.say(&pgproto3.BindComplete{})
}

func (r *pgRun) describe(m *pgproto3.Describe) {
	s, isStatement := r.statements[m.Name]
	bound, isPortal := r.portals[m.Name]
	switch {
	case m.ObjectType == 'S' && isStatement:
		r.say(&pgproto3.ParameterDescription{ParameterOIDs: s.types})
		r.say(columnsOf(s.query, pgproto3.TextFormat))
	case m.ObjectType == 'P' && isPortal:
		r.say(columnsOf(bound.query, bound.format))
	default:
		r.fail("26000", fmt.Sprintf("statement or portal %q does not exist", m.Name))
	}
}
