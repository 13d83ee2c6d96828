"""HTTPS as curl, openssl and Python speak it: which certificate, which versions and ciphers,
resumption from node to node, certificates that change while clients connect."""

import http.client
import socket
import ssl
import subprocess
import threading

from tests.support.certificates import Authority, openssl, secret
from tests.support.cluster import ClusterCase

PORT = 8443
GATEWAY = '''---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: secure, namespace: server}
spec:
  gatewayClassName: limpet
  listeners:
  - {name: shop, protocol: HTTPS, port: 8443, hostname: shop.example,
     tls: {certificateRefs: [{name: shop}]}}
  - {name: pay, protocol: HTTPS, port: 8443, hostname: pay.example,
     tls: {certificateRefs: [{name: pay-rsa}, {name: pay}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: secure, namespace: server}
spec:
  parentRefs: [{name: secure}]
  rules: [{backendRefs: [{name: pipy, port: 8080}]}]
'''


class Tls(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.authority = Authority(cluster.dir)
        key_file = cluster.dir / 'secrets.key'
        cluster.gwctl('pki', 'secrets-key', key_file)
        cluster.server_flags = ['--secrets-key-file', key_file]
        cluster.start_all(nodes=2)
        for endpoint in (1, 2):
            cluster.start_endpoint(endpoint)
        cluster.apply_demonstration(policy=True)
        cls.apply_shop_certificate()
        cluster.apply(secret('pay', *cls.authority.issue('pay', ['pay.example'])) +
                      secret('pay-rsa', *cls.authority.issue('pay-rsa', ['pay.example'], rsa=True)))
        cluster.apply(GATEWAY)

    @classmethod
    def apply_shop_certificate(cls):
        cls.cluster.apply(secret('shop', *cls.authority.issue('shop', ['shop.example'])))

    def context(self):
        context = ssl.create_default_context(cafile=str(self.authority.path))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def connect(self, node=1, name='shop.example', context=None, session=None):
        plain = socket.create_connection((self.cluster.node_address(node), PORT), 20)
        return (context or self.context()).wrap_socket(plain, server_hostname=name, session=session)

    def get(self, connection, host='shop.example'):
        connection.sendall(f'GET / HTTP/1.1\r\nHost: {host}\r\n\r\n'.encode())
        response = http.client.HTTPResponse(connection)
        response.begin()
        response.read()
        return response

    def curl(self, *arguments, node=1, name='shop.example'):
        return subprocess.run(
            ['curl', '-sS', '--cacert', self.authority.path, '--resolve',
             f'{name}:{PORT}:{self.cluster.node_address(node)}', *arguments,
             f'https://{name}:{PORT}/'], capture_output=True, text=True, check=False)

    def s_client(self, *arguments, name='shop.example'):
        return subprocess.run(
            ['openssl', 's_client', '-connect', f'{self.cluster.node_address(1)}:{PORT}',
             '-servername', name, '-CAfile', str(self.authority.path), '-verify_return_error',
             *arguments], input='', capture_output=True, text=True, check=False)

    def test_curl_is_served_and_its_session_cookie_is_for_https_alone(self):
        done = self.curl('-i')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith('HTTP/1.1 200'), done.stdout)
        cookie = next(line for line in done.stdout.splitlines()
                      if line.lower().startswith('set-cookie: _srv_id='))
        self.assertIn('; Secure', cookie)
        value = cookie.split(': ')[1].split(';')[0]
        endpoints = {next(line for line in self.curl('-i', '-H', f'Cookie: {value}', node=node)
                          .stdout.splitlines() if line.lower().startswith('x-endpoint'))
                     for node in (1, 2) for _ in range(5)}
        self.assertEqual(len(endpoints), 1)

    def test_versions_below_1_2_and_weak_ciphers_are_refused(self):
        for old in ('-tls1', '-tls1_1'):
            done = self.s_client(old, '-cipher', 'ALL:@SECLEVEL=0')
            self.assertNotEqual(done.returncode, 0, done.stdout)
        accepted = []
        names = subprocess.run(['openssl', 'ciphers', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'],
                               capture_output=True, text=True, check=True).stdout
        for cipher in names.strip().split(':'):
            if cipher.startswith('TLS_'):
                continue  # of TLS 1.3
            done = self.s_client('-tls1_2', '-cipher', f'{cipher}:@SECLEVEL=0')
            if done.returncode == 0:
                accepted.append(cipher)
        self.assertTrue(accepted)
        for cipher in accepted:
            self.assertRegex(cipher, '^ECDHE-.*(GCM|CHACHA20)')
        self.assertEqual(self.s_client('-tls1_3').returncode, 0)

    def test_nothing_is_compressed_or_renegotiated(self):
        done = self.s_client('-tls1_2')
        self.assertIn('Compression: NONE', done.stdout)
        done = subprocess.run(
            ['openssl', 's_client', '-connect', f'{self.cluster.node_address(1)}:{PORT}',
             '-servername', 'shop.example', '-tls1_2'], input='R\n', capture_output=True,
            text=True, check=False)
        self.assertIn('no renegotiation', done.stderr)

    def test_the_name_chooses_the_certificate_and_the_client_the_kind_of_key(self):
        with self.connect(name='pay.example') as connection:
            subject = dict(part[0] for part in connection.getpeercert()['subject'])
            self.assertTrue(subject['commonName'].startswith('pay'))
        for kind, name in (('RSA-PSS+SHA256', 'pay-rsa'), ('ECDSA+SHA256', 'pay')):
            done = self.s_client('-sigalgs', kind, name='pay.example')
            self.assertIn(f'subject=CN = {name}\n', done.stdout)
        with self.assertRaises(ssl.SSLError):
            self.connect(name='nobody.example')

    def test_a_session_begun_on_one_node_is_resumed_on_the_other(self):
        context = self.context()
        with self.connect(1, context=context) as first:
            self.assertEqual(self.get(first).status, 200)
            session = first.session
            first.unwrap()
        with self.connect(2, context=context, session=session) as second:
            self.assertTrue(second.session_reused)
            self.assertEqual(self.get(second).status, 200)

    def test_certificates_change_under_load_and_no_handshake_fails(self):
        stopping = threading.Event()
        failures, serials, kept = [], set(), []

        def client(node):
            try:
                with self.connect(node) as old:
                    while not stopping.is_set():
                        with self.connect(node) as fresh:
                            serials.add(fresh.getpeercert()['serialNumber'])
                            if self.get(fresh).status != 200:
                                failures.append('not served')
                        if self.get(old).status != 200:
                            failures.append('not served on the old connection')
                    kept.append(node)
            except OSError as error:
                failures.append(f'node {node}: {error!r}')

        threads = [threading.Thread(target=client, args=(node,)) for node in (1, 2, 1, 2)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            self.apply_shop_certificate()
        newest = openssl('x509', '-noout', '-serial', '-in', self.cluster.dir / 'shop.crt')
        for node in (1, 2):
            with self.connect(node) as last:
                self.assertEqual(f'serial={last.getpeercert()["serialNumber"]}', newest.strip())
        stopping.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(kept), 4)
        self.assertGreater(len(serials), 2)

    def test_what_cannot_be_a_certificate_is_refused_whole(self):
        certificate, key = self.authority.issue('other', ['shop.example'])
        _, strange = self.authority.issue('strange', ['shop.example'])
        for wrong in ((certificate, strange), ('no certificate', key), (certificate, 'no key'),
                      (certificate[:300], key), ('', key)):
            refused = self.cluster.gwctl('apply', '-f', '-', expect=None,
                                         text_in=secret('shop', *wrong))
            self.assertNotEqual(refused.returncode, 0)
            self.assertRegex(refused.stderr + refused.stdout, r'tls\.(crt|key)')
        with self.connect() as connection:
            self.assertEqual(self.get(connection).status, 200)

    def test_plain_http_is_told_and_a_host_of_another_listener_misdirected(self):
        plain = socket.create_connection((self.cluster.node_address(1), PORT), 20)
        plain.sendall(b'GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n')
        self.assertTrue(plain.recv(4096).startswith(b'HTTP/1.1 400 '))
        plain.close()
        with self.connect() as connection:
            self.assertEqual(self.get(connection, 'pay.example').status, 421)
