"""How the API and gwctl read: by labels, page by page, object by object, and as it changes."""

import json
import unittest

import grpc

from tests.support.api import Management, service
from tests.support.cluster import ClusterCase

WEB, API = {'team': 'web'}, {'team': 'api'}


class Reads(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.api = Management(cluster.api, wait_for_ready=True)
        cluster.start_all(nodes=1)

    @classmethod
    def tearDownClass(cls):
        cls.api.close()
        super().tearDownClass()

    def apply(self, *resources):
        return self.api.call('Apply', resources=resources).state.revision

    def page(self, **fields):
        answer = self.api.call('List', kind='Service', **fields)
        return [r.service.metadata.name for r in answer.resources], answer

    def test_lists_are_selected_by_labels(self):
        self.apply(service('one', 80, labels=WEB), service('two', 80, labels=API),
                   service('three', 80))
        self.assertEqual(self.page(label_selector='team=web')[0], ['one'])
        self.assertEqual(self.page(label_selector='team in (web, api)')[0], ['one', 'two'])
        self.assertIn('three', self.page(label_selector='!team')[0])
        with self.assertRaises(grpc.RpcError) as caught:
            self.page(label_selector='team in web')
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        shown = self.cluster.gwctl('get', 'svc', '-l', 'team notin (api),team', '-o', 'name')
        self.assertEqual(shown.stdout, 'service/one\n')

    def test_pages_are_of_one_revision(self):
        labels = {'pages': 'yes'}
        names = [f'page-{i}' for i in range(5)]
        self.apply(*[service(name, 80, labels=labels) for name in names])
        wanted = {'label_selector': 'pages=yes', 'limit': 2}
        first, answer = self.page(**wanted)
        self.assertEqual(first, names[:2])
        # What changes meanwhile is of a later revision.
        self.api.call('Delete', keys=[
            {'kind': 'Service', 'namespace': 'default', 'name': name} for name in names[2:4]])
        second, again = self.page(page_token=answer.next_page_token, **wanted)
        self.assertEqual(second, names[2:4])
        self.assertEqual(again.state, answer.state)
        last, end = self.page(page_token=again.next_page_token, **wanted)
        self.assertEqual((last, end.next_page_token), (names[4:], ''))

    def test_a_page_of_a_past_that_the_server_must_look_up(self):
        labels = {'past': 'yes'}
        self.apply(*[service(f'past-{i}', 80, labels=labels) for i in range(3)])
        wanted = {'label_selector': 'past=yes', 'limit': 2}
        first, answer = self.page(**wanted)
        self.assertEqual(first, ['past-0', 'past-1'])
        self.assertEqual(self.cluster.server.stop(), 0)
        self.cluster.start_server()  # has forgotten what it kept in memory
        self.apply(service('past-2', 81, labels={'past': 'no'}))
        second, end = self.page(page_token=answer.next_page_token, **wanted)
        self.assertEqual((second, end.next_page_token), (['past-2'], ''))

    def test_watches_are_selected_by_labels(self):
        start = self.apply(service('watched', 80, labels=WEB))
        events = self.api.stream('Watch', from_revision=start, kind='Service',
                                 label_selector='team=web')
        self.apply(service('unseen', 80, labels=API))
        last = self.apply(service('watched', 80, labels=API))
        seen = []
        for message in events:
            seen += [(e.type, e.resource.service.metadata.name) for e in message.events]
            if message.bookmark == last:
                break
        events.cancel()
        deleted = self.api.types.WatchResponse.Event.DELETED
        self.assertEqual(seen, [(deleted, 'watched')])

    def test_history_and_describe_tell_of_one_object(self):
        first = self.apply(service('told', 80))
        self.apply(service('other', 80))
        second = self.apply(service('told', 81))
        shown = self.cluster.gwctl('history', 'svc/told', '-o', 'json').stdout
        revisions = json.loads(shown)['revisions']
        self.assertEqual([int(r['revision']) for r in revisions], [second, first])
        self.assertEqual([len(r['changes']) for r in revisions], [1, 1])
        described = self.cluster.gwctl('describe', 'svc', 'told').stdout
        events = described[described.index('Events:'):].splitlines()
        self.assertEqual([line.split()[0] for line in events[2:]], [str(second), str(first)])
        self.assertIn('configured', events[2])
        self.assertIn('created', events[3])

    def test_waiting_for_some_of_the_nodes(self):
        revision = self.apply(service('some', 80))
        last = list(self.api.stream('WaitActive', revision=revision, percent=1))[-1]
        self.assertTrue(last.done)
        with self.assertRaises(grpc.RpcError) as caught:
            list(self.api.stream('WaitActive', revision=revision, percent=101))
        self.assertEqual(caught.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_nodes_are_watched(self):
        news = self.api.stream('WatchNodes')
        self.assertEqual([n.node_id for n in next(news).nodes], ['node-1'])
        revision = self.apply(service('news', 80))
        for message in news:
            if any(node.active.revision == revision for node in message.nodes):
                break
        self.assertEqual(self.cluster.nodes[1].stop(), 0)
        for message in news:
            if any(not node.connected for node in message.nodes):
                break
        news.cancel()
        self.cluster.start_node(1)

    def test_gwctl_shows_nodes_as_they_change(self):
        shown = self.cluster.start('gwctl', '--server', self.cluster.api, 'nodes', '-w')
        shown.wait_output(r'(?m)^node-1 +Ready')
        revision = self.apply(service('shown', 80))
        shown.wait_output(rf'node-1 +Ready .* {revision}/{revision} ')
        shown.kill()


if __name__ == '__main__':
    unittest.main()
