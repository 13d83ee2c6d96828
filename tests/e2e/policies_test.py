"""Retries and circuits, as they are applied to a cluster that runs."""

import contextlib
import json
import select
import unittest

from tests.support.cluster import ClusterCase
from tests.support.parameters import demonstration, parameters
from tests.support.processes import DEADLINE_S, wait_until
from tests.support.traffic import Traffic

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

    def begin_echo(self, connection):
        """Returns when an endpoint has the request; three bytes of it are to come."""
        connection.send_request('POST', '/echo', [('Content-Length', '6')])
        connection.send(b'abc')
        self.assertEqual(connection.read_head().status, 200)
        self.assertEqual(connection.read(3), b'abc')


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


WEIGHTS = """
apiVersion: gateway.flomesh.io/v1alpha1
kind: LoadBalancerPolicy
metadata: {name: weights, namespace: server}
spec:
  targetRef: {kind: Service, name: pipy}
  ports: [{port: 8080}]
  config: {weights: [{endpoint: e1, weight: 9}]}
"""


class RetryChangeTest(PolicyCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=2)
        cluster.start_endpoint(1)
        for endpoint in (2, 3):
            cluster.start_endpoint(endpoint, '--status', '503')
        cluster.apply_demonstration()

    def tearDown(self):
        self.cluster.gwctl('delete', '--wait', '--ignore-not-found', '-n', 'server',
                           'retrypolicy', 'policy')

    def test_1_changes_under_load_show_no_answer_that_is_retried(self):
        self.cluster.list_endpoints(1, 2)
        # One request of ten is retried, and the budget is for one of five.
        self.cluster.apply(WEIGHTS)
        self.apply('RetryPolicy', '{retryOn: ["503"], backoffBaseInterval: 0.01}')
        with Traffic(self.cluster, [1, 1, 2, 2]).running() as traffic:
            for number in range(8):
                for config in ('{retryOn: [5xx], backoffBaseInterval: 0.02, numRetries: 1}',
                               '{retryOn: ["502", "503"], backoffBaseInterval: 0}',
                               f'{{retryOn: ["503"], backoffBaseInterval: 0.0{number}, '
                               'perTryTimeout: 1h}'):
                    self.apply('RetryPolicy', config)
                    traffic.advance()
        self.assertEqual(traffic.failures, [])
        self.assertEqual(traffic.reached, {'e1'})

    def test_2_comes_and_goes_under_load(self):
        self.cluster.list_endpoints(1, 2)
        with Traffic(self.cluster, [1, 1, 2, 2]).running() as traffic:
            for _ in range(10):
                self.apply('RetryPolicy', '{retryOn: ["503"], backoffBaseInterval: 0.01}')
                traffic.advance()
                self.delete('retrypolicy')
                traffic.advance()
        self.assertEqual(traffic.failures, [])
        self.assertEqual(traffic.reached, {'e1', 'e2'})

    def test_3_after_the_last_retry_the_endpoint_s_own_answer_is_passed_on(self):
        self.cluster.gwctl('delete', '--wait', '--ignore-not-found', '-n', 'server',
                           'loadbalancerpolicy', 'weights')
        self.cluster.list_endpoints(1, 2, 3)
        for retries, seen in ((0, {200, 503}), (1, {200, 503}), (2, {200})):
            self.apply('RetryPolicy', f'{{retryOn: ["503"], backoffBaseInterval: 0, '
                       f'numRetries: {retries}}}')
            with self.cluster.connect(1) as connection:
                answers = [connection.request() for _ in range(12)]
            self.assertEqual({answer.status for answer in answers}, seen)
            for answer in answers:
                endpoint = answer.header('x-endpoint')
                self.assertEqual(answer.text, endpoint + '\n')
                self.assertEqual(answer.status, 200 if endpoint == 'e1' else 503)


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
            self.begin_echo(busy)
            self.assertEqual(self.statuses(10), [503] * 10)
        wait_until(lambda: self.cluster.get(1).status == 200, 'the first to be over')
        # On one connection: a worker may learn a little later that another's request is over.
        with self.cluster.connect(1) as connection:
            wait_until(lambda: connection.request().status == 200, 'the one before to be over')
            self.assertEqual([connection.request().status for _ in range(10)], [200] * 10)

    def test_3_the_older_of_two_holds(self):
        self.apply('CircuitBreakingPolicy', '{limits: {requests: 100}}', name='older')
        self.delete('circuitbreakingpolicy')
        self.apply('CircuitBreakingPolicy', '{limits: {requests: 1}}', name='younger')
        self.assertEqual(self.accepted('circuitbreakingpolicy', 'older'), ('True', 'Accepted'))
        self.assertEqual(self.accepted('circuitbreakingpolicy', 'younger'),
                         ('False', 'Conflicted'))


class CircuitChangeTest(PolicyCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=2)
        for endpoint in (1, 2):
            cluster.start_endpoint(endpoint)
        cluster.apply(demonstration(cluster) + '\n---\n' +
                      parameters('timeouts: {connect: 50s}'))  # and so to wait for a connection

    def tearDown(self):
        self.cluster.gwctl('delete', '--wait', '--ignore-not-found', '-n', 'server',
                           'circuitbreakingpolicy', 'policy')

    def test_1_changes_under_load_cost_no_request(self):
        with Traffic(self.cluster, [1, 1, 1, 2, 2, 2]).running() as traffic:
            for _ in range(5):
                for config in ('{limits: {requests: 100, connections: 100}}',
                               '{limits: {connections: 1, pending: 100}}',
                               '{errorAmountThreshold: 1, minRequestAmount: 1, statTimeWindow: 1}',
                               '{limits: {connections: 2, pending: 3}, errorRatioThreshold: 0.1}'):
                    self.apply('CircuitBreakingPolicy', config)
                    traffic.advance()
                self.delete('circuitbreakingpolicy')
                traffic.advance()
        self.assertEqual(traffic.failures, [])
        self.assertEqual(traffic.reached, {'e1', 'e2'})

    def test_2_those_that_wait_are_all_answered(self):
        limits = '{{limits: {{connections: {}, pending: 5}}}}'
        for change in (lambda: None,
                       lambda: self.apply('CircuitBreakingPolicy', limits.format(3)),
                       lambda: self.delete('circuitbreakingpolicy')):
            self.apply('CircuitBreakingPolicy', limits.format(1))
            with self.cluster.connect(1) as busy, contextlib.ExitStack() as opened:
                self.begin_echo(busy)
                clients = [opened.enter_context(self.cluster.connect(1)) for _ in range(6)]
                for client in clients:
                    client.send_request()
                # One too many: once it is refused, the others are in the queue.
                answered = select.select([c.socket for c in clients], [], [], DEADLINE_S)[0]
                refused = [client for client in clients if client.socket in answered]
                self.assertEqual([c.read_response().status for c in refused], [503])
                change()
                busy.send(b'def')
                self.assertEqual(busy.read(3), b'def')
                for client in clients:
                    if client not in refused:
                        self.assertEqual(client.read_response().status, 200)
                    self.assertEqual(client.request().status, 200)


if __name__ == '__main__':
    unittest.main()
