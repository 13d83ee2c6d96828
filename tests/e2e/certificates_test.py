"""Certificates on their way from Secrets to nodes: which node gets which, where they are kept, what
is refused and told of them. What is done with them on the wire: tls_test.py."""

import base64
import os
import re
import stat
import subprocess

from tests.support import raw_http
from tests.support.certificates import Authority, openssl, secret
from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until

PORT = 8443
GATEWAY = '''---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: server}}
spec:
  gatewayClassName: limpet
  listeners:
  - {{name: https, protocol: HTTPS, port: {port}, tls: {{certificateRefs: [{{name: {secret}}}]}}}}
'''
UPSTREAM = '''---
apiVersion: gateway.flomesh.io/v1alpha1
kind: UpstreamTLSPolicy
metadata: {name: to-pipy, namespace: server}
spec:
  targetRef: {kind: Service, name: pipy}
  ports: [{port: 8080}]
  config: {certificateRef: {name: to-pipy}}
'''


def forms(pem):
    """What of a PEM text must be nowhere: a line of its body, and the text in base64."""
    return [pem.splitlines()[1].encode(), base64.b64encode(pem.encode())[:-4]]


class Certificates(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.authority = Authority(cluster.dir)
        cls.key_file = cluster.dir / 'secrets.key'
        cluster.gwctl('pki', 'secrets-key', cls.key_file)
        cluster.server_flags = ['--secrets-key-file', cls.key_file, '--log-level', 'trace']
        cluster.select(2, '--gateway', 'server/simple-fsm-gateway')
        cluster.start_all(nodes=2)
        cluster.start_endpoint(1)
        cluster.start_endpoint(2)
        cluster.apply_demonstration()

    def issue(self, name, **options):
        return self.authority.issue(name, [f'{name}.example'], **options)

    def state_file(self, node):
        path = self.cluster.dir / f'node-{node}' / 'state.log'
        return path.read_bytes() if path.exists() else b''

    def wait_state_file(self, node, has=(), has_not=()):
        def kept():
            content = self.state_file(node)
            return (all(any(form in content for form in forms(pem)) for pem in has) and
                    not any(form in content for pem in has_not for form in forms(pem)))
        wait_until(kept, f'the state file of node-{node}')

    def refused(self, manifest, *verb):
        done = self.cluster.gwctl(*(verb or ('apply',)), '-f', '-', text_in=manifest, expect=None)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stdout + done.stderr

    def described(self, *what):
        return self.cluster.gwctl('describe', *what, '-n', 'server').stdout

    def listens(self, port, node=1):
        try:
            raw_http.Connection(self.cluster.node_address(node), port).close()
            return True
        except ConnectionRefusedError:
            return False

    def test_only_nodes_that_need_a_key_have_it_and_nobody_else(self):
        cluster = self.cluster
        used, used_key = self.issue('used')
        unused, unused_key = self.issue('unused')
        authority_only, its_key = self.issue('only')
        cluster.apply(secret('used', used, used_key) + secret('unused', unused, unused_key))
        # Named as an authority: its key is nobody's business.
        named = secret('to-pipy', authority_only, its_key)
        named += f'  ca.crt: {base64.b64encode(self.authority.pem.encode()).decode()}\n'
        cluster.apply(named + GATEWAY.format(name='used', port=PORT, secret='used') + UPSTREAM)
        self.addCleanup(cluster.gwctl, 'delete', 'upstreamtlspolicy', 'to-pipy', '-n', 'server',
                        '--wait')
        self.wait_state_file(1, has=[used_key, self.authority.pem],
                             has_not=[unused_key, its_key, authority_only])
        self.wait_state_file(2, has=[self.authority.pem],
                             has_not=[used_key, unused_key, its_key])
        for node in (1, 2):
            path = cluster.dir / f'node-{node}' / 'state.log'
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

        # A key that is replaced leaves no trace.
        fresh, fresh_key = self.issue('used')
        cluster.apply(secret('used', fresh, fresh_key))
        self.wait_state_file(1, has=[fresh_key], has_not=[used_key])
        cluster.gwctl('snapshot', 'save', cluster.dir / 'saved.db')
        texts = [self.described('secret', 'used'), self.described('gateway', 'used'),
                 cluster.gwctl('get', 'secrets', '-n', 'server', '-o', 'yaml').stdout]
        kept = cluster.dir / 'node-1' / 'state.log'
        made = set(cluster.dir.glob('*.key'))  # by openssl
        for form in forms(used_key) + forms(fresh_key) + forms(unused_key) + forms(its_key):
            for path in cluster.dir.rglob('*'):
                if path.is_file() and path != kept and path not in made:
                    self.assertNotIn(form, path.read_bytes(), path)
            for process in cluster.processes:
                self.assertNotIn(form, process.output.encode(), process.name)
            for text in texts:
                self.assertNotIn(form, text.encode())
        cluster.server.wait_output('private keys of Secrets go to nodes in plain text')

        # The last who names it is gone: so is the key.
        cluster.gwctl('delete', 'gateway', 'used', '-n', 'server', '--wait')
        self.wait_state_file(1, has_not=[used_key, fresh_key])

    def test_what_tls_would_not_take_is_refused(self):
        one, one_key = self.issue('one')
        _, other_key = self.issue('other')
        weak_key = openssl('genrsa', '1024')
        weak = subprocess.run(
            ['openssl', 'req', '-x509', '-key', '/dev/stdin', '-subj', '/CN=weak'], input=weak_key,
            capture_output=True, text=True, check=True).stdout
        locked_key = subprocess.run(
            ['openssl', 'pkcs8', '-topk8', '-passout', 'pass:word'], input=one_key,
            capture_output=True, text=True, check=True).stdout
        cases = [
            (secret('bad', one, other_key), r'data\[tls.key\] must be the key of the first'),
            (secret('bad', other_key, other_key), r'data\[tls.crt\] must be certificates in PEM'),
            (secret('bad', one, one), r'data\[tls.key\] must be a private key in PEM'),
            (secret('bad', one, locked_key), r'data\[tls.key\] .*without a passphrase'),
            (secret('bad', weak, weak_key), r'data\[tls.key\] .*2048 bits, not of 1024'),
        ]
        for manifest, expected in cases:
            for verb in ('apply', 'validate'):
                told = self.refused(manifest, verb).replace('data[tls.crt]:', 'data[tls.crt]')
                self.assertRegex(told.replace('data[tls.key]:', 'data[tls.key]'), expected)
                for pem in (one_key, other_key, weak_key, locked_key):
                    self.assertNotIn(pem.splitlines()[1], told)
        # The mask keeps what is stored, and is checked with it.
        self.cluster.apply(secret('kept', one, one_key))
        masked = secret('kept', '', other_key).replace('tls.crt: ', 'tls.crt: "***"')
        self.assertRegex(self.refused(masked), r'tls.key\]:? must be the key of the first')

    def test_a_listener_opens_with_its_certificate_and_closes_without(self):
        cluster = self.cluster
        cluster.apply(GATEWAY.format(name='late', port=8444, secret='late'))
        self.assertFalse(self.listens(8444))
        told = self.described('gateway', 'late')
        self.assertRegex(told, r'ResolvedRefs +False +InvalidCertificateRef .*Secret server/late '
                               r'does not exist')
        self.assertIn('create the Secret', cluster.gwctl('analyze', expect=None).stdout)
        cluster.apply(secret('late', *self.issue('late')))
        self.assertTrue(self.listens(8444))
        self.assertFalse(self.listens(8444, node=2))
        self.assertRegex(self.described('gateway', 'late'), r'server/late +True +Valid, until ')
        told = self.described('secret', 'late')
        self.assertRegex(told, r'Gateway server/late +tls.crt and tls.key')
        self.assertRegex(told, r'Nodes: +1 \(1 active')
        metrics = raw_http.get(cluster.node_address(1), 7800, '/metrics').text
        end = re.search(r'limpet_certificate_not_after_seconds{secret="server/late"} (\d+)',
                        metrics)
        self.assertGreater(int(end[1]), 1_700_000_000)
        self.assertNotIn('server/late',
                         raw_http.get(cluster.node_address(2), 7800, '/metrics').text)
        cluster.gwctl('delete', 'secret', 'late', '-n', 'server', '--wait')
        wait_until(lambda: not self.listens(8444), 'a port without a certificate to close')

    def test_the_end_of_a_certificate_is_told(self):
        cluster = self.cluster
        for name, days in (('expired', -1), ('soon', 5), ('good', 90)):
            cluster.apply(secret(name, *self.issue(name, days=days)))
        cluster.apply(GATEWAY.format(name='expired', port=8445, secret='expired'))
        self.assertTrue(self.listens(8445))
        shown = cluster.gwctl('get', 'secrets', '-n', 'server').stdout
        for name, column in (('expired', '(Expired|NotYetValid)'), ('soon', 'ExpiresSoon'),
                             ('good', 'Valid')):
            self.assertRegex(shown, rf'(?m)^{name} +kubernetes.io/tls +2 +{column} ')
        told = self.described('gateway', 'expired')
        self.assertRegex(told, r'ResolvedRefs +True +ResolvedRefs .*Secret server/expired: ')
        analysis = cluster.gwctl('analyze', expect=None).stdout
        self.assertIn('apply the Secret with a new certificate', analysis)

    def test_sealed_anew_is_no_news_for_nodes(self):
        cluster = self.cluster
        cluster.apply(secret('sealed', *self.issue('sealed')) +
                      GATEWAY.format(name='sealed', port=8446, secret='sealed'))
        new = cluster.dir / 'new.key'
        cluster.gwctl('pki', 'secrets-key', new)
        beside = cluster.dir / 'secrets.new'
        beside.write_text(new.read_text() + self.key_file.read_text())
        beside.chmod(0o600)
        os.rename(beside, self.key_file)
        cluster.server.wait_output('--secrets-key-file has changed')
        cluster.nodes[1].wait_output(r'serves after \d+ us \(0 changed, 0 removed\)')
        self.assertTrue(self.listens(8446))

    def test_a_policy_that_cannot_be_kept_sends_nothing(self):
        cluster = self.cluster
        self.assertEqual(cluster.get(1).status, 200)
        cluster.apply(UPSTREAM.replace('to-pipy', 'broken'))
        try:
            for node in (1, 2):
                self.assertEqual(cluster.get(node).status, 503)
            self.assertRegex(self.described('upstreamtlspolicy', 'broken'),
                             'ResolvedRefs +False +InvalidCertificateRef .*answered 503')
        finally:
            cluster.gwctl('delete', 'upstreamtlspolicy', 'broken', '-n', 'server', '--wait')
        self.assertEqual(cluster.get(1).status, 200)
