"""Keys that seal sessions are replaced, and no session moves: through three nodes, one of which
does not reach its server meanwhile, and after restarts from the disk."""

import json
import unittest

from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until
from tests.support.relay import Relay

PATIENCE_S = 60


class KeysCase(ClusterCase):
    def keys(self):
        """[(key, state, nodes that lack it)], newest first."""
        lines = self.cluster.gwctl('keys', 'list').stdout.splitlines()[1:]
        return [(line.split()[0], line.split()[2], line.split()[4]) for line in lines]

    def states(self):
        return [state for _, state, _ in self.keys()]

    def minting(self):
        key, = [key for key, state, _ in self.keys() if state == 'mints']
        return key

    def key_of(self, cookie):
        told = self.cluster.gwctl('session', 'explain', cookie, '-o', 'json', expect=None)
        return f'{json.loads(told.stdout)["keyId"]:x}'

    def session(self, node):
        """A new one: its cookie and its endpoint."""
        response = self.cluster.get(node)
        self.assertEqual(response.status, 200)
        return response.cookie(), response.header('x-endpoint')

    def ask(self, node, cookie):
        response = self.cluster.get(node, cookie=cookie)
        return response.status, response.header('x-endpoint'), response.cookie()

    def check_stays(self, sessions, nodes):
        for cookie, endpoint in sessions:
            for node in nodes:
                self.assertEqual(self.ask(node, cookie), (200, endpoint, None))

    def rotate(self):
        done = self.cluster.gwctl('keys', 'rotate', '--wait', '--timeout', f'{PATIENCE_S}s')
        coming, mints = done.stdout.splitlines()
        self.assertTrue(coming.endswith(' coming'), done.stdout)
        self.assertTrue(mints.endswith(' mints'), done.stdout)
        return mints.split()[0].removeprefix('key/')


class KeyRotationTest(KeysCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in (1, 2, 3):
            cluster.start_endpoint(endpoint)
        cluster.start_server()
        cls.relay = Relay(cluster.address(1), (cluster.address(1), 7700))
        cls.addClassCleanup(cls.relay.close)
        cluster.servers[3] = cls.relay.address
        for node in (1, 2, 3):
            cluster.start_node(node)
        cluster.apply_demonstration(policy=True)
        cluster.list_endpoints(1, 2, 3)

    def connected(self):
        nodes = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)['nodes']
        return sum(node.get('connected', False) for node in nodes)

    def test_a_node_that_is_cut_off_moves_nobody(self):
        old = self.minting()
        before = [self.session(node) for node in (1, 2, 3) for _ in range(10)]
        self.relay.cut()
        wait_until(lambda: self.connected() == 2, 'node 3 to be gone')
        new = self.rotate()
        self.assertNotEqual(new, old)
        self.cluster.gwctl('wait', '--for=active')
        self.check_stays(before, (1, 2, 3))
        # The other two seal with the new key; node 3 does not have it, and leaves those alone.
        after = [self.session(node) for node in (1, 2) for _ in range(5)]
        self.assertEqual({self.key_of(cookie) for cookie, _ in after}, {new})
        self.check_stays(after, (1, 2))
        for cookie, _ in after:
            status, _, changed = self.ask(3, cookie)
            self.assertEqual((status, changed), (200, None))
        # What node 3 seals meanwhile is good everywhere.
        alone = [self.session(3) for _ in range(5)]
        self.assertEqual({self.key_of(cookie) for cookie, _ in alone}, {old})
        self.check_stays(alone, (1, 2, 3))
        self.relay.mend()
        wait_until(lambda: self.connected() == 3, 'node 3 to be back')
        self.cluster.gwctl('wait', '--for=active')
        self.check_stays(before + after + alone, (1, 2, 3))
        self.assertEqual(self.key_of(self.session(3)[0]), new)

    def test_a_node_has_the_new_key_on_its_disk(self):
        before = [self.session(node) for node in (1, 2, 3)]
        self.rotate()
        self.cluster.gwctl('wait', '--for=active')
        after = [self.session(node) for node in (1, 2, 3)]
        self.cluster.server.stop()
        self.cluster.nodes[1].kill()
        self.cluster.start_node(1)
        self.check_stays(before + after, (1, 2, 3))
        self.cluster.start_server()
        wait_until(lambda: self.connected() == 3, 'the nodes to be back')
        self.check_stays(before + after, (1, 2, 3))

    def test_what_becomes_of_keys_is_in_the_history(self):
        asked = self.cluster.gwctl('keys', 'rotate', '-m', 'a disk was lost', '--dry-run').stdout
        self.assertIn('(server dry run)', asked)
        self.cluster.gwctl('keys', 'rotate', '-m', 'a disk was lost')
        wait_until(lambda: self.states()[0] == 'mints', 'the key to mint', PATIENCE_S)
        history = self.cluster.gwctl('history').stdout
        self.assertIn('a disk was lost', history)
        self.assertRegex(history, r'keys +rotate +.*key [0-9a-f]+ mints, [0-9a-f]+ opens')


class AutomaticRotationTest(KeysCase):
    @classmethod
    def start_cluster(cls, cluster):
        for endpoint in (1, 2):
            cluster.start_endpoint(endpoint)
        cluster.server_flags = ['--key-rotation', '1s']
        cluster.start_all(nodes=2)
        cluster.apply_demonstration(policy=True)
        cluster.list_endpoints(1, 2)

    def test_keys_turn_by_themselves(self):
        sessions = [self.session(node) for node in (1, 2)]
        wait_until(lambda: self.states().count('opens') >= 2, 'two keys to be replaced',
                   PATIENCE_S)
        self.check_stays(sessions, (1, 2))


if __name__ == '__main__':
    unittest.main()
