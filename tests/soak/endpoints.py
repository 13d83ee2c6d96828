"""Endpoints that answer as they should, and ones that do so only most of the time."""

import asyncio
import random
import socket
import struct

from tests.soak.http import Broken, pause, read_body, read_head

PORT = 8080
RESET = struct.pack('ii', 1, 0)


def content(ident, size):
    """The body that a request with that number gets: nobody else's looks like it."""
    text = f'{ident}:'.encode()
    return (text * (size // len(text) + 1))[:size]


def reset(writer):
    """Closes so that the other side sees an error."""
    raw = writer.get_extra_info('socket')
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


async def close(writer):
    try:
        writer.close()
        await asyncio.wait_for(writer.wait_closed(), 5)
    except (OSError, asyncio.TimeoutError):
        writer.transport.abort()


class Endpoint:
    """`wild`: how often, of 1, a request is treated badly."""

    def __init__(self, number, address, seed, wild=0.0):
        self.name = f'e{number}'
        self.address = address
        self.wild = wild
        self.random = random.Random(f'{seed}/{self.name}')
        self.seen = {}  # how often each POST has come
        self.requests = 0
        self.writers = set()
        self.server = None

    async def open(self):
        self.server = await asyncio.start_server(self._serve, self.address, PORT, backlog=512)

    async def shut(self):
        """Refuses connections from now on; those that are open stay."""
        if self.server is not None:
            self.server.close()
            self.server = None

    def drop_all(self):
        for writer in list(self.writers):
            reset(writer)

    async def come_and_go(self, stopping):
        """Refuses connections now and then."""
        while not stopping.is_set():
            await pause(self.random.uniform(1, 6))
            await self.shut()
            await pause(self.random.uniform(0.1, 1.5))
            await self.open()

    async def _serve(self, reader, writer):
        self.writers.add(writer)
        try:
            if self._is_bad(0.1):
                return reset(writer)
            while await self._answer(reader, writer):
                pass
        except (Broken, OSError, asyncio.TimeoutError):
            pass
        finally:
            self.writers.discard(writer)
            await close(writer)

    def _is_bad(self, part=1.0):
        return self.random.random() < self.wild * part

    async def _answer(self, reader, writer):
        head = await read_head(reader)
        if head is None:
            return False
        self.requests += 1
        ident = head.header('x-ident') or '?'
        if head.first.startswith('POST '):
            self.seen[ident] = self.seen.get(ident, 0) + 1
        if head.header('upgrade'):
            return await self._tunnel(reader, writer)
        bad = self._is_bad()
        if bad and self.random.random() < 0.3:
            return self._end(writer)
        await read_body(reader, head, request=True)
        size = int(head.header('x-size') or 0)
        answer = self._bytes(head, content(ident, size))
        if bad:
            return await self._answer_badly(writer, answer)
        writer.write(answer)
        await writer.drain()
        return True

    def _end(self, writer):
        if self.random.random() < 0.5:
            reset(writer)
        return False

    def _bytes(self, head, body):
        """A whole answer, in one of the forms that HTTP has."""
        first = f'HTTP/1.1 200 OK\r\nX-Endpoint: {self.name}\r\n'.encode()
        interim = b''
        if self.random.random() < 0.25:
            interim = b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
        if self.random.random() < 0.5 or head.first.endswith('1.0'):
            return interim + first + f'Content-Length: {len(body)}\r\n\r\n'.encode() + body
        chunks = b''
        at = 0
        while at < len(body):
            size = self.random.randrange(1, 20_000)
            piece = body[at:at + size]
            chunks += f'{len(piece):x}\r\n'.encode() + piece + b'\r\n'
            at += size
        return (interim + first + b'Transfer-Encoding: chunked\r\nTrailer: T\r\n\r\n' + chunks +
                b'0\r\nT: u\r\n\r\n')

    async def _answer_badly(self, writer, answer):
        kind = self.random.choice(['cut', 'cut', 'garbage', 'slow', 'late', 'nothing'])
        if kind == 'cut':
            writer.write(answer[:self.random.randrange(len(answer))])
            await writer.drain()
            return self._end(writer)
        if kind == 'garbage':
            writer.write(self.random.randbytes(200) + b'\r\n\r\n')
            return False
        if kind == 'nothing':
            return self._end(writer)
        if kind == 'late':
            await pause(self.random.uniform(0.1, 2))
            writer.write(answer)
            await writer.drain()
            return True
        await self._drip(writer, answer)
        return True

    async def _drip(self, writer, data):
        for at in range(min(len(data), 150)):
            writer.write(data[at:at + 1])
            await writer.drain()
            await pause(0.005)
        writer.write(data[150:])
        await writer.drain()

    async def _tunnel(self, reader, writer):
        writer.write(b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n'
                     b'Upgrade: echo\r\nX-Endpoint: ' + self.name.encode() + b'\r\n\r\n')
        while data := await reader.read(65536):
            if self._is_bad(0.3):
                return self._end(writer)
            writer.write(data)
            await writer.drain()
        return False
