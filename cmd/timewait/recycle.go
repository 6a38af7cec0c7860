package main

import (
	"os"
	"strings"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/scenario"
)

// readSetting is the call by which a setting is read that may not be there, as the journal has it.
const (
	readSetting = "read sysctl"
	untilRead   = time.Second
)

func readSysctl() (string, error) {
	b, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(twRecycle, ".", "/"))
	return strings.TrimSpace(string(b)), err
}

// recycle: what the kernel says of settings that the articles name.
func recycle(t *scenario.T) {
	t.Setting("a", finTimeout)
	t.Await(untilRead, t.Host("a").Library(readSetting, []string{twRecycle}, readSysctl))
}

var tw4 = claim.Claim{
	ID: "TW4", Statement: "tcp_tw_recycle=1 turns on fast recycling, default 0",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsCalls, Precondition: "tcp_tw_recycle was not read",
	Rule: claim.Once(func(c *claim.Case) {
		read := c.First(c.Calls(readSetting))
		c.If(read != nil)
		c.Expect(read.Call.Errno != journal.ENOENT, "this kernel has no tcp_tw_recycle: Linux 4.12 removed it")
		c.Given(read.Call.Errno == "", "reading it failed with %s", read.Call.Errno)
		c.Expect(read.Call.Out == "0", "it is %s where nobody has set it", read.Call.Out)
		c.Holds("this kernel has it, and it is 0 where nobody has set it")
	}),
}

var tw7 = claim.Claim{
	ID: "TW7", Statement: "tcp_fin_timeout default 60 s",
	Source: claim.Article003, Quantity: claim.Always, Needs: claim.NeedsCalls, Precondition: "tcp_fin_timeout was not read",
	Rule: isDefault(finTimeout, "60"),
}

// isNoMore is the phenomenon: the setting is gone.
var isNoMore = claim.Phenomenon{
	Needs: claim.NeedsCalls, Precondition: "tcp_tw_recycle was not read",
	Rule: claim.Once(func(c *claim.Case) {
		read := c.First(c.Calls(readSetting))
		c.If(read != nil)
		c.Expect(read.Call.Errno == journal.ENOENT, "it can be read: %s", claim.Returned(read))
		c.Holds("this kernel has no tcp_tw_recycle")
	}),
}
