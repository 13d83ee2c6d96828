"""What a node does to requests and answers on their way."""

import json
import os
import unittest

from tests.support.cluster import ClusterCase

ROUTES = '''
apiVersion: v1
kind: Service
metadata: {{name: second, namespace: server}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: second-1, namespace: server, labels: {{kubernetes.io/service-name: second}}}}
addressType: IPv4
ports: [{{port: 8080}}]
endpoints: [{{addresses: [{second}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: half-dead, namespace: server}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: half-1, namespace: server, labels: {{kubernetes.io/service-name: half-dead}}}}
addressType: IPv4
ports: [{{port: 8080}}]
endpoints: [{{addresses: [{nobody}]}}, {{addresses: [{second}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: dead, namespace: server}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: dead-1, namespace: server, labels: {{kubernetes.io/service-name: dead}}}}
addressType: IPv4
ports: [{{port: 8080}}]
endpoints: [{{addresses: [{nobody}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: empty, namespace: server}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: many, namespace: server}}
spec:
  parentRefs: [{{name: simple-fsm-gateway}}]
  hostnames: [many.example.com, "*.wild.example.com"]
  rules:
  - matches: [{{path: {{type: Exact, value: /exact}}}}]
    backendRefs: [{{name: second, port: 80}}]
  - matches: [{{path: {{type: PathPrefix, value: /prefix}}}}]
    backendRefs: [{{name: second, port: 80}}]
  - matches: [{{path: {{type: PathPrefix, value: /half}}}}]
    backendRefs: [{{name: half-dead, port: 80}}]
  - matches: [{{path: {{type: PathPrefix, value: /dead}}}}]
    backendRefs: [{{name: dead, port: 80}}]
  - matches: [{{path: {{type: PathPrefix, value: /empty}}}}]
    backendRefs: [{{name: empty, port: 80}}]
  - matches: [{{path: {{type: PathPrefix, value: /missing}}}}]
    backendRefs: [{{name: missing, port: 80}}]
'''
MANY = [('Host', 'many.example.com')]


class Proxying(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_endpoint(1, name='first')
        cluster.start_endpoint(2, name='second')
        cluster.start_all(nodes=1)
        names = ['service.yaml', 'gateway.yaml', 'endpoints.yaml']
        text = '\n---\n'.join(cluster.manifest(name) for name in names)
        one = f'- addresses:\n  - {cluster.endpoint_address(2)}\n'
        assert one in text
        cluster.apply(text.replace(one, '') + '\n---\n' + ROUTES.format(
            second=cluster.endpoint_address(2), nobody=cluster.endpoint_address(9)))

    def reached(self, target, headers=()):
        response = self.cluster.get(1, target, headers=headers)
        return response.header('x-endpoint') or response.status

    # ---- routing

    def test_hosts_and_paths(self):
        for target, headers, expected in (
                ('/', [], 'first'), ('/any/thing?x', [], 'first'),
                ('/exact', MANY, 'second'), ('/exact?x=1', MANY, 'second'),
                ('/prefix', MANY, 'second'), ('/prefix/', MANY, 'second'),
                ('/prefix/more', MANY, 'second'),
                ('/exact', [('Host', 'MANY.Example.Com:8000')], 'second'),
                ('/exact', [('Host', 'a.wild.example.com')], 'second'),
                ('/exact', [('Host', 'a.b.wild.example.com')], 'second'),
                ('/exact', [('Host', 'wild.example.com')], 'first')):
            with self.subTest(target=target, headers=headers):
                self.assertEqual(self.reached(target, headers), expected)

    def test_a_prefix_ends_at_a_slash(self):
        for target in ('/prefixed', '/exact/', '/exactly'):
            self.assertNotEqual(self.reached(target, MANY), 'second')

    def test_errors_of_the_gateway(self):
        self.assertEqual(self.reached('/empty', MANY), 503)
        self.assertEqual(self.reached('/missing', MANY), 500)
        self.assertIn(self.reached('/dead', MANY), (502, 503))
        self.assertEqual(self.cluster.get(1, '/close').status, 502)

    def test_a_dead_endpoint_is_stepped_over(self):
        self.assertEqual([self.reached('/half', MANY) for _ in range(6)], ['second'] * 6)

    # ---- headers

    def inspect(self, headers):
        response = self.cluster.get(1, '/inspect', headers=headers)
        lines = [json.loads(line) for line in response.text.splitlines()][1:]
        seen = {}
        for line in lines:
            seen.setdefault(line['name'].lower(), []).append(line['value'])
        return seen

    def test_forwarded_headers(self):
        seen = self.inspect([('Host', 'shop.example.com')])
        self.assertEqual(seen['host'], ['shop.example.com'])
        self.assertEqual(seen['x-forwarded-proto'], ['http'])
        self.assertEqual(seen['x-forwarded-host'], ['shop.example.com'])
        self.assertEqual(len(seen['x-forwarded-for']), 1)
        self.assertTrue(seen['x-forwarded-for'][0].startswith('127.'))

    def test_hop_by_hop_headers_end_here(self):
        seen = self.inspect([('Connection', 'keep-alive, X-Private'), ('X-Private', 'a'),
                             ('Keep-Alive', 'timeout=5'), ('TE', 'gzip'), ('Upgrade', 'h2c'),
                             ('Proxy-Connection', 'keep-alive'), ('X-Public', 'b')])
        self.assertEqual(seen['x-public'], ['b'])
        for name in ('x-private', 'keep-alive', 'te', 'proxy-connection', 'upgrade'):
            self.assertNotIn(name, seen)

    # ---- bodies

    def test_bodies_both_ways(self):
        body = os.urandom(3_000_000)
        with self.cluster.connect(1) as connection:
            self.assertEqual(connection.request('POST', '/echo', body=body).body, body)
        with self.cluster.connect(1) as connection:
            chunks = b''.join(b'%x\r\n%b\r\n' % (len(part), part) for part in
                              (body[i:i + 50_001] for i in range(0, len(body), 50_001)))
            response = connection.request('POST', '/echo', [('Transfer-Encoding', 'chunked')],
                                          chunks + b'0\r\n\r\n')
            self.assertEqual(response.body, body)
        with self.cluster.connect(1) as connection:
            for target, size in (('/bytes?n=5000000', 5_000_000), ('/bytes?n=0', 0),
                                 ('/bytes?n=5000000&chunked=1', 5_000_000)):
                self.assertEqual(len(connection.request('GET', target).body), size)

    def test_bodies_are_streamed(self):
        with self.cluster.connect(1) as connection:
            connection.send_request('POST', '/echo', [('Transfer-Encoding', 'chunked')])
            connection.send(b'5\r\nhello\r\n')
            head = connection.read_head()
            self.assertEqual((head.status, head.header('connection')), (200, None))
            self.assertEqual(connection.read(10), b'5\r\nhello\r\n')
            connection.send(b'6\r\n again\r\n0\r\n\r\n')
            self.assertEqual(connection.read(16), b'6\r\n again\r\n0\r\n\r\n')
            self.assertEqual(connection.request('GET', '/').text, 'first\n')

    def test_answers_without_a_body(self):
        with self.cluster.connect(1) as connection:
            self.assertEqual(connection.request('HEAD', '/bytes?n=9').header('content-length'), '9')
            self.assertEqual(connection.request('GET', '/status?code=204').status, 204)
            self.assertEqual(connection.request('GET', '/status?code=304').status, 304)
            self.assertEqual(connection.request('GET', '/').text, 'first\n')

    def test_expect_100_continue(self):
        with self.cluster.connect(1) as connection:
            connection.send_request(
                'POST', '/echo', [('Expect', '100-continue'), ('Content-Length', '2')])
            self.assertEqual(connection.read_head().status, 100)
            connection.send(b'ok')
            self.assertEqual(connection.read_response().body, b'ok')

    def test_pipelined_requests_are_answered_in_order(self):
        with self.cluster.connect(1) as connection:
            for size in (1, 2, 3):
                connection.send_request('GET', f'/bytes?n={size}')
            self.assertEqual([len(connection.read_response().body) for _ in range(3)], [1, 2, 3])

    def test_http_1_0(self):
        with self.cluster.connect(1) as connection:
            response = connection.request('GET', '/bytes?n=70000&chunked=1', version='1.0')
            self.assertEqual((response.status, len(response.body)), (200, 70_000))
            self.assertTrue(connection.at_end())

    def test_a_request_in_drips(self):
        with self.cluster.connect(1) as connection:
            for byte in b'GET / HTTP/1.1\r\nHost: a\r\n\r\n':
                connection.send(bytes([byte]))
            self.assertEqual(connection.read_response().text, 'first\n')


if __name__ == '__main__':
    unittest.main()
