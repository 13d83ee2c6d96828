"""Whose a request is, behind proxies that are trusted: haproxy and curl among them."""

import json
import pathlib
import shutil
import socket
import struct
import unittest

from tests.support.cluster import GATEWAY_PORT, ClusterCase
from tests.support.parameters import demonstration, parameters
from tests.support.processes import Process, run, wait_until

SIGNATURE = b'\r\n\r\n\0\r\nQUIT\n'
HAPROXY = shutil.which('haproxy') or '/usr/sbin/haproxy'


def version_1(source):
    family = 'TCP6' if ':' in source else 'TCP4'
    return f'PROXY {family} {source} {source} 4711 80\r\n'.encode()


def version_2(source, tlvs=b''):
    family = socket.AF_INET6 if ':' in source else socket.AF_INET
    address = socket.inet_pton(family, source)
    body = address * 2 + struct.pack('!HH', 4711, 80) + tlvs
    kind = 0x21 if family == socket.AF_INET6 else 0x11
    return SIGNATURE + struct.pack('!BBH', 0x21, kind, len(body)) + body


LOCAL = SIGNATURE + struct.pack('!BBH', 0x20, 0, 0)


def seen_in(text):
    seen = {}
    for line in [json.loads(line) for line in text.splitlines()][1:]:
        seen.setdefault(line['name'].lower(), []).append(line['value'])
    return seen


class ClientAddressTest(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=1)
        cluster.start_endpoint(1)
        cluster.apply(demonstration(cluster))

    def set(self, *lines):
        self.cluster.apply(parameters(*lines))

    def ask(self, *pieces, headers=()):
        """The fields that the endpoint saw, of a request behind these bytes."""
        with self.cluster.connect(1) as connection:
            for piece in pieces:
                connection.send(piece)
            response = connection.request('GET', '/inspect', headers)
        self.assertEqual(response.status, 200)
        return seen_in(response.text)

    def is_closed(self, data):
        with self.cluster.connect(1) as connection:
            connection.send(data)
            return connection.at_end()

    # ---- Fields

    TOLD = [('X-Forwarded-For', '6.6.6.6, 192.0.2.1'), ('X-Forwarded-Proto', 'https'),
            ('X-Forwarded-Port', '443'), ('X-Forwarded-Host', 'shop.example.com'),
            ('Forwarded', 'for=192.0.2.1;proto=https')]

    def test_strangers_are_not_believed(self):
        self.set('clientAddress: {trustedCIDRs: [192.0.2.0/24]}', 'forwarding: {forwarded: true}')
        seen = self.ask(headers=self.TOLD)
        host = f'{self.cluster.node_address(1)}:{GATEWAY_PORT}'
        self.assertEqual(seen['x-forwarded-for'], ['127.0.0.1'])
        self.assertEqual(seen['x-forwarded-proto'], ['http'])
        self.assertEqual(seen['x-forwarded-port'], [str(GATEWAY_PORT)])
        self.assertEqual(seen['x-forwarded-host'], [host])
        self.assertEqual(seen['forwarded'], [f'for=127.0.0.1;host="{host}";proto=http'])
        self.assertNotIn('via', seen)

    def test_trusted_proxies_are_believed(self):
        self.set('clientAddress: {trustedCIDRs: [127.0.0.1]}', 'forwarding: {via: edge}')
        seen = self.ask(headers=self.TOLD + [('Via', '1.1 before')])
        self.assertEqual(seen['x-forwarded-for'], ['6.6.6.6, 192.0.2.1, 127.0.0.1'])
        self.assertEqual(seen['x-forwarded-proto'], ['https'])
        self.assertEqual(seen['x-forwarded-port'], ['443'])
        self.assertEqual(seen['x-forwarded-host'], ['shop.example.com'])
        self.assertEqual(seen['forwarded'], ['for=192.0.2.1;proto=https'])
        self.assertEqual(seen['via'], ['1.1 before', '1.1 edge'])
        self.assertEqual(self.cluster.get(1).all('via'), ['1.1 edge'])

    def test_cookie_lines_become_one(self):
        self.set('forwarding: {}')
        seen = self.ask(headers=[('Cookie', 'a=1'), ('Accept', 'x'), ('Cookie', 'b=2')])
        self.assertEqual(seen['cookie'], ['a=1; b=2'])

    # ---- PROXY protocol

    def expect_proxy_headers(self):
        self.set('clientAddress: {trustedCIDRs: [127.0.0.1], proxyProtocol: true}')

    def test_proxy_headers_name_the_client(self):
        self.expect_proxy_headers()
        for source in ('192.0.2.7', '2001:db8::7'):
            for header in (version_1(source), version_2(source),
                           version_2(source, b'\x02\x00\x04name')):
                seen = self.ask(header)
                self.assertEqual(seen['x-forwarded-for'], [source])
                seen = self.ask(*[bytes([byte]) for byte in header])
                self.assertEqual(seen['x-forwarded-for'], [source])
        for header in (LOCAL, b'PROXY UNKNOWN\r\n'):
            self.assertEqual(self.ask(header)['x-forwarded-for'], ['127.0.0.1'])
        # A client that says more than its proxy.
        seen = self.ask(version_1('192.0.2.7'), headers=[('X-Forwarded-For', '6.6.6.6')])
        self.assertEqual(seen['x-forwarded-for'], ['192.0.2.7'])

    def test_trusted_proxies_without_a_header_are_closed(self):
        self.expect_proxy_headers()
        for data in (b'GET / HTTP/1.1\r\nHost: h\r\n\r\n', b'PROXY TCP4 1.1.1.1\r\n',
                     SIGNATURE + b'\x21\x12\x00\x00'):
            self.assertTrue(self.is_closed(data), data)

    def test_strangers_speak_http(self):
        self.set('clientAddress: {trustedCIDRs: [192.0.2.0/24], proxyProtocol: true}')
        self.assertEqual(self.ask()['x-forwarded-for'], ['127.0.0.1'])
        with self.cluster.connect(1) as connection:
            connection.send(version_1('192.0.2.7') + b'Host: h\r\n\r\n')
            self.assertEqual(connection.read_response().status, 400)

    def test_curl(self):
        self.expect_proxy_headers()
        url = f'http://{self.cluster.node_address(1)}:{GATEWAY_PORT}/inspect'
        done = run(['curl', '-sS', '--haproxy-protocol', url])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(seen_in(done.stdout)['x-forwarded-for'], ['127.0.0.1'])

    @unittest.skipUnless(pathlib.Path(HAPROXY).exists(), 'needs haproxy')
    def test_haproxy(self):
        self.expect_proxy_headers()
        node = f'{self.cluster.node_address(1)}:{GATEWAY_PORT}'
        config = self.cluster.dir / 'haproxy.cfg'
        lines = ['defaults', ' mode tcp', ' timeout client 10s', ' timeout server 10s',
                 ' timeout connect 10s']
        for number, option in enumerate(('send-proxy', 'send-proxy-v2',
                                         'send-proxy-v2 proxy-v2-options crc32c,unique-id')):
            lines += [f'listen l{number}', f' bind {self.cluster.address(20)}:{9000 + number}',
                      ' unique-id-format %pid', f' server node {node} {option}']
        config.write_text('\n'.join(lines) + '\n')
        haproxy = Process('haproxy', [HAPROXY, '-db', '-f', str(config)])
        self.cluster.processes.append(haproxy)
        client = self.cluster.address(40)
        for port in (9000, 9001, 9002):
            url = f'http://{self.cluster.address(20)}:{port}/inspect'
            done = wait_until(lambda: self.curl_from(client, url), 'answer through haproxy')
            self.assertEqual(seen_in(done)['x-forwarded-for'], [client], port)
        haproxy.kill()

    def curl_from(self, address, url):
        done = run(['curl', '-sS', '--interface', address, url])
        return done.stdout if done.returncode == 0 else None


if __name__ == '__main__':
    unittest.main()
