package live

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Namespace is a network namespace of this machine.
type Namespace struct {
	Place Place  // by which it can be entered
	Name  string // for a person
	// HasSockets: it has TCP sockets.
	HasSockets bool
}

// NetworkOf names the network namespace that a process is in, as the kernel does; 0: the calling thread. Empty: that may not
// be seen, or it has ended.
func NetworkOf(pid int) string {
	process := "thread-self"
	if pid != 0 {
		process = strconv.Itoa(pid)
	}
	link, _ := os.Readlink("/proc/" + process + "/ns/net") // the reason is one of those
	return link
}

// IsProcess says whether a process is to be seen.
func IsProcess(pid int) bool {
	_, err := os.Stat("/proc/" + strconv.Itoa(pid))
	return err == nil
}

// Namespaces are the network namespaces of this machine beside the calling thread's: those that processes are in, and
// those that ip-netns(8) keeps. hidden is of how many processes it cannot be seen in which they are; -1: /proc shows not even the
// processes (hidepid).
func Namespaces() (all []Namespace, hidden int) {
	own := NetworkOf(0)
	at := map[string]int{}
	_ = eachName("/proc", func(name string) { // without /proc there is none to be seen
		pid, err := strconv.Atoi(name)
		if err != nil {
			return
		}
		link, err := os.Readlink("/proc/" + name + "/ns/net")
		switch {
		case os.IsPermission(err):
			hidden++
			return
		case err != nil || link == "" || link == own:
			return
		}
		if _, known := at[link]; known {
			return
		}
		at[link] = len(all)
		stat, _ := sockstatIn("/proc/" + name + "/net")
		all = append(all, Namespace{
			Place: Place{PID: pid}, Name: namespaceName(pid), HasSockets: stat.InUse > 0 || stat.TimeWait > 0,
		})
	})
	if hidesProcesses() {
		hidden = -1
	}
	return namedOf(all, at, own), hidden
}

// namespaceName names the namespace that a process is in: by its container or unit, or by the process.
func namespaceName(pid int) string {
	process := programOf(pid) + " (pid " + strconv.Itoa(pid) + ")"
	if u := Unit(pid); strings.HasPrefix(u, "container ") {
		return u + " of " + process
	}
	return "the network namespace of " + process
}

// namedOf adds those that have names, and gives their names to those that processes are in.
func namedOf(all []Namespace, at map[string]int, own string) []Namespace {
	_ = eachName(namedNamespaces, func(name string) { // mostly there are none
		inode := namespaceInode(namedNamespaces + name)
		if inode == "" || inode == own {
			return
		}
		if i, known := at[inode]; known {
			all[i].Name = "the network namespace " + name
			return
		}
		// Nobody is in it, but sockets may be left.
		all = append(all, Namespace{Place: Place{Netns: name}, Name: "the network namespace " + name})
	})
	return all
}

// namespaceInode is a namespace's file as /proc/PID/ns/net links to it; empty: it is none.
func namespaceInode(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, is := info.Sys().(*syscall.Stat_t)
	if !is {
		return ""
	}
	return fmt.Sprintf("net:[%d]", stat.Ino)
}
