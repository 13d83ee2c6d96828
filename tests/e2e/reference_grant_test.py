"""Routes to Services and listeners with certificates of other namespaces, by ReferenceGrants that
come and go while nodes serve."""

import http.client
import json
import socket
import ssl
import unittest

from tests.support.certificates import Authority, secret
from tests.support.cluster import GATEWAY_PORT, ClusterCase

TLS_PORT = 8443
OBJECTS = '''---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: shop}}
spec:
  gatewayClassName: limpet
  listeners:
  - {{name: http, protocol: HTTP, port: {port}}}
  - {{name: https, protocol: HTTPS, port: {tls_port}, hostname: pay.example,
     tls: {{certificateRefs: [{{name: pay, namespace: vault}}]}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: pay, namespace: shop}}
spec:
  parentRefs: [{{name: edge}}]
  rules: [{{backendRefs: [{{name: ledger, namespace: bank, port: 80}}]}}]
---
apiVersion: v1
kind: Service
metadata: {{name: ledger, namespace: bank}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: ledger-1, namespace: bank, labels: {{kubernetes.io/service-name: ledger}}}}
addressType: IPv4
ports: [{{port: 8080}}]
endpoints: [{{addresses: [{address}]}}]
'''
GRANT = '''---
apiVersion: gateway.networking.k8s.io/{version}
kind: ReferenceGrant
metadata: {{name: from-shop, namespace: {namespace}}}
spec:
  from: [{{group: gateway.networking.k8s.io, kind: {from_kind}, namespace: shop}}]
  to: [{{group: "", kind: {to_kind}, name: {name}}}]
'''


class ReferenceGrant(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.authority = Authority(cluster.dir)
        key_file = cluster.dir / 'secrets.key'
        cluster.gwctl('pki', 'secrets-key', key_file)
        cluster.server_flags = ['--secrets-key-file', key_file]
        cluster.start_server()
        cluster.start_endpoint(1)
        # The one serves all Gateways, the other is sent what this one reaches.
        cluster.select(2, '--gateway', 'shop/edge')
        for node in (1, 2):
            cluster.start_node(node)
        cluster.apply(OBJECTS.format(port=GATEWAY_PORT, tls_port=TLS_PORT,
                                     address=cluster.endpoint_address(1)))
        cluster.apply(secret('pay', *cls.authority.issue('pay', ['pay.example']),
                             namespace='vault'))

    def grant(self, namespace, from_kind, to_kind, name, version='v1beta1'):
        self.addCleanup(self.delete_grant, namespace)
        self.cluster.apply(GRANT.format(namespace=namespace, from_kind=from_kind, to_kind=to_kind,
                                        name=name, version=version))

    def grant_ledger(self, name='ledger', version='v1beta1'):
        self.grant('bank', 'HTTPRoute', 'Service', name, version)

    def delete_grant(self, namespace):
        self.cluster.gwctl('delete', '--wait', 'referencegrant', 'from-shop', '-n', namespace,
                           '--ignore-not-found')

    def statuses(self):
        return [self.cluster.get(node).status for node in (1, 2)]

    def told(self, *arguments):
        return self.cluster.gwctl(*arguments).stdout

    def condition(self, kind, name, find):
        shown = json.loads(self.told('get', kind, name, '-n', 'shop', '-o', 'json'))
        return {each['type']: each for each in find(shown['status'])['conditions']}['ResolvedRefs']

    def serial(self, node):
        """Of the certificate that the node has for pay.example; None: its port is closed."""
        context = ssl.create_default_context(cafile=str(self.authority.path))
        try:
            plain = socket.create_connection((self.cluster.node_address(node), TLS_PORT), 20)
        except ConnectionRefusedError:
            return None
        with context.wrap_socket(plain, server_hostname='pay.example') as connection:
            connection.sendall(b'GET / HTTP/1.1\r\nHost: pay.example\r\n\r\n')
            response = http.client.HTTPResponse(connection)
            response.begin()
            self.assertIn(response.status, (200, 500))
            return connection.getpeercert()['serialNumber']

    def route_condition(self):
        return self.condition('httproute', 'pay', lambda status: status['parents'][0])

    def test_a_route_leads_to_a_service_of_another_namespace_while_a_grant_permits_it(self):
        self.assertEqual(self.statuses(), [500, 500])
        refused = self.route_condition()
        self.assertEqual(refused['reason'], 'RefNotPermitted')
        self.assertIn('Service bank/ledger', refused['message'])
        self.assertIn('create a ReferenceGrant',
                      self.cluster.gwctl('analyze', expect=None).stdout)

        self.grant_ledger()
        self.assertEqual(self.statuses(), [200, 200])
        self.assertEqual(self.route_condition()['status'], 'True')

        self.grant_ledger(name='another')
        self.assertEqual(self.statuses(), [500, 500])
        self.grant_ledger(name='""', version='v1')
        self.assertEqual(self.statuses(), [200, 200])

        self.delete_grant('bank')
        self.assertEqual(self.statuses(), [500, 500])

    def test_a_grant_of_another_kind_or_namespace_permits_nothing(self):
        self.grant('bank', 'Gateway', 'Service', 'ledger')
        self.assertEqual(self.statuses(), [500, 500])
        self.grant('vault', 'HTTPRoute', 'Service', 'ledger')
        self.assertEqual(self.statuses(), [500, 500])
        told = self.cluster.gwctl('analyze', expect=None).stdout
        self.assertRegex(told, r'spec.from\[0\].*no effect')

    def test_a_listener_has_its_certificate_in_another_namespace_while_a_grant_permits_it(self):
        self.assertEqual([self.serial(node) for node in (1, 2)], [None, None])
        self.assertEqual(self.statuses(), [500, 500])  # the other listener is served
        self.grant('vault', 'Gateway', 'Secret', 'pay')
        first = self.serial(1)
        self.assertIsNotNone(first)
        self.assertEqual(self.serial(2), first)
        told = self.condition('gateway', 'edge', lambda status: status['listeners'][1])
        self.assertEqual(told['status'], 'True')

        self.cluster.apply(secret('pay', *self.authority.issue('pay', ['pay.example']),
                                  namespace='vault'))
        renewed = self.serial(1)
        self.assertNotIn(renewed, (None, first))
        self.assertEqual(self.serial(2), renewed)

        self.delete_grant('vault')
        self.assertEqual([self.serial(node) for node in (1, 2)], [None, None])

    def test_who_refers_by_a_grant_is_told(self):
        self.grant_ledger()
        shown = self.told('get', 'refgrant', '-n', 'bank')
        self.assertRegex(shown, r'(?m)^from-shop +HTTPRoute:shop +Service:ledger ')
        shown = self.told('describe', 'referencegrant', 'from-shop', '-n', 'bank')
        self.assertRegex(shown, r'HTTPRoute shop/pay +Service bank/ledger')
        shown = self.told('describe', 'httproute', 'pay', '-n', 'shop')
        self.assertRegex(shown, r'bank/ledger:80 +1 +True')
        shown = self.told('describe', 'service', 'ledger', '-n', 'bank')
        self.assertRegex(shown, r'shop/pay +0 +80')


if __name__ == '__main__':
    unittest.main()
