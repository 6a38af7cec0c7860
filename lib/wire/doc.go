// Package wire is the link between hosts, held by the program: every packet
// that leaves a host waits until it is delivered, dropped, duplicated or kept.
//
// A write into a TUN runs the receiver's TCP before it returns, so after each
// delivery the receiver's new state, and what it answers, are already there.
// That makes a deterministic TCP, stepped one packet at a time. Only the TUN itself takes Linux.
package wire
