"""Endpoints that are not well: what more than half of the nodes find holds for all of them, and
what one finds alone for nobody else."""

import unittest

from tests.support.api import Management, messages
from tests.support.cluster import ENDPOINT_PORT, ClusterCase
from tests.support.fake_node import FakeNode
from tests.support.processes import wait_until
from tests.support.sick_endpoint import HEALTH_PATH, SickEndpoint

POLICY = f"""
apiVersion: gateway.flomesh.io/v1alpha1
kind: HealthCheckPolicy
metadata: {{name: pipy, namespace: server}}
spec:
  targetRef: {{kind: Service, name: pipy}}
  ports:
  - port: 8080
    config:
      {{path: {HEALTH_PATH}, interval: 1, timeout: 900ms, maxFails: 3, minPasses: 1}}
"""


class HealthCase(ClusterCase):
    def endpoints(self):
        """Of each by its name: its state, and how many nodes find it up and down."""
        lines = self.cluster.gwctl('endpoints', 'pipy', '-n', 'server').stdout.splitlines()[1:]
        cells = [[cell.strip() for cell in line.split('   ') if cell.strip()] for line in lines]
        return {row[0]: (row[5], row[6]) for row in cells}

    def state(self, endpoint):
        return self.endpoints()[endpoint][0]

    def wait_state(self, endpoint, state):
        wait_until(lambda: self.state(endpoint) == state, f'{endpoint} to be {state}')

    def revision(self):
        with Management(self.cluster.api) as server:
            return server.call('GetVersion').head.revision

    def history(self):
        return self.cluster.gwctl('history').stdout


class VerdictTest(HealthCase):
    """Nodes that say what the test says."""

    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_server()
        cluster.apply_demonstration(policy=True)
        cluster.list_endpoints(1, 2)
        cluster.apply(POLICY)

    def setUp(self):
        self.types = messages('limpet.v1.discovery')
        self.nodes = {name: FakeNode(self.cluster.api, name) for name in ('n1', 'n2', 'n3')}
        for node in self.nodes.values():
            self.addCleanup(node.close)

    def find(self, name, health, problem=''):
        """What a node finds of e1."""
        with Management(self.cluster.api) as server:
            listed = server.call('ListEndpoints', namespace='server', service='pipy').endpoints
        [uid] = [endpoint.uid for endpoint in listed if endpoint.name == 'e1']
        finding = self.types.HealthReport.Finding(
            namespace='server', service='pipy', port=8080, endpoint_uid=uid,
            health=self.types.HealthReport.Health.Value(health), problem=problem)
        self.nodes[name].send(health=self.types.HealthReport(findings=[finding]))

    def wait_nodes(self, text):
        """For what nodes find of e1, while all of them are heard."""
        def told():
            for node in self.nodes.values():
                node.send(heartbeat=self.types.Heartbeat())
            return self.endpoints()['e1'][1] == text
        wait_until(told, f'nodes to find {text}')

    def wait_heard(self, state):
        def there():
            for node in self.nodes.values():
                node.send(heartbeat=self.types.Heartbeat())
            return self.state('e1') == state
        wait_until(there, f'e1 to be {state}')

    def test_more_than_half_decide(self):
        self.find('n2', 'UP')
        self.wait_nodes('1 up')
        self.find('n1', 'DOWN', 'status 503')
        self.wait_nodes('1 up, 1 down')
        before = self.revision()
        self.find('n3', 'DOWN', 'status 503')
        # Nodes had the time to come since the server's start, or get it.
        self.wait_heard('down')
        self.assertEqual(self.revision(), before + 1)
        self.assertIn('server/pipy:8080 e1 is down: status 503 (2 of 3 nodes)', self.history())
        wide = self.cluster.gwctl('endpoints', 'pipy', '-n', 'server', '-o', 'wide').stdout
        self.assertIn('n1: status 503; n3: status 503', wide)

        self.nodes.pop('n3').close()
        self.wait_nodes('1 up, 1 down')
        self.assertEqual(self.state('e1'), 'down', 'a tie changes nothing')
        self.find('n1', 'UP')
        self.wait_heard('ready')
        self.assertIn('e1 is up (2 of 2 nodes)', self.history())

    def test_who_asks_for_another_service(self):
        missing = self.cluster.gwctl('endpoints', 'pipy', expect=3)
        self.assertEqual(missing.stderr, 'gwctl: not found: Service default/pipy\n')


class HealthTest(HealthCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.applications = {
            number: SickEndpoint(cluster.endpoint_address(number), ENDPOINT_PORT, f'e{number}')
            for number in (1, 2)}
        cluster.start_all(nodes=3)
        cluster.apply_demonstration(policy=True)
        cluster.list_endpoints(1, 2)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        for application in cls.applications.values():
            application.close()

    def setUp(self):
        self.cluster.apply(POLICY)
        self.wait_found('3 up')

    def tearDown(self):
        for application in self.applications.values():
            application.all_fail = False
            application.failing_nodes = frozenset()
        self.wait_state('e1', 'ready')

    def wait_found(self, nodes, endpoint='e1'):
        wait_until(lambda: self.endpoints()[endpoint][1] == nodes, f'{endpoint} found {nodes}')

    def active(self):
        self.cluster.gwctl('wait', '--for=active')

    def session_at(self, endpoint, node=1):
        while True:
            response = self.cluster.get(node)
            if response.header('x-endpoint') == endpoint:
                return response.cookie()

    def ask(self, node, cookie):
        response = self.cluster.get(node, cookie=cookie)
        return response.status, response.header('x-endpoint'), response.cookie()

    def judge_down(self):
        self.applications[1].all_fail = True
        self.wait_state('e1', 'down')
        self.active()

    def assert_only_at_e2(self):
        for number in range(12):
            response = self.cluster.get(1 + number % 3)
            self.assertEqual((response.status, response.header('x-endpoint')), (200, 'e2'))

    def test_the_verdict_moves_sessions_once(self):
        cookie = self.session_at('e1')
        self.judge_down()
        self.assertIn('server/pipy:8080 e1 is down: status 503', self.history())
        status, endpoint, moved = self.ask(1, cookie)
        self.assertEqual((status, endpoint), (200, 'e2'))
        self.assertIsNotNone(moved)
        for node in (1, 2, 3, 3, 2, 1):
            self.assertEqual(self.ask(node, moved), (200, 'e2', None))
        self.assert_only_at_e2()

        self.applications[1].all_fail = False
        self.wait_state('e1', 'ready')
        self.active()
        for node in (1, 2, 3):
            self.session_at('e1', node)
            self.assertEqual(self.ask(node, moved), (200, 'e2', None), 'it has another home now')

    def test_what_one_node_finds_alone_rewrites_no_cookie(self):
        cookies = [self.session_at('e1', node) for node in (1, 2, 3)]
        before = self.revision()
        self.applications[1].failing_nodes = frozenset({'node-1'})
        self.wait_found('2 up, 1 down')
        for _ in range(10):
            for node in (1, 2, 3):
                for cookie in cookies:
                    status, endpoint, rewritten = self.ask(node, cookie)
                    self.assertEqual((status, rewritten), (200, None))
                    if node != 1:
                        self.assertEqual(endpoint, 'e1')
        self.assertEqual(self.state('e1'), 'ready')
        self.assertEqual(self.revision(), before)

    def test_the_verdict_outlives_the_server(self):
        cookie = self.session_at('e1')
        self.judge_down()
        before = self.revision()
        self.cluster.server.kill()
        self.assert_only_at_e2()
        self.assertEqual(self.ask(2, cookie)[1], 'e2')
        self.cluster.nodes[3].stop()
        self.cluster.start_node(3)
        self.assert_only_at_e2()

        self.cluster.start_server()
        self.assertEqual(self.state('e1'), 'down')
        self.wait_found('3 down')
        self.assertEqual(self.revision(), before)
        self.applications[1].all_fail = False
        self.wait_state('e1', 'ready')

    def test_without_a_policy_there_is_no_verdict(self):
        self.judge_down()
        self.cluster.gwctl('delete', 'healthcheckpolicy', 'pipy', '-n', 'server')
        self.wait_state('e1', 'ready')
        self.assertEqual(self.endpoints()['e1'][1], '-')
        self.active()
        for node in (1, 2, 3):
            self.session_at('e1', node)
        self.assertIn('server/pipy:8080 e1 is not tried any more', self.history())


if __name__ == '__main__':
    unittest.main()
