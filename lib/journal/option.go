package journal

import (
	"strconv"
	"strings"
)

// Value is the value of a socket option, as v1 has it: "1", "{1, 0}", "ECONNRESET"; "": none.
type Value string

// On says whether a switch is on.
func (v Value) On() bool { return v == "1" }

// Int is a value that is a number; is: it is one.
func (v Value) Int() (n int64, is bool) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

// Errno is the value of SO_ERROR; "": there was no error.
func (v Value) Errno() Errno {
	if v == "0" {
		return ""
	}
	return Errno(v)
}

// Linger is the value of SO_LINGER (struct linger, socket(7)).
type Linger struct {
	On      bool
	Seconds int
}

// Aborts says whether close() sends RST for it.
func (l Linger) Aborts() bool { return l.On && l.Seconds == 0 }

// Value is its form in the journal: "{1, 0}".
func (l Linger) Value() Value {
	on := "0"
	if l.On {
		on = "1"
	}
	return Value("{" + on + ", " + strconv.Itoa(l.Seconds) + "}")
}

// Linger is that of SO_LINGER; false: the value is none.
func (v Value) Linger() (Linger, bool) {
	on, seconds, _ := strings.Cut(strings.Trim(string(v), "{}"), ", ")
	n, err := strconv.Atoi(seconds)
	l := Linger{On: on == "1", Seconds: n}
	if err != nil || l.Value() != v {
		return Linger{}, false
	}
	return l, true
}
