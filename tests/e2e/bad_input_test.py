"""Manifests, requests and command lines that are wrong: one clear answer, and nothing changed."""

import json
import os
import unittest

from tests.support.cluster import ClusterCase
from tests.support.processes import binary, run

THREE_MISTAKES = '''\
apiVersion: v1
kind: Namespace
metadata:
  name: innocent
---
apiVersion: v1
kind: Service
metadata:
  name: first
  namespace: innocent
spec:
  prots:
  - port: 80
  ports:
  - port: eighty
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: second
  namespace: innocent
spec:
  rules:
  - backendRefs:
    - name: first
      port: 80
      wieght: 1
'''

HOST = b'Host: a\r\n'
MALFORMED = {
    'no request line': b'nonsense\r\n\r\n',
    'no version': b'GET /\r\n' + HOST + b'\r\n',
    'an unknown version': b'GET / HTTP/3.0\r\n' + HOST + b'\r\n',
    'a method that is no token': b'G@T / HTTP/1.1\r\n' + HOST + b'\r\n',
    'a control byte in the target': b'GET /\x01 HTTP/1.1\r\n' + HOST + b'\r\n',
    'no Host': b'GET / HTTP/1.1\r\n\r\n',
    'two Hosts': b'GET / HTTP/1.1\r\n' + HOST + HOST + b'\r\n',
    'a space before the colon': b'GET / HTTP/1.1\r\n' + HOST + b'X : 1\r\n\r\n',
    'a header without a colon': b'GET / HTTP/1.1\r\n' + HOST + b'nonsense\r\n\r\n',
    'a folded header': b'GET / HTTP/1.1\r\n' + HOST + b'X: 1\r\n 2\r\n\r\n',
    'a zero byte in a value': b'GET / HTTP/1.1\r\n' + HOST + b'X: a\0b\r\n\r\n',
    'a length that is none': b'POST / HTTP/1.1\r\n' + HOST + b'Content-Length: 5x\r\n\r\nhello',
    'a negative length': b'POST / HTTP/1.1\r\n' + HOST + b'Content-Length: -5\r\n\r\nhello',
    'two lengths': b'POST / HTTP/1.1\r\n' + HOST + b'Content-Length: 5\r\n'
                   b'Content-Length: 6\r\n\r\nhello',
    'a list of lengths': b'POST / HTTP/1.1\r\n' + HOST + b'Content-Length: 5, 5\r\n\r\nhello',
    'chunks and a length': b'POST / HTTP/1.1\r\n' + HOST + b'Content-Length: 5\r\n'
                           b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'chunked in HTTP/1.0': b'POST / HTTP/1.0\r\n' + HOST + b'Transfer-Encoding: chunked\r\n\r\n'
                           b'0\r\n\r\n',
}


class BadInput(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_endpoint(1)
        cluster.start_all(nodes=1)
        names = ['service.yaml', 'endpoints.yaml', 'gateway.yaml', 'session-sticky-policy.yaml']
        cluster.apply('\n---\n'.join(cluster.manifest(name) for name in names))

    # ---- manifests

    def head(self):
        return json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)['head']

    def check_reported(self, done, name):
        for line, field in ((12, 'prots'), (15, 'port'), (27, 'wieght')):
            named = [text for text in done.stderr.splitlines() if f'{name}:{line}:' in text]
            self.assertEqual(len(named), 1, f'{name}:{line} in:\n{done.stderr}')
            self.assertIn(field, named[0])

    def test_three_mistakes_in_two_documents(self):
        before = self.head()
        path = self.cluster.dir / 'bad.yaml'
        path.write_text(THREE_MISTAKES)
        self.check_reported(self.cluster.gwctl('apply', '-f', path, expect=5), 'bad.yaml')
        self.cluster.gwctl('get', 'namespace', 'innocent', expect=3)
        self.assertEqual(self.head(), before)

    def test_one_bad_file_keeps_the_good_ones_out(self):
        folder = self.cluster.dir / 'manifests'
        folder.mkdir()
        (folder / 'a-good.yaml').write_text(
            'apiVersion: v1\nkind: Namespace\nmetadata: {name: hopeful}\n')
        (folder / 'b-bad.yaml').write_text(THREE_MISTAKES)
        self.check_reported(self.cluster.gwctl('apply', '-f', folder, expect=5), 'b-bad.yaml')
        self.cluster.gwctl('get', 'namespace', 'hopeful', expect=3)

    def test_values_out_of_range(self):
        policy = self.cluster.manifest('session-sticky-policy.yaml')
        for good, bad, field in (('expires: 600', 'expires: 0', 'expires'),
                                 ('_srv_id', 'a;b', 'cookieName'),
                                 ('port: 8080', 'port: 70000', 'port'),
                                 ('kind: SessionStickyPolicy', 'kind: SessionStuckPolicy', 'kind')):
            done = self.cluster.gwctl('apply', '-f', '-', text_in=policy.replace(good, bad),
                                      expect=5)
            self.assertIn(field, done.stderr)

    # ---- requests

    def test_malformed_requests_get_400_and_a_closed_connection(self):
        for what, data in MALFORMED.items():
            with self.subTest(what), self.cluster.connect(1) as connection:
                connection.send(data)
                response = connection.read_response()
                self.assertIn(response.status, (400, 505) if 'version' in what else (400,))
                self.assertIsNone(response.header('x-endpoint'))
                self.assertTrue(connection.at_end())

    def test_unknown_transfer_coding_is_refused(self):
        for coding in (b'gzip', b'gzip, chunked', b'chunked, gzip', b'xchunked'):
            with self.subTest(coding), self.cluster.connect(1) as connection:
                connection.send(b'POST / HTTP/1.1\r\n' + HOST + b'Transfer-Encoding: ' + coding +
                                b'\r\n\r\n0\r\n\r\n')
                self.assertIn(connection.read_response().status, (400, 501))
                self.assertTrue(connection.at_end())

    def test_heads_beyond_the_limits_are_refused(self):
        for data in (b'GET /' + b'a' * 9000 + b' HTTP/1.1\r\n' + HOST + b'\r\n',
                     b'GET / HTTP/1.1\r\n' + HOST + b'X: 1\r\n' * 101 + b'\r\n',
                     b'GET / HTTP/1.1\r\n' + HOST + b'X: ' + b'a' * 66_000 + b'\r\n\r\n'):
            with self.subTest(data[:20]), self.cluster.connect(1) as connection:
                connection.send(data)
                self.assertIn(connection.read_response().status, (400, 414, 431))

    def test_the_node_still_serves_after_all_that(self):
        self.assertEqual(self.cluster.get(1).status, 200)

    # ---- command lines

    def check_refused(self, name, arguments, *says):
        done = run([binary(name), *map(str, arguments)])
        self.assertNotEqual(done.returncode, 0)
        lines = (done.stdout + done.stderr).strip().splitlines()
        self.assertEqual(len(lines), 1, lines)
        for text in says:
            self.assertIn(str(text), lines[0])

    def with_flag(self, arguments, flag, value):
        changed = list(arguments)
        changed[changed.index(flag) + 1] = value
        return changed

    def test_addresses_in_use(self):
        server, node = self.cluster.server_arguments(), self.cluster.node_arguments(1)
        free = f'{self.cluster.address(9)}:7700'
        server = self.with_flag(server, '--data-dir', self.cluster.dir / 'another-server')
        node = self.with_flag(node, '--data-dir', self.cluster.dir / 'another-node')
        self.check_refused('limpet-server', self.with_flag(server, '--admin', free),
                           self.cluster.api)
        self.check_refused('limpet-server', self.with_flag(server, '--listen', free),
                           f'{self.cluster.address(1)}:7701')
        self.check_refused('limpet-proxy', node, f'{self.cluster.node_address(1)}:7800')

    def test_too_few_open_files(self):
        node = self.with_flag(self.cluster.node_arguments(1), '--data-dir',
                              self.cluster.dir / 'one-more-node')
        node = self.with_flag(node, '--admin', f'{self.cluster.address(9)}:7800')
        done = run(['sh', '-c', 'ulimit -n 200; exec "$0" "$@"', binary('limpet-proxy'),
                    *map(str, node)])
        self.assertEqual(done.returncode, 1)
        self.assertIn('the limit of open files, 200, leaves none for connections', done.stderr)

    def test_data_directories_in_use(self):
        free = [f'{self.cluster.address(9)}:{port}' for port in (7700, 7701)]
        server = self.with_flag(self.cluster.server_arguments(), '--listen', free[0])
        self.check_refused('limpet-server', self.with_flag(server, '--admin', free[1]),
                           self.cluster.dir / 'server')
        node = self.with_flag(self.cluster.node_arguments(1), '--admin', free[1])
        self.check_refused('limpet-proxy', node, self.cluster.dir / 'node-1')

    def test_data_directories_that_cannot_be(self):
        (self.cluster.dir / 'file').write_text('')
        below = self.cluster.dir / 'file' / 'data'
        server = self.with_flag(self.cluster.server_arguments(), '--data-dir', below)
        self.check_refused('limpet-server', server, below)
        node = self.with_flag(self.cluster.node_arguments(1), '--data-dir', below)
        self.check_refused('limpet-proxy', node, below)

    @unittest.skipIf(os.geteuid() == 0, 'root may write everywhere')
    def test_data_directories_without_permission(self):
        locked = self.cluster.dir / 'locked'
        locked.mkdir(mode=0o500)
        for name, arguments in (('limpet-server', self.cluster.server_arguments()),
                                ('limpet-proxy', self.cluster.node_arguments(1))):
            self.check_refused(name, self.with_flag(arguments, '--data-dir', locked), locked)

    def test_bad_flags(self):
        for name in ('limpet-server', 'limpet-proxy'):
            self.check_refused(name, ['--nonsense'], '--nonsense')
            self.check_refused(name, ['--admin', 'nowhere'], '--admin')
            self.check_refused(name, ['--log-level', 'loud'], '--log-level')
        self.check_refused('limpet-proxy', ['--workers', '-1'], '--workers')

    def test_bad_environment(self):
        done = run([binary('limpet-server')], {'LIMPET_ADMIN': 'nowhere'})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('nowhere', done.stderr)


if __name__ == '__main__':
    unittest.main()
