package main

import "sockproof/cmd/internal/doctor"

var doctoredLinger, doctoredPair, doctoredSigpipe, doctoredReading, doctoredContrast, doctoredWait, doctoredExit, doctoredInexact, doctoredCauses []doctor.Case
