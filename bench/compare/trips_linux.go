package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// roundTrips are how many a second a load and a plain ping-pong make, in pairs.
type roundTrips struct{ load, floor []float64 }

// What each of a pair does.
const (
	tripConnections = 100
	tripRequests    = 500_000
)

// roundTrips measures loads without late replies: else they would mostly wait.
func (o options) roundTrips(staleresp string) (roundTrips, error) {
	var t roundTrips
	dir, err := os.MkdirTemp("", "floor")
	if err != nil {
		return t, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a temporary directory
	pingpong := filepath.Join(dir, "pingpong")
	if err := buildFloor(pingpong, "bench/floor/pingpong.c"); err != nil {
		return t, err
	}
	for i := range 1 + o.trips {
		load, floor, err := tripPair(staleresp, pingpong, i%2 == 1)
		if err != nil {
			return t, err
		}
		if i > 0 { // the first warms up
			t.load, t.floor = append(t.load, load), append(t.floor, floor)
		}
	}
	return t, nil
}

// tripPair runs one after the other.
func tripPair(staleresp, pingpong string, floorFirst bool) (load, floor float64, err error) {
	if floorFirst {
		if floor, err = floorTrips(pingpong); err != nil {
			return 0, 0, err
		}
	}
	if load, err = loadTrips(staleresp); err != nil {
		return 0, 0, err
	}
	if !floorFirst {
		floor, err = floorTrips(pingpong)
	}
	return load, floor, err
}

func loadTrips(staleresp string) (perSecond float64, err error) {
	out, err := exec.Command(staleresp, "load", "--net", "loopback", "--policy", "discard", "--late-rate", "0%", "--format", "json",
		"--connections", strconv.Itoa(tripConnections), "--requests", strconv.Itoa(tripRequests)).Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) { // 3: its policy was not put to the test
		return 0, fmt.Errorf("%s load: %w", staleresp, err)
	}
	var r struct {
		Policies []struct {
			PerSecond float64 `json:"requests_per_second"`
		}
	}
	if err := json.Unmarshal(out, &r); err != nil || len(r.Policies) != 1 {
		return 0, fmt.Errorf("%s load: not one policy: %w", staleresp, err)
	}
	return r.Policies[0].PerSecond, nil
}

func floorTrips(pingpong string) (perSecond float64, err error) {
	cmd := exec.Command(pingpong, strconv.Itoa(tripConnections), strconv.Itoa(tripRequests))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("pingpong: %w", err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

func (t roundTrips) write(w io.Writer) {
	fmt.Fprintf(w, "\n### A load and a plain ping-pong\n\n`staleresp load`, which checks every answer, and bench/floor/pingpong.c, which has one thread for the server and\none for the clients; %d connections, %d round trips, %d pairs. Target: at least 0.6 times the round trips a second.\n\n",
		tripConnections, tripRequests, len(t.load))
	fmt.Fprint(w, "| | lower quartile | median | upper quartile |\n| --- | ---: | ---: | ---: |\n")
	for _, row := range []struct {
		name string
		of   []float64
	}{{"staleresp load", t.load}, {"the floor", t.floor}} {
		q := quartiles(row.of)
		fmt.Fprintf(w, "| %s | %.0f /s | %.0f /s | %.0f /s |\n", row.name, q[0], q[1], q[2])
	}
	ratios := slices.Clone(t.load)
	for i := range ratios {
		ratios[i] /= t.floor[i]
	}
	q := quartiles(ratios)
	fmt.Fprintf(w, "| ratio | %.2f | %.2f | %.2f |\n", q[0], q[1], q[2])
}
