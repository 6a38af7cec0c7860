package main

// ipv4 is one setting of a namespace's IPv4 and TCP.
func ipv4(name, value string) setup {
	return setup{Sysctls: map[string]string{"ipv4/" + name: value}}
}

// oneSetting are the worlds in which one setting of IPv4 or TCP has another value.
var oneSetting = [][2]string{
	{"tcp_sack", "0"},
	{"tcp_dsack", "0"},
	{"tcp_timestamps", "0"},
	{"tcp_timestamps", "2"},
	{"tcp_window_scaling", "0"},
	{"tcp_tw_reuse", "0"},
	{"tcp_tw_reuse", "1"},
	{"tcp_fin_timeout", "5"},
	{"tcp_tw_reuse_delay", "5000"},
	{"tcp_rto_min_us", "5000"},
	{"tcp_pingpong_thresh", "10"},
	{"tcp_stdurg", "1"},
	{"tcp_retries2", "3"},
	{"tcp_orphan_retries", "1"},
	{"tcp_abort_on_overflow", "1"},
	{"tcp_syncookies", "0"},
	{"tcp_syncookies", "2"},
	{"tcp_max_tw_buckets", "0"},
	{"tcp_rfc1337", "1"},
	{"tcp_ecn", "1"},
	{"tcp_no_metrics_save", "1"},
	{"tcp_autocorking", "0"},
	{"tcp_early_retrans", "0"},
	{"tcp_min_tso_segs", "1"},
	{"tcp_shrink_window", "1"},
	{"tcp_moderate_rcvbuf", "0"},
	{"tcp_congestion_control", "reno"},
	{"tcp_synack_retries", "1"},
	{"tcp_syn_retries", "1"},
	{"tcp_fastopen", "3"},
	{"tcp_recovery", "0"},
	{"tcp_frto", "0"},
	{"tcp_limit_output_bytes", "4096"},
	{"tcp_max_syn_backlog", "1"},
	{"tcp_migrate_req", "1"},
	{"ip_autobind_reuse", "1"},
	{"ip_nonlocal_bind", "1"},
	{"tcp_challenge_ack_limit", "1"},
	{"tcp_invalid_ratelimit", "0"},
}

// settingWorlds are configured, not disturbed: what a verdict is about may
// truly come out otherwise in one of them. Such a change stands in expected.go,
// with the kernel's reason.
func settingWorlds() (all []world) {
	add := func(name string, w world) {
		w.name = name
		w.share = 16
		all = append(all, w)
	}
	add("port-range-2", world{setup: ipv4("ip_local_port_range", "40000 40001")})
	add("rmem-tiny", world{setup: ipv4("tcp_rmem", "2304 2304 2304")})
	add("wmem-tiny", world{setup: ipv4("tcp_wmem", "4608 4608 4608")})
	add("buffers-tiny", world{setup: setup{Sysctls: map[string]string{"ipv4/tcp_rmem": "2304 2304 2304", "ipv4/tcp_wmem": "4608 4608 4608"}}})
	for _, mtu := range []string{"68", "576"} {
		add("mtu-"+mtu, world{nets: []string{"loopback", "host"}, setup: setup{MTU: mtu}})
	}
	add("file-size-0", world{limits: map[string]uint64{"RLIMIT_FSIZE": 0}})
	for name, files := range map[string]uint64{"files-24": 24, "files-32": 32} {
		add(name, world{limits: map[string]uint64{"RLIMIT_NOFILE": files}})
	}
	for _, s := range oneSetting {
		add(s[0]+"-"+s[1], world{setup: ipv4(s[0], s[1])})
	}
	add("somaxconn-1", world{setup: setup{Sysctls: map[string]string{"core/somaxconn": "1"}}})
	return all
}
