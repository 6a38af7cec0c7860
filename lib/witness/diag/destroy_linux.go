package diag

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

const (
	typeDestroy = 21  // SOCK_DESTROY (include/uapi/linux/sock_diag.h)
	flagAck     = 0x4 // NLM_F_ACK
)

// Destroy makes the kernel abort the connection with exactly these addresses, as
// `ss -K` does: its peer gets a RST, its owner ECONNABORTED. It needs
// CAP_NET_ADMIN in the namespace, and a kernel with CONFIG_INET_DIAG_DESTROY:
// EOPNOTSUPP says that there is none.
func (c *Conn) Destroy(local, remote netip.AddrPort) error {
	local, remote, err := lookupKey(local, remote)
	if err != nil {
		return err
	}
	c.seq++
	c.req.lookup(c.seq, local, remote)
	binary.NativeEndian.PutUint16(c.req[4:], typeDestroy)
	binary.NativeEndian.PutUint16(c.req[6:], flagRequest|flagAck)
	if err := c.send(); err != nil {
		return err
	}
	for {
		b, err := c.receive()
		if err != nil {
			return err
		}
		m, _, err := nextMessage(b)
		switch {
		case err != nil:
			return err
		case m.seq != c.seq:
			continue // the answer to a question given up on
		case m.kind != typeError:
			return fmt.Errorf("sock_diag: destroy %v > %v: answered by a message of type %d", local, remote, m.kind)
		}
		if err := errno(m.payload); err != nil {
			return fmt.Errorf("sock_diag: destroy %v > %v: %w", local, remote, err)
		}
		return nil
	}
}
