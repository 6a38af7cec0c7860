package main

import (
	"math"
	"testing"
	"time"

	"sockproof/lib/claim"
	"sockproof/lib/journal"
	"sockproof/lib/journaltest"
)

// The entries of the recordings: b2 is at a listener with TCP_SYNCNT 1, b4 to b8 share a
// queue, and in full b10 has a listener to itself.

// crowded are the ports of the clients that share a queue.
var crowded = []string{"40002", "40003", "40004", "40005", "40006"}

// synAcks are the SYN-ACKs that left for a client's port.
func synAcks(port string) journaltest.Which {
	return journaltest.To(port, journaltest.PacketAt(journal.AtSent, journal.SYN|journal.ACK))
}

// later moves all events from the n-th SYN-ACK to a port on by so much.
func later(port string, nth int, by time.Duration) journaltest.Change {
	return func(d *journaltest.Journal) { d.Later(d.Nth(nth, synAcks(port)).N, by) }
}

// goneLater moves the end of an entry, and what follows.
func goneLater(entry string, by time.Duration) journaltest.Change {
	return func(d *journaltest.Journal) { d.Later(d.First(of(entry, entered(journal.Gone))).N, by) }
}

// wrote is the n-th write to the setting.
func wrote(errno journal.Errno, nth int) journaltest.Change {
	return changedNth(nth, call(writeSetting), func(e *journal.Event) { e.Call.Errno = errno })
}

// threeMore lets the SYN-ACK of the entry that was given up early have been sent again three
// times more.
func threeMore(d *journaltest.Journal) {
	for _, port := range crowded {
		sent := d.Count(synAcks(port))
		last := *d.Nth(sent-1, synAcks(port))
		for more := range 6 - sent {
			d.Again(last.N+more, &last, nil)
		}
	}
}

// secondEarlier moves the third SYN-ACKs of the crowded queue, and what follows, on by a
// second.
func secondEarlier(d *journaltest.Journal) {
	n := math.MaxInt
	for _, port := range crowded {
		n = min(n, d.Nth(2, synAcks(port)).N)
	}
	d.Later(n, -time.Second)
}

// slower stretches the run's clock.
func slower(by float64) journaltest.Change {
	return changedAll(func(*journal.Event) bool { return true }, func(e *journal.Event) { e.T = int64(float64(e.T) * by) })
}

// neverGone lets the server have given no entry up.
var neverGone = droppedAll(journaltest.On("b", entered(journal.Gone)))

const full = "synack-retries-full"

// alteredRetries: how often, and when.
var alteredRetries = []journaltest.Case{
	{Name: "without --full", Of: "synack-retries", Do: asRecorded, Inconclusive: "BL3 BL5 BL6"},
	{Name: "never gone", Of: "synack-retries", Do: neverGone, Inconclusive: "BL2 BL36", Outcome: claim.OutcomeUnresolved},
	{Name: "never gone in five minutes", Of: "synack-retries", Do: all(
		later("40001", 1, 5*time.Minute), neverGone), Refuted: "BL36", Outcome: claim.NotReproduced},
	{Name: "sent once", Of: "synack-retries", Do: changedNth(1, synAcks("40001"), journaltest.Flagged(journal.ACK)), Refuted: "BL2"},

	{Name: "in full", Of: full, Do: asRecorded, Confirmed: "BL3 BL6", Refuted: "BL5"},
	{Name: "a second late", Of: full, Do: later("40007", 2, time.Second), Refuted: "BL3"},
	{Name: "ten seconds late", Of: full, Do: later("40007", 2, 10*time.Second), Inconclusive: "BL3"},
	{Name: "gone early", Of: full, Do: goneLater("b10", -10*time.Second), Refuted: "BL3"},
	{Name: "three more", Of: full, Do: threeMore, Confirmed: "BL4"},
	{Name: "a second earlier", Of: "synack-retries", Do: secondEarlier, Confirmed: "BL7"},

	{Name: "three times as slow", Of: full, Do: slower(2.8), Confirmed: "BL5", Refuted: "BL6"},

	{Name: "256 taken", Of: "synack-retries", Do: all(wrote("", 1), changedNth(2, journaltest.Setting(synAckRetries), setTo("256"))), Refuted: "BL8"},
	{Name: "255 refused", Of: "synack-retries", Do: all(
		wrote(journal.EINVAL, 0), changedNth(1, journaltest.Setting(synAckRetries), setTo("5"))), Refuted: "BL8"},
	{Name: "another default", Of: "synack-retries", Do: changed(
		journaltest.Setting(synAckRetries), func(e *journal.Event) { e.Setting.Old, e.Setting.New = "3", "3" }), Refuted: "BL8"},
	{Name: "not allowed", Of: "synack-retries", Do: wrote(journal.EACCES, 1), Inconclusive: "BL8"},
}

// Without --full these are undecided, and no others.
func TestWhatNeedsFull(t *testing.T) {
	of := suite.Scenario(t, "synack-retries")
	_, _, short := of.Judge(journaltest.Recorded(t, "synack-retries"))
	_, _, long := of.Judge(journaltest.Recorded(t, full))
	needs := map[string]bool{"BL3": true, "BL5": true, "BL6": true}
	for i := range short {
		if is := short[i].Verdict != long[i].Verdict; is != needs[short[i].Claim] {
			t.Errorf("%s: %s, in full %s", short[i].Claim, short[i].Verdict, long[i].Verdict)
		}
	}
}
