"""LoadBalancerPolicy and outlierEjection on nodes that run."""

import collections
import json
import unittest

from tests.support.cluster import ClusterCase
from tests.support.traffic import Traffic

NODES = (1, 2, 3)


def policy(*lines, kind='LoadBalancerPolicy', name='lb'):
    """With these lines of its spec beside what it is for."""
    return '\n'.join(['apiVersion: gateway.flomesh.io/v1alpha1', f'kind: {kind}',
                      f'metadata: {{name: {name}, namespace: server}}', 'spec:',
                      '  targetRef: {kind: Service, name: pipy}', '  ports: [{port: 8080}]',
                      *(f'  {line}' for line in lines)]) + '\n'


def ejection(settings):
    return policy(f'config: {{outlierEjection: {settings}}}', kind='CircuitBreakingPolicy',
                  name='careful')


class LoadBalancer(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in (1, 2, 3):
            cluster.start_endpoint(endpoint)
        cluster.start_all(nodes=3)
        cluster.apply_demonstration()
        cluster.list_endpoints(1, 2, 3)

    def tearDown(self):
        for kind, name in (('lbp', 'lb'), ('cbp', 'careful'),
                           ('ssp', 'session-sticky-policy-sample')):
            self.cluster.gwctl('delete', '--wait', '--ignore-not-found', '-n', 'server', kind, name)
        self.cluster.list_endpoints(1, 2, 3)

    def endpoint(self, node, **request):
        return self.cluster.get(node, **request).header('x-endpoint')

    def shares(self, node, requests):
        return collections.Counter(self.endpoint(node) for _ in range(requests))

    def test_by_hash_every_node_sends_a_user_to_the_same_endpoint(self):
        self.cluster.apply(policy('type: HashingLoadBalancer',
                                  'config: {hash: {source: Header, name: X-User}}'))
        users = [[('X-User', f'user-{number}')] for number in range(20)]
        homes = [self.endpoint(1, headers=user) for user in users]
        self.assertEqual(set(homes), {'e1', 'e2', 'e3'})
        for node in NODES:
            self.assertEqual([self.endpoint(node, headers=user) for user in users], homes)
        self.cluster.list_endpoints(1, 3)
        for user, home in zip(users, homes):
            for node in NODES:
                now = self.endpoint(node, headers=user)
                self.assertEqual(now, home if home != 'e2' else now)
                self.assertEqual(now, self.endpoint(1, headers=user))

    def test_weights_and_changes_under_load(self):
        self.cluster.apply(policy('config: {weights: [{endpoint: e1, weight: 4}]}'))
        shares = self.shares(1, 60)
        self.assertAlmostEqual(shares['e1'], 40, delta=3)
        self.assertAlmostEqual(shares['e2'], 10, delta=3)
        with Traffic(self.cluster, [1, 1, 2, 3]).running() as traffic:
            for lines in (['type: LeastConnectionLoadBalancer'],
                          ['type: LeastConnectionLoadBalancer', 'config: {slowStart: 1s}'],
                          ['type: HashingLoadBalancer', 'config: {hash: {source: ClientAddress}}'],
                          ['config: {weights: [{endpoint: e1, weight: 0}]}']):
                self.cluster.apply(policy(*lines))
                traffic.advance()
                self.cluster.list_endpoints(1, 3)
                traffic.advance()
                self.cluster.list_endpoints(1, 2, 3)
                traffic.advance()
        self.assertEqual(traffic.failures, [])
        self.assertNotIn('e1', self.shares(2, 20))

    def test_an_endpoint_that_is_new_warms_up(self):
        self.cluster.list_endpoints(1, 2)
        self.cluster.apply(policy('config: {slowStart: 15m}'))
        self.assertEqual(self.shares(1, 20), {'e1': 10, 'e2': 10})
        self.cluster.list_endpoints(1, 2, 3)
        for node in NODES:
            self.assertLessEqual(self.shares(node, 60)['e3'], 10)

    def test_an_endpoint_that_fails_is_passed_over_by_all_workers_of_a_node(self):
        self.cluster.apply(ejection('{consecutiveErrors: 3, ejectionTime: 1h}'))
        self.cluster.apply(self.cluster.manifest('session-sticky-policy.yaml'))
        first = self.cluster.get(1)
        while first.header('x-endpoint') != 'e1':
            first = self.cluster.get(1)
        # Connections of their own, which the node's workers have by chance.
        for _ in range(3):
            failed = self.cluster.get(1, '/status?code=500', first.cookie())
            self.assertEqual(failed.header('x-endpoint'), 'e1')
        for _ in range(20):
            elsewhere = self.cluster.get(1, cookie=first.cookie())
            self.assertNotEqual(elsewhere.header('x-endpoint'), 'e1')
            self.assertIsNone(elsewhere.cookie(), 'it is only this node that passes it over')
            at_home = self.cluster.get(2, cookie=first.cookie())
            self.assertEqual(at_home.header('x-endpoint'), 'e1')
        self.assertNotIn('e1', self.shares(1, 20))
        self.cluster.gwctl('delete', '--wait', 'cbp', 'careful', '-n', 'server')
        home = self.cluster.get(1, cookie=first.cookie())
        self.assertEqual(home.header('x-endpoint'), 'e1')
        self.assertIsNone(home.cookie())

    def test_gwctl_shows_what_is_in_effect(self):
        self.cluster.apply(policy('type: LeastConnectionLoadBalancer', 'config: {slowStart: 30s}'))
        self.cluster.apply(policy(name='newer'))
        described = self.cluster.gwctl('describe', 'service', 'pipy', '-n', 'server').stdout
        self.assertIn('server/lb (least requests of two, slow start 30s)', described)
        shown = self.cluster.gwctl('get', 'lbp', 'newer', '-n', 'server', '-o', 'json').stdout
        accepted = json.loads(shown)['status']['conditions'][0]
        self.assertEqual((accepted['status'], accepted['reason']), ('False', 'Conflicted'))
        self.cluster.gwctl('delete', 'lbp', 'newer', '-n', 'server')

    def test_what_is_wrong_is_refused_with_its_place(self):
        refused = self.cluster.gwctl(
            'apply', '-f', '-', expect=5,
            text_in=policy('type: Fastest', 'config: {slowStart: 1h}'))
        self.assertIn('spec.type: must be RoundRobinLoadBalancer', refused.stderr)
        self.assertIn('spec.config.slowStart: must be between 0s and 15m, not 1h', refused.stderr)


if __name__ == '__main__':
    unittest.main()
