package protocol

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// modbus is MODBUS TCP (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section
// 3.1.3; MODBUS Application Protocol Specification V1.1b3).
type modbus struct{}

// The header: a transaction's number, the protocol 0, the length of what follows, and a
// unit's number. After it comes the PDU, which begins with the function's code.
const (
	modbusLengthAt = 4
	modbusUnitAt   = 6 // what the length counts begins here
	modbusHeader   = 7
	modbusMaxPDU   = 253
	// A PDU begins with them.
	modbusFunctionAndAddress = 3
)

// The functions that read registers, and how many of them at once.
const (
	readHolding  = 3
	readInput    = 4
	maxRegisters = 125
)

// modbusADU is a request as it came.
type modbusADU []byte

func (a modbusADU) pdu() []byte { return a[modbusHeader:] }

// modbusSize is the size of the message at the beginning; 0: it is not whole.
func modbusSize(in []byte) (int, error) {
	if len(in) < modbusUnitAt {
		return 0, nil
	}
	if protocol := binary.BigEndian.Uint16(in[2:]); protocol != 0 {
		return 0, fmt.Errorf("the protocol's number is %d: want 0, a header of MODBUS TCP", protocol)
	}
	length := int(binary.BigEndian.Uint16(in[modbusLengthAt:]))
	if length < 2 || length > 1+modbusMaxPDU {
		return 0, fmt.Errorf("the length is %d: want 2 to %d, a header of MODBUS TCP", length, 1+modbusMaxPDU)
	}
	if len(in) < modbusUnitAt+length {
		return 0, nil
	}
	return modbusUnitAt + length, nil
}

func (modbus) Next(in []byte) (Request, int, error) {
	n, err := modbusSize(in)
	if err != nil || n == 0 {
		return Request{}, 0, err
	}
	adu := modbusADU(slices.Clone(in[:n]))
	pdu := adu.pdu()
	text := hex.EncodeToString(pdu)
	kin := hex.EncodeToString(pdu[:min(modbusFunctionAndAddress, len(pdu))])
	return Request{Text: []byte(text), Same: text, Kin: kin, detail: adu}, n, nil
}

// Reply has the beginning of body in its registers, and zeros where it is shorter. What
// asks for no registers gets an exception.
func (modbus) Reply(r Request, body string) []byte {
	const badFunction, badValue, exception = 1, 3, 0x80
	adu := r.detail.(modbusADU)
	pdu := adu.pdu()
	var reply []byte
	switch function := pdu[0]; {
	case function != readHolding && function != readInput:
		reply = []byte{function | exception, badFunction}
	case len(pdu) != 5 || binary.BigEndian.Uint16(pdu[3:]) < 1 || binary.BigEndian.Uint16(pdu[3:]) > maxRegisters:
		reply = []byte{function | exception, badValue}
	default:
		registers := make([]byte, 2*binary.BigEndian.Uint16(pdu[3:]))
		copy(registers, body)
		reply = append([]byte{function, byte(len(registers))}, registers...)
	}
	return append(modbusHead(adu, len(reply)), reply...)
}

// modbusHead is the header of the reply to a request.
func modbusHead(request modbusADU, pdu int) []byte {
	head := slices.Clone(request[:modbusHeader])
	binary.BigEndian.PutUint16(head[modbusLengthAt:], uint16(1+pdu))
	return head
}

func (m modbus) Cut(r Request, body string, how Cut) ([]byte, bool, error) {
	if how != CutLength {
		return nil, false, noCut("modbus", how)
	}
	return half(m.Reply(r, body), body), true, nil
}

func (modbus) Refuse(error) []byte { return nil }

// Ask reads 16 holding registers of unit 1 by default. A text is a PDU in hexadecimal;
// what is none is sent as it is.
func (modbus) Ask(n int, text string) []byte {
	pdu := []byte{readHolding, 0, 0, 0, 16}
	if text != "" {
		given, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil || len(given) == 0 || len(given) > modbusMaxPDU {
			return []byte(text)
		}
		pdu = given
	}
	adu := modbusADU{modbusUnitAt: 1}
	binary.BigEndian.PutUint16(adu, uint16(n))
	return append(modbusHead(adu, len(pdu)), pdu...)
}

func (modbus) Whole(in []byte, _ bool) (int, bool, error) {
	n, err := modbusSize(in)
	if err != nil {
		return 0, false, fmt.Errorf("modbus: %w", err)
	}
	return n, n > 0, nil
}
