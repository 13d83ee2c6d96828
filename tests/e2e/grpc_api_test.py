"""The API as automation in another language sees it."""

import unittest

import grpc

from tests.support.api import Management, namespace, service, violations
from tests.support.cluster import ClusterCase

REFLECTION = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo'


def identity(data):
    return data


class Api(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.api = Management(cluster.api)
        cluster.start_all(nodes=1)

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        super().tearDownClass()

    def raises(self, code, method, **fields):
        with self.assertRaises(grpc.RpcError) as caught:
            self.api.call(method, **fields)
        self.assertEqual(caught.exception.code(), code)
        return caught.exception

    def test_apply_wait_and_list(self):
        applied = self.api.call('Apply', resources=[namespace('one'), namespace('two')])
        created = self.api.types.ObjectResult.CREATED
        self.assertEqual([result.outcome for result in applied.results], [created, created])
        steps = list(self.api.stream('WaitActive', revision=applied.state.revision))
        self.assertTrue(steps[-1].done)
        self.assertEqual((steps[-1].connected, steps[-1].active), (1, 1))
        listed = self.api.call('List', kind='Namespace')
        names = [r.namespace.metadata.name for r in listed.resources]
        self.assertEqual(names, sorted(names))
        self.assertLessEqual({'one', 'two'}, set(names))
        nodes = self.api.call('ListNodes')
        self.assertEqual([node.node_id for node in nodes.nodes], ['node-1'])
        self.assertEqual(nodes.nodes[0].active, nodes.head)
        self.assertEqual(len(nodes.head.digest), 32)

    def test_get_has_the_server_s_metadata(self):
        self.api.call('Apply', resources=[service('metadata', 80)])
        key = {'kind': 'Service', 'namespace': 'default', 'name': 'metadata'}
        first = self.api.call('Get', key=key).resource.service.metadata
        self.assertTrue(first.uid)
        self.assertEqual(first.generation, 1)
        self.assertRegex(first.creation_timestamp, r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$')
        self.api.call('Apply', resources=[service('metadata', 81)])
        second = self.api.call('Get', key=key).resource.service.metadata
        self.assertEqual((second.uid, second.generation), (first.uid, 2))
        self.assertGreater(int(second.resource_version), int(first.resource_version))

    def test_a_refused_batch_names_every_violation_and_changes_nothing(self):
        head = self.api.call('GetVersion').head
        error = self.raises(grpc.StatusCode.INVALID_ARGUMENT, 'Apply', resources=[
            namespace('good'), service('bad', 0, 70000), namespace('Bad Name')])
        fields = [field for field, _ in violations(error)]
        self.assertIn('resources[1].spec.ports[0].port', fields)
        self.assertIn('resources[1].spec.ports[1].port', fields)
        self.assertIn('resources[2].metadata.name', fields)
        self.assertEqual(self.api.call('GetVersion').head, head)

    def test_what_is_not_there(self):
        key = {'kind': 'Service', 'namespace': 'default', 'name': 'nobody'}
        self.raises(grpc.StatusCode.NOT_FOUND, 'Get', key=key)
        self.raises(grpc.StatusCode.NOT_FOUND, 'Delete', keys=[key])
        done = self.api.call('Delete', keys=[key], ignore_not_found=True)
        self.assertEqual(done.results[0].outcome, self.api.types.ObjectResult.NOT_FOUND)
        self.raises(grpc.StatusCode.INVALID_ARGUMENT, 'List', kind='Nonsense')

    def test_health(self):
        check = self.api.channel.unary_unary('/grpc.health.v1.Health/Check', identity, identity)
        self.assertEqual(check(b'', timeout=30), b'\x08\x01')  # status: SERVING
        name = b'limpet.v1.Management'
        self.assertEqual(check(b'\x0a' + bytes([len(name)]) + name, timeout=30), b'\x08\x01')

    def test_reflection_lists_the_services(self):
        reflect = self.api.channel.stream_stream(REFLECTION, identity, identity)
        answer = next(reflect(iter([b'\x3a\x01*']), timeout=30))  # list_services: "*"
        for service in (b'limpet.v1.Management', b'grpc.health.v1.Health'):
            self.assertIn(service, answer)


if __name__ == '__main__':
    unittest.main()
