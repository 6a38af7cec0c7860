package live

import (
	"sockproof/lib/network"
	"sockproof/lib/portrange"
)

// ReadPortSettings reads the settings of a place.
func ReadPortSettings(in Place) (s PortSettings, err error) {
	err = in.In(func() error { s, err = portSettingsHere(); return err })
	return s, err
}

// portSettingsHere reads those of the calling thread's namespace.
func portSettingsHere() (s PortSettings, err error) {
	v, err := network.ReadSetting(portrange.RangeSetting)
	if err != nil {
		return s, err
	}
	if s.Range, err = portrange.Parse(v); err != nil {
		return s, err
	}
	if v, err = network.ReadSetting(portrange.ReservedSetting); err != nil {
		return s, err
	}
	s.Reserved, err = portrange.ParseReserved(v)
	return s, err
}
