// Package diag asks the running kernel for its TCP sockets over netlink
// (sock_diag(7)). It sees what no descriptor shows any more: TIME_WAIT, requests
// in SYN_RECV, and orphans whose process has closed them.
//
// Two questions are asked: Lookup, for one socket by its exact 4-tuple, costs a
// few microseconds and serves a stepper that asks after every packet; Dump
// streams all that pass a filter. Reading the replies works on every platform,
// asking them on Linux.
package diag
