package protocol

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// The kinds of values of RESP 2 and 3, by what follows their first line.
const (
	respLines = "+-:_,#("
	respBulks = "$=!"
	respLists = "*~>"
	respPairs = "%|"
)

// respSize is the size of the value at the beginning, without that anything is kept of
// it; 0: it is not whole. outer are the kinds that it may have, inner those of what is in
// it.
func respSize(in []byte, outer, inner string) (int, error) {
	at := 0
	for left, kinds := 1, outer; left > 0; left, kinds = left-1, inner {
		end := bytes.Index(in[at:], []byte("\r\n"))
		if end < 0 {
			return 0, respBegun(in[at:], kinds)
		}
		head := in[at : at+end]
		at += end + len("\r\n")
		if err := respBegun(head, kinds); err != nil || len(head) == 0 {
			return 0, respWrong(head, kinds)
		}
		if strings.IndexByte(respLines, head[0]) >= 0 {
			continue
		}
		count, err := respCount(head)
		switch {
		case err != nil:
			return 0, err
		case count < 0: // null
		case strings.IndexByte(respBulks, head[0]) >= 0:
			if len(in)-at < count+len("\r\n") {
				return 0, nil
			}
			at += count
			if !bytes.HasPrefix(in[at:], []byte("\r\n")) {
				return 0, fmt.Errorf("a string of %d bytes has no end of line after it", count)
			}
			at += len("\r\n")
		case strings.IndexByte(respPairs, head[0]) >= 0:
			left += 2 * count
		default:
			left += count
		}
		if left > MaxRequest { // each value has a byte at least
			return 0, errTooLong
		}
		if head[0] == '|' || head[0] == '>' && kinds == outer { // the value itself follows
			left++
		}
	}
	return at, nil
}

// respBegun says whether a line that is not whole can become one.
func respBegun(head []byte, kinds string) error {
	const most = 32 // digits and sign
	switch {
	case len(head) == 0:
		return nil
	case strings.IndexByte(kinds, head[0]) < 0, len(head) > most && strings.IndexByte(respLines, head[0]) < 0:
		return respWrong(head, kinds)
	}
	return nil
}

func respWrong(head []byte, kinds string) error {
	return fmt.Errorf("a value begins with %s: want one of %s", oneLine(string(head[:min(len(head), 40)])), strings.Join(strings.Split(kinds, ""), " "))
}

// respCount is the number that a line announces; -1: null.
func respCount(head []byte) (int, error) {
	digits := string(head[1:])
	if digits == "-1" {
		return -1, nil
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s: want a number from 0 to %d", oneLine(string(head)), MaxRequest)
	case n > MaxRequest:
		return 0, errTooLong
	}
	return int(n), nil
}
