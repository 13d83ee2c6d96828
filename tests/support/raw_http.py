"""An HTTP/1.1 client on a bare socket, which hides nothing: header lines in their order and
spelling, whether the connection stays, and bytes that are no HTTP at all."""

import socket

TIMEOUT_S = 20


class Response:
    def __init__(self, version, status, headers, body):
        self.version = version
        self.status = status
        self.headers = headers  # (name, value), as they came
        self.body = body

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode()

    def cookie(self, name='_srv_id'):
        """NAME=VALUE of the Set-Cookie for that name; None when it was not set."""
        for value in self.all('set-cookie'):
            if value.startswith(name + '='):
                return value.split(';')[0]
        return None


class Connection:
    def __init__(self, address, port):
        self.host = f'{address}:{port}'
        self.socket = socket.create_connection((address, port), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._in = self.socket.makefile('rb')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._in.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_request(self, method='GET', target='/', headers=(), body=b'', version='1.1'):
        lines = [f'{method} {target} HTTP/{version}']
        names = {name.lower() for name, _ in headers}
        if 'host' not in names:
            lines.append(f'Host: {self.host}')
        lines += [f'{name}: {value}' for name, value in headers]
        if body and not names & {'content-length', 'transfer-encoding'}:
            lines.append(f'Content-Length: {len(body)}')
        self.send(('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1') + body)

    def _line(self):
        line = self._in.readline(1 << 20)
        if not line.endswith(b'\r\n'):
            raise ConnectionError(f'the connection ended at {line!r}')
        return line[:-2].decode('latin-1')

    def _chunks(self):
        body = b''
        while True:
            size = int(self._line().split(';')[0], 16)
            if size == 0:
                while self._line():
                    pass
                return body
            body += self.read(size)
            if self._line():
                raise ConnectionError('a chunk is longer than its size says')

    def read(self, size):
        data = self._in.read(size)
        if len(data) != size:
            raise ConnectionError(f'{len(data)} bytes of {size}')
        return data

    def read_head(self):
        version, status, *_ = self._line().split(' ', 2)
        headers = []
        while line := self._line():
            name, _, value = line.partition(':')
            headers.append((name, value.strip()))
        return Response(version, int(status), headers, b'')

    def read_response(self, method='GET'):
        response = self.read_head()
        while response.status == 100:
            response = self.read_head()
        length = response.header('content-length')
        if method == 'HEAD' or response.status in (204, 304):
            return response
        if (response.header('transfer-encoding') or '').lower() == 'chunked':
            response.body = self._chunks()
        elif length is not None:
            response.body = self.read(int(length))
        else:
            response.body = self._in.read()
        return response

    def request(self, method='GET', target='/', headers=(), body=b'', version='1.1'):
        self.send_request(method, target, headers, body, version)
        return self.read_response(method)

    def at_end(self):
        """Whether the other side has closed (waits for it)."""
        try:
            return self._in.read(1) == b''
        except ConnectionError:
            return True


def get(address, port, target='/', cookie=None, headers=()):
    """One request on a connection of its own."""
    headers = list(headers) + ([('Cookie', cookie)] if cookie else [])
    with Connection(address, port) as connection:
        return connection.request('GET', target, headers)
