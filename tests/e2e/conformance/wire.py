"""Reads messages of HTTP/1 from a socket as they are, strictly and with nothing hidden."""

import dataclasses
import socket
import threading

# For all that a side waits for. Success never waits so long.
PATIENCE_S = 8


class Ended(Exception):
    """The connection ended before the message did."""


class Malformed(Exception):
    """Not HTTP/1 as it is to be sent."""


@dataclasses.dataclass
class Message:
    line: bytes
    fields: list                   # (name in lower case, value), in their order
    body: bytes = b''              # without chunk lines
    trailers: list = dataclasses.field(default_factory=list)  # lines
    whole: bool = False
    interim: list = dataclasses.field(default_factory=list)   # statuses before it
    # Of a request to an endpoint: where it came, what it is answered, and when it had its end.
    wire: object = None
    answers: object = None
    ended: threading.Event = dataclasses.field(default_factory=threading.Event)

    def values(self, name):
        return [value for key, value in self.fields if key == name]

    @property
    def status(self):
        word = self.line[9:].split(b' ')[0]
        if not self.line.startswith(b'HTTP/1.') or len(word) != 3 or not word.isdigit():
            raise Malformed(f'a status line {self.line[:60]!r}')
        return int(word)


class Wire:
    """A socket and what has been received on it."""

    def __init__(self, connection):
        self.socket = connection
        self.received = b''  # all of it
        self.at = 0          # so much has been used
        self.ended = False
        self.was_reset = False
        self.waiting = False

    def more(self):
        """Waits for bytes. False: none will come."""
        if self.ended:
            return False
        self.waiting = True
        try:
            data = self.socket.recv(1 << 18)
        except (ConnectionError, BrokenPipeError):
            data, self.was_reset = b'', True
        self.waiting = False
        self.received += data
        self.ended = not data
        return bool(data)

    def take(self, size):
        while len(self.received) - self.at < size:
            if not self.more():
                raise Ended
        self.at += size
        return self.received[self.at - size:self.at]

    def line(self):
        while (end := self.received.find(b'\n', self.at)) < 0:
            if not self.more():
                raise Ended
        line = self.take(end + 1 - self.at)
        if not line.endswith(b'\r\n') or b'\r' in line[:-2] or b'\0' in line:
            raise Malformed(f'a line {line[:60]!r}')
        return line[:-2]

    def wait_for(self, data):
        while data not in self.received:
            if not self.more():
                raise Ended

    def head(self):
        message = Message(self.line(), [])
        while line := self.line():
            name, colon, value = line.partition(b':')
            if not colon or not name or name.strip() != name:
                raise Malformed(f'a field {line[:60]!r}')
            message.fields.append((name.decode('latin-1').lower(), value.strip(b' \t')))
        return message

    def body(self, message, to_close):
        """Reads the body as far as it comes; `whole` tells whether it was all."""
        lengths, codings = message.values('content-length'), message.values('transfer-encoding')
        if len(lengths) + len(codings) > 1:
            raise Malformed(f'framing {lengths} {codings}')
        if codings:
            if codings[0].lower() != b'chunked':
                raise Malformed(f'coding {codings[0]!r}')
            self._chunks(message)
        elif lengths:
            self._counted(message, int(lengths[0]))
        elif to_close:
            while self.more():
                pass
            message.body = self.take(len(self.received) - self.at)
            message.whole = not self.was_reset
            return
        message.whole = True

    def _counted(self, message, size):
        """As it comes: whoever looks meanwhile sees the part that is there."""
        while size:
            if self.at == len(self.received) and not self.more():
                raise Ended
            piece = self.take(min(size, len(self.received) - self.at))
            message.body += piece
            size -= len(piece)

    def _chunks(self, message):
        while True:
            size = int(self.line().split(b';')[0], 16)
            if size == 0:
                break
            self._counted(message, size)
            if self.line():
                raise Malformed('a chunk that is longer than its size')
        while line := self.line():
            message.trailers.append(line)

    def response(self, method):
        """A final response, which may have broken off: then it is not whole."""
        interim = []
        while True:
            message = self.head()
            if not 100 <= message.status < 200 or message.status == 101:
                break
            interim.append(message.status)
        message.interim = interim
        if method == 'HEAD' or message.status in (101, 204, 304):
            message.whole = True
            return message
        try:
            self.body(message, to_close=True)
        except (Ended, Malformed, ValueError):
            message.whole = False
        return message


def connect(address, patience_s=PATIENCE_S):
    connection = socket.create_connection(address, patience_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def break_off(connection):
    """Closes with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
    connection.close()
