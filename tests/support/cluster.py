"""A management server, nodes and sample endpoints on loopback addresses of their own."""

import os
import pathlib
import random
import shutil
import sys
import tempfile
import unittest

from tests.support import raw_http
from tests.support.processes import Process, binary, run, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / 'examples' / 'session-sticky'
GATEWAY_PORT = 8000
ENDPOINT_PORT = 8080


class Cluster:
    """Everything of one test file. Addresses: .1 the server, .2 and up the nodes, .11 and up the
    endpoints, in a random 127.x.y.0/24: files that run side by side do not meet."""

    def __init__(self):
        generator = random.SystemRandom()
        self.net = f'127.{generator.randrange(16, 250)}.{generator.randrange(256)}'
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='limpet-e2e-'))
        self.processes = []
        self.server = None
        self.nodes = {}
        self.selections = {}
        self.servers = {}  # by node, where that is not the server's own address
        self.workers = 2  # of each node
        self.server_flags = []
        self.gwctl_flags = []

    # ---- addresses

    def address(self, number):
        return f'{self.net}.{number}'

    @property
    def api(self):
        return f'{self.address(1)}:7700'

    def node_address(self, node):
        return self.address(1 + node)

    def endpoint_address(self, endpoint):
        return self.address(10 + endpoint)

    # ---- processes

    def start(self, name, *arguments, env=None):
        process = Process(name, [binary(name), *map(str, arguments)], env)
        self.processes.append(process)
        return process

    def start_endpoint(self, endpoint, *arguments, name=None):
        listen = f'{self.endpoint_address(endpoint)}:{ENDPOINT_PORT}'
        process = self.start('limpet-echo', '--listen', listen, '--name', name or f'e{endpoint}',
                             *arguments)
        process.wait_output('listens on')
        return process

    def server_arguments(self):
        return ['--data-dir', self.dir / 'server', '--listen', self.api,
                '--admin', f'{self.address(1)}:7701', *self.server_flags]

    def start_server(self, ready=True, env=None):
        self.server = self.start('limpet-server', *self.server_arguments(), env=env)
        if ready:
            self.wait_ready(self.server, self.address(1), 7701)
        return self.server

    def node_arguments(self, node):
        address = self.node_address(node)
        return ['--server', self.servers.get(node, self.api), '--node-id', f'node-{node}',
                '--address', address, '--data-dir', self.dir / f'node-{node}',
                '--admin', f'{address}:7800', '--workers', self.workers,
                *self.selections.get(node, [])]

    def select(self, node, *flags):
        """What the node is started with from now on: --gateway and --label."""
        self.selections[node] = flags

    def start_node(self, node, ready=True, env=None):
        process = self.start('limpet-proxy', *self.node_arguments(node), env=env)
        self.nodes[node] = process
        if ready:
            self.wait_ready(process, self.node_address(node), 7800)
        return process

    def wait_ready(self, process, address, port):
        def ready():
            if not process.alive:
                raise AssertionError(f'{process.name} ended:\n{process.output}')
            try:
                return raw_http.get(address, port, '/readyz').status == 200
            except OSError:
                return False
        wait_until(ready, f'/readyz of {process.name}')

    def start_all(self, nodes=2):
        self.start_server()
        for node in range(1, nodes + 1):
            self.start_node(node)

    def stop_all(self):
        """Ends all that lives; returns those that did not end cleanly, with their words."""
        bad = []
        for process in reversed(self.processes):
            try:
                if process.alive and process.stop() != 0:
                    bad.append(f'{process.name} did not stop cleanly:\n{process.output}')
            except AssertionError as error:
                bad.append(str(error))
        if not os.environ.get('LIMPET_KEEP'):
            shutil.rmtree(self.dir, ignore_errors=True)
        return bad

    def dump(self):
        for process in self.processes:
            state = 'alive' if process.alive else 'ended'
            print(f'---- {process.name} (pid {process.pid}, {state}): '
                  f'{" ".join(process.arguments[1:])}\n{process.output}', file=sys.stderr)

    # ---- gwctl and requests

    def gwctl(self, *arguments, expect=0, text_in=None):
        done = run([binary('gwctl'), *map(str, [*arguments, *self.gwctl_flags])],
                   {'LIMPET_SERVER': self.api, 'LIMPET_CONFIG': ''}, text_in)
        if expect is not None and done.returncode != expect:
            raise AssertionError(f'gwctl {" ".join(map(str, arguments))}: exit {done.returncode}, '
                                 f'not {expect}\n{done.stdout}{done.stderr}')
        return done

    def apply(self, text, *arguments):
        return self.gwctl('apply', '--wait', '-f', '-', *arguments, text_in=text)

    def manifest(self, name):
        """A file of the demonstration, with the endpoints at this cluster's addresses."""
        return (MANIFESTS / name).read_text().replace('127.0.0.', self.net + '.')

    def apply_demonstration(self, policy=False):
        names = ['service.yaml', 'endpoints.yaml', 'gateway.yaml']
        names += ['session-sticky-policy.yaml'] if policy else []
        return self.apply('\n---\n'.join(self.manifest(name) for name in names))

    def list_endpoints(self, *endpoints):
        """The Service of the demonstration has these, by the names e1, e2 ..."""
        head = self.manifest('endpoints.yaml').split('endpoints:')[0]
        self.apply(head + 'endpoints:\n' + ''.join(
            f'- {{addresses: [{self.endpoint_address(number)}], hostname: e{number}}}\n'
            for number in endpoints))

    def connect(self, node):
        return raw_http.Connection(self.node_address(node), GATEWAY_PORT)

    def get(self, node, target='/', cookie=None, headers=()):
        return raw_http.get(self.node_address(node), GATEWAY_PORT, target, cookie, headers)


class ClusterCase(unittest.TestCase):
    """One cluster for the tests of a class. What its processes said is shown when a test fails."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        try:
            cls.start_cluster(cls.cluster)
        except BaseException:
            cls.cluster.dump()
            cls.cluster.stop_all()
            raise

    @classmethod
    def start_cluster(cls, cluster):
        """What the tests of the class need running."""

    @classmethod
    def tearDownClass(cls):
        bad = cls.cluster.stop_all()
        if bad:
            raise AssertionError('\n'.join(bad))

    def run(self, result=None):
        result = result or self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            self.cluster.dump()
        return result
