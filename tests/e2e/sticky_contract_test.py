"""What stickiness promises, line by line, with real processes: three nodes. Two of them have clocks
that are a minute off to either side, and can be cut off from their server; one of these never
reaches the endpoint e3."""

import collections
import concurrent.futures
import json
import re
import unittest

from tests.support import raw_http
from tests.support.cluster import ClusterCase
from tests.support.odd_machine import odd_machine
from tests.support.processes import wait_until
from tests.support.relay import Relay

NODES = (1, 2, 3)
CLOCKS_S = {1: 0, 2: 60, 3: -60}

CANARY = '''
apiVersion: v1
kind: Service
metadata: {{name: canary, namespace: server}}
spec: {{ports: [{{port: 8080}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: canary-1, namespace: server, labels: {{kubernetes.io/service-name: canary}}}}
addressType: IPv4
ports: [{{port: 8080, protocol: TCP}}]
endpoints: [{{addresses: [{address}], hostname: e5}}]
'''

SPLIT = '''
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: fortio-route, namespace: server}}
spec:
  parentRefs: [{{name: simple-fsm-gateway, port: 8000}}]
  rules:
  - backendRefs:
    - {{name: pipy, port: 8080, weight: {stable}}}
    - {{name: canary, port: 8080, weight: {canary}}}
'''


RETRIES = '''
apiVersion: gateway.flomesh.io/v1alpha1
kind: RetryPolicy
metadata: {name: pipy, namespace: server}
spec:
  targetRef: {kind: Service, name: pipy}
  ports:
  - {port: 8080, config: {retryOn: ["503"], numRetries: 1, backoffBaseInterval: 0}}
'''


class StickyContract(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in range(1, 7):
            cluster.start_endpoint(endpoint)
        cluster.start_endpoint(7, '--status', 503)
        cluster.start_server()
        cls.relays = {node: Relay(cluster.address(1), (cluster.address(1), 7700))
                      for node in (2, 3)}
        for node, relay in cls.relays.items():
            cls.addClassCleanup(relay.close)
            cluster.servers[node] = relay.address
        for node in NODES:
            unreachable = [cluster.endpoint_address(3)] if node == 3 else []
            cluster.start_node(node, env=odd_machine(CLOCKS_S[node], unreachable))

    def setUp(self):
        for relay in self.relays.values():
            relay.mend()
        self.wait_connected(3)
        self.cluster.apply_demonstration(policy=True)
        self.cluster.list_endpoints(1, 2)

    # ---- the cluster

    def wait_connected(self, number):
        def connected():
            nodes = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)['nodes']
            return sum(node.get('connected', False) for node in nodes) == number
        wait_until(connected, f'{number} connected nodes')
        self.cluster.gwctl('wait', '--for=active')

    def behind(self):
        """Requests of sessions that were bound by a newer state than the node's, of all nodes."""
        total = 0
        for node in NODES:
            metrics = raw_http.get(self.cluster.node_address(node), 7800, '/metrics').text
            line = re.search(r'limpet_sticky_decisions_total{reason="behind"} (\d+)', metrics)
            total += int(line.group(1))
        return total

    # ---- sessions

    def session(self, node=1):
        """A new one: its cookie, and the endpoint where it lives."""
        response = self.cluster.get(node)
        self.assertEqual(response.status, 200)
        return response.cookie(), response.header('x-endpoint')

    def sessions_at(self, endpoint, number, nodes=NODES):
        cookies = []
        while len(cookies) < number:
            cookie, home = self.session(nodes[len(cookies) % len(nodes)])
            if home == endpoint:
                cookies.append(cookie)
        return cookies

    def ask(self, node, cookie):
        """Who answered, and the cookie that was set."""
        response = self.cluster.get(node, cookie=cookie)
        self.assertEqual(response.status, 200)
        return response.header('x-endpoint'), response.cookie()

    def ask_all(self, pairs):
        """[(endpoint, cookie set)] of (node, cookie), several at once, in their order."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda pair: self.ask(*pair), pairs))

    def check_stay(self, sessions, nodes=NODES):
        """Each session (cookie, endpoint) is where it was at each node, and no cookie is set."""
        pairs = [(node, cookie) for cookie, _ in sessions for node in nodes]
        wanted = [(endpoint, None) for _, endpoint in sessions for _ in nodes]
        self.assertEqual(self.ask_all(pairs), wanted)

    # ---- the contract

    def test_200_requests_through_three_nodes_reach_one_endpoint(self):
        cookie, endpoint = self.session(2)
        answers = self.ask_all([(NODES[i % 3], cookie) for i in range(200)])
        self.assertEqual(collections.Counter(answers), {(endpoint, None): 200})

    def test_clocks_a_minute_off_move_nobody(self):
        sessions = {node: [self.session(node) for _ in range(20)] for node in NODES}
        ahead, behind = (self.created_s(sessions[node][0][0]) for node in (2, 3))
        self.assertGreater(ahead - behind, 90, 'the clocks are as the test wants them')
        self.check_stay(sum(sessions.values(), []))

    def created_s(self, cookie):
        told = self.cluster.gwctl('session', 'explain', cookie, '-o', 'json').stdout
        place, = json.loads(told)['places']
        return place['createdUnixS']

    def test_a_change_that_one_node_has_rewrites_no_cookie_at_the_others(self):
        moving = self.sessions_at('e1', 10)
        staying = [(cookie, 'e2') for cookie in self.sessions_at('e2', 10)]
        for relay in self.relays.values():
            relay.cut()
        self.wait_connected(1)
        self.cluster.list_endpoints(2, 4)
        # The node that has the change moves sessions of the endpoint that is gone, each once.
        moved = []
        for cookie in moving:
            home, changed = self.ask(1, cookie)
            self.assertIn(home, ('e2', 'e4'))
            self.assertIsNotNone(changed)
            moved.append((changed, home))
        moved += [(cookie, 'e4') for cookie in self.sessions_at('e4', 10, nodes=(1,))]
        self.check_stay(moved, nodes=(1,))
        self.check_stay(staying)
        # The others do not know e4, and leave its sessions' cookies alone.
        answers = self.ask_all([(node, cookie) for cookie, _ in moved for node in (2, 3)])
        self.assertEqual({changed for _, changed in answers}, {None})
        for relay in self.relays.values():
            relay.mend()
        self.wait_connected(3)
        self.check_stay(moved + staying)

    def test_another_address_of_an_endpoint_moves_nobody(self):
        sessions = [self.session(node) for node in NODES for _ in range(10)]
        self.list({'e1': 6, 'e2': 2})  # what answers there calls itself e6
        self.check_stay([(cookie, 'e6' if endpoint == 'e1' else endpoint)
                         for cookie, endpoint in sessions])

    def test_who_gets_an_address_inherits_no_session(self):
        cookies = self.sessions_at('e1', 20)
        self.list({'another': 1, 'e2': 2})
        inherited = [cookie for i, cookie in enumerate(cookies)
                     if self.ask(NODES[i % 3], cookie)[1] is None]
        self.assertEqual(inherited, [])

    def test_nodes_that_are_asked_at_once_choose_one_replacement(self):
        self.cluster.list_endpoints(1, 2, 4, 5, 6)
        cookies = self.sessions_at('e1', 20)
        self.cluster.list_endpoints(2, 4, 5, 6)
        answers = self.ask_all([(node, cookie) for cookie in cookies for node in NODES])
        for i in range(0, len(answers), 3):
            self.assertEqual(len({endpoint for endpoint, _ in answers[i:i + 3]}), 1)
        self.assertGreater(len({endpoint for endpoint, _ in answers}), 1)

    def test_weights_are_for_new_sessions(self):
        self.cluster.apply(CANARY.format(address=self.cluster.endpoint_address(5)))
        self.cluster.apply(SPLIT.format(stable=70, canary=30))
        sessions = [self.session(node) for node in NODES for _ in range(20)]
        homes = collections.Counter(endpoint for _, endpoint in sessions)
        self.assertTrue(9 <= homes['e5'] <= 27, homes)
        self.cluster.apply(SPLIT.format(stable=0, canary=100))
        self.check_stay(sessions)
        self.assertEqual({self.session(node)[1] for node in NODES for _ in range(5)}, {'e5'})

    def test_what_one_node_does_not_reach_rewrites_no_cookie(self):
        self.cluster.list_endpoints(1, 2, 3)
        sessions = [(cookie, 'e3') for cookie in self.sessions_at('e3', 20, nodes=(1, 2))]
        answers = self.ask_all([(3, cookie) for cookie, _ in sessions])
        self.assertEqual({changed for _, changed in answers}, {None})
        self.assertLessEqual({endpoint for endpoint, _ in answers}, {'e1', 'e2'})
        self.check_stay(sessions, nodes=(1, 2))

    def test_an_answer_that_is_retried_elsewhere_moves_nobody(self):
        sessions = [(cookie, 'e1') for cookie in self.sessions_at('e1', 10)]
        self.cluster.apply(RETRIES)
        self.addCleanup(self.cluster.gwctl, 'delete', '--wait', 'retrypolicy', 'pipy', '-n',
                        'server')
        self.list({'e1': 7, 'e2': 2})  # what answers there says 503
        answers = self.ask_all([(node, cookie) for cookie, _ in sessions for node in NODES])
        self.assertEqual(set(answers), {('e2', None)})
        self.list({'e1': 1, 'e2': 2})
        self.check_stay(sessions)

    def test_an_endpoint_more_moves_none_of_1000_sessions(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            sessions = list(pool.map(self.session, [NODES[i % 3] for i in range(1000)]))
        self.cluster.list_endpoints(1, 2, 4)
        answers = self.ask_all([(NODES[i % 3], cookie)
                                for i, (cookie, _) in enumerate(sessions)])
        self.assertEqual(answers, [(endpoint, None) for _, endpoint in sessions])

    def test_nobody_waits_after_a_restore(self):
        sessions = [self.session(node) for node in NODES for _ in range(5)]
        path = self.cluster.dir / 'saved.db'
        self.cluster.gwctl('snapshot', 'save', path, '--force')
        self.cluster.list_endpoints(1, 2, 4)
        sessions += [self.session(node) for node in NODES for _ in range(5)]
        sessions = [(cookie, endpoint) for cookie, endpoint in sessions if endpoint != 'e4']
        self.cluster.gwctl('snapshot', 'restore', path)
        self.cluster.gwctl('nodes', 'adopt', '--all')
        self.cluster.gwctl('wait', '--for=active')
        before = self.behind()
        self.check_stay(sessions)
        self.assertEqual(self.behind(), before)

    def list(self, endpoints):
        """The Service has these: names, and the numbers of their addresses."""
        head = self.cluster.manifest('endpoints.yaml').split('endpoints:')[0]
        self.cluster.apply(head + 'endpoints:\n' + ''.join(
            f'- {{addresses: [{self.cluster.endpoint_address(number)}], hostname: {name}}}\n'
            for name, number in endpoints.items()))


if __name__ == '__main__':
    unittest.main()
