#!/usr/bin/env python3
"""Programs that bring sockets into the situations that .ci/scan looks for.

situations.py NAME ARGUMENTS: it says "ready" when all is as it should be, and stays so
until it is killed.
"""
import ctypes
import http.client
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time


def listener(address, port, backlog=64):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    s.listen(backlog)
    return s


def stay(*kept):
    print("ready", flush=True)
    while kept is not None:
        time.sleep(60)


def named(name):
    """Names the process, as threads and comm show it."""
    with open("/proc/self/comm", "w") as f:
        f.write(name)


def leaky(port):
    """A server that reads to the end and never closes."""
    named("leaky")
    s, kept = listener("0.0.0.0", int(port)), []
    print("ready", flush=True)
    while True:
        c, _ = s.accept()
        kept.append(c)
        threading.Thread(target=c.recv, args=(1 << 16, socket.MSG_WAITALL), daemon=True).start()


def clients(address, port, number, how="wait", says="hello"):
    """Clients that send, close their side, and wait for an answer, or leave."""
    named("clients")
    kept = [socket.create_connection((address, int(port))) for _ in range(int(number))]
    for c in kept:
        c.sendall(says.encode())
    time.sleep(0.3)  # so that it goes through a relay first
    for c in kept:
        c.shutdown(socket.SHUT_WR)
    if how == "leave":
        for c in kept:
            c.close()
    stay(kept)


def relay(port, backend, passes):
    """A relay that passes its client's FIN on, or forgets to."""
    named("relay")
    s, kept = listener("127.0.0.1", int(port)), []
    print("ready", flush=True)

    def carry(client, server):
        while data := client.recv(4096):
            server.sendall(data)
        if passes == "passes":
            server.shutdown(socket.SHUT_WR)

    while True:
        client, _ = s.accept()
        server = socket.create_connection(("127.0.0.1", int(backend)))
        kept += [client, server]
        threading.Thread(target=carry, args=(client, server), daemon=True).start()


def hung(port, backlog, number):
    """A server that does not accept, and clients that call it."""
    named("hung")
    s, kept = listener("127.0.0.1", int(port), int(backlog)), []
    for _ in range(int(number)):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex(("127.0.0.1", int(port)))
        kept.append(c)
    stay(s, kept)


def ports(port, number):
    """A client that closes first, again and again."""
    named("ports")
    s = listener("127.0.0.1", int(port))
    for _ in range(int(number)):
        c = socket.create_connection(("127.0.0.1", int(port)))
        a, _ = s.accept()
        c.close()
        a.recv(1)
        a.close()
    stay(s)


def descriptors(limit, number):
    """A program near its limit of descriptors."""
    named("greedy")
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(limit), int(limit)))
    stay([socket.socket() for _ in range(int(number))])


def silent(port, address="127.0.0.1"):
    """A backend that takes requests, and neither reads nor answers."""
    named("silent")
    s, kept = listener(address, int(port)), []
    print("ready", flush=True)
    while True:
        kept.append(s.accept())


def queued(address, port, number):
    """Clients that call a server, as far as it lets them."""
    named("queued")
    kept = []
    for _ in range(int(number)):
        c = socket.socket()
        c.setblocking(False)
        c.connect_ex((address, int(port)))
        kept.append(c)
    stay(kept)


def reuseport(port, number):
    """Two servers at one address, of which the second does not accept, and clients that have left."""
    named("fine")
    servers = []
    for _ in range(2):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind(("127.0.0.1", int(port)))
        s.listen(64)
        servers.append(s)
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: it ends with its parent
        named("hung")
        servers[0].close()
        time.sleep(3600)
    servers[1].close()
    kept = [socket.create_connection(("127.0.0.1", int(port))) for _ in range(int(number))]
    servers[0].setblocking(False)
    while select.select(servers[:1], [], [], 0.2)[0]:
        servers[0].accept()[0].close()
    for c in kept:
        c.close()
    stay(servers[0])


def writer(address, port):
    """A client that writes until its peer's window is closed."""
    named("writer")
    c = socket.create_connection((address, int(port)))
    c.setblocking(False)
    while select.select([], [c], [], 0.5)[1]:
        c.send(bytes(1 << 16))
    stay(c)


def unread(port):
    """A reader that does not read, and a writer that it holds up."""
    named("unread")
    s = listener("127.0.0.1", int(port))
    c = socket.create_connection(("127.0.0.1", int(port)))
    a, _ = s.accept()
    c.setblocking(False)
    while select.select([], [c], [], 0.2)[1]:
        c.send(bytes(1 << 16))
    stay(s, c, a)


def stream(port):
    """A half-close in use: the client has asked all it has to, the server goes on answering."""
    named("stream")
    s = listener("127.0.0.1", int(port))
    c = socket.create_connection(("127.0.0.1", int(port)))
    a, _ = s.accept()
    c.shutdown(socket.SHUT_WR)
    a.recv(1)
    print("ready", flush=True)
    while True:
        a.sendall(b"more")
        c.recv(4)
        time.sleep(0.1)


def echo(address, port, backlog=64):
    """A server that answers for as long as it is asked, and closes after its client."""
    named("echo")
    s = listener(address, int(port), int(backlog))
    print("ready", flush=True)

    def serve(c):
        with c:
            while data := c.recv(4096):
                c.sendall(data)

    while True:
        threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()


def busy(address, port):
    """Clients that ask and close in good order, all the time."""
    named("busy")
    print("ready", flush=True)
    while True:
        cs = [socket.create_connection((address, int(port))) for _ in range(20)]
        for c in cs:
            c.sendall(b"x")
        for c in cs:
            c.recv(1)
            c.close()
        time.sleep(0.05)


def browsers(address, port):
    """Clients of a web server that ask on connections that they keep, and on new ones."""
    named("browsers")
    kept = [http.client.HTTPConnection(address, int(port)) for _ in range(10)]
    said = False
    while True:
        fresh = [http.client.HTTPConnection(address, int(port)) for _ in range(10)]
        for c in kept + fresh:
            c.request("GET", "/")
        for c in kept + fresh:
            if c.getresponse().read() != b"hello\n":
                sys.exit("not what the server says")
        for c in fresh:
            c.close()
        if not said:
            print("ready", flush=True)
            said = True
        time.sleep(0.05)


def talk(address, port, how):
    """A client that has talked, and after a word on stdin goes on with data, with keepalive, or not at all."""
    named("talk")
    c = socket.create_connection((address, int(port)))
    c.sendall(b"x")
    c.recv(1)
    print("ready", flush=True)
    sys.stdin.readline()
    if how == "data":
        c.sendall(b"is anybody there?")
    if how == "close":
        c.close()
    if how == "keepalive":
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 100)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    stay(c)


def half_open(address, port, first, number):
    """Clients, each at an address of its own, whose SYNs are answered into the void."""
    named("half-open")
    kept = []
    for n in range(int(number)):
        c = socket.socket()
        c.setblocking(False)
        c.bind((first + str(n + 10), 0))
        c.connect_ex((address, int(port)))
        kept.append(c)
    stay(kept)


def checksum(data):
    n = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    n = (n & 0xFFFF) + (n >> 16)
    return ~(n + (n >> 16)) & 0xFFFF


def segment(source, target, port, flags):
    """A packet with a TCP segment that no socket sends."""
    ends = socket.inet_aton(source) + socket.inet_aton(target)

    def tcp(check):
        return struct.pack("!HHIIBBHHH", 1234, port, 1, 1, 5 << 4, flags, 64240, check, 0)

    check = checksum(ends + struct.pack("!HH", socket.IPPROTO_TCP, 20) + tcp(0))
    return struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, 0) + ends + tcp(check)


def flood(address, port, net, syns, acks):
    """SYNs from addresses that are nobody's, each once, then ACKs of a handshake that never was."""
    named("flood")
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for flags, number in (0x02, int(syns)), (0x10, int(acks)):
        for n in range(number):
            source = "%s%d.%d" % (net, n // 250, n % 250 + 1)
            s.sendto(segment(source, address, int(port), flags), (address, 0))
            if n % 50 == 49:
                time.sleep(0.01)
    stay(s)


if __name__ == "__main__":
    {f.__name__: f for f in (leaky, clients, relay, hung, ports, descriptors, silent, queued, reuseport, writer, unread, stream, echo, busy, browsers, talk, half_open, flood)}[
        sys.argv[1]
    ](*sys.argv[2:])
