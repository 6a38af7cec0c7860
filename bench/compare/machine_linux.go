package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine is where the numbers come from, and from what.
type machine struct {
	kernel, cpu, commit string
}

func thisMachine() (machine, error) {
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return machine{}, err
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return machine{}, err
	}
	m := machine{kernel: strings.TrimSpace(string(kernel)), cpu: cpuModel(string(info)), commit: "unknown"}
	// Outside a repository there is no commit, which is no reason not to measure.
	if head, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output(); err == nil {
		m.commit = strings.TrimSpace(string(head))
		if exec.Command("git", "diff", "--quiet", "HEAD", "--", "cmd", "lib", "go.mod").Run() != nil {
			m.commit += ", with changes"
		}
	}
	return m, nil
}

// cpuModel finds the first processor's model, which arm64 does not name.
func cpuModel(info string) string {
	for line := range strings.Lines(info) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func (m machine) write(w io.Writer) {
	fmt.Fprintf(w, "| machine | |\n| --- | --- |\n| kernel | Linux %s |\n| processor | %s, %d cores |\n| Go | %s |\n| commit | %s |\n\n",
		m.kernel, m.cpu, runtime.NumCPU(), runtime.Version(), m.commit)
}
