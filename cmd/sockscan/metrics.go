package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"sockproof/lib/live"
	"sockproof/lib/report"
)

// maxSeries bounds the series of one look; what is beyond is one series, "other".
const maxSeries = 1000

// scanRatio is what share of the ports to a destination is used.
type scanRatio struct {
	destination, netns string
	used               float64
}

// measure takes down what the metrics are made of beside findings.
func (r *scanReport) measure(l *look) {
	for i := range l.spaces {
		v := &l.spaces[i]
		for n := range v.listeners {
			q := &v.listeners[n]
			r.listeners = append(r.listeners, scanListener{
				scoped(q.at, q.iface).String(), programName(l.owner(q.owner)), v.title(), q.waiting, q.limit, max(q.drops, q.nowDrops),
			})
		}
		if len(v.destinations.by) == 0 {
			continue
		}
		usable := v.usable()
		for to, u := range v.destinations.by {
			r.ratios = append(r.ratios, scanRatio{to.to.addrPort().String(), v.title(), u.numbers(v, to, usable).Ratio})
		}
	}
	slices.SortFunc(r.ratios, func(a, b scanRatio) int {
		return cmp.Or(cmp.Compare(b.used, a.used), cmp.Compare(a.destination, b.destination))
	})
}

func programName(o *live.Owner) string {
	if o == nil {
		return ""
	}
	return o.Program
}

// metric is a family of series.
type metric struct {
	name, kind, help string
	series           []series
}

type series struct {
	labels string
	value  float64
}

// writeMetrics writes the report as OpenMetrics text.
func (r *scanReport) writeMetrics(w io.Writer) {
	stuck := metric{name: "sockproof_stuck_sockets", kind: "gauge", help: "Sockets in findings."}
	sums := map[string]int{}
	var order []string
	for i := range r.Findings {
		f := &r.Findings[i]
		netns := f.Namespace
		if netns == "" && len(r.Where) > 0 {
			netns = r.Where[0].Namespace
		}
		l := labels("kind", f.Kind, "program", programName(f.Program), "netns", netns)
		if _, known := sums[l]; !known {
			order = append(order, l)
		}
		sums[l] += f.Sockets
	}
	for _, l := range order {
		stuck.series = append(stuck.series, series{l, float64(sums[l])})
	}
	all := append([]metric{stuck}, r.queueMetrics()...)
	left := maxSeries - 1 - len(all) // each may need its "other", and there is one for the time
	for i := range all {
		left -= all[i].write(w, left)
	}
	fmt.Fprintf(w, "# TYPE sockproof_scan_seconds gauge\n# HELP sockproof_scan_seconds How long the look took.\nsockproof_scan_seconds %g\n# EOF\n", float64(r.TookNS)/1e9)
}

// queueMetrics are those of listeners and ports.
func (r *scanReport) queueMetrics() []metric {
	queue := metric{name: "sockproof_listener_queue", kind: "gauge", help: "Connections that wait to be accepted."}
	limit := metric{name: "sockproof_listener_limit", kind: "gauge", help: "The backlog; one more has room."}
	drops := metric{name: "sockproof_listener_drops", kind: "counter", help: "What the listener threw away since it listens."}
	for _, l := range r.listeners {
		at := labels("listener", l.at, "program", l.program, "netns", l.netns)
		queue.series = append(queue.series, series{at, float64(l.waiting)})
		limit.series = append(limit.series, series{at, float64(l.limit)})
		drops.series = append(drops.series, series{at, float64(l.drops)})
	}
	ports := metric{name: "sockproof_ports_used_ratio", kind: "gauge", help: "Share of the ports to a destination that is used."}
	for _, p := range r.ratios {
		ports.series = append(ports.series, series{labels("destination", p.destination, "netns", p.netns), p.used})
	}
	return []metric{queue, limit, drops, ports}
}

// write writes a family with so many series at most, beside "other", and returns how many they were. Labels that come twice are one
// series, the sum of both, as of several listeners at one address; of ratios, the larger.
func (m *metric) write(w io.Writer, most int) (written int) {
	fmt.Fprintf(w, "# TYPE %s %s\n# HELP %s %s\n", m.name, m.kind, m.name, m.help)
	suffix, isRatio := "", strings.HasSuffix(m.name, "_ratio")
	if m.kind == "counter" {
		suffix = "_total"
	}
	at, merged := map[string]int{}, []series{}
	for _, s := range m.series {
		i, known := at[s.labels]
		if !known && len(merged) >= max(most, 0) {
			s.labels = "{other=\"true\"}"
			i, known = at[s.labels]
		}
		switch {
		case !known:
			at[s.labels] = len(merged)
			merged = append(merged, s)
		case isRatio:
			merged[i].value = max(merged[i].value, s.value)
		default:
			merged[i].value += s.value
		}
	}
	for _, s := range merged {
		fmt.Fprintf(w, "%s%s%s %g\n", m.name, suffix, s.labels, s.value)
	}
	return len(merged)
}

// labels writes names and values in turn. Values may be a stranger's: what a terminal would act upon is spelled
// out, and then quoted as the format wants it.
func labels(pairs ...string) string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	var all []string
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, fmt.Sprintf(`%s="%s"`, pairs[i], quote.Replace(report.Printable(pairs[i+1]))))
	}
	return "{" + strings.Join(all, ",") + "}"
}
