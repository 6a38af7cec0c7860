package load

// model says what becomes of the requests of a configuration whose server answers
// in order, without a clock or a socket: each of its connections is two queues.
type model struct {
	config *Config
	plan   plan
	Counts
	owed []modelOwed // by the server
	pipe []uint64    // replies that were sent and not read
}

type modelOwed struct {
	number  uint64
	giveUps int64 // before it is sent
}

// expected are the totals that a configuration must come to.
func expected(c *Config) Counts {
	m := &model{config: c, plan: planOf(c.Seed, c.Late)}
	for i := range c.Connections {
		m.owed, m.pipe = nil, nil
		gaveUp := false
		for n := int64(1); n <= c.quota(i); n++ {
			timedOut := m.TimedOut
			gaveUp = m.request(numberOf(i, n), gaveUp)
			if n < c.quota(i) {
				m.Followed += m.TimedOut - timedOut
			}
		}
	}
	return m.Counts
}

// request is one request, from its client's send on; before: the one before was
// given up.
func (m *model) request(number uint64, before bool) (gaveUp bool) {
	if m.config.Client.Drains {
		m.pipe = nil
	}
	if before && len(m.owed) > 0 {
		m.owed[0].giveUps--
		m.release()
	}
	o := modelOwed{number: number}
	m.Requests++
	if m.plan.late(number) {
		m.Late++
		o.giveUps = m.config.giveUps()
	}
	m.owed = append(m.owed, o)
	m.release()
	for len(m.pipe) > 0 {
		got := m.pipe[0]
		m.pipe = m.pipe[1:]
		switch {
		case got == number:
			m.Right++
		case m.config.Client.Mismatch == Takes:
			m.Wrong++
		case m.config.Client.Mismatch == Refuses:
			m.Refused++
		default:
			continue
		}
		return false
	}
	m.TimedOut++
	if m.config.Client.Reconnects {
		m.Reconnected++
		m.owed = nil
		return false
	}
	return true
}

// release sends what nothing stands against. That a late reply takes its time
// makes no difference: the client waits.
func (m *model) release() {
	for len(m.owed) > 0 && m.owed[0].giveUps <= 0 {
		m.pipe = append(m.pipe, m.owed[0].number)
		m.owed = m.owed[1:]
	}
}
