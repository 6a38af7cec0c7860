// Package live looks at the sockets of a machine that nobody set up for the
// purpose: in the caller's network namespace or another, with the processes
// that own them. It serves the commands that scan.
package live
