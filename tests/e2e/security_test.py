"""A cluster that knows who everybody is: made with three commands, and closed to everybody else."""

import json
import subprocess
import unittest

import grpc

from tests.support.api import Management
from tests.support.processes import binary, run, wait_until
from tests.support.secured import SecuredCase

SERVICE = '''---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {ns}}}
spec: {{ports: [{{port: 80}}]}}
'''


class Security(SecuredCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.start_secured(cluster, ('node', 'node-2'),
                          ('user', 'bob', '--role', 'editor', '-n', 'shop'))

    def gwctl(self, flags, *arguments, expect=0, text_in=None):
        done = run([binary('gwctl'), '--server', self.cluster.api, *map(str, flags), *arguments],
                   {}, text_in)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def nodes(self):
        shown = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)
        return {node['nodeId']: node for node in shown['nodes']}

    def secure_api(self, identity):
        pem = (self.pki / identity).read_bytes()
        return Management(self.cluster.api, credentials=grpc.ssl_channel_credentials(
            (self.pki / 'ca.crt').read_bytes(), pem, pem))

    def refused_node(self, number, flags, words):
        self.cluster.select(number, *flags)
        node = self.cluster.start_node(number, ready=False)
        node.wait_output(words)
        self.assertEqual(node.stop(), 0)

    def test_those_who_may(self):
        admin = self.gwctl(self.tls('user-admin.pem'), 'apply', '--wait', '-f', '-',
                           text_in=SERVICE.format(name='a', ns='shop'))
        self.assertIn('service/a created', admin.stdout)
        self.gwctl(self.tls('user-bob.pem'), 'apply', '-f', '-',
                   text_in=SERVICE.format(name='b', ns='shop'))
        newest = self.audit()[0]
        self.assertEqual((newest['actor'], newest['action']), ('user:bob', 'apply'))
        # What it has to do with other objects takes the right to read these.
        described = self.gwctl(self.tls('user-bob.pem'), 'describe', 'svc', 'b', '-n', 'shop')
        self.assertIn('Analysis:     not told: it takes the role viewer in all namespaces',
                      described.stdout)
        self.assertIn('user:bob   apply', described.stdout)
        self.assertTrue(self.nodes()['node-1']['connected'])

    def test_those_who_may_not(self):
        bank = SERVICE.format(name='a', ns='bank')
        refused = self.gwctl(self.tls('user-bob.pem'), 'apply', '-f', '-', text_in=bank, expect=7)
        self.assertIn('needs editor in namespace bank, and has editor@shop', refused.stderr)
        self.wait_denied('user:bob', 'Apply: needs editor in namespace bank')
        self.gwctl(self.tls('user-bob.pem'), 'get', 'svc', '-n', 'bank', expect=7)
        self.gwctl(self.tls('user-bob.pem'), 'audit', expect=7)
        backup = self.cluster.dir / 'backup.db'
        self.gwctl(self.tls('user-bob.pem'), 'snapshot', 'save', backup, expect=7)
        backup.write_bytes(b'any')
        self.gwctl(self.tls('user-bob.pem'), 'snapshot', 'restore', backup, expect=7)
        nobody = self.gwctl(['--tls-ca', self.pki / 'ca.crt'], 'get', 'svc', expect=7)
        self.assertIn('neither a certificate nor a token', nobody.stderr)
        self.wait_denied('', 'neither a certificate nor a token')
        # A node's certificate opens the stream of nodes and nothing else.
        self.gwctl(self.tls('node-node-1.pem'), 'get', 'svc', expect=7)
        # Without TLS there is no conversation at all.
        self.gwctl([], 'nodes', expect=7)
        # A token, and TLS forgotten: it is not sent. (The server's address is loopback: there it
        # would be.)
        far = run([binary('gwctl'), '--server', '192.0.2.1:7700', '--token', 'lmp_x', 'nodes'])
        self.assertEqual(far.returncode, 5)
        self.assertIn('a token needs --tls-ca', far.stderr)

    def test_tokens(self):
        create = ['token', 'create', 'ci', '--role', 'viewer']
        token = self.cluster.gwctl(*create).stdout.strip()
        self.assertTrue(token.startswith('lmp_ci_'))
        file = self.cluster.dir / 'ci.token'
        file.write_text(token + '\n')
        flags = ['--tls-ca', self.pki / 'ca.crt', '--token-file', file]
        self.gwctl(flags, 'get', 'svc', '-A')
        self.gwctl(flags, 'apply', '-f', '-', text_in=SERVICE.format(name='x', ns='shop'),
                   expect=7)
        self.wait_denied('token:ci', 'needs editor in namespace shop')
        self.cluster.gwctl(*create, expect=4)
        # Rotated: a stream that began with the former secret goes on, new calls do not begin.
        with Management(self.cluster.api, credentials=grpc.ssl_channel_credentials(
                (self.pki / 'ca.crt').read_bytes()), token=token) as api:
            events = api.stream('Watch', kind='Service')
            next(events)
            fresh = self.cluster.gwctl(*create, '--replace').stdout.strip()
            self.gwctl(flags, 'get', 'svc', '-A', expect=7)
            self.cluster.apply(SERVICE.format(name='rotated', ns='shop'))
            for message in events:
                if any(e.resource.service.metadata.name == 'rotated' for e in message.events):
                    break
            events.cancel()
        file.write_text(fresh)
        self.gwctl(flags, 'get', 'svc', '-A')
        self.cluster.gwctl('token', 'revoke', 'ci')
        refused = self.gwctl(flags, 'get', 'svc', '-A', expect=7)
        self.assertIn('may have been revoked', refused.stderr)
        actions = [record['action'] for record in self.audit()]
        self.assertIn('create-token', actions)
        self.assertIn('revoke-token', actions)

    def test_nodes_are_who_they_are(self):
        self.refused_node(2, self.tls('node-node-1.pem'), 'the certificate is of node node-1')
        self.wait_denied('node:node-1', 'and the node says that it is node-2')
        self.refused_node(2, ['--tls-ca', self.pki / 'ca.crt'], 'neither a certificate')
        self.refused_node(2, self.tls('user-admin.pem'), 'only nodes may open this stream')
        other = self.cluster.dir / 'other'
        done = run([binary('gwctl'), 'pki', 'init', '--dir', str(other)])
        self.assertEqual(done.returncode, 0, done.stderr)
        run([binary('gwctl'), 'pki', 'node', 'node-2', '--dir', str(other)])
        self.refused_node(2, ['--tls-identity', other / 'node-node-2.pem', '--tls-ca',
                              self.pki / 'ca.crt'], 'not of an authority that is trusted')
        self.refused_node(2, ['--tls-identity', self.expired('node-2'), '--tls-ca',
                              self.pki / 'ca.crt'], 'to somebody: the certificate has expired at')
        self.wait_denied('', 'has expired at')
        self.cluster.select(2, *self.tls('node-node-2.pem'))
        self.cluster.start_node(2)
        wait_until(lambda: self.nodes().get('node-2', {}).get('connected'), 'node-2')

    def test_rotation_drops_no_stream(self):
        since = self.nodes()['node-1']['connectedSinceUnixMs']
        former = self.cluster.dir / 'former.pem'
        former.write_bytes((self.pki / 'user-admin.pem').read_bytes())
        with self.secure_api('user-admin.pem') as api:
            events = api.stream('Watch', kind='Service')
            next(events)
            self.make('rotate')
            self.make('server', '--host', self.cluster.address(1))
            self.make('node', 'node-1')
            self.make('user', 'admin', '--role', 'admin')
            # Both sides believe both authorities as soon as they have read the file.
            wait_until(lambda: self.cluster.gwctl('nodes', expect=None).returncode == 0,
                       'the new certificates to be believed')
            self.gwctl(['--tls-identity', former, '--tls-ca', self.pki / 'ca.crt'], 'nodes')
            self.make('rotate', '--finish')
            # The server may have its former certificate until it looks again.
            wait_until(lambda: self.cluster.gwctl('nodes', expect=None).returncode == 0,
                       'the new certificate of the server')
            wait_until(lambda: run([binary('gwctl'), '--server', self.cluster.api,
                                    '--tls-identity', str(former), '--tls-ca',
                                    str(self.pki / 'ca.crt'), 'nodes']).returncode == 7,
                       'the former authority to be forgotten')
            self.cluster.apply(SERVICE.format(name='after-rotation', ns='shop'))
            for message in events:
                if any(e.resource.service.metadata.name == 'after-rotation'
                       for e in message.events):
                    break
            events.cancel()
        self.assertEqual(self.nodes()['node-1']['connectedSinceUnixMs'], since)
        self.assertEqual(self.cluster.nodes[1].stop(), 0)
        self.cluster.start_node(1)
        wait_until(lambda: self.nodes()['node-1']['connected'], 'node-1 with its new certificate')
        for node in (1, 2):
            self.make('node', f'node-{node}')
        self.make('user', 'bob', '--role', 'editor', '-n', 'shop')

    def test_plain_text_is_for_this_machine(self):
        done = run([binary('limpet-server'), '--listen', '0.0.0.0:0', '--data-dir',
                    str(self.cluster.dir / 'plain')])
        self.assertEqual(done.returncode, 1)
        self.assertIn('--insecure', done.stderr)

    def expired(self, node):
        """A certificate that ended yesterday."""
        folder = self.cluster.dir / 'expired'
        folder.mkdir(exist_ok=True)
        extensions = folder / 'extensions'
        extensions.write_text('basicConstraints=critical,CA:FALSE\n'
                              'extendedKeyUsage=clientAuth\n'
                              f'subjectAltName=URI:limpet:node:{node}\n')
        key, request, pem = folder / 'key', folder / 'request', folder / 'node.pem'
        steps = [
            ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
             '-keyout', key, '-subj', f'/CN={node}', '-out', request],
            ['x509', '-req', '-in', request, '-CA', self.pki / 'ca.crt', '-CAkey',
             self.pki / 'ca.key', '-CAcreateserial', '-days', '-1', '-extfile', extensions,
             '-out', pem]]
        for step in steps:
            subprocess.run(['openssl', *map(str, step)], check=True, capture_output=True)
        pem.write_text(pem.read_text() + key.read_text())
        return pem


if __name__ == '__main__':
    unittest.main()
