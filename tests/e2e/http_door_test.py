"""The API over HTTP with JSON, on the admin address."""

import json
import socket
import struct
import unittest

from tests.support import raw_http
from tests.support.cluster import ClusterCase
from tests.support.door import PORT, Door, service
from tests.support.processes import wait_until


class HttpDoor(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_server()

    def setUp(self):
        self.door = Door(self.cluster.address(1))

    def applied(self, *resources, **options):
        answer = self.door.apply(*resources, **options)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def refused(self, answer, status, code, words):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers['content-type'], 'application/json')
        self.assertEqual(answer.json['status'], code)
        self.assertIn(words, answer.json['message'])
        return answer.json

    def test_apply_get_delete(self):
        done = self.applied(service('a', 'crud'), message='over HTTP')
        self.assertEqual(done['results'], [{
            'key': {'kind': 'Service', 'namespace': 'crud', 'name': 'a'}, 'outcome': 'CREATED'}])
        got = self.door.get('/v1/services/crud/a')
        self.assertEqual(got.status, 200)
        shown = self.cluster.gwctl('get', 'svc', 'a', '-n', 'crud', '-o', 'json').stdout
        self.assertEqual(got.body.decode(), shown)
        # What was got can be posted again.
        self.assertEqual(self.door.post(got.body).json['results'][0]['outcome'], 'UNCHANGED')
        newest = json.loads(self.cluster.gwctl('audit', '-o', 'json', '--limit', '5').stdout)
        ours = [r for r in newest['records'] if r['message'] == 'over HTTP']
        self.assertTrue(ours[0]['peer'].startswith('ipv4:127.'), ours)
        tried = self.door.call('DELETE', '/v1/services/crud/a?validateOnly')
        self.assertEqual(tried.json['results'][0]['outcome'], 'DELETED')
        self.assertEqual(self.door.get('/v1/services/crud/a').status, 200)
        self.assertEqual(self.door.call('DELETE', '/v1/services/crud/a').status, 200)
        self.refused(self.door.get('/v1/services/crud/a'), 404, 'NOT_FOUND', 'Service crud/a')
        self.refused(self.door.call('DELETE', '/v1/services/crud/a'), 404, 'NOT_FOUND', 'crud/a')
        gone = self.door.call('DELETE', '/v1/services/crud/a?ignoreNotFound=true')
        self.assertEqual(gone.json['results'][0]['outcome'], 'NOT_FOUND')

    def test_options(self):
        revision = self.applied(service('o', 'options'))['state']['revision']
        tried = self.applied(service('p', 'options'), validateOnly=True)
        self.assertEqual(tried['results'][0]['outcome'], 'CREATED')
        self.assertEqual(self.door.get('/v1/services/options/p').status, 404)
        late = self.door.apply(service('p', 'options'), expectedRevision=revision - 1)
        self.refused(late, 409, 'ABORTED', 'revision')
        changed = self.door.post({'resources': [service('q', 'options')],
                                  'deletes': [{'kind': 'Service', 'namespace': 'options',
                                               'name': 'o'}]})
        self.assertEqual([r['outcome'] for r in changed.json['results']], ['CREATED', 'DELETED'])
        first = self.applied(service('r', 'options'), requestId='once')
        self.assertEqual(self.applied(service('r', 'options'), requestId='once'), first)

    def test_list(self):
        items = [service(f's{i}', 'list', labels={'tier': 'web' if i % 2 else 'db'})
                 for i in range(5)]
        self.applied(*items)
        whole = self.door.get('/v1/services?namespace=list').json
        self.assertEqual(whole['kind'], 'List')
        self.assertEqual([s['metadata']['name'] for s in whole['items']],
                         ['s0', 's1', 's2', 's3', 's4'])
        self.assertEqual(self.door.post(whole).status, 200)
        web = self.door.get('/v1/services?namespace=list&labelSelector=tier+in+%28web%29').json
        self.assertEqual([s['metadata']['name'] for s in web['items']], ['s1', 's3'])
        names, token, versions = [], '', set()
        while True:
            page = self.door.get(f'/v1/services?namespace=list&limit=2&continue={token}').json
            self.assertLessEqual(len(page['items']), 2)
            names += [s['metadata']['name'] for s in page['items']]
            versions.add(page['metadata']['resourceVersion'])
            # Pages are of one revision, whatever happens between them.
            self.applied(service('s9', 'list', port=1000 + len(names)))
            token = page['metadata'].get('continue')
            if not token:
                break
        self.assertEqual(names, ['s0', 's1', 's2', 's3', 's4'])
        self.assertEqual(len(versions), 1)
        everywhere = self.door.get('/v1/gatewayclasses')
        self.assertEqual(everywhere.status, 200)

    def test_watch_goes_on_where_it_was_interrupted(self):
        start = self.applied(service('first', 'watch'))['state']['revision']
        target = f'/v1/watch?kind=services&namespace=watch&fromRevision={start}'
        with self.door.watch(target) as stream:
            self.assertEqual(stream.response.headers['content-type'], 'text/event-stream')
            self.applied(service('second', 'watch'))
            events, last = stream.until_bookmark()
            self.assertEqual([(e.type, e.name) for e in events], [('upserted', 'second')])
        # While nobody listens:
        self.applied(service('third', 'watch'))
        self.door.call('DELETE', '/v1/services/watch/first')
        with self.door.watch(target, {'Last-Event-ID': last}) as stream:
            told = []
            while len(told) < 2:
                events, _ = stream.until_bookmark()
                told += [(e.type, e.name) for e in events]
            self.assertEqual(told, [('upserted', 'third'), ('deleted', 'first')])
        with self.door.watch('/v1/watch?namespace=watch&labelSelector=%21x') as stream:
            events, _ = stream.until_bookmark()
            self.assertEqual({e.name for e in events}, {'second', 'third'})
        self.refused(self.door.get(f'/v1/watch?fromRevision={10**9}'), 410, 'OUT_OF_RANGE', '')
        self.refused(self.door.get('/v1/watch?fromRevision=x'), 400, 'INVALID_ARGUMENT',
                     'fromRevision')

    def test_a_slow_reader_holds_nobody_up(self):
        self.applied(service('slow', 'slow'))
        silent = raw_http.Connection(self.cluster.address(1), PORT)
        silent.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.send_request(target='/v1/watch?namespace=slow')
        # It takes nothing more; what piles up is one message and the sockets' buffers.
        self.assertEqual(silent.read_head().status, 200)
        big = service('slow', 'slow')
        big['metadata']['annotations'] = {'a': 'x' * 200_000}
        for i in range(30):
            big['metadata']['annotations']['n'] = str(i)
            self.applied(big)
        with self.door.watch('/v1/watch?namespace=slow') as stream:
            events, _ = stream.until_bookmark()
            self.assertEqual([e.name for e in events], ['slow'])
        # It goes without a word.
        silent.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        silent.close()
        self.assertEqual(self.door.get('/v1/services/slow/slow').status, 200)

    def test_every_violation_at_its_place(self):
        wrong = service('A_B', 'shop', port=99999)
        refused = self.refused(self.door.apply(service('fine'), wrong), 400, 'INVALID_ARGUMENT',
                               'resources[1]')
        self.assertEqual({d['field'] for d in refused['details']},
                         {'resources[1].metadata.name', 'resources[1].spec.ports[0].port'})
        misspelt = service('x')
        misspelt['spec']['prots'] = misspelt['spec'].pop('ports')
        refused = self.refused(self.door.apply(misspelt), 400, 'INVALID_ARGUMENT', 'not valid')
        self.assertEqual(refused['details'],
                         [{'field': 'resources[0].spec.prots',
                           'description': 'unknown field; did you mean "ports"?'}])
        for body in ('', '{', '{"resources": [}', '[1]', '"x"', '\ufeff{}', '[' * 100_000):
            self.refused(self.door.post(body.encode()), 400, 'INVALID_ARGUMENT', '')

    def test_paths_and_methods(self):
        self.refused(self.door.get('/v1/pods'), 404, 'NOT_FOUND', 'httproutes')
        self.refused(self.door.get('/v1/services/a'), 404, 'NOT_FOUND', '/v1/services/NAMESPACE')
        put = self.door.call('PUT', '/v1/services/a/b')
        self.refused(put, 405, 'UNIMPLEMENTED', 'GET, DELETE')
        self.assertEqual(put.headers['allow'], 'GET, DELETE')
        self.refused(self.door.get('/v1/services?limt=3'), 400, 'INVALID_ARGUMENT', 'limit')
        self.assertEqual(self.door.get('/healthz').body, b'ok\n')
        self.assertEqual(self.door.call('POST', '/healthz').status, 405)

    def test_pages_of_browsers_get_nothing(self):
        form = {'Content-Type': 'text/plain'}
        self.refused(self.door.post('{}', form), 415, 'INVALID_ARGUMENT', 'application/json')
        self.refused(self.door.post('{}', {'Origin': 'http://evil.example'}), 403,
                     'PERMISSION_DENIED', 'pages')
        # A name of somebody else's that leads here.
        self.refused(self.door.get('/v1/services', Host='evil.example:7701'), 403,
                     'PERMISSION_DENIED', 'localhost')
        answer = self.door.call('OPTIONS', '/v1/apply', headers={'Origin': 'http://evil.example'})
        self.assertEqual(answer.status, 403)
        self.assertFalse([h for h in answer.headers if h.lower().startswith('access-control')])

    def test_limits(self):
        self.refused(self.door.post(b'[' + b' ' * 9_000_000 + b']'), 413, 'RESOURCE_EXHAUSTED',
                     'too long')
        chunked = {'Content-Type': 'application/json'}
        body = (b' ' * 65536 for _ in range(150))
        self.refused(self.door.call('POST', '/v1/apply', body, chunked), 413,
                     'RESOURCE_EXHAUSTED', 'too long')
        with raw_http.Connection(self.cluster.address(1), PORT) as connection:
            connection.send(b'GET /v1/services HTTP/1.1\r\nX: ' + b'x' * 10_000 + b'\r\n\r\n')
            self.assertEqual(connection.read_response().status, 431)
        with raw_http.Connection(self.cluster.address(1), PORT) as connection:
            connection.send(b'nonsense\r\n\r\n')
            self.assertEqual(connection.read_response().status, 400)

    def test_so_many_requests_and_streams_at_a_time(self):
        address = self.cluster.address(1)
        head = (f'POST /v1/apply HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n'
                'Content-Length: 2\r\n\r\n{').encode()
        waiting = [raw_http.Connection(address, PORT) for _ in range(16)]
        for connection in waiting:
            connection.send(head)

        def refused():
            answer = self.door.get('/v1/services')
            return answer if answer.status == 503 else None
        answer = wait_until(refused, 'a refusal')
        self.assertEqual(answer.headers['retry-after'], '1')
        self.assertEqual(self.door.get('/healthz').status, 200)
        for connection in waiting:
            connection.send(b'}')
            self.assertEqual(connection.read_response().status, 200)
            connection.close()
        streams = [self.door.watch() for _ in range(256)]
        self.refused(self.door.get('/v1/watch'), 503, 'UNAVAILABLE', 'too many streams')
        self.assertEqual(self.door.get('/healthz').status, 200)
        for stream in streams:
            stream.close()
        wait_until(lambda: self.takes_a_watch(), 'a place for a stream')

    def takes_a_watch(self, query=''):
        try:
            self.door.watch(f'/v1/watch{query}').close()
            return True
        except AssertionError:
            return False

    def test_a_connection_stays(self):
        connection = self.door.connect()
        for _ in range(3):
            answer = self.door.call('GET', '/v1/services?limit=1', connection=connection)
            self.assertEqual(answer.status, 200)
        self.assertEqual(self.door.call('GET', '/v1/none', connection=connection).status, 404)
        self.assertEqual(
            self.door.call('GET', '/v1/services', connection=connection).status, 200)
        connection.close()


class Restart(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        # A short past, so that there are revisions that are forgotten.
        cluster.server_flags = ['--keep-revisions', '1']
        cluster.start_server()

    def test_a_watch_goes_on_after_a_restart(self):
        door = Door(self.cluster.address(1))
        first = door.apply(service('a')).json['state']['revision']
        for i in range(200):
            door.apply(service('a', port=i + 1))
        stream = door.watch()
        _, last = stream.until_bookmark()
        self.assertEqual(self.cluster.server.stop(), 0)
        self.assertRaises(StopIteration, next, stream)
        stream.close()
        self.cluster.start_server()
        forgotten = door.get(f'/v1/watch?fromRevision={first}')
        self.assertEqual((forgotten.status, forgotten.json['status']), (410, 'OUT_OF_RANGE'))
        door.apply(service('b'))
        with door.watch('/v1/watch', {'Last-Event-ID': last}) as stream:
            events, _ = stream.until_bookmark()
            self.assertEqual([e.name for e in events], ['b'])


if __name__ == '__main__':
    unittest.main()
