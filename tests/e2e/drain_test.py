"""Endpoints that an operator drains: no new sessions through either node, and those that they have
stay, until they end or the deadline comes."""

import json
import time
import unittest

from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until


class DrainTest(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in (1, 2):
            cluster.start_endpoint(endpoint)
        cluster.start_all(nodes=2)
        cluster.apply_demonstration(policy=True)
        cluster.list_endpoints(1, 2)

    def tearDown(self):
        self.cluster.gwctl('undrain', 'pipy', 'e1', 'e2', '-n', 'server', '--wait')

    def drain(self, *arguments, **options):
        return self.cluster.gwctl('drain', 'pipy', *arguments, '-n', 'server', **options)

    def active(self):
        self.cluster.gwctl('wait', '--for=active')

    def session(self, node=1):
        """A new one: its cookie and the name of its endpoint."""
        response = self.cluster.get(node)
        return response.cookie(), response.header('x-endpoint')

    def session_at(self, endpoint, node=1):
        while True:
            cookie, home = self.session(node)
            if home == endpoint:
                return cookie

    def ask(self, node, cookie):
        response = self.cluster.get(node, cookie=cookie)
        return response.status, response.header('x-endpoint'), response.cookie()

    def assert_new_sessions_only_at(self, endpoint):
        for number in range(16):
            self.assertEqual(self.session(1 + number % 2)[1], endpoint)

    def test_a_drained_endpoint_keeps_whom_it_has_and_gets_nobody(self):
        cookie = self.session_at('e1')
        done = self.drain('e1', '-m', 'a new disk')
        self.assertEqual(done.stdout, 'service/pipy endpoint e1 draining\n')
        self.active()
        self.assert_new_sessions_only_at('e2')
        for node in (1, 2, 2, 1):
            self.assertEqual(self.ask(node, cookie), (200, 'e1', None))
        again = self.drain('e1', f'{self.cluster.endpoint_address(1)}')
        self.assertEqual(again.stdout, 'service/pipy endpoint e1 unchanged\n')
        self.assertIn('a new disk', self.cluster.gwctl('history').stdout)

        # Its sessions can live for ten minutes: nobody waits for that here.
        late = self.drain('e1', '--wait', '--timeout', '100ms', expect=6)
        self.assertIn('e1 may have sessions until', late.stderr)

        undone = self.cluster.gwctl('undrain', 'pipy', 'e1', '-n', 'server', '--wait')
        self.assertEqual(undone.stdout, 'service/pipy endpoint e1 undrained\n')
        self.session_at('e1', node=1)
        self.session_at('e1', node=2)
        self.assertEqual(self.ask(2, cookie), (200, 'e1', None))

    def test_a_drain_outlives_the_server_and_changes_of_the_list(self):
        cookie = self.session_at('e1')
        self.drain('e1')
        self.active()
        revision = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)['head']['revision']
        self.cluster.server.kill()
        self.cluster.start_server()
        self.wait_connected(2)
        self.active()
        self.assertEqual(self.drain('e1').stdout, 'service/pipy endpoint e1 unchanged\n')
        head = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)['head']['revision']
        self.assertEqual(head, revision, 'what is as it was takes no revision')
        self.cluster.list_endpoints(2, 1)
        self.assert_new_sessions_only_at('e2')
        self.assertEqual(self.ask(2, cookie), (200, 'e1', None))
        self.cluster.list_endpoints(2)
        self.cluster.list_endpoints(1, 2)
        self.session_at('e1')  # it left and came back: it is drained no longer

    def test_at_the_deadline_its_sessions_leave_once(self):
        cookie = self.session_at('e1')
        self.cluster.nodes[2].stop()
        self.cluster.start_node(2)
        self.wait_connected(2)
        done = self.drain('e1', '--deadline', '2s', '--wait')
        self.assertEqual(done.stdout, 'service/pipy endpoint e1 draining\n'
                                      'service/pipy endpoint e1 safe to stop\n')
        self.assertEqual(done.stderr, '')
        status, endpoint, moved = self.ask(1, cookie)
        self.assertEqual((status, endpoint), (200, 'e2'))
        self.assertIsNotNone(moved)
        for node in (1, 2, 1, 2):
            self.assertEqual(self.ask(node, moved), (200, 'e2', None))
        self.assert_new_sessions_only_at('e2')
        self.assertIn('drain', self.cluster.gwctl('audit').stdout)

    def test_a_node_that_is_restarted_meanwhile_is_waited_for(self):
        cookie = self.session_at('e1')
        self.drain('e1', '--deadline', '2s')
        self.cluster.nodes[1].stop()
        self.cluster.start_node(1)
        self.wait_connected(2)
        self.assertEqual(self.cluster.get(1).header('x-endpoint'), 'e2')
        # Another deadline for the same drain, and the wait for it.
        done = self.drain('e1', '--deadline', '2s', '--wait')
        self.assertIn('endpoint e1 safe to stop', done.stdout)
        for node in (1, 2):
            status, endpoint, moved = self.ask(node, cookie)
            self.assertEqual((status, endpoint), (200, 'e2'))
            self.assertIsNotNone(moved)

    def test_a_deadline_that_passes_while_the_server_is_away_counts(self):
        cookie = self.session_at('e1')
        self.drain('e1', '--deadline', '2s')
        passed = time.time() + 2
        self.active()
        self.cluster.server.kill()
        wait_until(lambda: time.time() > passed, 'the deadline')
        self.assertEqual(self.ask(1, cookie), (200, 'e1', None), 'nobody has said so yet')
        self.cluster.start_server()
        wait_until(lambda: self.ask(1, cookie)[1] == 'e2', 'node-1 knows that the time is over')
        wait_until(lambda: self.ask(2, cookie)[1] == 'e2', 'node-2 does, too')

    def test_a_node_that_is_away_is_told_of(self):
        self.cluster.nodes[2].stop()
        try:
            wait_until(lambda: self.connected() == 1, 'the server misses node-2')
            done = self.drain('e1', '--deadline', '2s', '--wait')
            self.assertIn('endpoint e1 safe to stop', done.stdout)
            self.assertIn('node node-2 is not connected', done.stderr)
        finally:
            self.cluster.start_node(2)
            self.wait_connected(2)

    def test_what_is_not_there_is_refused_with_what_is(self):
        missing = self.drain('e1', 'e7', expect=3)
        self.assertEqual(missing.stderr,
                         'gwctl: Service server/pipy has no endpoint e7; it has e1, e2\n')
        self.assertEqual(self.cluster.gwctl('undrain', 'pipy', 'e1', '-n', 'server').stdout,
                         'service/pipy endpoint e1 unchanged\n', 'all or nothing')
        self.assertIn('not found: Service default/pipy',
                      self.cluster.gwctl('drain', 'pipy', 'e1', expect=3).stderr)
        self.drain('e1', '--expected-revision', '1', expect=4)

    def connected(self):
        document = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)
        return sum(node.get('connected', False) for node in document.get('nodes', []))

    def wait_connected(self, count):
        wait_until(lambda: self.connected() == count, f'{count} nodes connected')


if __name__ == '__main__':
    unittest.main()
