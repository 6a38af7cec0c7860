// Package network sets the stage: hosts with a stack of their own, on the
// wire, on loopback in a private namespace, or on the caller's own stack. What
// is possible is found by doing it, and an error says what would help. Nothing
// it makes outlives the process, and on the caller's own stack nothing is
// changed. Linux only.
package network
