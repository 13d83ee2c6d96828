"""A change of configuration costs no request and no connection."""

import unittest

from tests.support.cluster import ClusterCase
from tests.support.traffic import Traffic

OTHER_ROUTE = '''
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: other-{n}, namespace: server}}
spec:
  parentRefs: [{{name: simple-fsm-gateway}}]
  hostnames: [other-{n}.example.com]
  rules: [{{backendRefs: [{{name: pipy, port: 8080}}]}}]
'''


class HotSwap(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in (1, 2):
            cluster.start_endpoint(endpoint)
        cluster.start_all(nodes=2)
        cluster.apply_demonstration()

    def test_a_policy_comes_changes_and_goes_under_load(self):
        policy = self.cluster.manifest('session-sticky-policy.yaml')
        with Traffic(self.cluster, [1, 1, 2, 2]).running() as traffic:
            for text in (policy, policy.replace('600', '900'), policy.replace('_srv_id', '_other')):
                self.cluster.apply(text)
                traffic.advance()
            self.cluster.gwctl('delete', '--wait', '-f', '-', text_in=policy)
            traffic.advance()
        self.assertEqual(traffic.failures, [])
        self.assertEqual(traffic.reached, {'e1', 'e2'})

    def test_a_session_stays_while_other_things_change(self):
        self.cluster.apply(self.cluster.manifest('session-sticky-policy.yaml'))
        response = self.cluster.get(1)
        endpoint = response.header('x-endpoint')
        with Traffic(self.cluster, [1, 1, 2, 2], response.cookie()).running() as traffic:
            for number in range(10):
                self.cluster.apply(OTHER_ROUTE.format(n=number))
                traffic.advance(5)
            names = [f'other-{number}' for number in range(10)]
            self.cluster.gwctl('delete', '--wait', '--allow-mass-delete', '-n', 'server',
                               'httproute', *names)
        self.assertEqual(traffic.failures, [])
        self.assertEqual(traffic.reached, {endpoint})

    def test_a_new_listener_opens_and_closes_beside_the_old_one(self):
        gateway = self.cluster.manifest('gateway.yaml').split('\n---\n')[0]
        more = gateway.rstrip() + '\n  - {name: more, protocol: HTTP, port: 8001}\n'
        with Traffic(self.cluster, [1, 2]).running() as traffic:
            self.cluster.apply(more)
            traffic.advance()
            self.cluster.apply(gateway)
        self.assertEqual(traffic.failures, [])


if __name__ == '__main__':
    unittest.main()
