"""Clients of all manners: patient and hasty ones, slow ones, sessions, tunnels, and ones that are
gone at any byte. What they get is right, or visibly broken; else it is an anomaly."""

import asyncio
import collections
import random

from tests.soak.endpoints import close, content, reset
from tests.soak.http import (PATIENCE_S, Broken, patiently, pause, read_exactly, read_head,
                             read_response)

GATEWAY_PORT = 8000
ERRORS = (502, 503, 504)


Asked = collections.namedtuple('Asked', 'data path ident size cookie bound')


class Record:
    """What happened to all clients."""

    def __init__(self, seed):
        self.seed = seed
        self.counts = {}
        self.anomalies = []
        self.posts = 0

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def anomaly(self, text):
        self.anomalies.append(text)
        print(f'anomaly (seed {self.seed}): {text}', flush=True)


class Client:
    """One after the other, what a random client does."""

    def __init__(self, number, seed, nodes, stable, record):
        self.number = number
        self.random = random.Random(f'{seed}/client {number}')
        self.nodes = nodes
        self.stable = stable  # endpoints that are always listed
        self.record = record
        self.sessions = {}    # by path: (cookie, endpoint)
        self.requests = 0

    async def run(self, stopping):
        acts = [self.visit, self.visit, self.visit, self.post, self.post, self.pipeline,
                self.tunnel, self.dawdle, self.leave_early, self.leave_early, self.say_nonsense,
                self.stand_by, self.forget]
        while not stopping.is_set():
            act = self.random.choice(acts)
            try:
                await act()
            except asyncio.TimeoutError:
                self.record.anomaly(f'{self.name(act)}: stuck for {PATIENCE_S} s')
            except (Broken, OSError):
                self.record.count('broken')
            except Exception as error:  # pylint: disable=broad-except
                self.record.anomaly(f'{self.name(act)}: {error!r}')

    def name(self, act):
        return f'client {self.number}, {act.__name__}, request {self.requests}'

    async def connect(self):
        node = self.random.choice(self.nodes)
        return await patiently(asyncio.open_connection(node, GATEWAY_PORT, limit=1 << 20))

    def path(self):
        return self.random.choice(['/calm', '/wild', '/wild'])

    def request(self, path, method='GET', fields='', size=None):
        """A request with the session's cookie, and the size of the answer that it asks for."""
        self.requests += 1
        ident = f'{self.number}-{self.requests}'
        size = size if size is not None else self.random.choice([0, 10, 300, 5_000, 120_000])
        cookie, bound = self.sessions.get(path, (None, None))
        if cookie:
            fields += f'Cookie: other=1; {cookie}\r\n'
        text = (f'{method} {path}/{ident} HTTP/1.1\r\nHost: soak\r\nX-Ident: {ident}\r\n'
                f'X-Size: {size}\r\n{fields}\r\n')
        return Asked(text.encode(), path, ident, size, cookie, bound)

    def note_session(self, asked, head):
        """A session whose endpoint stays listed keeps its cookie."""
        endpoint = head.header('x-endpoint')
        cookies = [value for value in head.all('set-cookie') if value.startswith('_soak_')]
        if len(cookies) > 1:
            self.record.anomaly(f'{len(cookies)} cookies on one answer: {cookies}')
        if cookies:
            if asked.bound in self.stable:
                self.record.anomaly(f'request {asked.ident}: cookie rewritten, bound to '
                                    f'{asked.bound}, answered by {endpoint}')
            self.record.count('sessions moved' if asked.cookie else 'sessions begun')
            self.sessions[asked.path] = (cookies[0].split(';')[0], endpoint)
        elif asked.cookie is None:
            self.record.anomaly(f'request {asked.ident}: no cookie from {endpoint}')
        elif endpoint != asked.bound:
            self.record.count('answered by another endpoint, cookie left alone')
            if asked.path == '/calm':
                self.record.anomaly(f'request {asked.ident}: bound to {asked.bound}, which '
                                    f'serves, and answered by {endpoint}')

    async def take_answer(self, reader, asked):
        """True: the connection goes on."""
        calm = asked.path == '/calm'
        try:
            head, body = await patiently(read_response(reader))
        except Broken as broken:
            if calm:
                raise AssertionError(f'an answer of a good endpoint was cut short: '
                                     f'{broken.args[0][:100]}') from None
            raise
        if head is None:
            raise Broken('no answer') if not calm else AssertionError('no answer')
        self.record.count(f'{asked.path} {head.status}')
        if head.status == 200 and head.header('x-endpoint'):
            if body != content(asked.ident, asked.size):
                raise AssertionError(f'{len(body)} bytes of {asked.size} that are not those of '
                                     f'{asked.ident}: {body[:60]}')
            self.note_session(asked, head)
        elif calm or head.status not in ERRORS:
            raise AssertionError(f'{head.first} {head.fields} {body[:200]}')
        return head.header('connection') != 'close'

    async def visit(self):
        reader, writer = await self.connect()
        path = self.path()
        try:
            for _ in range(self.random.randrange(1, 8)):
                asked = self.request(path)
                writer.write(asked.data)
                if not await self.take_answer(reader, asked):
                    break
        finally:
            await close(writer)

    def post_request(self, path):
        body = self.random.randbytes(64) * self.random.choice([1, 40, 2000])
        if self.random.random() < 0.5:
            fields = f'Content-Length: {len(body)}\r\n'
            data = body
        else:
            fields = 'Transfer-Encoding: chunked\r\n'
            data = f'{len(body):x};a=b\r\n'.encode() + body + b'\r\n0\r\nT: u\r\n\r\n'
        asked = self.request(path, 'POST', fields)
        self.record.posts += 1
        return asked._replace(data=asked.data + data)

    async def post(self):
        reader, writer = await self.connect()
        try:
            asked = self.post_request(self.path())
            writer.write(asked.data)
            await self.take_answer(reader, asked)
        finally:
            await close(writer)

    async def pipeline(self):
        reader, writer = await self.connect()
        path = self.path()
        try:
            row = [self.request(path, size=200) for _ in range(self.random.randrange(2, 6))]
            writer.write(b''.join(asked.data for asked in row))
            for asked in row:
                if not await self.take_answer(reader, asked):
                    break
        finally:
            await close(writer)

    async def tunnel(self):
        reader, writer = await self.connect()
        path = self.path()
        try:
            asked = self.request(path, fields='Connection: Upgrade\r\nUpgrade: echo\r\n')
            early = self.random.randbytes(50)
            writer.write(asked.data + early)
            head = await patiently(read_head(reader))
            if head is None or head.status != 101:
                if path == '/calm':
                    raise AssertionError(f'no tunnel: {head.first if head else head}')
                return self.record.count('tunnels refused')
            await self.speak(reader, writer, early)
            self.record.count('tunnels')
        finally:
            await close(writer)

    async def speak(self, reader, writer, early):
        """Everything comes back, and the end, too."""
        if await patiently(read_exactly(reader, len(early))) != early:
            raise AssertionError('the tunnel brought other bytes than were sent')
        for _ in range(self.random.randrange(1, 5)):
            said = self.random.randbytes(64) * self.random.choice([1, 500])
            writer.write(said)
            if await patiently(read_exactly(reader, len(said))) != said:
                raise AssertionError('the tunnel brought other bytes than were sent')
            await pause(self.random.uniform(0, 0.2))
        if self.random.random() < 0.2:
            return reset(writer)
        writer.write_eof()
        if await patiently(reader.read()) != b'':
            raise AssertionError('the tunnel brought more bytes than were sent')

    async def dawdle(self):
        """Sends a few bytes at a time, and reads so, too."""
        reader, writer = await self.connect()
        ask = self.post_request if self.random.random() < 0.3 else self.request
        try:
            asked = ask(self.path())
            data = asked.data
            step = max(1, len(data) // 100)
            for at in range(0, len(data), step):
                writer.write(data[at:at + step])
                await pause(0.002)
            await pause(self.random.uniform(0, 0.5))
            await self.take_answer(reader, asked)
        finally:
            await close(writer)

    async def leave_early(self):
        """Goes at any byte of its request or of the answer, by an end or by a reset."""
        reader, writer = await self.connect()
        ask = self.post_request if self.random.random() < 0.5 else self.request
        data = ask(self.path()).data
        if self.random.random() < 0.5:
            writer.write(data[:self.random.randrange(len(data))])
            await pause(self.random.choice([0, 0.01]))
        else:
            writer.write(data)
            await patiently(reader.read(self.random.randrange(1, 3_000)))
        if self.random.random() < 0.5:
            reset(writer)
        await close(writer)

    async def say_nonsense(self):
        reader, writer = await self.connect()
        try:
            writer.write(self.random.choice([
                b'nonsense\r\n\r\n', b'GET / HTTP/1.1\nHost: h\n\n', b'GET / HTTP/1.1\r\n\r\n',
                b'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n'
                b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n']))
            head, _ = await patiently(read_response(reader))
            if head is None or head.status != 400:
                raise AssertionError(f'nonsense got {head and head.first}')
        finally:
            await close(writer)

    async def stand_by(self):
        _, writer = await self.connect()
        await pause(self.random.uniform(0, 1))
        await close(writer)

    async def forget(self):
        """The next requests begin new sessions."""
        self.sessions.clear()
