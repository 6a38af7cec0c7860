// Package counters reads the kernel's TCP counters of one network namespace,
// /proc/net/snmp and /proc/net/netstat, and tells how far they moved. They name
// what packets do not show: why a RST was sent, why a connection was dropped.
// Parsing and comparing work on every platform, reading on Linux.
package counters
