"""A secured cluster and programs with a token: the examples, and the HTTP door."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import unittest

import grpc

from tests.support import raw_http
from tests.support.api import Management
from tests.support.cluster import ROOT
from tests.support.door import PORT, Door, service
from tests.support.processes import binary, run, wait_until
from tests.support.secured import SecuredCase

EXAMPLES = ROOT / 'examples' / 'automation'
NPM_DEADLINE_S = 300


class Automation(SecuredCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.start_secured(cluster, ('user', 'bob', '--role', 'viewer', '-n', 'shop'))
        cls.ca = cls.pki / 'ca.crt'
        cls.token = cluster.gwctl('token', 'create', 'ci', '--role', 'editor', '-n',
                                  'shop').stdout.strip()
        cls.token_file = cluster.dir / 'ci.token'
        cls.token_file.write_text(cls.token + '\n')

    def door(self, **credentials):
        return Door(self.cluster.address(1), ca=self.ca, **credentials)

    # ---- the examples

    def run_example(self, command, folder, name, env=None):
        flags = ['--server', self.cluster.api, '--ca', self.ca]

        def example(*more):
            return subprocess.run([*command, *map(str, [*flags, *more])], cwd=folder, env=env,
                                  capture_output=True, text=True, timeout=120, check=False)
        done = example('--token-file', self.token_file, '--name', name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(sorted(line.split(':')[0] for line in done.stdout.splitlines()),
                         ['active', 'applied', 'watched'], done.stdout)
        self.assertIn(f'service/{name} CREATED', done.stdout)
        self.assertIn(f'UPSERTED service/{name}', done.stdout)
        self.assertIn('on 1 of 1 nodes', done.stdout)
        refused = example('--token-file', self.token_file, '--namespace', 'bank')
        self.assertEqual(refused.returncode, 1)
        self.assertIn('PERMISSION_DENIED: ', refused.stderr)
        self.assertEqual(example().returncode, 1)

    def test_node(self):
        self.assertIsNotNone(shutil.which('npm'), 'npm is missing: scripts/install-deps test')
        folder = self.cluster.dir / 'node'
        shutil.copytree(EXAMPLES / 'node', folder, ignore=shutil.ignore_patterns('node_modules'))
        installed = subprocess.run(['npm', 'ci', '--no-audit', '--no-fund'], cwd=folder,
                                   capture_output=True, text=True, timeout=NPM_DEADLINE_S,
                                   check=False)
        self.assertEqual(installed.returncode, 0, installed.stdout + installed.stderr)
        self.run_example(['node', 'example.js', '--proto', str(ROOT / 'proto')], folder,
                         'from-node')

    def test_python(self):
        generated = self.cluster.dir / 'generated'
        generated.mkdir()
        names = [f'limpet/v1/{name}.proto' for name in
                 ('object', 'gateway_parameters', 'policies', 'backend_tls', 'http_route',
                  'health_check', 'resource', 'options', 'state', 'discovery', 'sessions',
                  'endpoints', 'management')]
        plugin = shutil.which('grpc_python_plugin')
        subprocess.run(['protoc', '-I', ROOT / 'proto', f'--python_out={generated}',
                        f'--grpc_out={generated}', f'--plugin=protoc-gen-grpc={plugin}', *names],
                       check=True)
        env = {**os.environ, 'PYTHONPATH': str(generated)}
        self.run_example([sys.executable, EXAMPLES / 'python' / 'example.py'], self.cluster.dir,
                         'from-python', env)

    # ---- the HTTP door

    def test_who_may(self):
        door = self.door(token=self.token)
        self.assertEqual(door.apply(service('http', 'shop')).status, 200)
        newest = next(r for r in self.audit() if r['action'] == 'apply')
        self.assertEqual(newest['actor'], 'token:ci')
        self.assertTrue(newest['peer'].startswith('ipv4:127.'), newest)
        bob = self.door(identity=self.pki / 'user-bob.pem')
        self.assertEqual(bob.get('/v1/services/shop/http').status, 200)
        # A token counts before a certificate, as over gRPC.
        both = self.door(token=self.token, identity=self.pki / 'user-bob.pem')
        self.assertEqual(both.apply(service('both', 'shop')).status, 200)
        with door.watch('/v1/watch?namespace=shop') as stream:
            events, _ = stream.until_bookmark()
            self.assertIn('http', [e.name for e in events])

    def test_who_may_not(self):
        bob = self.door(identity=self.pki / 'user-bob.pem')
        refused = bob.apply(service('x', 'shop'))
        self.assertEqual((refused.status, refused.json['status']), (403, 'PERMISSION_DENIED'))
        row = self.wait_denied('user:bob', 'Apply: needs editor in namespace shop')
        self.assertRegex(row['peer'], r'^ipv4:127\.[0-9.]+:[0-9]+$')
        refused = self.door(token=self.token).get('/v1/services?namespace=bank')
        self.assertEqual(refused.status, 403)
        self.wait_denied('token:ci', 'List: needs viewer in namespace bank')
        self.assertEqual(self.door(token=self.token).get('/v1/watch').status, 403)

    def test_who_is_not_known(self):
        for door in (self.door(), self.door(token='lmp_ci_00'), self.door(token='x'),
                     self.door(token='lmp_ci_\xff')):
            refused = door.get('/v1/services?namespace=shop')
            self.assertEqual((refused.status, refused.json['status']), (401, 'UNAUTHENTICATED'))
            self.assertEqual(refused.headers['www-authenticate'], 'Bearer')
        row = self.wait_denied('', 'List: neither a certificate nor a token')
        self.assertRegex(row['peer'], r'^ipv4:127\.[0-9.]+:[0-9]+$')
        # Nobody's body is read.
        self.assertEqual(self.door().post(b'{').status, 401)
        # A node is known, and may do nothing here.
        node = self.door(identity=self.pki / 'node-node-1.pem')
        self.assertEqual(node.get('/v1/services?namespace=shop').status, 403)

    def test_certificates_of_others(self):
        other = self.cluster.dir / 'other'
        for arguments in (['init'], ['user', 'admin', '--role', 'admin']):
            done = run([binary('gwctl'), 'pki', *arguments, '--dir', str(other)])
            self.assertEqual(done.returncode, 0, done.stderr)
        stranger = self.door(identity=other / 'user-admin.pem').get('/v1/services')
        self.assertEqual(stranger.status, 401)
        self.assertIn('not of an authority that is trusted', stranger.json['message'])

    def test_plain_text_is_no_way_around(self):
        plain = Door(self.cluster.address(1), token=self.token)
        refused = plain.get('/v1/services?namespace=shop')
        self.assertEqual((refused.status, refused.json['status']), (403, 'PERMISSION_DENIED'))
        self.assertIn('https', refused.json['message'])
        self.wait_denied('', 'List: not in plain text')
        for path in ('/healthz', '/readyz', '/openapi.yaml'):
            self.assertEqual(plain.get(path).status, 200)
            self.assertEqual(self.door().get(path).status, 200)

    def test_nobody_speaks_for_others(self):
        """What the door says of its callers to the API, said by somebody else."""
        credentials = grpc.ssl_channel_credentials(self.ca.read_bytes())
        chain = (self.pki / 'user-admin.pem').read_bytes()
        with Management(self.cluster.api, credentials=credentials) as api:
            for key in (b'', b'\0' * 32):
                api.metadata = [('limpet-door-key-bin', key),
                                ('limpet-door-peer-bin', b'ipv4:1.2.3.4:5'),
                                ('limpet-door-chain-bin', chain),
                                ('limpet-door-authorization-bin',
                                 f'Bearer {self.token}'.encode())]
                with self.assertRaises(grpc.RpcError) as refused:
                    api.call('GetVersion')
                self.assertEqual(refused.exception.code(), grpc.StatusCode.UNAUTHENTICATED)

    def test_what_is_no_tls(self):
        address = self.cluster.address(1)
        with raw_http.Connection(address, PORT) as connection:
            connection.send(b'\x16\x03\x01\x00\x05hello')
            self.assertEqual(connection.read_response().status, 400)
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname = False
        old.verify_mode = ssl.CERT_NONE
        old.set_ciphers('ALL:@SECLEVEL=0')
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection((address, PORT)) as plain:
            self.assertRaises(OSError, old.wrap_socket, plain)

    def test_a_new_certificate_is_used(self):
        def serial():
            with socket.create_connection((self.cluster.address(1), PORT)) as plain:
                context = ssl.create_default_context(cafile=str(self.ca))
                with context.wrap_socket(plain, server_hostname=self.cluster.address(1)) as tls:
                    return tls.getpeercert()['serialNumber']
        before = serial()
        self.make('server', '--host', self.cluster.address(1))
        wait_until(lambda: serial() != before, 'the new certificate')


if __name__ == '__main__':
    unittest.main()
