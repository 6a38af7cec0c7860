package main

// Where the statements come from.
const (
	ipSysctl = "Linux, Documentation/networking/ip-sysctl.rst"
	ip7      = "ip(7)"
	field    = "field reports"
)

// The settings that decide about ports and TIME_WAIT.
const (
	portRange  = "net.ipv4.ip_local_port_range"
	twReuse    = "net.ipv4.tcp_tw_reuse"
	twBuckets  = "net.ipv4.tcp_max_tw_buckets"
	twRecycle  = "net.ipv4.tcp_tw_recycle"
	finTimeout = "net.ipv4.tcp_fin_timeout"
)
