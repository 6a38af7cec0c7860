// Package nstest gives the tests of the witnesses a network namespace of their
// own and plain TCP sockets in it.
package nstest
