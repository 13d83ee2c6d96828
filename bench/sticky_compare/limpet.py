"""Limpet: a management server and three nodes; endpoints have names; changes by gwctl.
A RetryPolicy lets a request be sent again as often as haproxy.py does (not with --no-retries)."""

from tests.support import raw_http
from tests.support.cluster import ENDPOINT_PORT, GATEWAY_PORT
from tests.support.processes import binary, run, wait_until

MANIFEST = '''
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: bench}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: gateway.flomesh.io/v1alpha1
kind: SessionStickyPolicy
metadata: {{name: web, namespace: bench}}
spec:
  targetRef: {{kind: Service, name: web}}
  ports: [{{port: 80, config: {{cookieName: srv}}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: bench}}
spec:
  gatewayClassName: limpet
  listeners: [{{name: http, protocol: HTTP, port: {port}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: bench}}
spec:
  parentRefs: [{{name: edge}}]
  rules: [{{backendRefs: [{{name: web, port: 80}}]}}]
'''
SLICE = '''
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-1, namespace: bench, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
ports: [{{port: {port}}}]
endpoints: [{endpoints}]
'''
RETRIES = '''
---
apiVersion: gateway.flomesh.io/v1alpha1
kind: RetryPolicy
metadata: {name: web, namespace: bench}
spec:
  targetRef: {kind: Service, name: web}
  ports: [{port: 80}]
  config: {numRetries: 3}
'''
WEIGHTS = '''
---
apiVersion: gateway.flomesh.io/v1alpha1
kind: LoadBalancerPolicy
metadata: {{name: web, namespace: bench}}
spec:
  targetRef: {{kind: Service, name: web}}
  ports: [{{port: 80}}]
  config: {{weights: [{weights}]}}
'''
CONDITIONS = {
    'in': '{ready: true}',
    'drain': '{ready: false, serving: true, terminating: true}',
}


class Limpet:
    def __init__(self, cluster, retries):
        self.cluster = cluster
        self.manifest = MANIFEST.format(port=GATEWAY_PORT) + (RETRIES if retries else '')
        cluster.workers = 1

    @staticmethod
    def version():
        return run([binary('limpet-proxy'), '--version']).stdout.strip()

    def start(self, listing):
        self.cluster.start_all(nodes=3)
        self.change(listing, self.manifest)

    def change(self, listing, more=''):
        endpoints = ', '.join(
            f'{{hostname: {e.name}, addresses: [{e.address}], conditions: {CONDITIONS[e.state]}}}'
            for e in listing if e.state != 'out')
        text = more + SLICE.format(port=ENDPOINT_PORT, endpoints=endpoints)
        if any(e.weight != 1 for e in listing):
            text += WEIGHTS.format(weights=', '.join(
                f'{{endpoint: {e.name}, weight: {e.weight}}}' for e in listing))
        self.cluster.apply(text)

    def restart(self, node):
        self.cluster.nodes[node].stop()
        self.cluster.start_node(node)

    def crash(self, nodes):
        for node in nodes:
            self.cluster.nodes[node].kill()
        for node in nodes:
            self.cluster.start_node(node, ready=False)
        for node in nodes:
            self.cluster.wait_ready(self.cluster.nodes[node], self.cluster.node_address(node),
                                    7800)

    def wait_settled(self):
        """Once it serves, it is."""

    def wait_reached(self, name, sessions):
        """Until every node sends to the endpoint again: a node tries an address that it could not
        reach from time to time, with a request."""
        known = next((s for s in sessions if s.origin == name and not s.rewritten), None)
        for node in self.cluster.nodes if known else ():
            wait_until(lambda: raw_http.get(
                self.cluster.node_address(node), GATEWAY_PORT,
                cookie=known.cookie_header()).header('x-endpoint') == name, f'return to {name}')
