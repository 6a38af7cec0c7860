package replies

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// decode undoes compression (RFC 1952) and UTF-16, and says what there was to undo.
func decode(from io.Reader) (text *bufio.Reader, undone []string, err error) {
	text = bufio.NewReaderSize(from, maxLine)
	if begins(text, "\x1f\x8b") {
		z, err := gzip.NewReader(text)
		if err != nil {
			return nil, nil, err
		}
		text, undone = bufio.NewReaderSize(z, maxLine), append(undone, "gzip")
	}
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		if begins(text, mark) {
			_, _ = text.Discard(len(mark)) // they are there
			return bufio.NewReaderSize(&utf16Reader{from: text, order: order}, maxLine), append(undone, "UTF-16"), nil
		}
	}
	return text, undone, nil
}

func begins(text *bufio.Reader, with string) bool {
	b, _ := text.Peek(len(with)) // an error comes again
	return string(b) == with
}

// utf16Reader is a text in UTF-16 as UTF-8.
type utf16Reader struct {
	from  *bufio.Reader
	order binary.ByteOrder
	next  rune // a unit that was read too far; 0: none
}

func (u *utf16Reader) Read(b []byte) (n int, err error) {
	for len(b)-n >= utf8.UTFMax {
		var r rune
		if r, err = u.rune(); err != nil {
			break
		}
		n += utf8.EncodeRune(b[n:], r)
		if u.from.Buffered() == 0 {
			break // what has come is handed on at once
		}
	}
	if n > 0 {
		return n, nil // an error comes again
	}
	return 0, err
}

func (u *utf16Reader) rune() (rune, error) {
	first, err := u.unit()
	if err != nil || !utf16.IsSurrogate(first) {
		return first, err
	}
	second, err := u.unit()
	if err != nil {
		return 0, err
	}
	whole := utf16.DecodeRune(first, second)
	if whole == utf8.RuneError {
		u.next = second
	}
	return whole, nil
}

func (u *utf16Reader) unit() (rune, error) {
	if r := u.next; r != 0 {
		u.next = 0
		return r, nil
	}
	var b [2]byte
	if _, err := io.ReadFull(u.from, b[:]); err != nil {
		return 0, err
	}
	return rune(u.order.Uint16(b[:])), nil
}
