"""What was changed can be seen, proved and undone, and survives kill -9 at any moment."""

import random
import threading
import unittest

import grpc

from tests.support.api import Management, endpoint_slice, service, violations
from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until


class HistoryCase(ClusterCase):
    NODES = 1

    @classmethod
    def start_cluster(cls, cluster):
        cls.api = Management(cluster.api, wait_for_ready=True)
        cls.result = cls.api.types.ObjectResult
        cluster.start_all(nodes=cls.NODES)

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        super().tearDownClass()

    def apply(self, *resources, deletes=(), **options):
        return self.api.call('Apply', resources=resources, deletes=deletes, options=options)

    def raises(self, code, method, **fields):
        with self.assertRaises(grpc.RpcError) as caught:
            self.api.call(method, **fields)
        self.assertEqual(caught.exception.code(), code, caught.exception.details())
        return caught.exception

    @staticmethod
    def key(name, kind='Service'):
        return {'kind': kind, 'namespace': 'default', 'name': name}

    def get(self, name, kind='Service'):
        return self.api.call('Get', key=self.key(name, kind)).resource

    def head(self):
        return self.api.call('GetVersion').head


class History(HistoryCase):
    @staticmethod
    def essence(resource):
        """All but what counts changes."""
        copy = type(resource)()
        copy.CopyFrom(resource)
        copy.service.metadata.resource_version = ''
        copy.service.metadata.generation = 0
        copy.service.ClearField('status')
        return copy

    def test_history_diff_and_rollback(self):
        first = self.apply(service('stays', 80), service('goes', 80), message='first')
        then = {name: self.essence(self.get(name)) for name in ('stays', 'goes')}
        second = self.apply(service('stays', 81), service('comes', 80), message='second')
        third = self.apply(service('stays', 82), deletes=[self.key('goes')], message='third')
        self.assertEqual(third.results[1].outcome, self.result.DELETED)

        revisions = self.api.call('ListRevisions', limit=2).revisions
        self.assertEqual([(r.revision, r.action, r.message) for r in revisions],
                         [(third.state.revision, 'apply', 'third'),
                          (second.state.revision, 'apply', 'second')])
        self.assertEqual([(c.key.name, c.outcome) for c in revisions[1].changes],
                         [('comes', self.result.CREATED), ('stays', self.result.CONFIGURED)])

        changes = self.api.call('Diff', **{'from': first.state.revision}).changes
        self.assertEqual([c.key.name for c in changes], ['comes', 'goes', 'stays'])
        self.assertFalse(changes[0].HasField('before'))
        self.assertFalse(changes[1].HasField('after'))
        self.assertEqual(changes[2].before.service.spec.ports[0].port, 80)
        self.assertEqual(changes[2].after.service.spec.ports[0].port, 82)

        back = self.api.call('Rollback', to=first.state.revision)
        self.assertEqual(back.state.revision, third.state.revision + 1)
        for name, resource in then.items():
            self.assertEqual(self.essence(self.get(name)), resource)
        self.assertEqual(self.get('stays').service.metadata.generation, 4)
        self.raises(grpc.StatusCode.NOT_FOUND, 'Get', key=self.key('comes'))
        diff = self.api.call('Diff', **{'from': first.state.revision})
        self.assertTrue(all(c.before.service.spec == c.after.service.spec for c in diff.changes))
        steps = list(self.api.stream('WaitActive', revision=back.state.revision))
        self.assertEqual((steps[-1].connected, steps[-1].active), (1, 1))

        record = self.api.call('ListAudit', limit=1).records[0]
        self.assertEqual((record.action, record.revision), ('rollback', back.state.revision))
        self.assertIn('127.0.0.1', record.peer)
        self.raises(grpc.StatusCode.OUT_OF_RANGE, 'Rollback', to=10**6)

    def test_expected_revision(self):
        at = self.apply(service('expected', 80)).state.revision
        self.apply(service('expected', 81), expected_revision=at)
        self.raises(grpc.StatusCode.ABORTED, 'Apply', resources=[service('expected', 82)],
                    options={'expected_revision': at})
        self.assertEqual(self.get('expected').service.spec.ports[0].port, 81)

    def test_a_request_sent_again(self):
        first = self.apply(service('again', 80), request_id='again-1')
        self.apply(service('again', 81))
        self.assertEqual(self.apply(service('again', 80), request_id='again-1'), first)
        self.assertEqual(self.get('again').service.spec.ports[0].port, 81)
        error = self.raises(grpc.StatusCode.INVALID_ARGUMENT, 'Apply',
                            resources=[service('again', 82)],
                            options={'request_id': 'again-1'})
        self.assertEqual(violations(error)[0][0], 'options.request_id')

    def test_validate_only_changes_nothing(self):
        before = self.head()
        answer = self.apply(service('tried', 80), validate_only=True)
        self.assertEqual(answer.results[0].outcome, self.result.CREATED)
        self.assertEqual(self.head(), before)
        self.raises(grpc.StatusCode.NOT_FOUND, 'Get', key=self.key('tried'))

    def test_a_mass_delete_is_held_back(self):
        many = [f'10.9.{i}.{j}' for i in range(4) for j in range(1, 6)]
        self.apply(endpoint_slice('many', 'many', many))
        empty = endpoint_slice('many', 'many', [])
        error = self.raises(grpc.StatusCode.FAILED_PRECONDITION, 'Apply', resources=[empty])
        self.assertIn('allow_mass_delete', error.details())
        self.raises(grpc.StatusCode.FAILED_PRECONDITION, 'Delete',
                    keys=[self.key('many', 'EndpointSlice')])
        self.assertEqual(len(self.get('many', 'EndpointSlice').endpoint_slice.endpoints), 20)
        self.apply(empty, allow_mass_delete=True)

    def test_prune(self):
        labels = {'app': 'pruned'}
        self.apply(service('keep', 80, labels=labels), service('drop', 80, labels=labels))
        answer = self.api.call('Apply', resources=[service('keep', 80, labels=labels)],
                               prune_labels=labels)
        self.assertEqual([(r.key.name, r.outcome) for r in answer.results],
                         [('keep', self.result.UNCHANGED), ('drop', self.result.DELETED)])

    def test_watch_tells_every_revision_in_order(self):
        start = self.apply(service('watched', 80)).state.revision
        watch = self.api.stream('Watch', from_revision=start, kind='Service')
        told = []

        def expect(revision):
            message = next(watch)
            told.append([(e.type, e.resource.service.metadata.name,
                          e.resource.service.spec.ports[0].port) for e in message.events])
            self.assertEqual(message.bookmark, revision)

        event = self.api.types.WatchResponse.Event
        for port in (81, 82, 83):
            self.apply(service('watched', port))
        self.api.call('Delete', keys=[self.key('watched')])
        self.apply(endpoint_slice('other', 'other', ['10.8.0.1']))
        for revision in range(start + 1, start + 6):
            expect(revision)
        changed = [[(event.UPSERTED, 'watched', port)] for port in (81, 82, 83)]
        self.assertEqual(told, [*changed, [(event.DELETED, 'watched', 83)], []])
        watch.cancel()
        with self.assertRaises(grpc.RpcError) as caught:
            next(self.api.stream('Watch', from_revision=10**6))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.OUT_OF_RANGE)

    def test_watch_from_nothing_and_from_before_a_restart(self):
        start = self.apply(service('survivor', 80)).state.revision
        self.apply(service('survivor', 81))
        self.apply(service('survivor', 82))
        self.cluster.server.kill()
        self.cluster.start_server()
        api = Management(self.cluster.api)  # the other's connection may not know yet
        self.addCleanup(api.close)
        watch = api.stream('Watch', from_revision=start)
        steps = [next(watch) for _ in range(2)]
        watch.cancel()
        self.assertEqual([step.events[0].resource.service.spec.ports[0].port for step in steps],
                         [81, 82])
        everything = api.stream('Watch', kind='Service')
        message = next(everything)
        everything.cancel()
        self.assertEqual(message.bookmark, start + 2)
        self.assertIn('survivor', [e.resource.service.metadata.name for e in message.events])


class Crashes(HistoryCase):
    NODES = 2
    APPLIES = 200
    KILLS = 15

    def setUp(self):
        self.seed = random.SystemRandom().randrange(2**32)
        self.random = random.Random(self.seed)
        self.kill_now = threading.Semaphore(0)
        self.acknowledged = set()
        self.unexpected = []

    def apply_all(self):
        every = (self.APPLIES - 10) // self.KILLS
        kills = {5 + every * kill for kill in range(self.KILLS)}
        for number in range(self.APPLIES):
            if number in kills:
                self.kill_now.release()
            try:
                self.apply(*self.batch(number))
                self.acknowledged.add(number)
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    self.unexpected.append(error)
                    return

    @staticmethod
    def batch(number):
        return [service(f'batch-{number}-{part}', 1000 + number) for part in 'abc']

    def test_every_acknowledged_apply_survives_and_every_other_is_whole(self):
        # The servers are this thread's children, and would not outlive another.
        client = threading.Thread(target=self.apply_all)
        client.start()
        pause = threading.Event()
        for _ in range(self.KILLS):
            self.assertTrue(self.kill_now.acquire(timeout=60), self.unexpected)
            pause.wait(self.random.uniform(0, 0.03))
            self.cluster.server.kill()
            self.cluster.start_server(ready=False)
        client.join(60)
        self.assertFalse(client.is_alive())
        self.assertEqual(self.unexpected, [])
        self.assertGreaterEqual(len(self.acknowledged), self.APPLIES // 2)
        self.check_batches()
        self.check_history()
        head = self.check_nodes(self.api)
        # Not only what is remembered: a start reads all from the disk, and checks its digest.
        self.cluster.server.kill()
        self.cluster.start_server()
        api = Management(self.cluster.api)  # the other's connection may not know yet
        self.addCleanup(api.close)
        self.assertEqual(self.check_nodes(api), head)

    def check_batches(self):
        there = {r.service.metadata.name: r.service.spec.ports[0].port
                 for r in self.api.call('List', kind='Service').resources}
        for number in range(self.APPLIES):
            parts = [there.get(r.service.metadata.name) for r in self.batch(number)]
            whole = [1000 + number] * 3
            allowed = [whole] if number in self.acknowledged else [whole, [None] * 3]
            self.assertIn(parts, allowed, f'batch {number}, seed {self.seed}')

    def check_history(self):
        """A revision for every change, none missing, and each as whole as its batch."""
        listed = self.api.call('ListRevisions', limit=1000).revisions
        numbers = [revision.revision for revision in listed]
        self.assertEqual(numbers, list(range(self.head().revision, 0, -1)))
        changes = {len(revision.changes) for revision in listed if revision.action == 'apply'}
        self.assertEqual(changes, {3}, f'seed {self.seed}')

    def check_nodes(self, api):
        """Each comes to have the server's epoch, revision and digest; returns these."""
        def agree():
            listed = api.call('ListNodes')
            active = [node.active for node in listed.nodes if node.connected]
            return listed.head if active == [listed.head] * self.NODES else None
        return wait_until(agree, 'nodes with the digest of the server')


if __name__ == '__main__':
    unittest.main()
