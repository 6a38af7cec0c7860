package main

import "sockproof/lib/repro"

const directPort = 8080

func targetPort(r *repro.Run, p uint16) uint16 { return p }
