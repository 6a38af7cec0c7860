package main

import "sockproof/lib/scenario"

// plays are the scenarios' actions by name.
var plays = map[string]scenario.Play{
	"endings":     endings,
	"four-way":    fourWay,
	"three-way":   threeWay,
	"merged-data": mergedData,
	"late-data":   lateData,
	"unread":      unread,
	"unsent":      unsentFor("1"),
	"truncated":   truncated,
	"shared":      shared,
	"threads":     threads,
	"epoll":       notices,
	"shut-read":   shutRead,
	"orphan":      orphan,
	"half-open":   halfOpen,
	"exit":        exit,
	"kill":        kill,
	"leak":        leak,
	"time-wait":   timeWait,
}
