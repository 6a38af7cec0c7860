// Package load asks many requests over many real TCP connections, some of whose
// replies are late, and checks every answer.
//
// Both ends of a connection belong to one thread: it reads and writes them as the
// kernel says that they are ready, and lets what has its time happen in the order
// of those times. So the totals are a function of the configuration alone, however
// slow the machine is, and only the times are the machine's.
package load
