"""Endpoints that come from DNS, whose server is the test's."""

import struct
import unittest

from tests.support import dns_server
from tests.support.api import Management
from tests.support.cluster import ENDPOINT_PORT, ClusterCase
from tests.support.dns_server import DnsServer, answer, read_question, record, wire_name
from tests.support.processes import wait_until

SERVICE = '''
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: server}}
spec: {{type: ExternalName, externalName: {dns}, ports: [{{port: 8080, protocol: TCP}}]}}
'''
ANNOTATED = '''
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: server
  annotations: {{limpet.dev/resolve: {dns}, limpet.dev/resolve-interval: 1s}}
spec: {{ports: [{{port: 80, targetPort: 8080}}]}}
'''


def wrong_id(packet):
    reply = answer(packet, [record('id.test', dns_server.A, 1, b'\x7f\0\0\x02')])
    return [struct.pack('!H', struct.unpack('!H', packet[:2])[0] ^ 1) + reply[2:]]


def wrong_question(packet):
    """A right answer, to what nobody has asked."""
    _, kind, _ = read_question(packet)
    question = wire_name('other.test') + struct.pack('!HH', kind, 1)
    return [packet[:2] + struct.pack('!HHHHH', 0x8180, 1, 1, 0, 0) + question +
            record('other.test', kind, 1, b'\x7f\0\0\x02' * (4 if kind == dns_server.AAAA else 1))]


def wrong_owner(packet):
    return [answer(packet, [record('other.test', dns_server.A, 1, b'\x7f\0\0\x02')])]


def garbage(packet):
    return [packet[:2] + b'\xff' * 40, answer(packet, [])[:-3], answer(packet, [b'\xc0\x0c\0'])]


LIES = {
    'id': wrong_id,
    'question': wrong_question,
    'owner': wrong_owner,
    'garbage': garbage,
    'nothing': lambda packet: [answer(packet, [])],
    'gone': lambda packet: [answer(packet, [], dns_server.NAME_ERROR)],
    'broken': lambda packet: [answer(packet, [], dns_server.SERVER_FAILURE)],
    'cut': lambda packet: [dns_server.cut_off(packet)],  # over TCP, too
    'silent': lambda packet: [],
    'impossible': lambda packet: [answer(packet, [record('impossible.test', dns_server.A, 1, a)
                                                  for a in (b'\0\0\0\0', b'\xe0\0\0\1')])],
}


class Dns(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.dns = DnsServer(cluster.address(100))
        cls.api = Management(cluster.api, wait_for_ready=True)
        arguments = cluster.server_arguments
        cluster.server_arguments = lambda: [*arguments(), '--dns-server', cls.dns.flag]
        for endpoint in (1, 2, 3, 4):
            cluster.start_endpoint(endpoint)
        cluster.start_all(nodes=2)
        names = ['gateway.yaml', 'session-sticky-policy.yaml']
        cls.dns.set('pipy.test', cluster.endpoint_address(1))
        cluster.apply('\n---\n'.join([*map(cluster.manifest, names),
                                      SERVICE.format(name='pipy', dns='pipy.test')]))
        cls.wait_endpoints('pipy', cluster.endpoint_address(1))

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        super().tearDownClass()
        cls.dns.stop()

    # ---- What is stored and served.

    @classmethod
    def slices(cls, service):
        answered = cls.api.call('List', kind='EndpointSlice', namespace='server',
                                label_selector=f'kubernetes.io/service-name={service}')
        return [resource.endpoint_slice for resource in answered.resources]

    @classmethod
    def endpoints(cls, service):
        return {endpoint.addresses[0] for piece in cls.slices(service)
                for endpoint in piece.endpoints}

    @classmethod
    def wait_endpoints(cls, service, *addresses):
        """Until they are stored, and every node serves them."""
        wait_until(lambda: cls.endpoints(service) == set(addresses),
                   f'endpoints {addresses} of {service}')
        cls.cluster.gwctl('wait', '--for=active')

    def head(self):
        return self.api.call('GetVersion').head.revision

    def condition(self, service):
        key = {'kind': 'Service', 'namespace': 'server', 'name': service}
        status = self.api.call('Get', key=key).resource.service.status
        return next(c for c in status.conditions if c.type == 'Resolved')

    def address(self, endpoint):
        return self.cluster.endpoint_address(endpoint)

    def set_pipy(self, *endpoints):
        addresses = [self.address(endpoint) for endpoint in endpoints]
        self.dns.set('pipy.test', *addresses)
        self.wait_endpoints('pipy', *addresses)

    def endpoint_of(self, node, cookie):
        response = self.cluster.get(node, cookie=cookie)
        self.assertEqual(response.status, 200)
        self.assertIsNone(response.cookie(), 'the session moved')
        return response.header('x-endpoint')

    def remove(self, name):
        self.api.call('Delete', options={'allow_mass_delete': True},
                      keys=[{'kind': 'Service', 'namespace': 'server', 'name': name}])

    # ---- Tests.

    def test_one_to_four_and_back_keeps_sessions(self):
        self.set_pipy(1)
        first = self.cluster.get(1).cookie()
        self.set_pipy(1, 2, 3, 4)
        sessions = [self.cluster.get(1) for _ in range(12)]
        self.assertEqual({s.header('x-endpoint') for s in sessions}, {'e1', 'e2', 'e3', 'e4'})
        for node in (1, 2):
            self.assertEqual(self.endpoint_of(node, first), 'e1')
            for session in sessions:
                self.assertEqual(self.endpoint_of(node, session.cookie()),
                                 session.header('x-endpoint'))
        self.set_pipy(1)
        for node in (1, 2):
            self.assertEqual(self.endpoint_of(node, first), 'e1')
        audit = self.api.call('ListAudit').records
        self.assertIn(('dns', 'resolve', 'server/pipy: 4 addresses of pipy.test'),
                      [(r.actor, r.action, r.message) for r in audit])

    def test_no_revision_without_a_change(self):
        self.set_pipy(1, 2)
        before = self.head()
        self.dns.wait_asked('pipy.test', 3)
        # The same in another order, and through an alias.
        self.dns.set('pipy.test', self.address(2), self.address(1), alias='other.test')
        self.dns.wait_asked('pipy.test', 3)
        self.assertEqual(self.head(), before)

    def test_a_resolver_that_is_down_or_lies_takes_nothing_away(self):
        for name in LIES:
            self.dns.set(f'{name}.test', self.address(1))
        self.cluster.apply('\n---\n'.join(
            ANNOTATED.format(name=name, dns=f'{name}.test') for name in LIES))
        for name in LIES:
            self.wait_endpoints(name, self.address(1))
            wait_until(lambda: self.condition(name).status == 'True', f'{name} resolved')
        before = self.head()
        for name, lie in LIES.items():
            self.dns.say(f'{name}.test', lie)
        for name in LIES:
            wait_until(lambda: self.condition(name).status == 'False', f'{name} unresolved')
            self.dns.wait_asked(f'{name}.test', 2)
            self.assertEqual(self.endpoints(name), {self.address(1)}, name)
        self.assertEqual(self.condition('gone').reason, 'NoAddresses')
        self.assertEqual(self.condition('nothing').reason, 'NoAddresses')
        self.assertEqual(self.condition('silent').reason, 'LookupFailed')
        self.assertIn('the last 1 address stay', self.condition('id').message)
        self.addCleanup(self.dns.start)
        self.dns.stop()
        wait_until(lambda: self.condition('gone').reason == 'LookupFailed', 'the server is down')
        self.dns.start()
        for name in LIES:
            self.dns.set(f'{name}.test', self.address(1))
        for name in LIES:
            wait_until(lambda: self.condition(name).status == 'True', f'{name} again')
        self.assertEqual(self.head(), before)
        for name in LIES:
            self.remove(name)

    def test_more_addresses_than_fit_into_a_packet(self):
        many = [f'10.0.{i // 100}.{i % 100}' for i in range(300)]
        self.dns.set('many.test', *many[:100])
        self.cluster.apply(ANNOTATED.format(name='many', dns='many.test'))
        self.wait_endpoints('many', *many[:100])
        # More than are used: the same ones each time.
        self.dns.set('many.test', *many)
        self.wait_endpoints('many', *sorted(many)[:256])
        before = self.head()
        self.dns.wait_asked('many.test', 2)
        self.assertEqual(self.head(), before)
        self.remove('many')

    def test_addresses_of_ipv6(self):
        self.dns.set('six.test', '::1', self.address(1))
        self.cluster.apply(ANNOTATED.format(name='six', dns='six.test'))
        self.wait_endpoints('six', '::1', self.address(1))
        self.assertEqual({(s.metadata.name, s.address_type, s.ports[0].port)
                          for s in self.slices('six')},
                         {('six-dns-ipv4', 'IPv4', ENDPOINT_PORT),
                          ('six-dns-ipv6', 'IPv6', ENDPOINT_PORT)})
        self.dns.set('six.test', self.address(1))
        self.wait_endpoints('six', self.address(1))
        self.remove('six')

    def test_slices_go_with_the_service_and_its_name(self):
        self.dns.set('old.test', self.address(1))
        self.cluster.apply(SERVICE.format(name='moving', dns='old.test'))
        self.wait_endpoints('moving', self.address(1))
        self.dns.set('new.test', self.address(2))
        self.cluster.apply(SERVICE.format(name='moving', dns='new.test'))
        self.wait_endpoints('moving', self.address(2))
        self.cluster.apply(SERVICE.format(name='moving', dns='nowhere.test'))
        self.wait_endpoints('moving')
        self.assertEqual(self.condition('moving').reason, 'NoAddresses')
        self.dns.set('nowhere.test', self.address(3))
        self.wait_endpoints('moving', self.address(3))
        self.remove('moving')
        self.assertEqual(self.slices('moving'), [])

    def test_users_leave_generated_slices_alone(self):
        self.set_pipy(1)
        done = self.cluster.gwctl('delete', 'endpointslice', 'pipy-dns-ipv4', '-n', 'server',
                                  expect=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('is generated from DNS', done.stderr)
        shown = self.cluster.gwctl('get', 'endpointslice', 'pipy-dns-ipv4', '-n', 'server', '-o',
                                   'yaml').stdout
        done = self.cluster.gwctl('apply', '-f', '-', text_in=shown, expect=None)
        self.assertIn('is generated from DNS', done.stderr)
        first = self.head()
        self.set_pipy(1, 2)
        self.assertEqual(len(self.api.call('Diff', to=self.head(), **{'from': first}).changes), 0)
        # A rollback to then makes no difference to them.
        self.assertEqual(self.api.call('Rollback', to=first).state.revision, self.head())
        self.assertEqual(self.endpoints('pipy'), {self.address(1), self.address(2)})

    def test_the_last_answer_outlives_the_server(self):
        self.set_pipy(1, 3)
        before = self.head()
        self.addCleanup(self.dns.start)
        self.dns.stop()
        self.assertEqual(self.cluster.server.stop(), 0)
        # The connection to the server that was may be found broken only by the next call.
        self.api.close()
        self.cluster.start_server()
        type(self).api = Management(self.cluster.api, wait_for_ready=True)
        wait_until(lambda: self.condition('pipy').reason == 'LookupFailed', 'a failed question')
        self.assertEqual(self.endpoints('pipy'), {self.address(1), self.address(3)})
        self.assertEqual(self.head(), before)
        self.dns.start()
        wait_until(lambda: self.condition('pipy').status == 'True', 'the resolver again')
        self.assertEqual(self.head(), before)


if __name__ == '__main__':
    unittest.main()
