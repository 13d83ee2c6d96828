"""gwctl against a real server: what it prints, what it changes, and how it exits."""

import json
import re
import unittest

from tests.support.cluster import MANIFESTS, ClusterCase
from tests.support.processes import binary, run

POLICY = ('sessionstickypolicy', 'session-sticky-policy-sample', '-n', 'server')


class Gwctl(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=2)

    def setUp(self):
        self.cluster.gwctl('apply', '--wait', '-f', MANIFESTS)

    def head(self):
        """The newest revision, which every node serves after an apply --wait."""
        active, head = self.node_rows()[0]['revision'].split('/')
        self.assertEqual(active, head)
        return int(head)

    def node_rows(self):
        lines = self.cluster.gwctl('nodes').stdout.splitlines()
        names = [name.lower() for name in lines[0].split()]
        rows = [dict(zip(names, re.split(r'\s{2,}', line.strip()))) for line in lines[1:]]
        self.assertEqual([(row['node'], row['status']) for row in rows],
                         [('node-1', 'Ready'), ('node-2', 'Ready')])
        return rows

    def test_apply_waits_until_every_node_serves(self):
        before = self.head()
        policy = (MANIFESTS / 'session-sticky-policy.yaml').read_text()
        for step, seconds in enumerate((601, 602, 603), 1):
            done = self.cluster.apply(policy.replace('600', str(seconds)))
            self.assertRegex(done.stdout, r'session-sticky-policy-sample\S* configured')
            rows = self.node_rows()
            expected = f'{before + step}/{before + step}'
            self.assertEqual([row['revision'] for row in rows], [expected] * 2)

    def test_apply_again_changes_nothing(self):
        before = self.head()
        lines = self.cluster.gwctl('apply', '--wait', '-f', MANIFESTS).stdout.splitlines()
        self.assertEqual(len(lines), 6)
        for line in lines:
            self.assertTrue(line.endswith(' unchanged'), line)
        self.assertEqual(self.head(), before)

    def test_apply_takes_files_directories_and_stdin_at_once(self):
        text = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: fresh\n'
        done = self.cluster.gwctl('apply', '-f', MANIFESTS, '-f', '-',
                                  '-f', MANIFESTS / 'gateway.yaml', text_in=text, expect=None)
        # The same object twice in one batch is either taken once or refused; never half.
        self.assertIn(done.returncode, (0, 5))
        done = self.cluster.gwctl('apply', '-f', MANIFESTS / 'service.yaml', '-f', '-',
                                  text_in=text)
        self.assertEqual(len(done.stdout.splitlines()), 3)
        self.cluster.gwctl('delete', '--ignore-not-found', 'namespace', 'fresh')

    def test_get_prints_names_tables_and_documents(self):
        names = self.cluster.gwctl('get', 'httproute', '-n', 'server', '-o', 'name').stdout
        self.assertRegex(names, r'^httproute\S*/fortio-route\n$')
        table = self.cluster.gwctl('get', 'svc', '-n', 'server').stdout
        self.assertTrue(table.splitlines()[0].startswith('NAME'))
        self.assertIn('pipy', table)
        shown = json.loads(self.cluster.gwctl('get', *POLICY, '-o', 'json').stdout)
        self.assertEqual(shown['kind'], 'SessionStickyPolicy')
        self.assertEqual(shown['spec']['ports'],
                         [{'port': 8080, 'config': {'cookieName': '_srv_id', 'expires': 600}}])
        self.assertTrue(shown['metadata']['uid'])

    def test_yaml_goes_around(self):
        for kind in ('namespace', 'service', 'endpointslice', 'gateway', 'httproute', 'ssp'):
            text = self.cluster.gwctl('get', kind, '-n', 'server', '-o', 'yaml').stdout
            done = self.cluster.gwctl('apply', '-f', '-', text_in=text)
            self.assertRegex(done.stdout, r'^(\S+ unchanged\n)+$')

    def test_describe_names_what_was_written(self):
        text = self.cluster.gwctl('describe', *POLICY).stdout
        for word in ('session-sticky-policy-sample', 'server', 'pipy', '_srv_id', '600'):
            self.assertIn(word, text)

    def test_delete(self):
        done = self.cluster.gwctl('delete', '--wait', *POLICY)
        self.assertRegex(done.stdout, r'session-sticky-policy-sample\S* deleted')
        self.cluster.gwctl('get', *POLICY, expect=3)
        self.cluster.gwctl('delete', *POLICY, expect=3)
        self.cluster.gwctl('delete', '--ignore-not-found', *POLICY)

    def test_delete_is_whole_or_not_at_all(self):
        self.cluster.gwctl('delete', '-n', 'server', 'sessionstickypolicy',
                           'session-sticky-policy-sample', 'another', expect=3)
        self.cluster.gwctl('get', *POLICY)

    def test_delete_by_file(self):
        self.cluster.gwctl('delete', '-f', MANIFESTS / 'gateway.yaml')
        self.cluster.gwctl('get', 'httproute', 'fortio-route', '-n', 'server', expect=3)

    def test_exit_codes(self):
        self.cluster.gwctl('get', 'service', 'nobody', '-n', 'server', expect=3)
        self.cluster.gwctl('get', 'nonsense', expect=2)
        self.cluster.gwctl('apply', expect=2)
        self.cluster.gwctl('apply', '-f', self.cluster.dir / 'missing.yaml', expect=2)
        self.cluster.gwctl('--nonsense', expect=2)
        done = run([binary('gwctl'), '--server', f'{self.cluster.address(99)}:7700', 'nodes'])
        self.assertEqual((done.returncode, done.stdout), (7, ''))
        self.assertIn(f'{self.cluster.address(99)}:7700', done.stderr)

    def test_version(self):
        self.assertRegex(self.cluster.gwctl('version').stdout, r'\d+\.\d+\.\d+')
        for name in ('limpet-server', 'limpet-proxy', 'gwctl', 'limpet-echo'):
            done = run([binary(name), '--version'])
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r'\d+\.\d+\.\d+')


if __name__ == '__main__':
    unittest.main()
