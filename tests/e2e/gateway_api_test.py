"""HTTPRoutes as a cluster that runs takes them: matches, filters, timeouts, retries and sessions of
rules, seen from outside, and changed while requests go on."""

import http.server
import json
import threading
import unittest

from tests.support.cluster import ENDPOINT_PORT, ClusterCase
from tests.support.processes import run, wait_until
from tests.support.traffic import Traffic

ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: fortio-route, namespace: server}
spec:
  parentRefs: [{name: simple-fsm-gateway, port: 8000}]
  rules:
"""
BACKEND = 'backendRefs: [{name: pipy, port: 8080}]'

# Beside each of which the rule for everything goes on.
FEATURES = [
    '{matches: [{path: {type: RegularExpression, value: "/(a|b)/[0-9]+"}}], %s}',
    '{matches: [{method: POST, headers: [{name: x, type: RegularExpression, value: "[0-9]+"}]}], '
    '%s}',
    '{matches: [{queryParams: [{name: q, value: "1"}]}], %s}',
    '{filters: [{type: RequestHeaderModifier, requestHeaderModifier: '
    '{set: [{name: x-by, value: rule}], remove: [user-agent]}}], %s}',
    '{filters: [{type: ResponseHeaderModifier, responseHeaderModifier: '
    '{add: [{name: x-by, value: rule}]}}], %s}',
    '{filters: [{type: URLRewrite, urlRewrite: {hostname: in.example, '
    'path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], '
    'matches: [{path: {value: /}}], %s}',
    '{timeouts: {request: 60s, backendRequest: 30s}, %s}',
    '{retry: {codes: [503], attempts: 2, backoff: 1ms}, %s}',
    '{sessionPersistence: {sessionName: cart, absoluteTimeout: 1h}, %s}',
    '{sessionPersistence: {type: Cookie, cookie: {name: cart, lifetimeType: Session}}, %s}',
    '{sessionPersistence: {type: Header, header: {name: x-cart}, idleTimeout: 1h}, %s}',
    '{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: copy, port: 8080}}}], %s}',
    '{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: nobody, port: 1}}}], %s}',
    '{filters: [{type: CORS, cors: {allowOrigins: ["*"], allowCredentials: true}}], %s}',
    '{matches: [{path: {value: /old}}], filters: [{type: RequestRedirect, requestRedirect: '
    '{path: {type: ReplaceFullPath, replaceFullPath: /new}}}]}',
]

# What requests are mirrored to.
COPY_SERVICE = """---
apiVersion: v1
kind: Service
metadata: {name: copy, namespace: server}
spec: {ports: [{port: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: copy-1, namespace: server, labels: {kubernetes.io/service-name: copy}}
addressType: IPv4
endpoints: [{addresses: [%s]}]
ports: [{port: 8080}]
"""


class Copies:
    """An endpoint that keeps what it was asked, by its targets, with the bodies."""

    def __init__(self, address):
        self.requests = []
        copies = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def answer(self):
                body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                copies.requests.append((self.command, self.path, body))
                self.send_response(200)
                self.send_header('Content-Length', '0')
                self.end_headers()

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_):
                pass

        # Copies come in their hundreds; with the usual queue of five connections, those that find
        # it full come seconds later, when the kernel sends their SYN again.
        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 1024

        self._server = Server(address, Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def under(self, target):
        return [request for request in self.requests if request[1].startswith(target)]

    def stop(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class GatewayApiTest(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=2)
        cluster.start_endpoint(1)
        cluster.start_endpoint(2)
        cluster.apply_demonstration()
        cls.copies = Copies((cluster.endpoint_address(3), ENDPOINT_PORT))
        cls.addClassCleanup(cls.copies.stop)
        cluster.apply(COPY_SERVICE % cluster.endpoint_address(3))

    def serve(self, *rules):
        self.cluster.apply(ROUTE + ''.join(f'  - {rule}\n' for rule in rules))

    def inspect(self, node, target='/inspect', headers=()):
        """What the endpoint was asked."""
        response = self.cluster.get(node, target, headers=headers)
        self.assertEqual(response.status, 200, response.text)
        return response.text

    def test_1_each_of_them_comes_and_goes_under_load(self):
        rest = '{%s}' % BACKEND
        with Traffic(self.cluster, [1, 1, 2, 2]).running() as traffic:
            for feature in FEATURES:
                rule = feature % BACKEND if '%s' in feature else feature
                # First, so that it has the traffic wherever it asks for no more.
                self.serve(rule, rest)
                traffic.advance()
                self.serve(rest)
                traffic.advance()
            self.serve(*(f % BACKEND if '%s' in f else f for f in FEATURES), rest)
            traffic.advance()
        self.assertEqual(traffic.failures, [])
        self.assertEqual(traffic.reached, {'e1', 'e2'})

    def test_2_curl_follows_a_redirect_to_where_the_path_was_rewritten(self):
        self.serve(
            '{matches: [{path: {value: /old}}], filters: [{type: RequestRedirect, '
            'requestRedirect: {statusCode: 301, path: '
            '{type: ReplacePrefixMatch, replacePrefixMatch: /new}}}]}',
            '{matches: [{path: {value: /new}}], filters: [{type: URLRewrite, urlRewrite: '
            '{path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}], %s}' % BACKEND)
        for node in (1, 2):
            done = run(['curl', '-sS', '-L', '-w', '%{num_redirects} %{url_effective}\n', '-o',
                        '/dev/null', f'http://{self.cluster.node_address(node)}:8000/old/echo?x=1'])
            self.assertEqual(done.stdout,
                             f'1 http://{self.cluster.node_address(node)}:8000/new/echo?x=1\n')
            self.assertEqual(self.cluster.get(node, '/other').status, 404)

    def test_3_headers_are_as_the_filters_say_at_the_endpoint_and_at_the_client(self):
        self.serve(
            '{filters: [{type: RequestHeaderModifier, requestHeaderModifier: '
            '{set: [{name: X-By, value: rule}], remove: [X-Gone]}}, '
            '{type: ResponseHeaderModifier, responseHeaderModifier: '
            '{add: [{name: X-Seen, value: "yes"}]}}], %s}' % BACKEND)
        response = self.cluster.get(1, '/inspect', headers=[('X-By', 'me'), ('X-Gone', '1')])
        self.assertEqual(response.header('x-seen'), 'yes')
        self.assertIn('X-By', response.text)
        self.assertNotIn('"me"', response.text)
        self.assertNotIn('X-Gone', response.text)

    def test_4_a_slow_endpoint_is_waited_for_as_long_as_the_rule_says(self):
        self.serve('{matches: [{path: {value: /slow}}], timeouts: {request: 100ms}, %s}' % BACKEND,
                   '{%s}' % BACKEND)
        self.assertEqual(self.cluster.get(1, '/slow?ms=0').status, 200)
        late = self.cluster.get(1, '/slow?ms=20000')
        self.assertEqual((late.status, late.text),
                         (504, 'the request took longer than its route allows\n'))

    def test_5_trace_says_what_the_nodes_do(self):
        self.serve('{name: beta, matches: [{headers: [{name: x-beta, value: "1"}]}], %s}' % BACKEND,
                   '{name: rest, %s}' % BACKEND)
        url = 'http://any.example:8000/'
        for headers, rule in (((), 'rest'), (('-H', 'X-Beta: 1'), 'beta')):
            traced = json.loads(
                self.cluster.gwctl('trace', 'GET', url, *headers, '-o', 'json').stdout)
            self.assertEqual(traced['rule']['name'], f'server/fortio-route/{rule}')
            self.assertEqual(traced['listener']['gateway'], 'server/simple-fsm-gateway')
        shown = self.cluster.gwctl('trace', 'GET', url).stdout
        self.assertIn('header x-beta is not as it asks', shown)
        self.assertIn('server/pipy:8080', shown)
        self.cluster.gwctl('trace', 'GET', 'http://any.example:8001/', expect=1)

    def test_6_a_rule_s_sessions_stay_through_either_node(self):
        sessions = []  # they stay when the other shape says the same
        for shape in ('{sessionName: cart}', '{type: Cookie, cookie: {name: cart}}'):
            self.serve('{sessionPersistence: %s, %s}' % (shape, BACKEND))
            first = self.cluster.get(1)
            cookie = first.header('set-cookie').split(';')[0]
            self.assertTrue(cookie.startswith('cart='), cookie)
            sessions.append((first, ('Cookie', cookie)))
            for session in sessions:
                self.assert_stays(*session)
        sessions = []
        for shape in ('sessionName: x-cart', 'header: {name: x-cart}'):
            self.serve('{sessionPersistence: {type: Header, %s}, %s}' % (shape, BACKEND))
            first = self.cluster.get(1)
            sessions.append((first, ('X-Cart', first.header('x-cart'))))
            for session in sessions:
                self.assert_stays(*session)
        both = '  - {sessionPersistence: {sessionName: cart, cookie: {name: cart}}, %s}\n' % BACKEND
        mixed = self.cluster.gwctl('apply', '-f', '-', expect=5, text_in=ROUTE + both)
        self.assertIn('sessionName: must be left out beside cookie: keep cookie.name', mixed.stderr)

    def assert_stays(self, first, *fields):
        """Requests with these fields go to where the first answer came from, by each node."""
        for number in range(20):
            again = self.cluster.get(1 + number % 2, headers=fields)
            self.assertEqual(again.header('x-endpoint'), first.header('x-endpoint'))

    def test_7_a_filter_that_there_is_not_answers_500_and_has_a_condition(self):
        self.serve('{filters: [{type: ExtensionRef, extensionRef: '
                   '{group: example.com, kind: Auth, name: a}}], %s}' % BACKEND)
        self.assertEqual(self.cluster.get(1).status, 500)
        shown = json.loads(self.cluster.gwctl(
            'get', 'httproute', 'fortio-route', '-n', 'server', '-o', 'json').stdout)
        resolved = next(c for c in shown['status']['parents'][0]['conditions']
                        if c['type'] == 'ResolvedRefs')
        self.assertEqual((resolved['status'], resolved['reason']), ('False', 'InvalidKind'))
        self.assertIn('spec.rules[0].filters[0]', resolved['message'])

    def test_8_requests_are_mirrored_with_their_bodies_and_nobody_waits(self):
        mirror = ('{type: RequestMirror, requestMirror: '
                  '{backendRef: {name: copy, port: 8080}}}')
        self.serve('{filters: [%s], %s}' % (mirror, BACKEND))
        expected = []
        for number in range(10):
            node = 1 + number % 2
            target, body = f'/echo?copied={number}', b'x' * (number * 20_000)
            with self.cluster.connect(node) as connection:
                answer = connection.request('POST', target, body=body)
            self.assertEqual((answer.status, answer.body), (200, body))
            expected.append(('POST', target, body))
        # Copies of earlier traffic may still be on their way.
        wait_until(lambda: len(self.copies.under('/echo?copied=')) >= 10, 'copies')
        self.assertEqual(sorted(self.copies.under('/echo?copied=')), sorted(expected))

    def test_9_a_mirror_that_leads_nowhere_has_a_condition_and_requests_go_on(self):
        self.serve('{filters: [{type: RequestMirror, requestMirror: '
                   '{backendRef: {name: nobody, port: 1}}}], %s}' % BACKEND)
        self.assertEqual(self.cluster.get(1).status, 200)
        shown = json.loads(self.cluster.gwctl(
            'get', 'httproute', 'fortio-route', '-n', 'server', '-o', 'json').stdout)
        resolved = next(c for c in shown['status']['parents'][0]['conditions']
                        if c['type'] == 'ResolvedRefs')
        self.assertEqual((resolved['status'], resolved['reason']), ('False', 'BackendNotFound'))
        self.assertIn('spec.rules[0].filters[0].requestMirror.backendRef', resolved['message'])


if __name__ == '__main__':
    unittest.main()
