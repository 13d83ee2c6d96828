"""A DNS server under the test's control: A and AAAA over UDP, and over TCP what does not fit."""

import contextlib
import socket
import struct
import threading

from tests.support.processes import DEADLINE_S

A, CNAME, AAAA = 1, 5, 28
NAME_ERROR, SERVER_FAILURE = 3, 2
MAX_UDP_BYTES = 512
_FAMILIES = {A: socket.AF_INET, AAAA: socket.AF_INET6}


def wire_name(name):
    labels = [label.encode() for label in name.split('.') if label]
    return b''.join(bytes([len(label)]) + label for label in labels) + b'\0'


def read_question(packet):
    """(name, type, the question's bytes)"""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    kind, = struct.unpack('!H', packet[at + 1:at + 3])
    return '.'.join(labels).lower(), kind, packet[12:at + 5]


def record(owner, kind, ttl, data):
    return wire_name(owner) + struct.pack('!HHIH', kind, 1, ttl, len(data)) + data


def answer(packet, records, code=0):
    """A right answer to the packet."""
    _, _, question = read_question(packet)
    return (packet[:2] + struct.pack('!HHHHH', 0x8180 | code, 1, len(records), 0, 0) +
            question + b''.join(records))


def cut_off(packet):
    """Says that the answer does not fit."""
    reply = answer(packet, [])
    return reply[:2] + struct.pack('!H', 0x8380) + reply[4:]


class DnsServer:
    """Listens on the address, at a port of its own. What it says of a name is a function from the
    packet to the packets that are sent back."""

    def __init__(self, address):
        self.address = address
        self.port = 0
        self._says = {}
        self._asked = {}  # questions so far, by (name, type)
        self._changed = threading.Condition()
        self._threads = []
        self._connection = None
        self.start()

    def start(self):
        """Again, after stop(), at the same port."""
        if self._threads:
            return
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, self.port))
        self.port = self._socket.getsockname()[1]
        self._listener = socket.create_server((self.address, self.port))
        self._threads = [threading.Thread(target=serve, daemon=True)
                         for serve in (self._serve, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        """Nobody answers any more."""
        if not self._threads:
            return
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as poke:
            poke.sendto(b'', (self.address, self.port))
        self._listener.shutdown(socket.SHUT_RDWR)
        with self._changed:
            if self._connection:  # the other side may keep it for its next question
                with contextlib.suppress(OSError):  # or have closed it
                    self._connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE_S)
        self._threads = []
        self._socket.close()
        self._listener.close()

    @property
    def flag(self):
        return f'{self.address}:{self.port}'

    def _serve(self):
        while True:
            packet, peer = self._socket.recvfrom(4096)
            if not packet:
                return
            name, kind, _ = read_question(packet)
            for reply in self._replies(packet, name):
                fits = len(reply) <= MAX_UDP_BYTES
                self._socket.sendto(reply if fits else cut_off(packet), peer)
            with self._changed:
                self._asked[name, kind] = self._asked.get((name, kind), 0) + 1
                self._changed.notify_all()

    def _serve_tcp(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._hold(connection)
                self._serve_connection(connection)
                self._hold(None)

    def _hold(self, connection):
        with self._changed:
            self._connection = connection

    def _serve_connection(self, connection):
        try:
            with connection.makefile('rb') as source:
                while size := source.read(2):
                    packet = source.read(struct.unpack('!H', size)[0])
                    for reply in self._replies(packet, read_question(packet)[0]):
                        connection.sendall(struct.pack('!H', len(reply)) + reply)
        except OSError:
            pass  # the other side has closed it

    def _replies(self, packet, name):
        with self._changed:
            say = self._says.get(name)
        return say(packet) if say else [answer(packet, [], NAME_ERROR)]

    def say(self, name, function):
        with self._changed:
            self._says[name] = function

    def set(self, name, *addresses, ttl=1, alias=None):
        """The name has these addresses of either family; through an alias, if one is given."""
        def right(packet):
            _, kind, _ = read_question(packet)
            owner = alias or name
            records = [record(name, CNAME, ttl, wire_name(alias))] if alias else []
            for address in addresses:
                if kind in _FAMILIES and (':' in address) == (kind == AAAA):
                    data = socket.inet_pton(_FAMILIES[kind], address)
                    records.append(record(owner, kind, ttl, data))
            return [answer(packet, records)]
        self.say(name, right)

    def asked(self, name):
        """How often both families have been asked for."""
        with self._changed:
            return self._rounds(name)

    def _rounds(self, name):
        return min(self._asked.get((name, kind), 0) for kind in (A, AAAA))

    def wait_asked(self, name, more):
        """Waits until it has been asked for both families so often again."""
        with self._changed:
            wanted = self._rounds(name) + more
            if not self._changed.wait_for(lambda: self._rounds(name) >= wanted, DEADLINE_S):
                raise AssertionError(f'{name} was not asked for {more} times within {DEADLINE_S} s')
