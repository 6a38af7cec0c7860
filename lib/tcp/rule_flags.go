package tcp

// flags checks that every segment but a SYN or a RST has the ACK flag, as TCP always
// sets it once a connection is open (RFC 9293 §3.1); others are dropped on arrival.
func (c *confrontation) flags() {
	for _, e := range c.Ends {
		for _, s := range e.out {
			if s.Flags&(ackFlag|synFlag|rstFlag) == 0 {
				c.aboutEnd(R3, e, []int{s.N}, "a segment left "+c.who(e)+" with the flags "+s.Flags.String(), "TCP sets ACK in each but SYN and RST")
			}
		}
	}
}
