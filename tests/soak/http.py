"""HTTP/1.1 over asyncio's streams, for both sides of the soak: no more than it needs."""

import asyncio

PATIENCE_S = 30


class Broken(Exception):
    """The connection ended, or broke, in the midst of a message."""


class Head:
    def __init__(self, lines):
        self.first = lines[0]
        self.fields = [tuple(part.strip() for part in line.split(':', 1)) for line in lines[1:]]

    def all(self, name):
        return [field[1] for field in self.fields if field[0].lower() == name]

    def header(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def status(self):
        return int(self.first.split(' ')[1])


async def patiently(work):
    """What takes longer than PATIENCE_S is stuck."""
    return await asyncio.wait_for(work, PATIENCE_S)


async def pause(seconds):
    """To be slow is what a soak's clients and endpoints are for; no check waits so."""
    await asyncio.sleep(seconds)  # style: allow(sleep) it is the behaviour


async def read_line(reader):
    line = await reader.readline()
    if not line.endswith(b'\r\n'):
        raise Broken(line)
    return line[:-2].decode('latin-1')


async def read_head(reader):
    """None: the connection ended before."""
    lines = []
    try:
        while line := await read_line(reader):
            lines.append(line)
    except Broken as broken:
        if lines or broken.args[0]:
            raise
        return None
    if not lines:
        raise Broken('an empty head')
    return Head(lines)


async def read_exactly(reader, size):
    try:
        return await reader.readexactly(size)
    except asyncio.IncompleteReadError as error:
        raise Broken(error.partial) from None


async def read_chunks(reader):
    body = b''
    while True:
        size = int((await read_line(reader)).split(';')[0], 16)
        if size == 0:
            while await read_line(reader):
                pass
            return body
        try:
            body += await read_exactly(reader, size)
        except Broken as broken:
            raise Broken(body + broken.args[0]) from None
        if await read_line(reader):
            raise AssertionError('a chunk is longer than its size')


async def read_body(reader, head, request=False):
    if (head.header('transfer-encoding') or '') == 'chunked':
        return await read_chunks(reader)
    length = head.header('content-length')
    if length is not None:
        return await read_exactly(reader, int(length))
    return b'' if request else await reader.read()


async def read_response(reader):
    """The final head and the body; None for a head: the connection ended before."""
    while True:
        head = await read_head(reader)
        if head is None or head.status >= 200 or head.status == 101:
            break
    if head is None or head.status == 101:
        return head, b''
    return head, await read_body(reader, head)
