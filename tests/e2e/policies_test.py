"""Retries, circuits and rate limits, as they are applied to a cluster that runs."""

import json
import unittest

from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until

POLICY = """
apiVersion: gateway.flomesh.io/v1alpha1
kind: {kind}
metadata: {{name: {name}, namespace: server}}
spec:
  targetRef: {{kind: Service, name: pipy}}
  ports:
  - port: 8080
    config: {config}
"""

RATE_LIMIT = """
apiVersion: gateway.flomesh.io/v1alpha1
kind: RateLimitPolicy
metadata: {{name: {name}, namespace: server}}
spec:
  targetRef: {{kind: HTTPRoute, name: fortio-route}}
  rateLimit: {limit}
"""


class PolicyCase(ClusterCase):
    def apply(self, kind, config, name='policy'):
        self.cluster.apply(POLICY.format(kind=kind, name=name, config=config))

    def delete(self, kind, name='policy'):
        self.cluster.gwctl('delete', '--wait', kind, name, '-n', 'server')

    def accepted(self, kind, name):
        shown = json.loads(
            self.cluster.gwctl('get', kind, name, '-n', 'server', '-o', 'json').stdout)
        found = next(c for c in shown['status']['conditions'] if c['type'] == 'Accepted')
        return found['status'], found['reason']

    def statuses(self, count, target='/', headers=()):
        return [self.cluster.get(1, target, headers=headers).status for _ in range(count)]


class RetryTest(PolicyCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=1)
        cluster.start_endpoint(1)
        cluster.start_endpoint(2, '--status', '503')
        cluster.apply_demonstration()

    def test_1_an_endpoint_that_is_unavailable_is_not_seen_under_the_policy(self):
        self.assertEqual(sorted(self.statuses(10)), [200] * 5 + [503] * 5)
        self.apply('RetryPolicy', '{retryOn: ["503"], backoffBaseInterval: 0.01}')
        self.assertEqual(self.accepted('retrypolicy', 'policy'), ('True', 'Accepted'))
        self.assertEqual(self.statuses(20), [200] * 20)
        self.delete('retrypolicy')
        self.assertIn(503, self.statuses(4))

    def test_2_a_session_keeps_its_cookie(self):
        self.apply('RetryPolicy', '{retryOn: [5xx], backoffBaseInterval: 0.01}')
        self.cluster.apply(self.cluster.manifest('session-sticky-policy.yaml'))
        first = self.cluster.get(1)
        cookie = first.header('set-cookie').split(';')[0]
        failed = self.cluster.get(1, '/status?code=500', cookie=cookie)
        self.assertIn(failed.status, (500, 503))
        self.assertIsNone(failed.header('set-cookie'))
        again = self.cluster.get(1, cookie=cookie)
        self.assertEqual((again.status, again.header('x-endpoint')),
                         (200, first.header('x-endpoint')))
        self.assertIsNone(again.header('set-cookie'))

    def test_3_what_is_wrong_is_told(self):
        done = self.cluster.gwctl(
            'apply', '-f', '-', expect=None, text_in=POLICY.format(
                kind='RetryPolicy', name='wrong', config='{retryOn: ["200"]}'))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('spec.ports[0].config.retryOn[0]: must be a status code from 400 to 599',
                      done.stderr)


class CircuitTest(PolicyCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=1)
        cluster.start_endpoint(1)
        cluster.apply_demonstration()

    def test_1_opens_for_all_workers_and_closes_again(self):
        self.apply('CircuitBreakingPolicy',
                   '{minRequestAmount: 4, errorAmountThreshold: 4, degradedTimeWindow: 1, '
                   'degradedStatusCode: 418, degradedResponseContent: resting}')
        self.assertEqual(self.statuses(4, '/status?code=500'), [500] * 4)
        refused = self.cluster.get(1)
        self.assertEqual((refused.status, refused.body), (418, b'resting\n'))
        wait_until(lambda: self.cluster.get(1).status == 200, 'the circuit to close again')
        self.assertEqual(self.statuses(10), [200] * 10)

    def test_2_limits_the_requests_of_all_workers(self):
        self.apply('CircuitBreakingPolicy', '{limits: {requests: 1}}')
        with self.cluster.connect(1) as busy:
            busy.send(b'POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc')
            wait_until(lambda: self.cluster.get(1).status == 503, 'the first to be counted')
            self.assertEqual(self.statuses(10), [503] * 10)
        wait_until(lambda: self.cluster.get(1).status == 200, 'the first to be over')
        self.assertEqual(self.statuses(10), [200] * 10)

    def test_3_the_older_of_two_holds(self):
        self.apply('CircuitBreakingPolicy', '{limits: {requests: 100}}', name='older')
        self.delete('circuitbreakingpolicy')
        self.apply('CircuitBreakingPolicy', '{limits: {requests: 1}}', name='younger')
        self.assertEqual(self.accepted('circuitbreakingpolicy', 'older'), ('True', 'Accepted'))
        self.assertEqual(self.accepted('circuitbreakingpolicy', 'younger'),
                         ('False', 'Conflicted'))


class RateLimitTest(PolicyCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_server()
        # It serves some Gateways: the policy is a part of what it is sent.
        cluster.select(1, '--gateway', 'server/simple-fsm-gateway')
        cluster.start_node(1)
        cluster.start_endpoint(1)
        cluster.apply_demonstration()

    def limit(self, limit, name='limit'):
        self.cluster.apply(RATE_LIMIT.format(name=name, limit=limit))

    def test_1_lets_so_many_through_on_all_workers(self):
        self.limit('{requests: 4, statTimeWindow: 3600, responseHeadersToAdd: {X-Limit: four}}')
        self.assertEqual(self.accepted('ratelimitpolicy', 'limit'), ('True', 'Accepted'))
        self.assertEqual(self.statuses(8), [200] * 4 + [429] * 4)
        refused = self.cluster.get(1)
        self.assertEqual((refused.header('retry-after'), refused.header('x-limit')),
                         ('900', 'four'))

    def test_2_a_change_elsewhere_fills_no_bucket(self):
        self.assertEqual(self.statuses(1), [429])
        self.cluster.apply(self.cluster.manifest('session-sticky-policy.yaml'))
        self.assertEqual(self.statuses(1), [429])
        self.limit('{requests: 2, statTimeWindow: 3600, client: {source: Header, name: X-Key}}')
        for client in ('a', 'b'):
            self.assertEqual(self.statuses(3, headers=[('X-Key', client)]), [200, 200, 429])

    def test_3_the_older_of_two_holds(self):
        self.limit('{requests: 1}', name='younger')
        self.assertEqual(self.accepted('ratelimitpolicy', 'younger'), ('False', 'Conflicted'))
        table = self.cluster.gwctl('get', 'ratelimitpolicies', '-n', 'server').stdout
        self.assertRegex(table, r'limit +fortio-route +2/3600s +Header:X-Key +True')
        found = self.cluster.gwctl('analyze', expect=None).stdout
        self.assertIn('the older RateLimitPolicy server/limit has route fortio-route', found)

    def test_4_without_the_policy_all_pass(self):
        for name in ('younger', 'limit'):
            self.delete('ratelimitpolicy', name)
        self.assertEqual(self.statuses(6), [200] * 6)


if __name__ == '__main__':
    unittest.main()
