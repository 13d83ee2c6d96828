"""Sessions that stick to the application's own cookie, through two nodes: an application that sets
JSESSIONID, keeps its sessions in memory and knows of no other endpoint."""

import http.server
import itertools
import threading
import unittest

from tests.support.cluster import ENDPOINT_PORT, ClusterCase

POLICY = '''
apiVersion: gateway.flomesh.io/v1alpha1
kind: SessionStickyPolicy
metadata: {name: session-sticky-policy-sample, namespace: server}
spec:
  targetRef: {group: "", kind: Service, name: pipy}
  ports: [{port: 8080, config: {%s}}]
'''
LEARNED = 'type: LearnedCookie, cookieName: JSESSIONID, lifetime: Session'


class Application(http.server.ThreadingHTTPServer):
    """One endpoint. Answers say its name, and the Cookie field as it came."""

    def __init__(self, address, name):
        super().__init__((address, ENDPOINT_PORT), Page)
        self.name = name
        self.numbers = itertools.count(1)
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def new_session(self):
        return f'{self.name}~{next(self.numbers)}'

    def close(self):
        self.shutdown()
        self.thread.join()
        self.server_close()


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        cookie = self.headers.get('Cookie', '')
        self.send_response(200)
        if self.path == '/logout':
            self.send_header('Set-Cookie', 'JSESSIONID=; Path=/; Max-Age=0')
        elif self.path == '/login' or 'JSESSIONID=' not in cookie:
            self.send_header('Set-Cookie',
                             f'JSESSIONID={self.server.new_session()}; Path=/; HttpOnly')
        self.send_header('X-Endpoint', self.server.name)
        self.send_header('Content-Length', str(len(cookie)))
        self.end_headers()
        self.wfile.write(cookie.encode())

    def log_message(self, *_):
        """Nothing: tests look at answers."""


class LearnedCookies(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.applications = [Application(cluster.endpoint_address(number), f'e{number}')
                            for number in (1, 2, 3)]
        cluster.start_all(nodes=2)
        cluster.apply_demonstration()
        cluster.apply(POLICY % LEARNED)

    @classmethod
    def tearDownClass(cls):
        for application in cls.applications:
            application.close()
        super().tearDownClass()

    def setUp(self):
        self.cluster.list_endpoints(1, 2, 3)

    def session(self, node=1):
        """A new one: NAME=VALUE as clients have it, and its endpoint's name."""
        response = self.cluster.get(node)
        self.assertTrue(response.header('set-cookie').endswith('; Path=/; HttpOnly'))
        return response.cookie('JSESSIONID'), response.header('x-endpoint')

    def assert_stays(self, cookie, endpoint, requests=30):
        """The application sees its own value alone, and nothing is set anew."""
        own = cookie.rpartition('~')[0]
        for number in range(requests):
            response = self.cluster.get(1 + number % 2, cookie=f'a=1; {cookie}; b=2')
            self.assertEqual((response.status, response.header('x-endpoint')), (200, endpoint))
            self.assertEqual(response.text, f'a=1; {own}; b=2')
            self.assertEqual(response.all('set-cookie'), [])

    def test_30_requests_through_two_nodes_reach_one_endpoint(self):
        cookie, endpoint = self.session()
        self.assertTrue(cookie.startswith(f'JSESSIONID={endpoint}~'), cookie)
        self.assert_stays(cookie, endpoint)

    def test_a_login_at_either_node_stays_in_the_session(self):
        cookie, endpoint = self.session()
        for node in (2, 1):
            response = self.cluster.get(node, '/login', cookie=cookie)
            self.assertEqual(response.header('x-endpoint'), endpoint)
            changed = response.cookie('JSESSIONID')
            self.assertNotEqual(changed, cookie)
            self.assert_stays(changed, endpoint, requests=4)
            cookie = changed
        response = self.cluster.get(1, '/logout', cookie=cookie)
        self.assertEqual(response.all('set-cookie'), ['JSESSIONID=; Path=/; Max-Age=0'])

    def test_sessions_of_a_removed_endpoint_move_once_and_agree(self):
        cookie, endpoint = self.session()
        left = [number for number in (1, 2, 3) if f'e{number}' != endpoint]
        self.cluster.list_endpoints(*left)
        own = cookie.rpartition('~')[0]
        answers = [self.cluster.get(node, cookie=cookie) for node in (1, 2)]
        self.assertEqual(len({answer.header('x-endpoint') for answer in answers}), 1)
        for answer in answers:
            self.assertEqual(answer.text, own)
            attributes = answer.header('set-cookie').partition('; ')[2]
            self.assertEqual(attributes, 'path=/; HttpOnly; SameSite=Lax')
            moved = answer.cookie('JSESSIONID')
            self.assertEqual(moved.rpartition('~')[0], own)
            self.assert_stays(moved, answer.header('x-endpoint'), requests=6)

    def test_adding_an_endpoint_moves_nobody(self):
        self.cluster.list_endpoints(1, 2)
        sessions = [self.session() for _ in range(6)]
        self.cluster.list_endpoints(3, 2, 1)
        for cookie, endpoint in sessions:
            self.assert_stays(cookie, endpoint, requests=2)

    def test_a_cookie_from_before_the_policy_becomes_a_session(self):
        response = self.cluster.get(1, cookie='JSESSIONID=old')
        self.assertEqual(response.text, 'JSESSIONID=old')
        cookie = response.cookie('JSESSIONID')
        self.assertTrue(cookie.startswith('JSESSIONID=old~'), cookie)
        self.assert_stays(cookie, response.header('x-endpoint'), requests=4)

    def test_what_makes_no_sense_for_it_is_refused(self):
        refused = self.cluster.gwctl('apply', '-f', '-', expect=None,
                                     text_in=POLICY % (LEARNED + ', forwardCookie: true'))
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn('forwardCookie: must be left out with type LearnedCookie', refused.stderr)
        refused = self.cluster.gwctl('apply', '-f', '-', expect=None,
                                     text_in=POLICY % 'type: LearnedCookie')
        self.assertIn('cookieName: required with type LearnedCookie', refused.stderr)


if __name__ == '__main__':
    unittest.main()
