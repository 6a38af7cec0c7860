package scenario

// Machine is where a scenario runs, and as whom.
type Machine struct {
	Kernel    string
	Arch      string
	Privilege string
	Settings  map[string]string // kernel settings on which outcomes may depend
}
