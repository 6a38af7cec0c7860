// Package synproxy sets the kernel's SYN proxy in front of a port, as `nft add rule … synproxy` does.
package synproxy
