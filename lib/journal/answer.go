package journal

// Answer is what an application made of a request: what it took for the answer,
// or that it had none. Which bytes were written and read stands in the calls that
// it names; the texts are for the reader.
type Answer struct {
	Policy  string `json:"policy"`          // how the application tells whose reply it has read: "naive"
	Did     string `json:"did"`             // taken, refused, discarded, timed out, cancelled, failed
	Request string `json:"request"`         // the one that it made
	Reply   string `json:"reply,omitempty"` // the one that it read
	Asked   int    `json:"asked"`           // the number of the call by which the request was sent
	Read    int    `json:"read,omitempty"`  // of the one that read the reply, or that ended without one
}

func (a Answer) masked(m Mask) *Answer {
	a.Request, a.Reply = m.Text(a.Request), m.Text(a.Reply)
	return &a
}
