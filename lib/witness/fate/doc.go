// Package fate sees how a process ended that is another's child: by a pidfd, which keeps the exit
// status since Linux 6.15.
package fate
