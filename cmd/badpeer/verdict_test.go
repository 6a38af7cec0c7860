package main

import (
	"strings"
	"testing"
	"time"
)

// one is a fact of a test.
func one(w what, conn, request, detail string, at int64) fact {
	return fact{What: w, Conn: conn, Request: request, Detail: detail, AtNS: at * tick}
}

// tick is the unit of the times here: much longer than tooSoon cares for.
const tick = int64(time.Second)

func exited(status int, at int64) ending { return ending{Ended: true, Status: status, AtNS: at * tick} }

// just is a fact a moment after a time.
func just(w what, conn, detail string, after int64) fact {
	f := one(w, conn, "", detail, after)
	f.AtNS++
	return f
}

// justExited is the end of a program, some milliseconds after a time.
func justExited(status int, after, ms int64) ending {
	return ending{Ended: true, Status: status, AtNS: after*tick + ms*int64(time.Millisecond)}
}

func killed(signal string, at int64) ending {
	return ending{Ended: true, Signal: signal, AtNS: at * tick}
}

// Facts and ends that most cases have.
var (
	byUs       = ending{Ended: true, Signal: "SIGTERM", AtNS: 90 * tick, byPeer: true}
	hello      = one(met, "b2", "", "from x", 1)
	askedA     = one(asked, "b2", "A", "GET", 2)
	misbehaved = one(did, "b2", "", "reset", 10)
	stoppedIt  = one(stopped, "", "", "", 80)
	runsOn     = one(alive, "", "", "", 80)
)

// verdictCases are every mode's verdicts, on facts that are made up: what speaks for the
// program, what against it, and what for neither.
var verdictCases = map[string]struct {
	mode  *mode
	plan  string
	facts []fact
	end   ending
	want  string
}{
	"reset: never met":                             {&resetMode, "", nil, exited(0, 5), undecided},
	"reset: met by another alone":                  {&resetMode, "", []fact{one(strange, "b2", "", "why", 1)}, exited(0, 5), undecided},
	"reset: ended before":                          {&resetMode, "", []fact{hello}, exited(0, 5), undecided},
	"reset: survives":                              {&resetMode, "", []fact{hello, askedA, misbehaved}, exited(1, 20), coped},
	"reset: ended, a child met it":                 {&resetMode, "", []fact{hello, askedA, misbehaved}, exited(0, 5), undecided},
	"reset: SIGPIPE":                               {&resetMode, "", []fact{hello, askedA, misbehaved}, killed("SIGPIPE", 20), failed},
	"reset: a signal before":                       {&resetMode, "", []fact{hello}, killed("SIGSEGV", 5), undecided},
	"reset: a signal, never met":                   {&resetMode, "", nil, killed("SIGSEGV", 5), undecided},
	"reset: the run was cut short":                 {&resetMode, "", []fact{hello, askedA, misbehaved}, byUs, undecided},
	"reset: waits for the peer":                    {&resetMode, "", []fact{hello, askedA, misbehaved, one(limited, "", "", "x", 70), runsOn, stoppedIt}, byUs, undecided},
	"late: speaks TLS":                             {&lateMode, "", []fact{hello, one(asked, "b2", "", notRequest+"TLS", 2)}, exited(1, 20), undecided},
	"reset: a child of its outlives it":            {&resetMode, "", []fact{hello, askedA, misbehaved, one(behind, "b2", "", "x", 25)}, exited(0, 20), undecided},
	"reset: a child of its crashes":                {&resetMode, "", []fact{hello, askedA, misbehaved, one(crashed, "b2", "", "x died of SIGSEGV", 25)}, exited(0, 20), failed},
	"reset: a child's SIGPIPE":                     {&resetMode, "", []fact{hello, askedA, misbehaved, one(crashed, "b2", "", "x died of SIGPIPE", 25)}, exited(0, 20), undecided},
	"reset: never ends":                            {&resetMode, "", []fact{hello, askedA, misbehaved, runsOn, stoppedIt}, byUs, failed},
	"reset, alive: back again":                     {&resetMode, "alive", []fact{hello, askedA, misbehaved, one(met, "b3", "", "", 25), one(answered, "b3", "B", "", 30), runsOn, stoppedIt}, byUs, coped},
	"reset, alive: goes on elsewhere":              {&resetMode, "alive", []fact{hello, one(met, "b3", "", "", 2), askedA, misbehaved, one(answered, "b3", "B", "", 30), runsOn, stoppedIt}, byUs, undecided},
	"reset, alive: not back":                       {&resetMode, "alive", []fact{hello, askedA, misbehaved, runsOn, stoppedIt}, byUs, failed},
	"reset, alive: ended":                          {&resetMode, "alive", []fact{hello, askedA, misbehaved}, exited(0, 20), failed},
	"reset, server: serves":                        {&resetMode, "server", []fact{hello, misbehaved, one(served, "a3", "", "", 30), stoppedIt}, byUs, coped},
	"reset, server: hangs":                         {&resetMode, "server", []fact{hello, misbehaved, one(unserved, "", "", "no reply", 30), stoppedIt}, byUs, failed},
	"reset, server: gone":                          {&resetMode, "server", []fact{hello, misbehaved}, exited(2, 20), failed},
	"reset, server: never served":                  {&resetMode, "server", []fact{one(unserved, "", "", "refused", 1)}, byUs, undecided},
	"half-close: used again":                       {&halfCloseMode, "http", []fact{hello, askedA, misbehaved, one(asked, "b2", "B", "GET", 20)}, exited(0, 30), failed},
	"half-close: on another":                       {&halfCloseMode, "http", []fact{hello, askedA, misbehaved, one(met, "b3", "", "", 15), one(asked, "b3", "B", "GET", 20)}, exited(0, 30), coped},
	"half-close: on one that it had":               {&halfCloseMode, "http", []fact{hello, one(met, "b3", "", "", 2), askedA, misbehaved, one(asked, "b3", "B", "GET", 20)}, exited(0, 30), undecided},
	"half-close: one request alone":                {&halfCloseMode, "http", []fact{hello, askedA, misbehaved}, exited(0, 30), undecided},
	"half-close, raw: reads the end":               {&halfCloseMode, "raw", []fact{hello, askedA, misbehaved, one(readEnd, "b2", "", "x", 20)}, exited(0, 30), coped},
	"half-close, raw: ends":                        {&halfCloseMode, "raw", []fact{hello, askedA, misbehaved}, exited(0, 30), undecided},
	"half-close, raw: did not look":                {&halfCloseMode, "raw", []fact{hello, askedA, misbehaved, one(leftEnd, "b2", "", "x", 29)}, exited(0, 30), undecided},
	"half-close, line: reads the end":              {&halfCloseMode, "line", []fact{hello, askedA, misbehaved, one(readEnd, "b2", "", "x", 20)}, exited(1, 30), coped},
	"half-close: pipelined before":                 {&halfCloseMode, "resp", []fact{hello, askedA, misbehaved, one(asked, "b2", "B", "", 11), one(early, "b2", "B", "", 11), one(met, "b3", "", "", 15), one(asked, "b3", "B", "", 20)}, exited(0, 30), coped},
	"half-close: pipelines without end":            {&halfCloseMode, "resp", []fact{hello, askedA, misbehaved, one(asked, "b2", "B", "", 11), one(early, "b2", "B", orLater, 11), one(met, "b3", "", "", 15), one(asked, "b3", "B", "", 20)}, exited(0, 30), undecided},
	"half-close: pipelined before, alone":          {&halfCloseMode, "resp", []fact{hello, askedA, misbehaved, one(asked, "b2", "B", "", 11), one(early, "b2", "B", "", 11)}, exited(0, 30), undecided},
	"half-close: pipelined before, and used again": {&halfCloseMode, "resp", []fact{hello, askedA, misbehaved, one(asked, "b2", "B", "", 11), one(early, "b2", "B", "", 11), one(asked, "b2", "C", "", 20)}, exited(0, 30), failed},
	"half-close, raw: no program":                  {&halfCloseMode, "raw", []fact{hello, askedA, misbehaved, one(readEnd, "b2", "", "x", 20)}, ending{}, undecided},
	"slow: no program":                             {&slowMode, "", []fact{hello, askedA, misbehaved}, ending{}, undecided},
	"half-close, server: the peer ends its shell":  {&halfCloseMode, "server", []fact{hello, misbehaved, one(replied, "a2", "", "whole: 5 bytes", 20), stoppedIt}, ending{Ended: true, Status: 143, Signal: "SIGTERM", Shell: true, AtNS: 90 * tick, byPeer: true}, coped},
	"half-close, raw: stays":                       {&halfCloseMode, "raw", []fact{hello, askedA, misbehaved, runsOn, stoppedIt}, byUs, failed},
	"half-close, server: whole":                    {&halfCloseMode, "server", []fact{hello, misbehaved, one(replied, "a2", "", "whole: 5 bytes", 20), stoppedIt}, byUs, coped},
	"half-close, server: an error":                 {&halfCloseMode, "server", []fact{hello, one(served, "a1", "", "with 90 bytes, status 200", 5), misbehaved, one(replied, "a2", "", "whole: 70 bytes, status 400", 20), stoppedIt}, byUs, failed},
	"half-close, server: same error":               {&halfCloseMode, "server", []fact{hello, one(served, "a1", "", "with 90 bytes, status 404", 5), misbehaved, one(replied, "a2", "", "whole: 90 bytes, status 404", 20), stoppedIt}, byUs, coped},
	"reset, server: errs since":                    {&resetMode, "server", []fact{hello, one(served, "a1", "", "with 90 bytes, status 200", 5), misbehaved, one(served, "a3", "", "with 70 bytes, status 503", 30), stoppedIt}, byUs, failed},
	"half-close, server: not whole":                {&halfCloseMode, "server", []fact{hello, misbehaved, one(replied, "a2", "", "not whole: x", 20), stoppedIt}, byUs, failed},
	"half-close, server: reset":                    {&halfCloseMode, "server", []fact{hello, misbehaved, one(ended, "a2", "", "by a reset", 20), stoppedIt}, byUs, coped},
	"half-close, server: reset, strict":            {&halfCloseMode, "server strict", []fact{hello, misbehaved, one(ended, "a2", "", "by a reset", 20), stoppedIt}, byUs, failed},
	"late: waits for ever":                         {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, runsOn, stoppedIt}, byUs, failed},
	"late: ends":                                   {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved}, exited(1, 20), coped},
	"late: closes":                                 {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "", "by closing", 20)}, exited(0, 30), coped},
	"late: asks again on it":                       {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "B", "by asking", 20), one(late, "b2", "A", "", 21)}, exited(0, 30), undecided},
	"late: uses it later":                          {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "", "by moving on", 20), one(late, "b2", "A", "", 21), one(asked, "b2", "C", "", 25)}, exited(0, 30), undecided},
	"late: took it":                                {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "B", "by asking", 20), one(late, "b2", "A", "", 21), one(judged, "", "", "stale: took A's", 40)}, exited(0, 30), failed},
	"late: pipelines, all its own":                 {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "B", "by asking", 20), one(late, "b2", "A", "", 21), one(waited, "", "A", "", 39), one(judged, "", "", "clean: x", 40)}, exited(0, 30), undecided},
	"late: gave up, all its own":                   {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "B", "by asking", 20), one(late, "b2", "A", "", 21), one(judged, "", "", "clean: x", 40)}, exited(0, 30), coped},
	"late: moved on, and kept it":                  {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "", movedOn, 20), one(late, "b2", "A", "", 21)}, exited(0, 30), undecided},
	"late: log that says nothing":                  {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "B", "by asking", 20), one(late, "b2", "A", "", 21), one(judged, "", "", "inconclusive: ", 40)}, exited(0, 30), undecided},
	"late: two, of which one is undecided": {&lateMode, "", []fact{
		hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "", "by closing", 20),
		one(asked, "b3", "C", "", 21), one(withheld, "b3", "C", "", 22), one(gaveUp, "b3", "D", "by asking", 25), one(late, "b3", "C", "", 26),
	}, exited(0, 30), undecided},
	"late: does not wait":  {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved}, justExited(0, 3, 50), undecided},
	"late: closes at once": {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 10), misbehaved, just(gaveUp, "b2", "by closing", 10)}, exited(0, 30), undecided},
	"late: two, both by closing": {&lateMode, "", []fact{
		hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(gaveUp, "b2", "", "by closing", 20),
		one(asked, "b3", "C", "", 21), one(withheld, "b3", "C", "", 22), one(gaveUp, "b3", "", "by closing", 25),
	}, exited(0, 30), coped},
	"idle-close: again, and well":            {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "GET", 11), one(asked, "b3", "B", "GET", 20)}, exited(0, 30), coped},
	"idle-close: again, and fails":           {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "GET", 11), one(asked, "b3", "B", "GET", 20)}, exited(1, 30), failed},
	"idle-close: not again":                  {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "GET", 11)}, exited(1, 30), failed},
	"idle-close: another request":            {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "GET", 11), one(asked, "b3", "C", "GET", 20)}, exited(0, 30), failed},
	"idle-close: its own, or again":          {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(asked, "b2", "A", "GET", 11), one(crossed, "b2", "A", "GET", 11), one(asked, "b3", "A", "GET", 20)}, exited(0, 30), undecided},
	"idle-close: read, its own, or again":    {&idleCloseMode, "", []fact{hello, askedA, one(asked, "b2", "A", "GET", 5), misbehaved, one(crossed, "b2", "A", "GET", 11), one(asked, "b3", "A", "GET", 20)}, exited(0, 30), undecided},
	"idle-close: read, and again":            {&idleCloseMode, "", []fact{hello, askedA, one(asked, "b2", "B", "GET", 5), misbehaved, one(crossed, "b2", "B", "GET", 11), one(asked, "b3", "B", "GET", 20)}, exited(0, 30), coped},
	"idle-close: POST again":                 {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "POST", 11), one(asked, "b3", "B", "POST", 20)}, exited(0, 30), failed},
	"idle-close: POST again, keyed":          {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "POST with Idempotency-Key", 11), one(asked, "b3", "B", "POST with Idempotency-Key", 20)}, exited(0, 30), coped},
	"idle-close: POST, new key":              {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "POST"+keyed, 11), one(asked, "b3", "B", "POST"+keyed, 20), one(rekeyed, "b3", "B", "", 20)}, exited(0, 30), failed},
	"idle-close: POST, no key then":          {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "POST"+keyed, 11), one(asked, "b3", "B", "POST", 20)}, exited(0, 30), failed},
	"idle-close: POST, other body":           {&idleCloseMode, "error", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "POST", 11), one(asked, "b3", "C", "POST", 20), one(akin, "b3", "C", "", 20), one(said, "", "", "error", 31)}, exited(0, 30), undecided},
	"idle-close: POST, other body, keyed":    {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "POST"+keyed, 11), one(asked, "b3", "C", "POST"+keyed, 20), one(akin, "b3", "C", withTheKey, 20)}, exited(0, 30), coped},
	"idle-close: GET, other content":         {&idleCloseMode, "safe", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "", 11), one(asked, "b3", "C", "", 20), one(akin, "b3", "C", "", 20)}, exited(0, 30), undecided},
	"idle-close: again, and one like it":     {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "GET", 11), one(asked, "b3", "B", "GET", 20), one(akin, "b3", "C", "", 21)}, exited(0, 30), coped},
	"idle-close: POST, an error":             {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "POST", 11)}, exited(1, 30), coped},
	"idle-close: POST, no error":             {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "POST", 11)}, exited(0, 30), undecided},
	"idle-close: --unsafe, again":            {&idleCloseMode, "unsafe", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "", 11), one(asked, "b3", "B", "", 20)}, exited(0, 30), failed},
	"idle-close: who knows":                  {&idleCloseMode, "", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "", 11), one(asked, "b3", "B", "", 20)}, exited(0, 30), undecided},
	"idle-close: never came again":           {&idleCloseMode, "", []fact{hello, askedA, misbehaved}, exited(0, 30), undecided},
	"truncate: reports":                      {&truncateMode, "", []fact{hello, askedA, misbehaved}, exited(18, 30), coped},
	"truncate: --error":                      {&truncateMode, "error", []fact{hello, askedA, misbehaved, one(said, "", "", "error", 31)}, exited(0, 30), coped},
	"truncate: takes it for whole":           {&truncateMode, "", []fact{hello, askedA, misbehaved, one(said, "", "", "body", 31)}, exited(0, 30), failed},
	"truncate: an error may be behind":       {&truncateMode, "error", []fact{hello, askedA, misbehaved, one(unkept, "", "", "x", 31), one(said, "", "", "body", 31)}, exited(0, 30), undecided},
	"truncate: takes it for whole, and more": {&truncateMode, "", []fact{hello, askedA, misbehaved, one(unkept, "", "", "x", 31), one(said, "", "", "body", 31)}, exited(0, 30), failed},
	"idle-close: success may be behind":      {&idleCloseMode, "success", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "GET", 11), one(asked, "b3", "B", "GET", 20), one(unkept, "", "", "x", 31)}, exited(0, 30), undecided},
	"idle-close: no success":                 {&idleCloseMode, "success", []fact{hello, askedA, misbehaved, one(crossed, "b2", "B", "GET", 11), one(asked, "b3", "B", "GET", 20)}, exited(0, 30), failed},
	"truncate: says nothing":                 {&truncateMode, "", []fact{hello, askedA, misbehaved}, exited(0, 30), undecided},
	"truncate: the control":                  {&truncateMode, "", []fact{hello, askedA, misbehaved, one(said, "", "", "control", 9), one(said, "", "", "body", 31)}, exited(0, 30), undecided},
	"truncate: hangs":                        {&truncateMode, "", []fact{hello, askedA, misbehaved, runsOn, stoppedIt}, byUs, failed},
	"silent: ends":                           {&silentMode, "", []fact{hello, askedA, misbehaved}, exited(1, 30), coped},
	"silent: hangs":                          {&silentMode, "", []fact{hello, askedA, misbehaved, runsOn, stoppedIt}, byUs, failed},
	"silent, server: closes":                 {&silentMode, "server", []fact{hello, misbehaved, one(ended, "a2", "", "by a FIN", 20), stoppedIt}, byUs, coped},
	"silent, server: hangs":                  {&silentMode, "server", []fact{hello, misbehaved, stoppedIt}, byUs, failed},
	"no-connect: seen to try, and ends":      {&noConnectMode, "", []fact{one(attempted, "", "", "", 1), misbehaved}, exited(1, 30), coped},
	"refuse: another may have tried":         {&refuseMode, "listen", []fact{one(attempted, "", "", "", 10), one(did, "", "", "refused", 10)}, exited(1, 20), undecided},
	"refuse: another may have, and it hangs": {&refuseMode, "listen", []fact{one(attempted, "", "", "", 10), one(did, "", "", "refused", 10), runsOn, stoppedIt}, byUs, undecided},
	"refuse: never tried":                    {&refuseMode, "", nil, exited(1, 30), undecided},
	"cut: closes":                            {&cutMode, "", []fact{hello, askedA, misbehaved, one(ended, "b2", "", "by closing", 20), stoppedIt}, byUs, coped},
	"cut: sends, and is done":                {&cutMode, "", []fact{hello, askedA, misbehaved, just(ended, "b2", "by closing", 10), stoppedIt}, byUs, undecided},
	"cut: ends at once":                      {&cutMode, "", []fact{hello, askedA, misbehaved}, justExited(1, 10, 5), undecided},
	"cut: ends soon":                         {&cutMode, "", []fact{hello, askedA, misbehaved}, justExited(1, 10, 50), coped},
	"cut: ends soon, without an error":       {&cutMode, "", []fact{hello, askedA, misbehaved}, justExited(0, 10, 50), undecided},
	"cut, idle: was done":                    {&cutMode, "idle", []fact{hello, askedA, misbehaved, one(ended, "b2", "", "by closing", 20)}, exited(0, 30), undecided},
	"cut, idle: ends, and was done":          {&cutMode, "idle", []fact{hello, askedA, misbehaved}, exited(0, 30), undecided},
	"cut, idle: uses it, and closes":         {&cutMode, "idle", []fact{hello, askedA, misbehaved, one(exposed, "b2", "", "x", 15), one(ended, "b2", "", "by closing", 20)}, exited(0, 30), coped},
	"cut, idle: uses it, and ends":           {&cutMode, "idle", []fact{hello, askedA, misbehaved, one(exposed, "b2", "", "x", 15)}, exited(1, 30), coped},
	"cut, idle: closes as it writes":         {&cutMode, "idle", []fact{hello, askedA, misbehaved, one(exposed, "b2", "", "x", 15), just(ended, "b2", "by closing", 15)}, exited(1, 30), undecided},
	"cut, idle: does not look":               {&cutMode, "idle", []fact{hello, askedA, misbehaved, runsOn, stoppedIt}, byUs, failed},
	"cut, server: closes as it replies":      {&cutMode, "server", []fact{hello, misbehaved, just(ended, "a2", "by closing", 10), stoppedIt}, byUs, undecided},
	"cut, server: gives up":                  {&cutMode, "server", []fact{hello, misbehaved, one(exposed, "a2", "", "x", 11), one(ended, "a2", "", "by closing", 20), stoppedIt}, byUs, coped},
	"silent: ends at once":                   {&silentMode, "", []fact{hello, askedA, misbehaved}, justExited(0, 10, 50), undecided},
	"silent, server: closes at once":         {&silentMode, "server", []fact{hello, misbehaved, just(ended, "a2", "by a FIN", 10), stoppedIt}, byUs, undecided},
	"silent: leaves a child behind":          {&silentMode, "", []fact{hello, askedA, misbehaved, one(behind, "b2", "", "x", 25)}, exited(0, 20), undecided},
	"late: leaves a child behind":            {&lateMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3), misbehaved, one(behind, "b2", "", "x", 25)}, exited(0, 20), undecided},
	"reset, server: a worker crashes":        {&resetMode, "server", []fact{hello, misbehaved, one(served, "a3", "", "", 30), one(crashed, "a2", "", "x died of SIGSEGV", 35), stoppedIt}, byUs, failed},
	"reset, server: a worker's SIGPIPE":      {&resetMode, "server", []fact{hello, misbehaved, one(served, "a3", "", "", 30), one(crashed, "a2", "", "x died of SIGPIPE", 35), stoppedIt}, byUs, undecided},
	"refuse: ends at once":                   {&refuseMode, "", []fact{one(attempted, "", "", "", 10), one(did, "", "", "refused", 10)}, justExited(1, 10, 1), coped},
	"slow: half-closes, and hangs":           {&slowMode, "max-rss=1000", []fact{hello, askedA, misbehaved, one(ended, "b2", "", byFIN, 11), runsOn, stoppedIt}, byUs, failed},
	"slow: closes":                           {&slowMode, "max-rss=1000", []fact{hello, askedA, misbehaved, one(ended, "b2", "", byFIN, 20), one(gaveUp, "b2", "", "by closing the connection", 20), runsOn, stoppedIt}, byUs, coped},
	"slow: resets":                           {&slowMode, "max-rss=1000", []fact{hello, askedA, misbehaved, one(ended, "b2", "", "by a reset: x", 20), runsOn, stoppedIt}, byUs, coped},
	"slow: ends at once":                     {&slowMode, "max-rss=1000", []fact{hello, askedA, misbehaved}, justExited(0, 10, 50), undecided},
	"slow, server: gives up":                 {&slowMode, "server max-rss=1000", []fact{hello, misbehaved, one(ended, "a2", "", byFIN, 20), runsOn, stoppedIt}, byUs, coped},
	"cut: its end goes with it":              {&cutMode, "", []fact{hello, askedA, misbehaved, one(ended, "b2", "", "by closing", 95), stoppedIt}, byUs, failed},
	"cut: hangs":                             {&cutMode, "", []fact{hello, askedA, misbehaved, runsOn, stoppedIt}, byUs, failed},
	"slow: ends":                             {&slowMode, "max-rss=1000", []fact{hello, askedA, misbehaved}, ending{Ended: true, MaxRSS: 1000, AtNS: 30 * tick}, coped},
	"slow: takes too much":                   {&slowMode, "max-rss=1000", []fact{hello, askedA, misbehaved}, ending{Ended: true, MaxRSS: 1001, AtNS: 30 * tick}, failed},
	"slow: hangs":                            {&slowMode, "max-rss=1000", []fact{hello, askedA, misbehaved, runsOn, stoppedIt}, byUs, failed},
	"dup: not seen from outside":             {&dupMode, "", []fact{hello, askedA, misbehaved, one(asked, "b2", "B", "", 20)}, exited(0, 30), undecided},
	"dup: took the second":                   {&dupMode, "", []fact{hello, askedA, misbehaved, one(judged, "", "", "stale: ", 40)}, exited(0, 30), failed},
	"dup: all its own":                       {&dupMode, "", []fact{hello, askedA, misbehaved, one(judged, "", "", "clean: ", 40)}, exited(0, 30), coped},
	"dup: drops the connection":              {&dupMode, "", []fact{hello, askedA, misbehaved, one(ended, "b2", "", "", 15), one(asked, "b3", "B", "", 20)}, exited(0, 30), coped},
	"cross: one connection alone":            {&crossMode, "", []fact{hello, askedA, one(withheld, "b2", "A", "", 3)}, exited(0, 30), undecided},
	"any mode: a signal told by a shell":     {&silentMode, "", []fact{hello, askedA, misbehaved}, ending{Ended: true, Status: 141, Signal: "SIGPIPE", Shell: true, AtNS: 30 * tick}, undecided},
	"any mode: a shell's child that crashed": {&silentMode, "", []fact{hello, askedA, misbehaved, one(crashed, "b2", "", "x died of SIGSEGV", 29)}, ending{Ended: true, Status: 139, Signal: "SIGSEGV", Shell: true, AtNS: 30 * tick}, failed},
	"reset, alive: ended with such a status": {&resetMode, "alive", []fact{hello, askedA, misbehaved}, ending{Ended: true, Status: 143, Signal: "SIGTERM", Shell: true, AtNS: 30 * tick}, failed},
}

func TestVerdicts(t *testing.T) {
	for name, tt := range verdictCases {
		t.Run(name, func(t *testing.T) {
			r := &record{facts: append([]fact{one(planned, "", "", strings.TrimSpace(tt.mode.name+" "+tt.plan), 0)}, tt.facts...), end: tt.end}
			if v := tt.mode.verdictOn(r); v.Word != tt.want {
				t.Errorf("%s: %s; want %s", v.Word, v.Why, tt.want)
			}
		})
	}
}

// TestVerdictsSayHow: an undecided verdict of a program that was not put to the test says what
// to change.
func TestVerdictsSayHow(t *testing.T) {
	for _, m := range modes {
		never := m.verdictOn(&record{end: ending{Ended: true}})
		met := m.verdictOn(&record{facts: []fact{one(met, "b2", "", "", 1)}, end: ending{Ended: true}})
		for _, v := range []verdict{never, met} {
			if v.Word != undecided || v.Remedy == "" || v.Why == "" {
				t.Errorf("%s: %+v", m.name, v)
			}
		}
	}
}
