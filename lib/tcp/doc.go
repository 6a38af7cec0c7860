// Package tcp reads a journal as TCP: connections with their two ends, byte streams,
// the segments that carried them, states as intervals, calls with their causes. A
// View is built once from a journal, does not change, and every answer names the
// events it comes from.
//
// On it stands the confrontation: general rules, which know TCP (RFC 9293) and Linux
// where it differs, and no scenario, that hold what the witnesses say against each
// other. A Discrepancy is where two accounts cannot both be true, or where an effect
// has no cause.
//
// Everything here is a function of the journal: no clock, no socket, no I/O.
package tcp
