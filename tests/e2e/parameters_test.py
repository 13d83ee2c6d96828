"""GatewayParameters take effect on nodes that run, and are told of."""

import json
import unittest

from tests.support import raw_http
from tests.support.cluster import GATEWAY_PORT, ClusterCase
from tests.support.parameters import demonstration, parameters
from tests.support.processes import wait_until


class ParametersTest(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=1)
        cluster.start_endpoint(1)
        cluster.apply(demonstration(cluster))

    def condition(self, kind, name, wanted):
        shown = json.loads(self.cluster.gwctl('get', kind, name, '-n', 'server', '-o',
                                              'json').stdout)
        return next(c for c in shown['status']['conditions'] if c['type'] == wanted)

    def apply(self, *lines):
        return self.cluster.apply(parameters(*lines))

    def test_1_what_does_not_exist_leaves_the_defaults(self):
        accepted = self.condition('gateway', 'simple-fsm-gateway', 'Accepted')
        self.assertEqual((accepted['status'], accepted['reason']), ('False', 'InvalidParameters'))
        self.assertEqual(self.cluster.get(1).status, 200)

    def test_2_limits_and_time_outs_without_a_restart(self):
        request = [('X-Long', 'x' * 3000)]
        self.assertEqual(self.cluster.get(1, headers=request).status, 200)
        self.apply('limits: {requestHeadBytes: 2Ki}')
        accepted = self.condition('gateway', 'simple-fsm-gateway', 'Accepted')
        self.assertEqual(accepted['status'], 'True')
        self.assertEqual(self.cluster.get(1, headers=request).status, 431)

        self.apply('timeouts: {idle: 100ms}')
        self.assertEqual(self.cluster.get(1, headers=request).status, 200)
        with self.cluster.connect(1) as connection:
            self.assertEqual(connection.request().status, 200)
            self.assertTrue(connection.at_end())

        self.cluster.gwctl('delete', 'gwp', 'edge', '-n', 'server')
        wait_until(lambda: self.stays_open(), 'connections to stay open again')

    def stays_open(self):
        with self.cluster.connect(1) as connection:
            connection.request()
            connection.socket.settimeout(0.5)
            try:
                return connection.socket.recv(1) != b''
            except TimeoutError:
                return True

    def test_3_gwctl_knows_the_kind(self):
        self.apply('timeouts: {idle: 1m30s}', 'clientAddress: {trustedCIDRs: [10.0.0.0/8]}')
        self.assertIn('edge', self.cluster.gwctl('get', 'gwp', '-n', 'server').stdout)
        described = self.cluster.gwctl('describe', 'gatewayparameters', 'edge', '-n',
                                       'server').stdout
        self.assertRegex(described, r'server/simple-fsm-gateway +8000 +yes')
        active = self.condition('gatewayparameters', 'edge', 'Active')
        self.assertEqual(active['status'], 'True')
        explained = self.cluster.gwctl('explain', 'gwp.spec.timeouts.idle').stdout
        self.assertIn('between two requests', explained)
        done = self.cluster.gwctl('validate', '-f', '-', expect=None,
                                  text_in=parameters('timeouts: {idle: soon}'))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('spec.timeouts.idle: must be a duration', done.stdout + done.stderr)


class SelectingNodeTest(ClusterCase):
    """A node that serves some of the Gateways is sent the parameters of these."""

    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_server()
        cluster.select(1, '--gateway', 'server/simple-fsm-gateway')
        cluster.start_node(1)
        cluster.start_endpoint(1)
        cluster.apply(demonstration(cluster) + '\n---\n' +
                      parameters('limits: {requestHeadBytes: 2048}'))

    def test_it_has_the_parameters(self):
        with raw_http.Connection(self.cluster.node_address(1), GATEWAY_PORT) as connection:
            response = connection.request(headers=[('X-Long', 'x' * 3000)])
        self.assertEqual(response.status, 431)


if __name__ == '__main__':
    unittest.main()
