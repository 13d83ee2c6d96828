"""The server's database saved and restored: by gwctl and the API, under changes, and
across a crash."""

import hashlib
import json
import pathlib
import shutil
import sqlite3
import stat
import threading
import time
import unittest

import grpc

from tests.support import api
from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until

PART = 1024 * 1024


class SnapshotTest(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=2)
        cluster.start_endpoint(1, '--body', 'one')
        cluster.start_endpoint(2, '--body', 'two')
        cls.began_s = int(time.time())
        cls.management = api.Management(cluster.api)

    @classmethod
    def tearDownClass(cls):
        cls.management.close()
        super().tearDownClass()

    def setUp(self):
        """Every test begins with the demonstration, served by all."""
        self.wait_connected()
        self.cluster.gwctl('nodes', 'adopt', '--all')
        self.cluster.apply_demonstration(policy=True)

    def restart_server(self, lose=False):
        """After kill -9; `lose`: with an empty directory."""
        cluster = self.cluster
        cluster.server.kill()
        self.management.close()
        if lose:
            shutil.rmtree(cluster.dir / 'server')
            # Keys are named by the second of their making.
            wait_until(lambda: int(time.time()) > self.began_s + 1, 'another second')
        else:
            (cluster.dir / 'server' / 'restore.tmp').write_text('half an upload')
        cluster.start_server()
        type(self).management = api.Management(cluster.api)

    def file(self, name):
        return self.cluster.dir / name

    def save(self, name):
        self.cluster.gwctl('snapshot', 'save', self.file(name), '--force')
        return self.file(name)

    def restore(self, path, *flags, expect=0):
        return self.cluster.gwctl('snapshot', 'restore', path, *flags, expect=expect)

    def head(self):
        return self.management.call('GetVersion').head

    def objects(self):
        """Everything that users wrote, with uid, generation and creationTimestamp."""
        kinds = ['Namespace', 'Service', 'EndpointSlice', 'Gateway', 'HTTPRoute',
                 'SessionStickyPolicy']
        listed = {}
        for kind in kinds:
            for resource in self.management.call('List', kind=kind).resources:
                item = getattr(resource, resource.WhichOneof('object'))
                item.ClearField('status')  # tells of the nodes
                listed[kind, item.metadata.namespace, item.metadata.name] = item
        return listed

    def nodes(self):
        document = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)
        return {node['nodeId']: node for node in document['nodes']}

    def wait_connected(self):
        wait_until(lambda: sum(node.get('connected', False) for node in self.nodes().values()) == 2,
                   'both nodes connected')

    def wait_held(self, count):
        wait_until(lambda: sum(node.get('held', False) for node in self.nodes().values()) == count,
                   f'{count} nodes held')

    def adopt(self):
        self.cluster.gwctl('nodes', 'adopt', '--all')
        self.cluster.gwctl('wait', '--for=active')

    def leftovers(self):
        known = {'LOCK', 'limpet.db', 'limpet.db-wal', 'limpet.db-shm', 'limpet.db.replaced'}
        return {path.name for path in (self.cluster.dir / 'server').iterdir()} - known

    # ---- the way there and back

    def test_a_restore_brings_back_what_was_saved_and_nodes_follow_when_adopted(self):
        cluster = self.cluster
        path = self.save('backup.db')
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        saved, before = self.head(), self.objects()
        cookie = cluster.get(1).cookie()
        served = cluster.get(2, cookie=cookie).body

        cluster.gwctl('delete', 'sessionstickypolicy', 'session-sticky-policy-sample', '-n',
                      'server')
        cluster.apply('apiVersion: v1\nkind: Service\nmetadata: {name: noon}\n'
                      'spec: {ports: [{port: 80}]}\n')
        live = self.head()

        dry = self.restore(path, '--dry-run').stdout
        self.assertIn('would restore', dry)
        self.assertIn('objects: 1 created, 0 configured, 1 deleted', dry)
        self.assertEqual(self.head(), live)
        self.assertEqual(self.leftovers(), set())

        stale = self.restore(path, '--expected-revision', live.revision - 1, expect=4)
        self.assertIn('read it again', stale.stderr)
        done = self.restore(path, '-m', 'the morning', '--expected-revision', live.revision)
        self.assertIn('objects: 1 created, 0 configured, 1 deleted', done.stdout)
        self.assertIn('gwctl nodes adopt --all', done.stderr)
        restored = self.head()
        self.assertEqual(restored.revision, live.revision + 1)
        self.assertGreater(restored.epoch >> 24, live.epoch >> 24)
        self.assertEqual(restored.digest, saved.digest)
        self.assertEqual(self.objects(), before)
        self.assertEqual(self.leftovers(), set())
        kept = cluster.dir / 'server' / 'limpet.db.replaced'
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)

        # The nodes serve on, without the policy, until they are adopted.
        self.wait_held(2)
        self.assertIsNone(cluster.get(1).header('set-cookie'))
        self.adopt()
        for node in (1, 2):
            for _ in range(4):
                self.assertEqual(cluster.get(node, cookie=cookie).body, served)
        self.assertIsNotNone(cluster.get(1).cookie())

        history = cluster.gwctl('history').stdout
        self.assertIn('the morning; revision', history)
        gone = cluster.gwctl('diff', '--from', live.revision, expect=3)
        self.assertIn('replaced by a restore', gone.stderr)
        gone = cluster.gwctl('rollback', '--to', live.revision, expect=3)
        self.assertIn('replaced by a restore', gone.stderr)
        self.assertEqual(cluster.gwctl('diff', '--from', saved.revision).stdout, '')
        cluster.gwctl('rollback', '--to', saved.revision)

        # And back again, from what was kept of the replaced database.
        self.restore(kept)
        self.assertIn(('Service', 'default', 'noon'), self.objects())
        self.assertGreater(self.head().revision, restored.revision)
        self.wait_held(2)
        self.adopt()

    def test_a_restored_database_outlives_a_crash(self):
        path = self.save('crash.db')
        self.cluster.apply('apiVersion: v1\nkind: Service\nmetadata: {name: late}\n'
                           'spec: {ports: [{port: 80}]}\n')
        self.restore(path)
        restored = self.head()
        self.restart_server()
        self.assertEqual(self.head(), restored)
        self.assertEqual(self.leftovers(), set())
        self.wait_held(2)
        self.adopt()

    def test_a_crash_during_a_restore_leaves_the_one_or_the_other(self):
        many = [api.service(f'many-{i}', 80, labels={'text': 'x' * 60}) for i in range(2000)]
        self.management.call('Apply', resources=many)
        path = self.save('during.db')
        saved = self.head()
        self.management.call('Apply', resources=[api.service('late-too', 80)])
        directory = self.cluster.dir / 'server'
        outcomes = set()
        for stage in ('restore.tmp', 'restore.tmp-wal', 'limpet.db.replaced.tmp',
                      'limpet.db.replaced') * 2:
            live = self.head()
            (directory / 'limpet.db.replaced').unlink(missing_ok=True)
            restoring = threading.Thread(target=self.restore, args=(path,),
                                         kwargs={'expect': None})
            restoring.start()
            while restoring.is_alive() and not (directory / stage).exists():
                pass
            self.restart_server()
            restoring.join()
            now = self.head()
            restored = now.epoch > live.epoch and now.digest == saved.digest
            self.assertTrue(now == live or restored, f'{stage}: {now}')
            outcomes.add(restored)
            self.assertEqual(self.leftovers(), set())
        self.wait_held(2 if True in outcomes else 0)
        self.wait_connected()
        self.adopt()
        self.cluster.gwctl('delete', 'service', *(f'many-{i}' for i in range(2000)),
                           '--ignore-not-found')

    def test_sessions_outlive_the_restore_of_another_database(self):
        """A server begun anew has a key of its own; the sessions of both databases still open."""
        cluster = self.cluster
        # By name an endpoint is the same one in every database.
        named = cluster.manifest('endpoints.yaml')
        for number in (11, 12):
            address = f'- addresses:\n  - {cluster.address(number)}'
            named = named.replace(address, f'{address}\n  hostname: e{number}')
        cluster.apply(named)
        path = self.save('lost.db')
        sessions = self.new_sessions()
        self.restart_server(lose=True)
        self.wait_held(2)
        self.adopt()
        cluster.apply_demonstration(policy=True)
        cluster.apply(named)
        sessions += self.new_sessions()
        done = self.restore(path)
        self.assertRegex(done.stdout, r'keys: [1-9]\d* kept of the replaced database')
        self.wait_held(2)
        self.adopt()
        for cookie, served in sessions:
            for node in (1, 2):
                self.assertEqual(cluster.get(node, cookie=cookie).body, served)

    def new_sessions(self):
        """(cookie, what serves it) of sessions at both endpoints."""
        answers = [self.cluster.get(1) for _ in range(4)]
        self.assertEqual(len({answer.body for answer in answers}), 2)
        return [(answer.cookie(), answer.body) for answer in answers]

    # ---- what is refused

    def test_what_is_no_saved_database_is_refused_and_nothing_changes(self):
        path = self.save('good.db')
        head = self.head()
        good = path.read_bytes()
        bad = self.file('bad.db')

        def refused(text, data=None):
            if data is not None:
                bad.write_bytes(data)
            answer = self.restore(bad, expect=5)
            self.assertIn(text, answer.stderr)
            self.assertEqual(self.head(), head)
            self.assertEqual(self.leftovers(), set())

        refused('cannot be used', b'')
        refused('cannot be used', b'kind: Service\n' * 1000)
        refused('cannot be used', good[:len(good) // 2])
        refused('cannot be used', good[:8192] + b'\xff' * 4096 + good[12288:])
        bad.unlink()
        with sqlite3.connect(bad) as foreign:
            foreign.execute('CREATE TABLE songs (name TEXT)')
        foreign.close()
        refused('no database of a Limpet server')
        bad.write_bytes(good)
        with sqlite3.connect(bad) as newer:
            newer.execute('PRAGMA user_version = 999')
        newer.close()
        refused('newer program')
        self.assertEqual(self.cluster.get(1).status, 200)

    def test_an_upload_counts_only_when_all_of_it_came(self):
        types = self.management.types
        data = self.save('parts.db').read_bytes()
        head = self.head()

        def send(messages):
            stub = self.management.channel.stream_unary(
                '/limpet.v1.Management/RestoreSnapshot',
                types.RestoreSnapshotRequest.SerializeToString,
                types.RestoreSnapshotResponse.FromString)
            return stub(iter(messages), timeout=30)

        part = types.RestoreSnapshotRequest
        right = hashlib.sha256(data).digest()
        for messages in ([], [part(data=data[:PART])],
                         [part(data=data[:PART], sha256=b'\0' * 32)],
                         [part(data=data[:100]), part(data=data[101:PART], sha256=right)]):
            with self.assertRaises(grpc.RpcError) as refused:
                send(messages)
            self.assertEqual(refused.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertEqual(self.head(), head)
        self.assertEqual(self.leftovers(), set())

        # Only one at a time: the first waits for the rest of it.
        begun, go_on = threading.Event(), threading.Event()

        def slowly():
            yield part(data=data[:100], options=types.ChangeOptions(validate_only=True))
            begun.set()
            go_on.wait()
            yield part(data=data[100:], sha256=right)

        answers = []
        first = threading.Thread(target=lambda: answers.append(send(slowly())))
        first.start()
        begun.wait()
        wait_until(lambda: (self.cluster.dir / 'server' / 'restore.tmp').exists(), 'an upload')
        with self.assertRaises(grpc.RpcError) as refused:
            send([part(data=data, sha256=right)])
        self.assertEqual(refused.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        go_on.set()
        first.join()
        self.assertEqual(answers[0].saved.digest, head.digest)
        self.assertEqual(answers[0].held_nodes, 2)
        self.assertEqual(self.head(), head)

    # ---- side by side with others

    def test_it_is_saved_whole_while_it_is_changed(self):
        stop = threading.Event()
        problems = []

        def change():
            number = 0
            client = api.Management(self.cluster.api)
            while not stop.is_set():
                number += 1
                try:
                    client.call('Apply', resources=[api.service('busy', 1 + number % 1000)])
                except grpc.RpcError as error:
                    problems.append(error)
                    return
            client.close()

        writer = threading.Thread(target=change)
        writer.start()
        try:
            saved = []
            for _ in range(5):
                parts = list(self.management.stream('SaveSnapshot'))
                data = b''.join(part.data for part in parts)
                self.assertEqual(hashlib.sha256(data).digest(), parts[-1].sha256)
                saved.append((parts[0].state, data))
        finally:
            stop.set()
            writer.join()
        self.assertEqual(problems, [])
        self.assertLess(saved[0][0].revision, saved[-1][0].revision)
        for state, data in saved:
            path = self.file('busy.db')
            path.write_bytes(data)
            # The server compares the digest of what the file holds with that of its head.
            self.assertIn(f'revision {state.revision} of', self.restore(path, '--dry-run').stdout)

    def test_streams_of_the_replaced_database_end(self):
        path = self.save('streams.db')
        head = self.head()
        watch = self.management.stream('Watch', from_revision=head.revision)
        self.cluster.apply('apiVersion: v1\nkind: Service\nmetadata: {name: seen}\n'
                           'spec: {ports: [{port: 80}]}\n')
        self.assertEqual(next(watch).bookmark, head.revision + 1)
        self.cluster.nodes[2].signal(19)  # SIGSTOP: there is somebody to wait for
        try:
            self.management.call('Apply', resources=[api.service('late', 80)])
            self.assertEqual(next(watch).bookmark, head.revision + 2)
            wait = self.management.stream('WaitActive')
            self.assertFalse(next(wait).done)
            self.restore(path)
            for stream in (watch, wait):
                with self.assertRaises(grpc.RpcError) as ended:
                    for _ in stream:
                        pass
                self.assertEqual(ended.exception.code(), grpc.StatusCode.ABORTED)
                self.assertIn('replaced by a restored one', ended.exception.details())
            again = self.management.stream('Watch', from_revision=head.revision)
            with self.assertRaises(grpc.RpcError) as refused:
                next(again)
            self.assertEqual(refused.exception.code(), grpc.StatusCode.OUT_OF_RANGE)
        finally:
            self.cluster.nodes[2].signal(18)
        self.wait_held(2)
        self.adopt()

    def test_a_file_is_replaced_only_by_force(self):
        path = self.file('mine.db')
        path.write_text('mine')
        self.assertIn('--force', self.cluster.gwctl('snapshot', 'save', path, expect=4).stderr)
        self.assertEqual(path.read_text(), 'mine')
        self.cluster.gwctl('snapshot', 'save', path, '--force')
        self.assertEqual(path.read_bytes()[:6], b'SQLite')
        self.assertFalse(pathlib.Path(f'{path}.tmp').exists())
        self.assertIn('Examples:', self.cluster.gwctl('snapshot', 'restore', '--help').stdout)


if __name__ == '__main__':
    unittest.main()
