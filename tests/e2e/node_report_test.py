"""What a node finds on its own machine is seen at the server."""

import json
import socket
import unittest

from tests.support.cluster import GATEWAY_PORT, ClusterCase
from tests.support.processes import wait_until


class NodeReport(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_endpoint(1)
        cluster.start_all(nodes=2)

    def nodes(self):
        listed = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)['nodes']
        return {node['nodeId']: node for node in listed}

    def failed_ports(self, node):
        return [failed['port'] for failed in
                self.nodes()[node].get('report', {}).get('failedListeners', [])]

    def test_a_port_in_use_is_a_condition_and_is_tried_again(self):
        taken = socket.socket()
        self.addCleanup(taken.close)
        taken.bind((self.cluster.node_address(1), GATEWAY_PORT))
        taken.listen()
        # The rest of the revision is applied all the same, on every node.
        self.cluster.apply_demonstration()
        wait_until(lambda: self.failed_ports('node-1') == [GATEWAY_PORT], 'report of the port')
        self.assertEqual(self.failed_ports('node-2'), [])
        shown = self.cluster.gwctl('nodes').stdout
        self.assertIn('Degraded', shown)
        self.assertIn(f'port {GATEWAY_PORT}: ', shown)
        self.assertIn('in use', shown)
        taken.close()
        wait_until(lambda: self.failed_ports('node-1') == [], 'the port to be taken')
        self.assertEqual(self.cluster.get(1).status, 200)
        self.assertNotIn('Degraded', self.cluster.gwctl('nodes').stdout)


if __name__ == '__main__':
    unittest.main()
