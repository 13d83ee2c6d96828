"""Nodes outlive the server, and what was acknowledged outlives kill -9."""

import unittest

from tests.support import raw_http
from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until
from tests.support.traffic import Traffic


class Outage(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in (1, 2):
            cluster.start_endpoint(endpoint)
        cluster.start_all(nodes=2)
        cluster.apply_demonstration(policy=True)

    def setUp(self):
        response = self.cluster.get(1)
        self.cookie, self.endpoint = response.cookie(), response.header('x-endpoint')

    def check_session(self, *nodes):
        for node in nodes:
            response = self.cluster.get(node, cookie=self.cookie)
            self.assertEqual(response.header('x-endpoint'), self.endpoint)
            self.assertEqual(response.all('set-cookie'), [])

    def wait_connected(self, *nodes):
        """Waits until the server knows these nodes as connected."""
        def connected():
            rows = [line.split() for line in self.cluster.gwctl('nodes').stdout.splitlines()]
            ready = {row[0] for row in rows if row[1] == 'Ready'}
            return ready >= {f'node-{n}' for n in nodes}
        wait_until(connected, 'connection of the nodes')

    def test_1_server_killed_and_restarted(self):
        with Traffic(self.cluster, [1, 2], self.cookie).running() as traffic:
            self.cluster.server.kill()
            traffic.advance()
            self.cluster.gwctl('nodes', expect=7)
            # A server without a policy would have lost what it had acknowledged.
            self.cluster.start_server()
            self.cluster.gwctl('get', 'sessionstickypolicy', 'session-sticky-policy-sample',
                               '-n', 'server')
            self.wait_connected(1, 2)
            traffic.advance()
            route = self.cluster.manifest('gateway.yaml').split('\n---\n')[1]
            self.cluster.apply(route.replace('fortio-route', 'later').replace(
                'value: /', 'value: /later'))
        self.assertEqual(traffic.failures, [])
        self.assertEqual(traffic.reached, {self.endpoint})
        policy = self.cluster.manifest('session-sticky-policy.yaml')
        self.cluster.apply(policy.replace('600', '900'))
        for node in (1, 2):
            self.assertIn('max-age=900', self.cluster.get(node).header('set-cookie'))
        self.check_session(1, 2)

    def test_2_nodes_start_without_the_server(self):
        self.cluster.server.kill()
        self.assertEqual(self.cluster.nodes[2].stop(), 0)
        self.cluster.start_node(2)
        self.check_session(1, 2)
        # The file that it started from is good for another start, also after a crash.
        self.cluster.nodes[2].kill()
        self.cluster.start_node(2)
        self.check_session(2)
        self.assertIsNotNone(self.cluster.get(2).cookie())
        self.cluster.start_server()
        self.wait_connected(1, 2)
        policy = self.cluster.manifest('session-sticky-policy.yaml')
        self.cluster.apply(policy.replace('600', '700'))
        self.assertIn('max-age=700', self.cluster.get(2).header('set-cookie'))
        self.check_session(1, 2)

    def test_3_a_node_without_state_waits_for_the_server(self):
        self.cluster.server.kill()
        process = self.cluster.start_node(3, ready=False)
        wait_until(lambda: self.ready_status(3) == 503, 'a node that is up and not ready')
        self.assertTrue(process.alive)
        self.cluster.start_server()
        self.cluster.wait_ready(process, self.cluster.node_address(3), 7800)
        self.check_session(3)

    def ready_status(self, node):
        try:
            return raw_http.get(self.cluster.node_address(node), 7800, '/readyz').status
        except OSError:
            return None


if __name__ == '__main__':
    unittest.main()
