"""A server whose database was lost and begun anew: its nodes serve on with what they have, until an
operator lets them follow."""

import json
import shutil
import unittest

from tests.support.cluster import ClusterCase
from tests.support.processes import wait_until


class AdoptTest(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=2)
        cluster.start_endpoint(1, '--body', 'one')
        cluster.start_endpoint(2, '--body', 'two')

    def nodes(self):
        document = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)
        return {node['nodeId']: node for node in document['nodes']}

    def test_nodes_follow_a_new_database_only_when_they_are_adopted(self):
        cluster = self.cluster
        cluster.apply_demonstration(policy=True)
        cookie = cluster.get(1).cookie()
        served = cluster.get(1, cookie=cookie).body

        cluster.server.kill()
        shutil.rmtree(cluster.dir / 'server')
        cluster.start_server()
        wait_until(lambda: sum(node.get('held', False) for node in self.nodes().values()) == 2,
                   'both nodes connected and held')

        # They serve on, whatever is applied, and say what they wait for.
        self.assertEqual(cluster.get(1, cookie=cookie).body, served)
        refused = cluster.gwctl('apply', '--wait', '-f', '-', expect=1,
                                text_in=cluster.manifest('gateway.yaml'))
        self.assertIn('gwctl nodes adopt node-1', refused.stderr)
        table = cluster.gwctl('nodes').stdout
        self.assertIn('Held', table)
        self.assertIn('gwctl nodes adopt', table)
        self.assertEqual(cluster.get(2, cookie=cookie).body, served)

        self.assertIn('not connected: node-9',
                      cluster.gwctl('nodes', 'adopt', 'node-1', 'node-9', expect=3).stderr)
        self.assertEqual(cluster.gwctl('nodes', 'adopt', 'node-1').stdout, 'node/node-1 adopted\n')
        wait_until(lambda: cluster.get(1).status == 500, 'node-1 serves the new state')
        self.assertEqual(cluster.get(2, cookie=cookie).body, served, 'node-2 was not asked')

        # A node that was away, with the old state on its disk, is held as well.
        cluster.nodes[2].stop()
        cluster.start_node(2)
        wait_until(lambda: self.nodes()['node-2'].get('held', False), 'node-2 held again')
        self.assertEqual(cluster.get(2, cookie=cookie).body, served)
        self.assertEqual(cluster.gwctl('nodes', 'adopt', '--all').stdout, 'node/node-2 adopted\n')
        cluster.gwctl('wait', '--for=active')
        self.assertEqual(cluster.get(2).status, 500)
        self.assertIn('No node waits', cluster.gwctl('nodes', 'adopt', '--all').stderr)

        # The new state is on the node's disk, as a step from the old one.
        cluster.server.kill()
        cluster.nodes[2].stop()
        cluster.start_node(2)
        self.assertEqual(cluster.get(2).status, 500)
        cluster.start_server()


if __name__ == '__main__':
    unittest.main()
