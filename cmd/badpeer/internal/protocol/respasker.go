package protocol

import (
	"fmt"
	"strings"
)

// respClient is a client of RESP.
type respClient struct{}

// Ask is PING by default. A text is a command, its words separated by blanks.
func (respClient) Ask(_ int, text string) []byte {
	words := strings.Fields(text)
	if len(words) == 0 {
		words = []string{"PING"}
	}
	command := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, word := range words {
		command = fmt.Appendf(command, "$%d\r\n%s\r\n", len(word), word)
	}
	return command
}

func (respClient) Whole(in []byte, _ bool) (int, bool, error) {
	const every = respLines + respBulks + respLists + respPairs
	n, err := respSize(in, every, every)
	if err != nil {
		return 0, false, fmt.Errorf("resp: %w", err)
	}
	return n, n > 0, nil
}
