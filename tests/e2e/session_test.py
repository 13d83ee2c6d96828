"""Sessions over two nodes and four endpoints."""

import concurrent.futures
import json
import unittest

from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until

SLICE = '''
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: pipy-1, namespace: server, labels: {{kubernetes.io/service-name: pipy}}}}
addressType: IPv4
ports: [{{port: 8080, protocol: TCP}}]
endpoints: [{endpoints}]
'''


class Sessions(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in (1, 2, 3, 4):
            cluster.start_endpoint(endpoint)
        cluster.start_all(nodes=2)
        cluster.apply_demonstration(policy=True)

    def setUp(self):
        self.set_endpoints(1, 2, 3, 4)

    def set_endpoints(self, *numbers):
        entries = [f'{{addresses: [{self.cluster.endpoint_address(n)}]}}' for n in numbers]
        self.cluster.apply(SLICE.format(endpoints=', '.join(entries)))

    def new_session(self, node=1):
        """Its cookie and endpoint."""
        response = self.cluster.get(node)
        self.assertIsNotNone(response.cookie(), response.headers)
        return response.cookie(), response.header('x-endpoint')

    def endpoint_of(self, node, cookie):
        """The endpoint that a session's request reaches; the session stays as it is."""
        response = self.cluster.get(node, cookie=cookie)
        self.assertEqual(response.all('set-cookie'), [])
        return response.header('x-endpoint')

    def test_200_requests_through_two_nodes_reach_one_endpoint(self):
        cookie, endpoint = self.new_session()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            reached = list(pool.map(lambda i: self.endpoint_of(1 + i % 2, cookie), range(200)))
        self.assertEqual(reached, [endpoint] * 200)

    def test_new_sessions_use_every_endpoint(self):
        reached = {self.new_session()[1] for _ in range(16)}
        self.assertEqual(reached, {'e1', 'e2', 'e3', 'e4'})

    def test_adding_endpoints_moves_nobody(self):
        self.set_endpoints(1, 2)
        sessions = [self.new_session() for _ in range(10)]
        self.set_endpoints(4, 3, 2, 1)
        for cookie, endpoint in sessions:
            self.assertEqual([self.endpoint_of(node, cookie) for node in (1, 2)], [endpoint] * 2)

    def test_sessions_of_a_removed_endpoint_agree_on_another(self):
        self.set_endpoints(1, 2, 3, 4)
        sessions = [self.new_session() for _ in range(12)]
        self.set_endpoints(2, 3, 4)
        for cookie, endpoint in sessions:
            if endpoint != 'e1':
                self.assertEqual(self.endpoint_of(1, cookie), endpoint)
                continue
            answers = [self.cluster.get(node, cookie=cookie) for node in (1, 2)]
            self.assertEqual(len({answer.header('x-endpoint') for answer in answers}), 1)
            for answer in answers:
                self.assertIsNotNone(answer.cookie())
                self.assertEqual(self.endpoint_of(1, answer.cookie()),
                                 answers[0].header('x-endpoint'))

    def test_an_unreachable_endpoint_keeps_its_sessions(self):
        process = self.cluster.start_endpoint(5)
        self.set_endpoints(5, 1)
        cookie = next(c for c, reached in (self.new_session() for _ in range(10))
                      if reached == 'e5')
        process.kill()
        self.assertEqual([self.endpoint_of(node, cookie) for node in (1, 2)], ['e1'] * 2)
        self.cluster.start_endpoint(5)
        # A node passes it over until the next trial.
        for node in (1, 2):
            wait_until(lambda: self.endpoint_of(node, cookie) == 'e5', 'return of the session')

    def test_the_older_of_two_policies_holds(self):
        policy = self.cluster.manifest('session-sticky-policy.yaml')
        # Within one second, the resolution of their ages, names decide.
        newer = policy.replace('policy-sample', 'policy-twin').replace('600', '60')
        self.cluster.apply(newer)
        self.assertIn('max-age=600', self.cluster.get(1).header('set-cookie'))
        self.cluster.gwctl('delete', '--wait', '-f', '-', text_in=newer)

    def test_an_unnamed_endpoint_that_returns_inherits_no_sessions(self):
        self.set_endpoints(1)
        cookie, _ = self.new_session()
        self.set_endpoints(2)
        self.set_endpoints(1, 2)
        self.assertIsNotNone(self.cluster.get(1, cookie=cookie).cookie())

    def test_a_tampered_cookie_starts_a_new_session(self):
        cookie, _ = self.new_session()
        name, value = cookie.split('=', 1)
        middle = len(value) // 2
        other = 'A' if value[middle] != 'A' else 'B'
        for bad in (value[:middle] + other + value[middle + 1:], value[:-1], value + 'A', 'x', '',
                    '"' + value, 'A' * 4000, value[::-1]):
            response = self.cluster.get(1, cookie=f'{name}={bad}')
            self.assertEqual(response.status, 200, bad)
            self.assertIsNotNone(response.cookie(), bad)
            self.assertNotEqual(response.cookie(), cookie)

    def test_among_several_cookies_the_valid_one_counts(self):
        cookie, endpoint = self.new_session()
        for header in (f'a=1; {cookie}; b=2', f'_srv_id=bad; {cookie}', f'x_srv_id=bad;{cookie}'):
            self.assertEqual(self.endpoint_of(1, header), endpoint)

    def test_the_upstream_sees_other_cookies_only(self):
        cookie, _ = self.new_session()
        response = self.cluster.get(1, '/inspect', cookie=f'a=1; {cookie}; b="2; 3"')
        lines = [json.loads(line) for line in response.text.splitlines()]
        cookies = [line['value'] for line in lines if line.get('name', '').lower() == 'cookie']
        self.assertEqual(cookies, ['a=1; b="2; 3"'])
        response = self.cluster.get(1, '/inspect', cookie=cookie)
        self.assertNotIn('ookie', response.text)

    def test_the_gateway_s_own_errors_set_no_cookie(self):
        self.set_endpoints()
        response = self.cluster.get(1)
        self.assertEqual((response.status, response.all('set-cookie')), (503, []))


if __name__ == '__main__':
    unittest.main()
