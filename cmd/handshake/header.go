package main

import (
	"bytes"
	"slices"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// header is a segment that left, or was made up, with its header.
type header struct {
	*tcp.Segment
	tcp.Header
}

// headers lists those whose bytes were kept.
var headers = tcp.Derived(func(v *tcp.View) []header {
	var all []header
	for _, s := range slices.Concat(v.Segments(journal.AtSent), v.Segments(journal.AtInjected)) {
		if h, ok := s.Header(); ok && len(s.Packet.Bytes) > 0 {
			all = append(all, header{s, h})
		}
	}
	return all
})

// inHeader is a claim about every header.
func inHeader(id, statement, source string, rule func(c *claim.Case, h header)) claim.Claim {
	return claim.Claim{
		ID: id, Statement: statement, Source: source, Quantity: claim.Always, Needs: claim.NeedsPackets, Precondition: "no such header was kept",
		Rule: claim.Each(headers, func(c *claim.Case, h header) {
			c.CiteSegments(h.Segment)
			rule(c, h)
		}),
	}
}

// isLong says whether a header of so many bytes was among them.
func isLong(c *claim.Case, n int) bool {
	return slices.ContainsFunc(headers(c.View), func(h header) bool { return h.Length() == n })
}

var hd1 = inHeader("HD1", "a header has at least 20 bytes", claim.Article000+"; "+claim.Article002+"; "+claim.Article003, func(c *claim.Case, h header) {
	c.Expect(h.Length() >= shortest, "that of %s says that it has %d bytes", named(h.Segment), h.Length())
	c.Challenged(isLong(c, shortest), "there was none without options")
	c.Holds("that of %s has %d bytes; without options it has %d", named(h.Segment), h.Length(), shortest)
})

var hd2 = inHeader("HD2", "the header's length is 4 bits, in words, so at most 60 bytes", claim.Article002, func(c *claim.Case, h header) {
	c.Expect(h.Length() <= longest, "that of %s says that it has %d bytes", named(h.Segment), h.Length())
	c.Challenged(isLong(c, longest), "there was none of %d bytes", longest)
	if h.Length() == longest {
		h.follows(c)
	}
	c.Holds("that of %s has %d words; of one of 15 words the kernel read what follows", named(h.Segment), h.Length()/4)
})

// follows expects that what follows the header was read.
func (h *header) follows(c *claim.Case) {
	i := slices.IndexFunc(entries(c.View), func(x entry) bool { return x.N == h.N })
	c.Given(i >= 0 && h.Payload != nil, "no data came behind it")
	read := readThen(c, entries(c.View)[i].at, h.N)
	c.Expect(bytes.Equal(read.Call.Data, h.Payload), "%q came behind a header of %d bytes, and %q was read", h.Payload, h.Length(), read.Call.Data)
}

var hd3 = inHeader("HD3", "6 reserved bits, all 0; 6 flags", claim.Article002+"; "+claim.Article003, func(c *claim.Case, h header) {
	c.Expect(h.Reserved() == 0, "those six bits of %s are %06b: two of them are ECE and CWR (RFC 3168)", named(h.Segment), h.Reserved())
	c.Challenged(c.Setting("", ecn, 0) != nil, "nobody asked for ECN")
	c.Holds("those six bits of %s are 0", named(h.Segment))
})

var hd12 = inHeader("HD12", "padding is zeros", claim.Article002, func(c *claim.Case, h header) {
	padding := h.Options.Padding()
	c.If(len(padding) > 0)
	c.Expect(bytes.Count(padding, []byte{0}) == len(padding), "%s has %v among its options to fill its words: no-operations", named(h.Segment), padding)
	c.Holds("%s is filled up with %v", named(h.Segment), padding)
})

var hd13 = inHeader("HD13", "an option has 32 bits", claim.Article003, func(c *claim.Case, h header) {
	c.If(len(h.Options) > 0)
	for o := range h.Options.All() {
		bits := 8 * (2 + len(o.Data))
		c.Expect(bits == 32, "“%s” of %s has %d bits", o, named(h.Segment), bits)
	}
	c.Holds("each of %s has 32 bits", named(h.Segment))
})

var hd14 = inHeader("HD14", "there is a 16-bit “offset”", claim.Article003, func(c *claim.Case, h header) {
	c.Expect(int(h.Offset) == h.Length()/4, "the sixteen bits of %s are %#04x, and its data begins after %d words: the first four say so, the others are flags", named(h.Segment), h.Offset, h.Length()/4)
	c.Holds("the sixteen bits of %s are %#04x, and its data begins after %d words", named(h.Segment), h.Offset, h.Length()/4)
})
