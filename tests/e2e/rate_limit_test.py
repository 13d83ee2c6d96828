"""A route's limit, per client, changed while requests run."""

from tests.support.cluster import ClusterCase

POLICY = '''---
apiVersion: gateway.flomesh.io/v1alpha1
kind: RateLimitPolicy
metadata: {{name: limit, namespace: server}}
spec:
  targetRef: {{group: gateway.networking.k8s.io, kind: HTTPRoute, name: fortio-route}}
  rateLimit:
    requests: {requests}
    statTimeWindow: 86400
    client: {{source: Header, name: X-Key}}
'''


class RateLimit(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=1)
        for endpoint in (1, 2):
            cluster.start_endpoint(endpoint)
        cluster.apply_demonstration(policy=True)

    def ask(self, key, cookie=None):
        return self.cluster.get(1, cookie=cookie, headers=[('X-Key', key)])

    def test_each_client_gets_its_requests_and_then_429(self):
        session = self.ask('none').cookie()
        self.cluster.apply(POLICY.format(requests=3))
        for key in ('ann', 'bob'):
            answers = [self.ask(key, session) for _ in range(5)]
            self.assertEqual([answer.status for answer in answers], [200] * 3 + [429] * 2)
            self.assertGreater(int(answers[-1].header('retry-after')), 1)
            self.assertIsNone(answers[-1].cookie())
        self.cluster.apply(POLICY.format(requests=4))
        self.assertEqual([self.ask('ann').status for _ in range(5)], [200] * 4 + [429])
        shown = self.cluster.gwctl('get', 'ratelimitpolicies', '-n', 'server').stdout
        self.assertIn('fortio-route', shown)
        self.assertIn('True', shown)
        self.cluster.gwctl('delete', 'ratelimitpolicy', 'limit', '-n', 'server', '--wait')
        self.assertEqual({self.ask('ann').status for _ in range(20)}, {200})

    def test_of_a_bad_policy_nothing_is_taken(self):
        refused = self.cluster.gwctl('apply', '-f', '-', expect=None,
                                     text_in=POLICY.format(requests=0))
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn('spec.rateLimit.requests', refused.stderr)
        self.assertEqual({self.ask('eve').status for _ in range(20)}, {200})
