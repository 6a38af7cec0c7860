package live

import "sockproof/lib/witness/counters"

// Counters reads the kernel's counters of a place, also after whatever named it has ended.
type Counters struct{ reader *counters.Reader }

// OpenCounters opens those of a place.
func OpenCounters(p Place) (*Counters, error) {
	c := &Counters{}
	err := p.In(func() (err error) {
		c.reader, err = counters.Open(false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Read reads all of them, by name.
func (c *Counters) Read() (map[string]int64, error) { return c.reader.Read() }

// Close lets go of the place.
func (c *Counters) Close() { _ = c.reader.Close() } // it has answered by then
