"""What the server tells of objects: conditions with reasons, and how many nodes serve them."""

import json
import re
import socket
import unittest

from tests.support.api import Management, service
from tests.support.cluster import ClusterCase
from tests.support.fake_node import FakeNode
from tests.support.processes import wait_until

GATEWAY = ('gateway', 'simple-fsm-gateway')
ROUTE = ('httproute', 'fortio-route')
POLICY = ('sessionstickypolicy', 'session-sticky-policy-sample')

ROUTE_YAML = '''
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: server}}
spec:
  parentRefs: [{{name: {parent}}}]
  hostnames: [{name}.example.com]
  rules:
  - backendRefs: [{{name: {backend}, port: 8080}}]
'''

GATEWAY_YAML = '''
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: {name}, namespace: server}}
spec:
  gatewayClassName: any
  listeners: [{{name: http, port: {port}, protocol: HTTP}}]
'''


class Status(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=2)
        cluster.apply_demonstration(policy=True)

    def api(self):
        api = Management(self.cluster.api)
        self.addCleanup(api.close)
        return api

    def status(self, kind, name):
        shown = self.cluster.gwctl('get', kind, name, '-n', 'server', '-o', 'json').stdout
        return json.loads(shown).get('status', {})

    def describe(self, kind, name):
        return self.cluster.gwctl('describe', kind, name, '-n', 'server').stdout

    def row(self, kind, name):
        """The object's line of `gwctl get`, by column."""
        lines = self.cluster.gwctl('get', kind, name, '-n', 'server').stdout.splitlines()
        return dict(zip(lines[0].split(), re.split(r'\s{2,}', lines[1])))

    def apply_route(self, name, parent=GATEWAY[1], backend='pipy', wait=True):
        text = ROUTE_YAML.format(name=name, parent=parent, backend=backend)
        self.cluster.gwctl('apply', *(['--wait'] if wait else []), '-f', '-', text_in=text)
        self.addCleanup(self.cluster.gwctl, 'delete', 'httproute', name, '-n', 'server')

    def condition(self, conditions, kind):
        [found] = [c for c in conditions if c['type'] == kind]
        return found['status'], found['reason'], found.get('message', '')

    def active(self, kind, name):
        return self.condition(self.status(kind, name)['conditions'], 'Active')

    def namespace_nodes(self):
        """Every node gets every Namespace."""
        return self.status('namespace', 'server')['nodes']

    def fake_node(self, gateways=()):
        """Serves all that there is, or what the Gateways reach."""
        node = FakeNode(self.cluster.api, 'fake', gateways)
        node.ack(node.receive())

        def leave():
            node.close()
            wait_until(lambda: self.namespace_nodes()['desired'] == 2, 'the node to go')
        self.addCleanup(leave)
        wait_until(lambda: self.namespace_nodes()['active'] == 3, 'its Ack')
        return node

    def test_what_serves_on_both_nodes(self):
        for kind, name in (GATEWAY, ROUTE, POLICY, ('service', 'pipy')):
            status = self.status(kind, name)
            self.assertEqual(self.condition(status['conditions'], 'Active'),
                             ('True', 'AllNodesActive', '2 of 2 nodes'))
            self.assertEqual(status['nodes'],
                             {'desired': 2, 'active': 2, 'rejected': 0, 'stale': 0})
        gateway = self.status(*GATEWAY)
        self.assertEqual(self.condition(gateway['conditions'], 'Programmed')[0], 'True')
        [listener] = gateway['listeners']
        self.assertEqual(listener['attachedRoutes'], 1)
        self.assertEqual(listener['supportedKinds'],
                         [{'group': 'gateway.networking.k8s.io', 'kind': 'HTTPRoute'}])
        self.assertEqual({c['type']: c['status'] for c in listener['conditions']},
                         {'Accepted': 'True', 'Conflicted': 'False', 'ResolvedRefs': 'True',
                          'Programmed': 'True'})
        self.assertEqual([c['observedGeneration'] for c in listener['conditions']], [1] * 4)
        row = self.row(*GATEWAY)
        self.assertEqual((row['PROGRAMMED'], row['ATTACHED'], row['ACTIVE']), ('True', '1', '2/2'))
        row = self.row(*ROUTE)
        self.assertEqual((row['ACCEPTED'], row['RESOLVED'], row['ACTIVE']), ('True', 'True', '2/2'))
        row = self.row(*POLICY)
        self.assertEqual((row['ACCEPTED'], row['ACTIVE']), ('True', '2/2'))

    def test_a_route_whose_parent_is_not_there(self):
        self.apply_route('orphan', parent='nobody')
        [parent] = self.status('httproute', 'orphan')['parents']
        self.assertEqual(parent['parentRef'], {'name': 'nobody'})
        self.assertEqual(self.condition(parent['conditions'], 'Accepted'),
                         ('False', 'NoMatchingParent', 'Gateway server/nobody does not exist'))
        self.assertEqual(self.row('httproute', 'orphan')['ACCEPTED'], 'NoMatchingParent')

    def test_a_route_whose_backend_comes_later(self):
        self.apply_route('early', backend='later')
        [parent] = self.status('httproute', 'early')['parents']
        self.assertEqual(self.condition(parent['conditions'], 'ResolvedRefs'),
                         ('False', 'BackendNotFound', 'spec.rules[0].backendRefs[0]: '
                          'Service server/later does not exist'))
        # The reference resolves, without a change of the route.
        self.cluster.apply('apiVersion: v1\nkind: Service\nmetadata: {name: later, '
                           'namespace: server}\nspec: {ports: [{port: 8080}]}\n')
        self.addCleanup(self.cluster.gwctl, 'delete', 'service', 'later', '-n', 'server')
        [parent] = self.status('httproute', 'early')['parents']
        self.assertEqual(self.condition(parent['conditions'], 'ResolvedRefs')[0], 'True')

    def test_two_policies_for_one_port(self):
        text = self.cluster.manifest('session-sticky-policy.yaml')
        text = text.replace(POLICY[1], 'z-later').replace('expires: 600', 'expires: 60')
        self.cluster.apply(text)
        self.addCleanup(self.cluster.gwctl, 'delete', POLICY[0], 'z-later', '-n', 'server')
        conditions = self.status(POLICY[0], 'z-later')['conditions']
        self.assertEqual(self.condition(conditions, 'Accepted')[:2], ('False', 'Conflicted'))
        self.assertIn(f'server/{POLICY[1]}', self.condition(conditions, 'Accepted')[2])
        self.assertEqual(self.row(POLICY[0], 'z-later')['ACCEPTED'], 'Conflicted')
        self.assertEqual(self.row(*POLICY)['ACCEPTED'], 'True')

    def test_a_listener_whose_port_is_taken_on_one_node(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind((self.cluster.node_address(1), 0))
        taken.listen()
        port = taken.getsockname()[1]
        self.cluster.apply(GATEWAY_YAML.format(name='taken', port=port))
        self.addCleanup(self.cluster.gwctl, 'delete', 'gateway', 'taken', '-n', 'server')
        wait_until(lambda: self.active('gateway', 'taken')[1] == 'ListenerFailed', 'the report')
        self.assertRegex(self.active('gateway', 'taken')[2],
                         rf'^1 of 2 nodes; node-1: port {port}: .*in use')
        self.assertEqual(self.row('gateway', 'taken')['ACTIVE'], '1/2')
        self.assertEqual(self.active(*GATEWAY)[1], 'AllNodesActive')
        taken.close()
        wait_until(lambda: self.active('gateway', 'taken')[0] == 'True', 'the port to be open')

    def test_a_listener_that_an_older_gateway_has(self):
        self.cluster.apply(GATEWAY_YAML.format(name='z-younger', port=8000))
        self.addCleanup(self.cluster.gwctl, 'delete', 'gateway', 'z-younger', '-n', 'server')
        status = self.status('gateway', 'z-younger')
        self.assertEqual(self.condition(status['conditions'], 'Programmed')[0], 'False')
        self.assertEqual(self.condition(status['listeners'][0]['conditions'], 'Conflicted')[:2],
                         ('True', 'HostnameConflict'))

    def test_a_node_that_refuses_an_object(self):
        node = self.fake_node()
        self.apply_route('refused', wait=False)
        state = node.receive()
        wait_until(lambda: self.status('httproute', 'refused')['nodes']['active'] == 2,
                   'the other nodes')
        self.assertEqual(self.active('httproute', 'refused'),
                         ('False', 'NodesPending', '2 of 3 nodes; waiting for fake'))
        node.nack(state, ('HTTPRoute', 'server', 'refused', 'spec.rules[0]', 'too strange'))
        wait_until(lambda: self.active('httproute', 'refused')[1] == 'Rejected', 'the Nack')
        refusal = f'refuses revision {state.revision}: spec.rules[0]: too strange'
        self.assertEqual(self.active('httproute', 'refused')[2],
                         f'2 of 3 nodes; fake {refusal}')
        self.assertEqual(self.status('httproute', 'refused')['nodes'],
                         {'desired': 3, 'active': 2, 'rejected': 1, 'stale': 0})
        # What was there before is served as before.
        self.assertEqual(self.active(*ROUTE)[:2], ('True', 'AllNodesActive'))
        self.assertIn(f'revision {state.revision}: HTTPRoute server/refused: spec.rules[0]: '
                      'too strange', self.cluster.gwctl('nodes').stdout)
        described = self.describe('httproute', 'refused')
        self.assertRegex(described, r'Nodes: +3 \(2 active, 1 rejected, 0 stale\)')
        self.assertRegex(described, rf'Active +False +Rejected .*fake {re.escape(refusal)}')

    def test_a_node_that_refuses_the_revision_for_another_object(self):
        node = self.fake_node()
        self.apply_route('bystander', wait=False)
        state = node.receive()
        node.nack(state, ('HTTPRoute', 'server', 'another', '', 'no'))
        wait_until(lambda: 'something else' in self.active('httproute', 'bystander')[2], 'Nack')
        self.assertEqual(self.active('httproute', 'bystander')[1], 'NodesPending')
        self.assertEqual(self.status('httproute', 'bystander')['nodes']['rejected'], 0)

    def test_a_node_that_serves_other_gateways_does_not_count(self):
        self.fake_node(gateways=['server/elsewhere'])
        for kind, name in (GATEWAY, ROUTE, POLICY, ('service', 'pipy')):
            self.assertEqual(self.status(kind, name)['nodes']['desired'], 2)
        self.cluster.apply(GATEWAY_YAML.format(name='elsewhere', port=8001), '--percent', 50)
        self.addCleanup(self.cluster.gwctl, 'delete', 'gateway', 'elsewhere', '-n', 'server')
        self.assertEqual(self.active('gateway', 'elsewhere')[2], '2 of 3 nodes; waiting for fake')

    def test_a_status_in_a_manifest_is_not_read(self):
        shown = self.cluster.gwctl('get', 'all', '-A', '-o', 'yaml').stdout
        self.assertIn('observedGeneration', shown)
        for line in self.cluster.apply(shown).stdout.splitlines():
            self.assertTrue(line.endswith(' unchanged'), line)
        # As Kubernetes writes it.
        text = GATEWAY_YAML.format(name='simple-fsm-gateway', port=8000) + '''
status:
  addresses: [{type: IPAddress, value: 10.0.0.1}]
  attachedListenerSets: 0
  conditions:
  - {type: Accepted, status: "False", lastTransitionTime: "2026-01-01T00:00:00Z", reason: No}
  listeners: [{name: other, attachedRoutes: 9, someday: {a: 1}}]
'''
        self.cluster.gwctl('validate', '-f', '-', text_in=text)
        self.cluster.gwctl('apply', '--dry-run', '-f', '-', text_in=text)

    def test_a_later_page_tells_of_what_is_still_so(self):
        api = self.api()
        names = ['paged-1', 'paged-2', 'paged-3']
        api.call('Apply', resources=[service(name, 80) for name in names])
        keys = [{'kind': 'Service', 'namespace': 'default', 'name': name} for name in names]
        self.addCleanup(api.call, 'Delete', keys=keys)
        first = api.call('List', kind='Service', namespace='default', limit=1)
        self.assertTrue(first.resources[0].service.HasField('status'))
        api.call('Apply', resources=[service('paged-2', 81)])
        rest = api.call('List', kind='Service', namespace='default',
                        page_token=first.next_page_token).resources
        self.assertEqual([r.service.HasField('status') for r in rest], [False, True])

    def test_the_api_tells_lists_and_no_watch(self):
        api = self.api()
        [route] = api.call('List', kind='HTTPRoute', namespace='server').resources
        self.assertEqual(route.http_route.status.nodes.active, 2)
        # Nothing that is sent is kept.
        route.http_route.status.nodes.active = 77
        unchanged = api.types.ObjectResult.UNCHANGED
        self.assertEqual([r.outcome for r in api.call('Apply', resources=[route]).results],
                         [unchanged])
        watch = api.stream('Watch', kind='HTTPRoute')
        self.addCleanup(watch.cancel)
        told = next(watch).events[0].resource.http_route
        self.assertFalse(told.HasField('status'))


if __name__ == '__main__':
    unittest.main()
