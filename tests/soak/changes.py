"""Changes of the configuration, one every so often: endpoints come and go, routes change, a
listener opens and closes. The endpoints named in `stable`, and the way to them, are not touched."""

import random
import threading

import grpc

from tests.support.api import Management, endpoint_slice

BASE = '''
apiVersion: v1
kind: Service
metadata: {name: calm}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: wild}
spec: {ports: [{port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: soak}
spec:
  gatewayClassName: limpet
  listeners: [{name: http, protocol: HTTP, port: 8000}]
'''

POLICY = '''
---
apiVersion: gateway.flomesh.io/v1alpha1
kind: SessionStickyPolicy
metadata: {{name: {name}}}
spec:
  targetRef: {{group: "", kind: Service, name: {name}}}
  ports: [{{port: 80, config: {{cookieName: _soak_{name}, expires: 3600}}}}]
'''

ROUTE = '''
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}}}
spec:
  parentRefs: [{{name: soak}}]
  rules:
  - matches: [{{path: {{type: PathPrefix, value: /{name}}}}}]
    backendRefs: [{{name: {service}, port: 80}}]
'''


def manifest():
    """Two Services, sticky both, and their routes."""
    names = ('calm', 'wild')
    return (BASE + ''.join(POLICY.format(name=name) for name in names) +
            ''.join(ROUTE.format(name=name, service=name) for name in names) +
            ROUTE.format(name='extra', service='wild'))


class Changes:
    """On a thread of its own, through the API."""

    def __init__(self, api, seed, calm, wild, transient, every_s):
        self.api = Management(api)
        self.random = random.Random(f'{seed}/changes')
        self.wild = wild
        self.transient = transient
        self.every_s = every_s
        self.made = 0
        self.failures = []
        self._calm = endpoint_slice('calm', 'calm', calm)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        applied = self._apply([self._calm, self._wild(transient)])
        for _ in self.api.stream('WaitActive', revision=applied.state.revision):
            pass  # until every node serves it
        listed = {kind: {getattr(resource, field).metadata.name: resource for resource in
                         self.api.call('List', kind=kind).resources}
                  for kind, field in (('HTTPRoute', 'http_route'), ('Gateway', 'gateway'))}
        self.extra = listed['HTTPRoute']['extra']
        self.gateway = listed['Gateway']['soak']

    def _apply(self, resources, deletes=()):
        return self.api.call('Apply', resources=resources, deletes=deletes)

    def _wild(self, transient):
        return endpoint_slice('wild', 'wild', [*self.wild, *transient])

    def _change(self):
        what = self.random.randrange(10)
        if what < 6:
            some = [address for address in self.transient if self.random.random() < 0.5]
            return self._apply([self._wild(some)])
        if what == 6:
            key = {'kind': 'HTTPRoute', 'namespace': 'default', 'name': 'extra'}
            return self._apply([], [key])
        if what == 7:
            listeners = self.gateway.gateway.spec.listeners
            if len(listeners) > 1:
                del listeners[1:]
            else:
                listeners.add(name='more', protocol='HTTP', port=8001)
            return self._apply([self.gateway])
        del self.extra.http_route.spec.hostnames[:]
        self.extra.http_route.spec.hostnames.append(f'h{self.random.randrange(50)}.example.com')
        return self._apply([self.extra])

    def _run(self):
        while not self._stopping.wait(self.every_s):
            try:
                self._change()
                self.made += 1
            except grpc.RpcError as error:
                self.failures.append(f'change {self.made}: {error.code()} {error.details()}')

    def start(self):
        self._thread.start()

    def stop(self):
        """Leaves all endpoints listed."""
        self._stopping.set()
        self._thread.join()
        self._apply([self._wild(self.transient)])
        self.api.close()
