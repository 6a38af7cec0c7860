package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

// stages are what the benchmarks say that an operation takes, by name.
type stages map[string]time.Duration

// measureStages runs the packages' own benchmarks of what a default run consists of.
func measureStages(rounds int) (stages, error) {
	cmd := exec.Command("go", "test", "-tags", "urfave_cli_no_docs", "-run", "^$",
		"-bench", "^Benchmark(Stage|Probe|ConductNothing|ConductDefault|Machine|Judge|Render)$",
		"-benchtime", strconv.Itoa(rounds)+"x", "./lib/network", "./lib/scenario", "./cmd/selfconnect")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -bench: %w\n%s", err, out)
	}
	return parseBenchmarks(string(out)), nil
}

// parseBenchmarks reads lines like
// "BenchmarkStage/tun-2    300    67979 ns/op".
func parseBenchmarks(out string) stages {
	line := regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op`)
	s := stages{}
	for _, m := range line.FindAllStringSubmatch(out, -1) {
		ns, err := strconv.ParseFloat(m[2], 64)
		if err == nil { // digits and a point: always
			s[m[1]] = time.Duration(ns)
		}
	}
	return s
}

// stageNames say what each part of the stage is.
var stageNames = [...][2]string{
	{"Stage/thread", "a thread of its own"},
	{"Stage/namespace", "unshare(CLONE_NEWNET)"},
	{"Stage/settings", "settings"},
	{"Stage/tun", "TUN device"},
	{"Stage/rtnetlink", "rtnetlink socket"},
	{"Stage/lo", "lo up"},
	{"Stage/queue", "the wire's queue"},
	{"Stage/up", "the wire's interface up"},
	{"Stage/address", "address"},
	{"Stage/route", "route"},
	{"Stage/rules", "rules towards itself"},
	{"Stage/close", "closing them"},
}

// writeStages shows where a default run's time goes.
func writeStages(w io.Writer, run, start pairs, s stages) {
	whole := quartiles(run.a)[1]
	fmt.Fprint(w, "\n## Where a default run's time goes\n\nMedians, but means for those with *; what remains is threads, page faults and the end of the process.\n\n| stage | ms | share |\n| --- | ---: | ---: |\n")
	rest := whole
	row := func(name string, d time.Duration) {
		fmt.Fprintf(w, "| %s | %.3f | %.1f %% |\n", name, d.Seconds()*1e3, 100*float64(d)/float64(whole))
		rest -= d
	}
	row("process start, command line (`--version`)", quartiles(start.a)[1])
	row("asking whether a namespace can be had", s["Probe"])
	row("facts about the machine *", s["Machine"])
	var stage time.Duration
	for _, n := range stageNames {
		row("stage: "+n[1], s[n[0]])
		stage += s[n[0]]
	}
	row("witnesses attached, read and closed", s["ConductNothing/wire"]-stage)
	row("the scenario itself", s["ConductDefault"]-s["ConductNothing/wire"])
	row("verdicts *", s["Judge"])
	row("report *", s["Render"])
	row("what remains", rest)
	fmt.Fprintf(w, "| whole | %.3f | 100.0 %% |\n", whole.Seconds()*1e3)
}
