package main

import "sockproof/lib/scenario"

// plays are the scenarios' actions by name.
var plays = map[string]scenario.Play{
	"linger0":          linger0,
	"sigpipe":          sigpipe,
	"read-after-reset": readAfterReset,
	"shut-wr-contrast": shutWrContrast,
	"linger-n":         lingerN,
	"exit":             exit,
	"inexact":          inexact,
	"linger-off":       lingerOff,
	"causes":           causes,
	"go-runtime":       goRuntime,
}
