//go:build linux

package main

import "slices"

// An expectation is a verdict that a setting truly changes.
type expectation struct {
	world    string
	binary   string
	scenario string // any, if empty
	what     string // a claim, or "outcome"
	verdict  string
	reason   string // of the kernel's, in one sentence
	source   string
}

var expectations = []expectation{
	{
		"tcp_syncookies-2", "lingerreset", "causes", outcome, "not_reproduced",
		"with cookies the third segment of an opening meets no request socket, and tcp_abort_on_overflow is looked at only for one: in front of a full accept queue the segment is dropped",
		"Linux, net/ipv4/tcp_minisocks.c tcp_check_req(), and net/ipv4/syncookies.c tcp_get_cookie_sock()",
	},
	{"tcp_pingpong_thresh-10", "delayack", "delayed", outcome, "not_reproduced", manyAnswers, manyAnswersIn},
	{"tcp_pingpong_thresh-10", "delayack", "every", outcome, "not_reproduced", manyAnswers, manyAnswersIn},
	{"tcp_pingpong_thresh-10", "delayack", "stall", outcome, "not_reproduced", manyAnswers, manyAnswersIn},
	{
		"buffers-tiny", "delayack", "stall", "NG4", "refuted", tinyQuickAck, tinyQuickAckIn,
	},
	{
		"rmem-tiny", "delayack", "stall", "NG4", "refuted", tinyQuickAck, tinyQuickAckIn,
	},
}

const (
	manyAnswers    = "an end delays only after as many prompt answers as that, and the scenario's ends give four"
	manyAnswersIn  = "Linux, net/ipv4/tcp_output.c tcp_event_data_sent(), inet_csk_inc_pingpong_cnt()"
	tinyQuickAck   = "TCP_QUICKACK ends the mode of questions and answers, and how many acknowledgements are then prompt is half the window in segments: of so small a window one or two, which have been used"
	tinyQuickAckIn = "Linux, net/ipv4/tcp_input.c tcp_incr_quickack(), tcp_in_quickack_mode()"
)

// expected says whether a change is one that the setting explains.
func expected(world string, c cell, what, verdict string) bool {
	for _, e := range expectations {
		if e.world == world && e.binary == c.binary && (e.scenario == "" || e.scenario == c.scenario) && e.what == what && e.verdict == verdict {
			return true
		}
	}
	return false
}

// A swallowing is a system call whose error Go's library keeps from the program that made it.
type swallowing struct {
	binary, scenario, call string
	how                    string
	source                 string
}

var swallowings = []swallowing{
	{
		"selfconnect", "detect-and-retry", "getpeername",
		"net.Dial takes a socket whose peer it cannot ask for as one that is not connected yet, and waits on",
		"Go, src/net/fd_unix.go (*netFD).connect",
	},
}

// isSwallowed says whether a binary never learns of a fault.
func isSwallowed(c cell, f fault) bool {
	return slices.ContainsFunc(swallowings, func(s swallowing) bool {
		return s.binary == c.binary && s.scenario == c.scenario && s.call == f.call.name
	})
}
