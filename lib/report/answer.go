package report

import "sockproof/lib/journal"

// answerWords is what an application made of a request: "a1 naive: takes “reply 1
// alice” for the answer to “ask 2 bob”".
func (c *canvas) answerWords(e *journal.Event) words {
	a := e.Answer
	main := []span{{c.who(e) + c.clean(a.Policy) + ": ", dim}, {c.clean(a.Request), plain}, {" " + c.clean(a.Did), bold}}
	if a.Reply != "" {
		main = append(main, span{": " + c.clean(a.Reply), plain})
	}
	return words{main: main}
}
