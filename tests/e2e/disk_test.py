"""A disk that is full, read-only or failing costs no state and no request, and needs no restart."""

import json
import unittest

from tests.support import raw_http
from tests.support.cluster import ClusterCase
from tests.support.disk import FailingDisk
from tests.support.processes import wait_until
from tests.support.traffic import Traffic


def service(name, port=80):
    return (f'apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: default}}\n'
            f'spec: {{ports: [{{port: {port}}}]}}\n')


class DiskCase(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.disk = FailingDisk(cluster.dir / cls.FAILS, cluster.dir / 'switch')
        cluster.start_endpoint(1)
        cluster.start_server(env=cls.disk.env if cls.FAILS == 'server' else None)
        for node in (1, 2):
            name = f'node-{node}'
            cluster.start_node(node, env=cls.disk.env if cls.FAILS == name else None)
        cluster.apply_demonstration(policy=True)

    def setUp(self):
        self.addCleanup(self.disk.heal)

    def nodes(self):
        listed = json.loads(self.cluster.gwctl('nodes', '-o', 'json').stdout)
        return listed['head'], {node['nodeId']: node for node in listed['nodes']}

    def status(self, node):
        rows = [line.split() for line in self.cluster.gwctl('nodes').stdout.splitlines()]
        return {row[0]: row[1] for row in rows}.get(node)

    def wait_ready_nodes(self):
        def ready():
            return all(self.status(f'node-{node}') == 'Ready' for node in (1, 2))
        wait_until(ready, 'nodes that serve the newest revision')


class ServerDisk(DiskCase):
    FAILS = 'server'

    def state(self):
        """The head with its digest, all objects, and since when the nodes are connected."""
        head, nodes = self.nodes()
        return (head, self.cluster.gwctl('get', 'services,gateways,httproutes,endpointslices', '-A',
                                         '-o', 'json').stdout,
                {name: node['connectedSinceUnixMs'] for name, node in nodes.items()})

    def refuse(self, manifest, *words):
        refused = self.cluster.gwctl('apply', '--wait', '-f', '-', text_in=manifest, expect=7)
        self.assertEqual(refused.stdout, '')
        self.assertEqual(len(refused.stderr.splitlines()), 1, refused.stderr)
        for word in ('nothing is changed', *words):
            self.assertIn(word, refused.stderr)

    def check(self, word, *words):
        manifest = service(f'later-{word.lower()}')
        before = self.state()
        with Traffic(self.cluster, [1, 2]).running() as traffic:
            self.disk.fail(word)
            self.refuse(manifest, *words)
            self.refuse(manifest, *words)
            traffic.advance()
            self.assertEqual(self.state(), before)
            self.assertEqual({self.status('node-1'), self.status('node-2')}, {'Ready'})
            self.assertRegex(self.cluster.server.output, 'revision [0-9]+ is not stored')
            # Room again, and no restart: the same goes in.
            self.disk.heal()
            self.cluster.apply(manifest)
            self.assertEqual(self.state()[2], before[2], 'streams were kept')
        self.assertEqual(traffic.failures, [])

    def check_crash(self, word, comes_whole=False):
        """What was refused is not there after a crash either, nor what was acknowledged gone.
        `comes_whole`: the writes were taken, and only the wait for the disk failed. Nobody can
        take them back then: it is there as a whole, or not at all."""
        acknowledged = self.state()
        self.disk.fail(word)
        self.refuse(service(f'never-{word.lower()}'))
        self.cluster.server.kill()
        self.disk.heal()
        self.cluster.start_server(env=self.disk.env)
        self.wait_ready_nodes()
        if comes_whole and f'never-{word.lower()}' in self.state()[1]:
            self.assertEqual(self.state()[0]['revision'], acknowledged[0]['revision'] + 1)
            self.cluster.gwctl('delete', 'service', f'never-{word.lower()}')
            self.assertEqual(self.state()[0]['digest'], acknowledged[0]['digest'])
            self.assertEqual(self.state()[1], acknowledged[1])
        else:
            self.assertEqual(self.state()[:2], acknowledged[:2])
        self.cluster.apply(service(f'more-{word.lower()}'))

    def test_full(self):
        self.check('ENOSPC', 'full', 'make room')
        self.check_crash('ENOSPC')

    def test_read_only(self):
        self.check('EROFS', 'Read-only file system')
        self.check_crash('EROFS')

    def test_failing(self):
        self.check('EIO', 'Input/output error')
        self.check_crash('EIO', comes_whole=True)

    def test_read_only_at_start(self):
        self.cluster.server.stop()
        self.disk.fail('EROFS')
        server = self.cluster.start('limpet-server', *self.cluster.server_arguments(),
                                    env=self.disk.env)
        self.assertEqual(server.wait_exit(), 1)
        self.assertRegex(server.output, r'\Alimpet-server: data directory \S+ is not writable: '
                                        r'Read-only file system.*\n\Z')
        self.cluster.processes.remove(server)
        self.disk.heal()
        self.cluster.start_server(env=self.disk.env)
        self.wait_ready_nodes()


class NodeDisk(DiskCase):
    FAILS = 'node-1'

    def check(self, word, reason):
        """The node serves what is new, says what is the matter, and mends its file by itself."""
        self.disk.fail(word)
        for max_age in (700, 800):
            policy = self.cluster.manifest('session-sticky-policy.yaml')
            self.cluster.apply(policy.replace('600', str(max_age)))
            self.assertIn(f'max-age={max_age}', self.cluster.get(1).header('set-cookie'))
        wait_until(lambda: self.status('node-1') == 'Degraded', 'condition of the node')
        self.assertIn(reason, self.cluster.gwctl('nodes').stdout)
        self.assertEqual(self.status('node-2'), 'Ready')
        self.disk.heal()
        # Without a further change.
        self.wait_ready_nodes()
        self.restart_without_server(800)

    def restart_without_server(self, max_age):
        head = self.nodes()[0]
        self.cluster.server.kill()
        self.cluster.nodes[1].kill()
        self.cluster.start_node(1, env=self.disk.env)
        self.assertIn(f'max-age={max_age}', self.cluster.get(1).header('set-cookie'))
        body = raw_http.get(self.cluster.node_address(1), 7800, '/readyz').body.decode()
        self.assertRegex(body, rf'last known good state: .* revision {head["revision"]} ')
        self.assertNotIn('damaged', self.cluster.nodes[1].output)
        self.cluster.start_server()
        self.wait_ready_nodes()
        self.cluster.apply(self.cluster.manifest('session-sticky-policy.yaml'))

    def test_full(self):
        self.check('ENOSPC', 'No space left on device')

    def test_read_only(self):
        self.check('EROFS', 'Read-only file system')

    def test_failing(self):
        self.check('EIO', 'Input/output error')

    def test_crash_while_full(self):
        """The file is then as old as the last write that came to its end."""
        self.wait_ready_nodes()
        self.disk.fail('ENOSPC')
        policy = self.cluster.manifest('session-sticky-policy.yaml')
        self.cluster.apply(policy.replace('600', '900'))
        wait_until(lambda: self.status('node-1') == 'Degraded', 'condition of the node')
        self.cluster.server.kill()
        self.cluster.nodes[1].kill()
        self.disk.heal()
        self.cluster.start_node(1, env=self.disk.env)
        self.assertIn('max-age=600', self.cluster.get(1).header('set-cookie'))
        self.cluster.start_server()
        self.wait_ready_nodes()
        self.assertIn('max-age=900', self.cluster.get(1).header('set-cookie'))

    def test_read_only_at_start(self):
        self.cluster.nodes[1].stop()
        self.disk.fail('EROFS')
        node = self.cluster.start('limpet-proxy', *self.cluster.node_arguments(1),
                                  env=self.disk.env)
        self.assertEqual(node.wait_exit(), 1)
        self.assertRegex(node.output, r'\Alimpet-proxy: data directory \S+ is not writable: '
                                      r'Read-only file system.*\n\Z')
        self.cluster.processes.remove(node)
        self.disk.heal()
        self.cluster.start_node(1, env=self.disk.env)
        self.wait_ready_nodes()


if __name__ == '__main__':
    unittest.main()
