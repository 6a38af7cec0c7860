package protocol

import (
	"encoding/binary"
	"testing"
)

// pgMsg is a message of a client.
func pgMsg(kind byte, body string) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind}, uint32(4+len(body)))) + body
}

// pgFirst is a message that comes first: a version, or a request's code, and the rest.
func pgFirst(code uint32, rest string) string {
	return string(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(8+len(rest))), code)) + rest
}

var pgStart = pgFirst(3<<16, "user\x00alice\x00database\x00shop\x00\x00")

// What psql, pgx and JDBC send.
var (
	pgPrepare = pgMsg('P', "s1\x00select $1\x00\x00\x00") + pgMsg('D', "Ss1\x00") + pgMsg('S', "")
	pgExecute = pgMsg('B', "\x00s1\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01a\x00\x01\x00\x00") + pgMsg('D', "P\x00") + pgMsg('E', "\x00\x00\x00\x00\x00") + pgMsg('S', "")
	pgBegin   = pgMsg('P', "\x00BEGIN\x00\x00\x00") + pgMsg('B', "\x00\x00\x00\x00\x00\x00\x00\x00") + pgMsg('E', "\x00\x00\x00\x00\x00")
)

var postgresStreams = map[string]stream{
	"psql": {
		in: pgFirst(pgSSL, "") + pgFirst(pgGSS, "") + pgStart + pgMsg('Q', "select 1;\x00") + pgMsg('X', ""),
		want: []asked{
			{text: "startup", setup: "N"}, {text: "startup", setup: "N"}, {text: "startup", setup: "Z\x00\x00\x00\x05I"}, {text: "select 1;"}, {last: true},
		},
	},
	"prepared": {
		in: pgStart + pgPrepare + pgExecute + pgExecute,
		want: []asked{
			{text: "startup", setup: "Z\x00\x00\x00\x05I"}, {setup: "1\x00\x00\x00\x04t\x00\x00\x00\x0a\x00\x01\x00\x00\x00\x19T\x00"}, {text: "select $1 a"}, {text: "select $1 a"},
		},
	},
	"JDBC": {
		in:   pgStart + pgMsg('P', "\x00SET x = 1\x00\x00\x00") + pgMsg('B', "\x00\x00\x00\x00\x00\x00\x00\x00") + pgMsg('E', "\x00\x00\x00\x00\x01") + pgMsg('S', "") + pgBegin + pgMsg('P', "\x00select 'a'\x00\x00\x00") + pgMsg('B', "\x00\x00\x00\x00\x00\x00\x00\x00") + pgMsg('E', "\x00\x00\x00\x00\x00") + pgMsg('S', ""),
		want: []asked{{text: "startup", setup: "Z"}, {setup: "C\x00\x00\x00\x08SET\x00Z\x00\x00\x00\x05I"}, {text: "select 'a'"}},
	},
	"a number": {
		in:   pgStart + pgMsg('P', "\x00select $1, $2\x00\x00\x02\x00\x00\x00\x17\x00\x00\x00\x14") + pgMsg('B', "\x00\x00\x00\x01\x00\x01\x00\x02\x00\x00\x00\x04\x00\x00\x00\x2a\xff\xff\xff\xff\x00\x00") + pgMsg('E', "\x00\x00\x00\x00\x00") + pgMsg('S', ""),
		want: []asked{{text: "startup", setup: "Z"}, {text: "select $1, $2 42 NULL"}},
	},
	"transaction": {
		in: pgStart + pgMsg('Q', "BEGIN\x00") + pgMsg('Q', "select 1\x00") + pgMsg('Q', "/* c */ commit\x00") + pgMsg('Q', "\x00") + pgMsg('Q', "-- ping\x00"),
		want: []asked{
			{text: "startup", setup: "Z"},
			{setup: "C\x00\x00\x00\x0aBEGIN\x00Z\x00\x00\x00\x05T"},
			{text: "select 1"},
			{setup: "COMMIT\x00Z\x00\x00\x00\x05I"},
			{setup: "I\x00\x00\x00\x04Z"},
			{setup: "I\x00\x00\x00\x04Z"},
		},
	},
	"until Flush": {
		in:   pgStart + pgMsg('P', "\x00select 1\x00\x00\x00") + pgMsg('H', "") + pgMsg('B', "\x00\x00\x00\x00\x00\x00\x00\x00") + pgMsg('E', "\x00\x00\x00\x00\x00") + pgMsg('S', ""),
		want: []asked{{text: "startup", setup: "Z"}, {setup: "1\x00\x00\x00\x04"}, {text: "select 1"}},
	},
	"what is not there": {
		in:   pgStart + pgExecute + pgMsg('E', "p\x00\x00\x00\x00\x00") + pgMsg('S', "") + pgMsg('D', "Sx\x00") + pgMsg('H', "") + pgPrepare + pgPrepare,
		want: []asked{{text: "startup", setup: "Z"}, {setup: "C26000\x00"}, {setup: "C34000\x00"}, {setup: "C26000\x00"}, {setup: "Z"}, {setup: "1\x00\x00\x00\x04"}},
	},
	"what is not supported": {
		in:   pgStart + pgMsg('Q', "copy t from stdin\x00") + pgMsg('F', "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"),
		want: []asked{{text: "startup", setup: "Z"}, {setup: "0A000"}, {setup: "0A000"}},
	},
	"a newer minor version": {in: pgFirst(3<<16|9999, "user\x00a\x00_pq_.x\x00y\x00\x00"), want: []asked{{text: "startup", setup: "_pq_.x\x00R\x00\x00\x00\x08\x00\x00\x00\x00S"}}},
	"cancel":                {in: pgFirst(pgCancel, "\x00\x00\x00\x01\x00\x00\x00\x01"), want: []asked{{text: "startup", last: true}}},
	"HTTP":                  {in: "GET / HTTP/1.1\r\n", err: "want a startup message"},
	"version 2":             {in: pgFirst(2<<16, "\x00"), err: "want a startup message"},
	"no parameters":         {in: pgFirst(3<<16, "a"), err: "names and values"},
	"no kind":               {in: pgStart + "\x00", want: []asked{{text: "startup", setup: "Z"}}, err: "the byte 0"},
	"an unknown kind":       {in: pgStart + pgMsg('?', ""), want: []asked{{text: "startup", setup: "Z"}}, err: "kind '?'"},
	"a length of nothing":   {in: pgStart + "Q\x00\x00\x00\x01", want: []asked{{text: "startup", setup: "Z"}}, err: "want 4 or more"},
	"too long":              {in: pgStart + "Q\x7f\x00\x00\x00", want: []asked{{text: "startup", setup: "Z"}}, err: "longer than"},
	"a wrong body":          {in: pgStart + pgMsg('B', "x"), want: []asked{{text: "startup", setup: "Z"}}, err: "want a message of kind 'B'"},
}

func TestQueries(t *testing.T) {
	for query, want := range map[string]struct {
		tag          string
		rows, before bool
	}{
		"select 1":                                   {"SELECT 1", true, false},
		" (SELECT 1)":                                {"SELECT 1", true, false},
		"with a as (select 1) select 1":              {"SELECT 1", true, false},
		"insert into t values (1)":                   {"INSERT 0 1", false, false},
		"INSERT INTO t(a) VALUES ($1)\nReturning id": {"INSERT 0 1", true, false},
		"delete from t":                              {"DELETE 1", false, false},
		"create table t (a int)":                     {"CREATE TABLE", false, false},
		"discard all;":                               {"DISCARD ALL", false, true},
		"start transaction read only":                {"START TRANSACTION", false, true},
		"begin; select 1":                            {"BEGIN", false, false},
		"show server_version":                        {"SHOW", true, false},
		"set a = 1":                                  {"SET", false, true},
	} {
		if tag, rows, before := commandTag(query), hasRows(query), preparatory(query); tag != want.tag || rows != want.rows || before != want.before {
			t.Errorf("%q: %q, %v, %v; want %+v", query, tag, rows, before, want)
		}
	}
	for query, want := range map[string]int{"select 1": 0, "select $1": 1, "select $2, $10, '$11', $x, $": 10, "$99999999999": 0} {
		if n := placeholders(query); n != want {
			t.Errorf("%q: %d; want %d", query, n, want)
		}
	}
}

func TestPostgresWhole(t *testing.T) {
	for in, want := range map[string]int{
		"R\x00\x00\x00\x08\x00\x00\x00\x00":                      0,
		"R\x00\x00\x00\x08\x00\x00\x00\x00Z\x00\x00\x00\x05Ix":   15,
		"R\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00": 24,
		"E\x00\x00\x00\x0cSFATAL\x00":                            0,
		"E\x00\x00\x00\x0cSFATAL\x00\x00":                        13,
	} {
		_, a := mustNew(t, "postgres")
		if n, whole, err := a.Whole([]byte(in), true); n != want || whole != (want > 0) || err != nil {
			t.Errorf("%q: %d, %v, %v; want %d", in, n, whole, err, want)
		}
	}
	_, a := mustNew(t, "postgres")
	if n, _, err := a.Whole([]byte("HTTP/1.1 400 Bad Request\r\n"), true); n != 0 || err == nil {
		t.Errorf("%d, %v", n, err)
	}
}
