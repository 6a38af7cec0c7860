// Package capture takes TCP packets off an interface, lo above all, with an
// AF_PACKET socket (packet(7)). Only packets of the ports it is told to watch
// are taken: others' traffic never enters the program. It works on Linux only.
package capture
