package report

import (
	"strconv"
	"strings"
)

// millis is a time in milliseconds, to the microsecond.
func millis(ns int64) string { return strconv.FormatFloat(float64(ns)/1e6, 'f', 3, 64) }

// duration is how long something took, to as many digits as one reads.
func (c *canvas) duration(ns int64) string {
	switch {
	case ns < 1e6:
		return strconv.FormatInt((ns+500)/1e3, 10) + " " + c.micro + "s"
	case ns < 1e9:
		return strconv.FormatFloat(float64(ns)/1e6, 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(float64(ns)/1e9, 'f', 2, 64) + " s"
}

// grouped writes a count with its thousands apart: 7,310.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	digits := strings.TrimPrefix(s, "-")
	if len(digits) <= 3 {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:len(s)-len(digits)])
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// count is "1 packet", "7,310 packets".
func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

// maxRanges bounds how many numbers or ranges of them are listed.
const maxRanges = 12

// ranges lists rising numbers, runs of them shortened: "4,7-9". mark goes
// before each, sep between them.
func ranges(nums []int, mark, sep, more string) string {
	var (
		b     strings.Builder
		parts int
	)
	for i := 0; i < len(nums); {
		j := i
		for j+1 < len(nums) && nums[j+1] == nums[j]+1 {
			j++
		}
		if j == i+1 && sep != "," {
			j = i // two in a row read better one by one
		}
		if parts > 0 {
			b.WriteString(sep)
		}
		if parts == maxRanges {
			b.WriteString(more)
			break
		}
		b.WriteString(mark)
		b.WriteString(strconv.Itoa(nums[i]))
		if j > i {
			b.WriteByte('-')
			b.WriteString(strconv.Itoa(nums[j]))
		}
		parts++
		i = j + 1
	}
	return b.String()
}
