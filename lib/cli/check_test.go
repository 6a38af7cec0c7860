package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"sockproof/lib/journal"
	"sockproof/lib/tcp"
)

// A network whose witnesses contradict each other is said to be so, in text and in JSON.
func TestCheckShowsDiscrepancies(t *testing.T) {
	honest := checkedNetwork{
		Network: journal.Wire, Family: journal.IPv4, Available: true, Discrepancies: []tcp.Discrepancy{},
		Witnesses: []journal.WitnessStatus{{Name: journal.Calls, Status: journal.Attached}},
	}
	r := checked{Networks: []checkedNetwork{honest}}
	if r.contradicted() {
		t.Error("contradicted without a discrepancy")
	}
	filtered := honest
	filtered.Network = journal.HostNet
	filtered.Discrepancies = []tcp.Discrepancy{{
		Rule: tcp.R2, Sockets: []string{"a2"}, Hosts: []string{}, Events: []int{7},
		Accounts: []string{"one account", "the other"}, Explanation: "what explains it",
	}}
	r.Networks = append(r.Networks, filtered)
	if !r.contradicted() {
		t.Error("not contradicted with a discrepancy")
	}
	var text bytes.Buffer
	r.write(&text)
	want := "wire     ipv4  yes, observed by calls\n" +
		"host     ipv4  yes, observed by calls; but the witnesses contradict each other\n" +
		"                 R2 a2: one account; but the other: what explains it\n"
	if !strings.Contains(text.String(), want) {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"discrepancies":[]`, `"discrepancies":[{"rule":"R2","sockets":["a2"]`} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s in %s", want, b)
		}
	}
}
