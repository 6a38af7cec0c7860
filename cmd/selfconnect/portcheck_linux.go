package main

import (
	"sockproof/lib/live"
	"sockproof/lib/network"
)

// readPortSettings reads the settings of a place.
func readPortSettings(in live.Place) (s portSettings, err error) {
	err = in.In(func() error {
		v, err := network.ReadSetting(rangeSetting)
		if err != nil {
			return err
		}
		if s.rng, err = parseRange(v); err != nil {
			return err
		}
		if v, err = network.ReadSetting(reservedSetting); err != nil {
			return err
		}
		s.reserved, err = parseReserved(v)
		return err
	})
	return s, err
}
