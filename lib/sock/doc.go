// Package sock makes kernel sockets by raw system calls, each journalled with
// its arguments, result, errno and duration, and keeps watch over their states.
//
// Go's own net package is not used: its listeners are MPTCP ones, its Dial
// hides a self-connection and tries again, and neither shows its errnos.
//
// No system call is made on a socket but those that the journal shows and
// getsockopt(TCP_INFO). Linux only.
package sock
