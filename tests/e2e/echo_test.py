"""limpet-echo, on which the other tests rely for what the upstream got."""

import base64
import json
import os
import unittest

from tests.support import raw_http
from tests.support.cluster import ClusterCase
from tests.support.processes import binary, run


class Echo(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.address = cluster.address(20)
        cls.second = cluster.address(21)
        process = cluster.start('limpet-echo', '--listen', f'{cls.address}:8080',
                                '--listen', f'{cls.second}:8081', '--name', 'one')
        process.wait_output(r'listens on .*\n.*listens on')

    def connect(self):
        return raw_http.Connection(self.address, 8080)

    def test_says_its_name_on_each_address(self):
        for address, port in ((self.address, 8080), (self.second, 8081)):
            response = raw_http.get(address, port)
            self.assertEqual((response.status, response.text), (200, 'one\n'))
            self.assertEqual(response.header('x-endpoint'), 'one')

    def test_keeps_the_connection(self):
        with self.connect() as connection:
            for _ in range(3):
                self.assertEqual(connection.request().text, 'one\n')
            self.assertEqual(connection.request('HEAD').header('content-length'), '4')
            self.assertEqual(connection.request(headers=[('Connection', 'close')]).status, 200)
            self.assertTrue(connection.at_end())

    def test_http_1_0_closes(self):
        with self.connect() as connection:
            response = connection.request('GET', '/bytes?n=70000&chunked=1', version='1.0')
            self.assertEqual((response.version, len(response.body)), ('HTTP/1.0', 70000))
            self.assertIsNone(response.header('transfer-encoding'))

    def test_statuses_without_a_body(self):
        with self.connect() as connection:
            for code in (204, 304, 503):
                response = connection.request('GET', f'/status?code={code}')
                self.assertEqual(response.status, code)
                self.assertEqual(response.body, b'one\n' if code == 503 else b'')

    def test_inspect_shows_the_request(self):
        with self.connect() as connection:
            response = connection.request('POST', '/inspect?a=b', [('Cookie', 'x="1"')], b'body')
            lines = [json.loads(line) for line in response.text.splitlines()]
            self.assertEqual(lines[0],
                             {'method': 'POST', 'target': '/inspect?a=b', 'version': '1.1'})
            self.assertIn({'name': 'Cookie', 'value': 'x="1"'}, lines)
            self.assertEqual(connection.request().status, 200)

    def test_bytes_with_a_length_and_in_chunks(self):
        expected = b'0123456789abcdef' * 100_000
        with self.connect() as connection:
            plain = connection.request('GET', '/bytes?n=1600000')
            self.assertEqual(plain.header('content-length'), '1600000')
            self.assertEqual(plain.body, expected)
            chunked = connection.request('GET', '/bytes?n=1600000&chunked=1')
            self.assertEqual(chunked.header('transfer-encoding'), 'chunked')
            self.assertEqual(chunked.body, expected)
            self.assertEqual(connection.request('GET', '/bytes?n=0').body, b'')

    def test_echo_streams_a_body_back(self):
        body = os.urandom(300_000)
        with self.connect() as connection:
            response = connection.request('POST', '/echo', [('Content-Type', 'image/x')], body)
            self.assertEqual(response.body, body)
            self.assertEqual(response.header('content-type'), 'image/x')
            connection.send_request('POST', '/echo', [('Transfer-Encoding', 'chunked')])
            head = connection.read_head()
            self.assertEqual(head.header('transfer-encoding'), 'chunked')
            # The first chunk comes back before the second is sent.
            connection.send(b'5\r\nhello\r\n')
            self.assertEqual(connection.read(10), b'5\r\nhello\r\n')
            connection.send(b'0\r\n\r\n')
            self.assertEqual(connection.read(5), b'0\r\n\r\n')
            self.assertEqual(connection.request('POST', '/echo').body, b'')

    def test_expectation_is_met_before_the_body(self):
        with self.connect() as connection:
            connection.send_request(
                'POST', '/echo', [('Expect', '100-continue'), ('Content-Length', '2')])
            self.assertEqual(connection.read_head().status, 100)
            connection.send(b'ok')
            self.assertEqual(connection.read_response().body, b'ok')

    def test_close_ends_without_an_answer(self):
        with self.connect() as connection:
            connection.send_request('GET', '/close')
            self.assertTrue(connection.at_end())

    def test_no_http_is_refused(self):
        with self.connect() as connection:
            connection.send(b'nonsense\r\n\r\n')
            self.assertEqual(connection.read_response().status, 400)
            self.assertTrue(connection.at_end())

    def test_websocket_echo(self):
        key = base64.b64encode(os.urandom(16)).decode()
        with self.connect() as connection:
            connection.send_request('GET', '/', [
                ('Connection', 'Upgrade'), ('Upgrade', 'websocket'),
                ('Sec-WebSocket-Key', key), ('Sec-WebSocket-Version', '13')])
            head = connection.read_head()
            self.assertEqual((head.status, head.header('x-endpoint')), (101, 'one'))
            mask = b'\x01\x02\x03\x04'
            masked = bytes(c ^ mask[i % 4] for i, c in enumerate(b'hello'))
            connection.send(b'\x81\x85' + mask + masked)
            self.assertEqual(connection.read(7), b'\x81\x05hello')

    def test_address_in_use(self):
        done = run([binary('limpet-echo'), '--listen', f'{self.address}:8080'])
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'cannot listen on {self.address}:8080', done.stderr)
        self.assertEqual(done.stderr.count('\n'), 1)


if __name__ == '__main__':
    unittest.main()
