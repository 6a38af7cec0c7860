package load

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Rate is a share of all requests.
type Rate struct {
	Share float64 // from 0 to 1
}

// ParseRate reads a share like 1%.
func ParseRate(text string) (Rate, error) {
	number, percent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(number, 64)
	if !percent || err != nil || !(share >= 0 && share <= 100) { // NaN is neither
		return Rate{}, errors.New("want a share from 0% to 100%, like 1%")
	}
	return Rate{share / 100}, nil
}

// plan says which replies are late. It is a function of the seed and the
// request's number alone: when it is sent, and on what machine, makes no difference.
type plan struct {
	seed  uint64
	below uint64 // of 2⁶⁴ hashes, those that make a reply late
	all   bool
}

func planOf(seed uint64, r Rate) plan {
	if r.Share >= 1 {
		return plan{all: true}
	}
	return plan{seed: mix(seed), below: uint64(math.Ldexp(r.Share, 64))}
}

func (p *plan) late(number uint64) bool { return p.all || mix(p.seed^number) < p.below }

// mix spreads a number over all 64 bits (SplitMix64, Steele et al. 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// quota is how many of the requests a connection, counted from 0, has to make.
func (c *Config) quota(connection int) int64 {
	n := c.Requests / int64(c.Connections)
	if int64(connection) < c.Requests%int64(c.Connections) {
		n++
	}
	return n
}

// giveUps is how often a client that waits for one late reply gives up before it
// comes.
func (c *Config) giveUps() int64 { return int64(c.LateBy / c.Patience) }
