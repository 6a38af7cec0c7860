package main

import "slices"

// A world is what a binary runs in, as a value: each field is one means of
// interference, and the zero value interferes with nothing.
type world struct {
	family string // of worlds, as the table of results counts them
	name   string // unique among all
	nets   []string

	filter *skbFilter        // in the run's own cgroup
	setup  setup             // in each network namespace, as soon as there is one
	lies   []lie             // in answer to system calls
	limits map[string]uint64 // of resources, by name
	stops  stops             // of the process
	nice   int               // of the process
	memory int               // bytes; 0: as much as there is
	quota  int               // per cent of one processor; 0: as much as there is

	// segment is the kind that the world is about: without any it does nothing.
	// census counts each kind, and interferes with none.
	segment string
	census  map[string]uint64

	// checked: what the run says, how it exits and what it leaves is looked at; fault is
	// the call that fails, every counts each call that could.
	checked bool
	fault   fault
	every   map[uint32]int

	// share: the whole takes one of so many cells. A family of hundreds of
	// worlds would otherwise take a day.
	share int
}

// on says whether the world exists on that network.
func (w world) on(net string) bool { return len(w.nets) == 0 || slices.Contains(w.nets, net) }

// A family is a group of worlds made by one means.
type family struct {
	name string
	// missing is why the means is not to be had here, or nothing.
	missing func() error
	worlds  []world
}

func needNothing() error { return nil }

// families are all that there are, in the order of the table.
func families() []family {
	all := []family{
		{"cgroup filter", needCgroup, filterWorlds()},
		{"nft rule", needNft, ruleWorlds()},
		{"mangled segment", needNft, mangledWorlds()},
		{"failing call", needNotifications, failingWorlds()},
		{"false result", needNotifications, lyingWorlds()},
		{"destroyed socket", needDestroy, destroyingWorlds()},
		{"stopped process", needNothing, stoppedWorlds()},
		{"slow processor", needCPU, slowWorlds()},
		{"setting", needNotifications, settingWorlds()},
	}
	for i, f := range all {
		for j := range f.worlds {
			all[i].worlds[j].family = f.name
		}
	}
	return all
}
