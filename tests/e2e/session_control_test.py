"""Sessions explained and ended by gwctl, through two nodes."""

import json
import unittest

from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until


class SessionControl(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in (1, 2):
            cluster.start_endpoint(endpoint)
        cluster.start_all(nodes=2)
        cluster.apply_demonstration(policy=True)
        cluster.list_endpoints(1, 2)

    def session(self, endpoint=None, node=1):
        """The cookie of a new session, and the name of its endpoint: that one, if it is given."""
        for _ in range(4):
            response = self.cluster.get(node)
            if endpoint in (None, response.header('x-endpoint')):
                return response.cookie(), response.header('x-endpoint')
        raise AssertionError(f'nobody came to {endpoint}')

    def explain(self, token, *flags, expect=0):
        return self.cluster.gwctl('session', 'explain', '-', *flags, text_in=token, expect=expect)

    def explained(self, token, expect=0):
        return json.loads(self.explain(token, '-o', 'json', expect=expect).stdout)

    def verdicts(self, token):
        """[(node, reason, endpoint)] of the session's only place; the server's node is ''."""
        places = self.explained(token)['places']
        self.assertEqual(len(places), 1)
        return [(verdict['node'], verdict['reason'], verdict['endpoint'])
                for verdict in places[0]['verdicts']]

    def evict(self, *flags, expect=0):
        return self.cluster.gwctl('session', 'evict', '--service', 'pipy', '-n', 'server',
                                  '--wait', *flags, expect=expect)

    def check_stays(self, cookie, endpoint):
        for node in (1, 2, 2, 1):
            response = self.cluster.get(node, cookie=cookie)
            self.assertEqual((response.header('x-endpoint'), response.cookie()), (endpoint, None))

    def check_begins_anew(self, cookie, node):
        """Exactly once: the next answer has another session, which then stays at both nodes."""
        response = self.cluster.get(node, cookie=cookie)
        anew = response.cookie()
        self.assertEqual(response.status, 200)
        self.assertIsNotNone(anew)
        self.assertNotEqual(anew, cookie)
        self.assertNotEqual(self.explained(anew)['sessionId'], self.explained(cookie)['sessionId'])
        self.check_stays(anew, response.header('x-endpoint'))

    def test_a_session_is_explained_by_its_cookie(self):
        cookie, endpoint = self.session(node=1)
        for text in (cookie, cookie.split('=', 1)[1], f'{cookie}; path=/; HttpOnly\n'):
            session = self.explained(text)
            self.assertEqual((session['status'], session['name'], session['sealedBy']),
                             ('ok', '_srv_id', 'node-1'))
        place, = session['places']
        self.assertEqual(place['scope'], 'Service server/pipy:8080')
        self.assertEqual(place['policy'], 'SessionStickyPolicy server/session-sticky-policy-sample')
        self.assertEqual((place['service'], place['endpoint']), ('server/pipy:8080', endpoint))
        self.assertEqual(place['expiresUnixS'] - place['createdUnixS'], 600)
        self.assertEqual(self.verdicts(cookie), [('', 'hit', endpoint), ('node-1', 'hit', endpoint),
                                                 ('node-2', 'hit', endpoint)])
        text = self.explain(cookie).stdout
        self.assertIn('Scope:        Service server/pipy:8080\n', text)
        self.assertIn(f'Endpoint:     {endpoint}\n', text)
        self.assertRegex(text, f'node-2 +[0-9]+ +hit +{endpoint} +none\n')
        self.assertEqual(self.cluster.gwctl('session', 'explain', cookie).stdout.split('\n')[0],
                         'Status:       ok')

    def test_what_does_not_open_says_why(self):
        cookie, _ = self.session()
        value = cookie.split('=', 1)[1]
        middle = len(value) // 2
        tampered = value[:middle] + ('A' if value[middle] != 'A' else 'B') + value[middle + 1:]
        told = self.explain(tampered, expect=1)
        self.assertTrue(told.stdout.startswith('Status:       tampered\n'), told.stdout)
        self.assertIn('its seal does not hold', told.stderr)
        self.assertEqual(self.explained(tampered, expect=1)['places'], [])
        self.assertEqual(self.explained('abc', expect=1)['status'], 'malformed')
        self.explain(value, '--name', 'other', expect=1)
        self.explain('', expect=5)
        for process in [self.cluster.server, *self.cluster.nodes.values()]:
            self.assertNotIn(value[:40], process.output)
            self.assertNotIn(tampered[:40], process.output)

    def test_evicting_a_service_ends_all_of_its_sessions(self):
        cookies = [self.session(name) for name in ('e1', 'e2')]
        self.assertEqual(self.evict('-m', 'all of them').stdout, 'service/pipy sessions evicted\n')
        for number, (cookie, _) in enumerate(cookies, 1):
            self.assertEqual([reason for _, reason, _ in self.verdicts(cookie)], ['evicted'] * 3)
            self.check_begins_anew(cookie, number)
            self.check_begins_anew(cookie, 3 - number)
        newest = self.cluster.gwctl('history', '--limit', '1').stdout.splitlines()[1].split()
        self.assertEqual(newest[3:], ['evict', '<none>', 'all', 'of', 'them'])

    def test_evicting_an_endpoint_leaves_the_others_alone(self):
        (first, _), (second, _) = self.session('e1'), self.session('e2')
        self.assertEqual(self.evict('--endpoint', self.cluster.endpoint_address(1)).stdout,
                         'service/pipy sessions of endpoint e1 evicted\n')
        self.assertEqual([reason for _, reason, _ in self.verdicts(first)], ['evicted'] * 3)
        self.assertEqual(self.verdicts(second)[0], ('', 'hit', 'e2'))
        self.check_stays(second, 'e2')
        self.check_begins_anew(first, 2)
        self.check_stays(*self.session('e1'))

    def test_a_trial_ends_nothing_and_a_mistake_is_told(self):
        cookie, endpoint = self.session()
        self.assertIn('(server dry run)', self.evict('--dry-run').stdout)
        self.check_stays(cookie, endpoint)
        told = self.evict('--endpoint', 'e9', expect=3).stderr
        self.assertIn('Service server/pipy has no endpoint e9; it has e1, e2', told)
        self.cluster.gwctl('session', 'evict', '--service', 'nobody', expect=3)
        self.evict('--expected-revision', '1', expect=4)
        self.check_stays(cookie, endpoint)

    def wait_ready(self):
        def ready():
            rows = self.cluster.gwctl('nodes').stdout.splitlines()[1:]
            return [row.split()[1] for row in rows] == ['Ready', 'Ready']
        wait_until(ready, 'nodes at the newest revision')

    def test_an_eviction_outlives_restarts(self):
        cookie, _ = self.session()
        self.evict()
        kept, endpoint = self.session()
        self.assertEqual(self.cluster.server.stop(), 0)
        for node in (1, 2):
            self.assertEqual(self.cluster.nodes[node].stop(), 0)
            self.cluster.start_node(node)
        self.check_stays(kept, endpoint)
        self.assertIsNotNone(self.cluster.get(1, cookie=cookie).cookie(), 'without the server')
        self.cluster.start_server()
        self.wait_ready()
        self.assertEqual([reason for _, reason, _ in self.verdicts(cookie)], ['evicted'] * 3)
        self.check_begins_anew(cookie, 2)
        self.check_stays(kept, endpoint)

    def test_an_eviction_outlives_an_older_backup(self):
        cookie, _ = self.session()
        backup = self.cluster.dir / 'backup.db'
        self.cluster.gwctl('snapshot', 'save', backup)
        self.evict()
        self.cluster.gwctl('snapshot', 'restore', backup)
        self.cluster.gwctl('nodes', 'adopt', '--all')
        self.cluster.gwctl('wait', '--for=active')
        self.assertEqual([reason for _, reason, _ in self.verdicts(cookie)], ['evicted'] * 3)
        self.check_begins_anew(cookie, 1)
        self.check_stays(*self.session())


if __name__ == '__main__':
    unittest.main()
