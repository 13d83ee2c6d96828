"""Nodes that serve some of the Gateways get what these reach, and nothing else."""

import json
import unittest

from tests.support.cluster import GATEWAY_PORT, ClusterCase
from tests.support.processes import wait_until

GATEWAY = '''---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: shop}}
spec: {{gatewayClassName: limpet, listeners: [{{name: http, protocol: HTTP, port: {port}}}]}}
'''
SITE = '''---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {name}-1, namespace: shop, labels: {{kubernetes.io/service-name: {name}}}}}
addressType: IPv4
ports: [{{port: 8080}}]
endpoints: [{{addresses: [{address}]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: shop}}
spec:
  parentRefs: [{{name: {gateway}}}]
  rules: [{{backendRefs: [{{name: {name}, port: 80}}]}}]
'''


class Scope(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_server()
        cluster.start_endpoint(1, name='left')
        cluster.start_endpoint(2, name='right')
        cluster.select(1, '--gateway', 'shop/left', '--label', 'zone=a')
        cluster.select(2, '--gateway', 'shop/right', '--label', 'zone=b')
        for node in (1, 2, 3):
            cluster.start_node(node)
        cluster.apply(''.join([
            GATEWAY.format(name='left', port=GATEWAY_PORT),
            # The same port: each node has it for its own Gateway.
            GATEWAY.format(name='right', port=GATEWAY_PORT),
            SITE.format(name='left', gateway='left', address=cluster.endpoint_address(1)),
            SITE.format(name='right', gateway='right', address=cluster.endpoint_address(2))]))

    def nodes(self):
        shown = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)
        return {node['nodeId']: node for node in shown['nodes']}, shown['head']

    def start_for(self, node, *flags):
        """Starts the node with the flags, and returns when it serves what is newest."""
        self.cluster.select(node, *flags)
        self.cluster.start_node(node)

        def serves():
            nodes, head = self.nodes()
            status = nodes.get(f'node-{node}')
            return (status and status['connected'] and status['gateways'] == [flags[1]]
                    and status['active']['revision'] == head['revision'])
        wait_until(serves, f'node {node} at the newest revision')

    def test_each_node_serves_its_gateway(self):
        self.assertIn(b'left', self.cluster.get(1).body)
        self.assertIn(b'right', self.cluster.get(2).body)

    def test_nodes_tell_what_they_serve(self):
        nodes, head = self.nodes()
        self.assertEqual(nodes['node-1']['gateways'], ['shop/left'])
        self.assertEqual(nodes['node-1']['labels'], {'zone': 'a'})
        self.assertEqual(nodes['node-3']['active'], head)
        self.assertNotEqual(nodes['node-1']['active']['digest'], head['digest'])
        wide = self.cluster.gwctl('nodes', '-o', 'wide').stdout.splitlines()
        self.assertRegex(wide[1], r'^node-1 .* shop/left +zone=a ')
        self.assertRegex(wide[3], r'^node-3 .* \* +<none> ')

    def test_a_change_elsewhere_is_a_revision_but_no_change(self):
        before = self.nodes()[0]
        self.cluster.apply(SITE.format(name='more', gateway='right',
                                       address=self.cluster.endpoint_address(2)))
        after, head = self.nodes()
        for node in ('node-1', 'node-2', 'node-3'):
            self.assertEqual(after[node]['active']['revision'], head['revision'])
        digests = {node: (before[node]['active']['digest'], after[node]['active']['digest'])
                   for node in after}
        self.assertEqual(*digests['node-1'])
        self.assertNotEqual(*digests['node-2'])

    def test_a_restarted_node_resumes_and_one_of_another_gateway_begins_anew(self):
        self.assertEqual(self.cluster.nodes[1].stop(), 0)
        self.start_for(1, '--gateway', 'shop/left', '--label', 'zone=a')
        self.assertIn(b'left', self.cluster.get(1).body)
        self.assertEqual(self.cluster.nodes[1].stop(), 0)
        self.start_for(1, '--gateway', 'shop/right')
        self.assertIn(b'right', self.cluster.get(1).body)
        self.assertEqual(self.cluster.nodes[1].stop(), 0)
        # Without the server: what is kept of it serves, not what was kept of the other.
        self.assertEqual(self.cluster.server.stop(), 0)
        try:
            self.cluster.start_node(1)
            self.assertIn(b'right', self.cluster.get(1).body)
            self.assertEqual(self.cluster.nodes[1].stop(), 0)
            self.cluster.select(1, '--gateway', 'shop/left')
            self.cluster.start_node(1)
            with self.assertRaises(OSError):
                self.cluster.get(1)
            self.assertEqual(self.cluster.nodes[1].stop(), 0)
        finally:
            self.cluster.start_server()
        self.start_for(1, '--gateway', 'shop/left', '--label', 'zone=a')
        wait_until(lambda: len(self.nodes()[0]) == 3, 'every node to be back')

    def test_mistakes_are_refused(self):
        for flags, said in ((['--gateway', 'left'], 'NAMESPACE/NAME'),
                            (['--label', 'zone'], 'KEY=VALUE')):
            self.cluster.select(9, *flags)
            node = self.cluster.start_node(9, ready=False)
            self.assertEqual(node.wait_exit(), 1)
            self.assertIn(said, node.output)


if __name__ == '__main__':
    unittest.main()
