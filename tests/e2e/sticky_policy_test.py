"""What a SessionStickyPolicy says beside the cookie's name and life, through two nodes: kinds of
tokens, the cookie's attributes, and sessions whose endpoint does not serve for a while."""

import unittest

from tests.support.cluster import ClusterCase
from tests.support.traffic import Traffic

POLICY = '''
apiVersion: gateway.flomesh.io/v1alpha1
kind: SessionStickyPolicy
metadata: {name: session-sticky-policy-sample, namespace: server}
spec:
  targetRef: {group: "", kind: Service, name: pipy}
  ports: [{port: 8080, config: {%s}}]
'''
ENDPOINT = ('{addresses: [%s], hostname: e%d, '
            'conditions: {ready: %s, serving: %s, terminating: %s}}')


class StickyPolicies(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in (1, 2, 3):
            cluster.start_endpoint(endpoint)
        cluster.start_all(nodes=2)
        cluster.apply_demonstration(policy=True)

    def setUp(self):
        self.serve()

    def serve(self, away=(), draining=()):
        """Which of the three endpoints do not serve, or only whom they have."""
        def words(*values):
            return tuple('true' if value else 'false' for value in values)
        head = self.cluster.manifest('endpoints.yaml').split('endpoints:')[0]
        self.cluster.apply(head + 'endpoints:\n' + ''.join(
            '- ' + ENDPOINT % (self.cluster.endpoint_address(number), number,
                               *words(number not in (*away, *draining), number not in away,
                                      number in draining)) + '\n'
            for number in (1, 2, 3)))

    def policy(self, config):
        self.cluster.apply(POLICY % config)

    def session(self, node=1):
        """A new one: its cookie and the number of its endpoint."""
        response = self.cluster.get(node)
        return response.cookie(), int(response.header('x-endpoint')[1:])

    def ask(self, node, cookie, headers=()):
        response = self.cluster.get(node, cookie=cookie, headers=headers)
        return response.status, response.header('x-endpoint'), response.cookie()

    def test_a_header_field_in_place_of_a_cookie(self):
        self.policy('type: Header, cookieName: X-Session')
        first = self.cluster.get(1)
        token, endpoint = first.header('x-session'), first.header('x-endpoint')
        self.assertEqual(first.all('set-cookie'), [])
        for number in range(20):
            again = self.cluster.get(1 + number % 2, headers=[('x-session', token)])
            self.assertEqual(again.header('x-endpoint'), endpoint)
            self.assertIsNone(again.header('x-session'))

    def test_the_cookie_has_the_attributes_that_it_is_given(self):
        self.policy('path: /app, domain: example.com, sameSite: Strict, lifetime: Session')
        value = self.cluster.get(1).header('set-cookie').split('; ', 1)[1]
        self.assertEqual(value, 'path=/app; domain=example.com; HttpOnly; SameSite=Strict')

    def test_endpoints_see_the_cookie_if_they_are_to(self):
        for forward in ('true', 'false'):
            self.policy(f'forwardCookie: {forward}')
            cookie, _ = self.session()
            seen = self.cluster.get(2, '/inspect', cookie=cookie).text
            self.assertEqual(cookie in seen, forward == 'true', seen)

    def test_a_session_waits_for_its_endpoint_at_either_node(self):
        self.policy('onUnavailable: Reject')
        cookie, home = self.session()
        self.serve(away=[home])
        for node in (1, 2):
            self.assertEqual(self.ask(node, cookie), (503, None, None))
            self.assertEqual(self.cluster.get(node).status, 200)
        self.serve()
        for node in (2, 1):
            self.assertEqual(self.ask(node, cookie), (200, f'e{home}', None))

    def test_a_session_comes_home_whichever_node_it_asks(self):
        self.policy('onUnavailable: RebindTemporarily')
        cookie, home = self.session()
        self.serve(away=[home])
        answers = [self.ask(node, cookie) for node in (1, 2)]
        self.assertEqual(len({endpoint for _, endpoint, _ in answers}), 1, 'nodes agree')
        _, stand_in, for_now = answers[0]
        self.assertNotEqual(stand_in, f'e{home}')
        for node in (1, 2):
            self.assertEqual(self.ask(node, for_now), (200, stand_in, None))
        self.serve()
        for node in (1, 2):
            status, endpoint, settled = self.ask(node, for_now)
            self.assertEqual((status, endpoint), (200, f'e{home}'))
            self.assertIsNotNone(settled)
            self.assertEqual(self.ask(3 - node, settled), (200, f'e{home}', None))

    def test_an_endpoint_that_drains_keeps_whom_it_has(self):
        self.policy('expires: 600')
        cookie, home = self.session()
        self.serve(draining=[home])
        for node in (1, 2):
            self.assertEqual(self.ask(node, cookie), (200, f'e{home}', None))
            for _ in range(6):
                self.assertNotEqual(self.cluster.get(node).header('x-endpoint'), f'e{home}')

    def test_each_of_them_comes_and_goes_under_load(self):
        self.policy('expires: 600')
        cookie, _ = self.session()
        with Traffic(self.cluster, [1, 1, 2, 2], cookie).running() as traffic:
            for config in ('idleTimeout: 60', 'lifetime: Session, path: /, httpOnly: false',
                           'onUnavailable: RebindTemporarily', 'type: Header',
                           'onUnavailable: Reject, forwardCookie: true', 'expires: 600'):
                self.policy(config)
                traffic.advance()
        self.assertEqual(traffic.failures, [])


if __name__ == '__main__':
    unittest.main()
