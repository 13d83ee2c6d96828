"""A cluster under faults for as long as asked: endpoints that reset, dawdle and talk nonsense,
clients that are slow or gone at any byte, and a change of the configuration every 100 ms.

    python3 -m tests.soak.soak [--minutes 10 | --seconds 10] [--seed N] [--clients 24]

From the root of the tree, with LIMPET_BIN and LIMPET_GENERATED as for the end-to-end tests
(docs/soak.md). Prints what happened, every anomaly with the seed, and ends with 1 if there was one.
"""

import argparse
import asyncio
import os
import pathlib
import sys
import time

from tests.soak.changes import Changes, manifest
from tests.soak.clients import Client, Record
from tests.soak.endpoints import Endpoint
from tests.soak.http import pause
from tests.support.cluster import Cluster
from tests.support.processes import wait_until

CALM = (1, 2)            # endpoints that do as they should
WILD = (3, 4)            # that do not, and stay listed
TRANSIENT = (5, 6, 7, 8)  # of both kinds, listed now and then
GROWTH = 1.25            # of memory, from the middle to the end
SLACK_KIB = 24 * 1024


def memory_kib(pid):
    for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return int(line.split()[1])
    return 0


def descriptors(pid):
    return len(os.listdir(f'/proc/{pid}/fd'))


class Soak:
    def __init__(self, options):
        self.seconds = options.seconds or options.minutes * 60
        self.options = options
        self.record = Record(options.seed)
        self.cluster = Cluster()
        self.memory = []  # by sample: {process: KiB}
        self.baseline = {}

    def processes(self):
        names = {'server': self.cluster.server}
        names.update({f'node {number}': node for number, node in self.cluster.nodes.items()})
        return names

    def start(self):
        seed = self.options.seed
        self.cluster.start_all(nodes=2)
        self.cluster.apply(manifest())
        address = self.cluster.endpoint_address
        self.endpoints = {n: Endpoint(n, address(n), seed, 0.0 if n in CALM + (5, 6) else 0.25)
                          for n in CALM + WILD + TRANSIENT}
        self.changes = Changes(self.cluster.api, seed, [address(n) for n in CALM],
                               [address(n) for n in WILD], [address(n) for n in TRANSIENT], 0.1)

    async def run(self):
        for endpoint in self.endpoints.values():
            await endpoint.open()
        await self.check_calm()
        await self.forget_connections()
        self.baseline = {name: descriptors(process.pid)
                         for name, process in self.processes().items()}
        stopping = asyncio.Event()
        nodes = [self.cluster.node_address(1), self.cluster.node_address(2)]
        stable = {f'e{n}' for n in CALM + WILD}
        clients = [Client(n, self.options.seed, nodes, stable, self.record)
                   for n in range(self.options.clients)]
        tasks = [asyncio.create_task(client.run(stopping)) for client in clients]
        tasks += [asyncio.create_task(self.endpoints[n].come_and_go(stopping)) for n in (4, 8)]
        self.changes.start()
        await self.watch()
        stopping.set()
        await asyncio.gather(*tasks)
        await asyncio.to_thread(self.changes.stop)

    async def watch(self):
        """Until the time is over, or a process has ended."""
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and all(p.alive for p in self.processes().values()):
            self.memory.append({name: memory_kib(p.pid) for name, p in self.processes().items()})
            await pause(min(1, self.seconds / 20))

    async def check_calm(self):
        """Good endpoints answer at once, on both nodes."""
        for node in (1, 2):
            client = Client(f'last-{node}-{len(self.memory)}', self.options.seed,
                            [self.cluster.node_address(node)], set(), self.record)
            client.path = lambda: '/calm'
            for _ in range(20):
                await client.visit()

    async def forget_connections(self):
        for endpoint in self.endpoints.values():
            endpoint.drop_all()

    async def check_end(self):
        for name, process in self.processes().items():
            if not process.alive:
                self.record.anomaly(f'{name} has ended:\n{process.output[-5000:]}')
                return
        await self.check_calm()
        await self.forget_connections()
        await asyncio.to_thread(self.check_descriptors)
        self.check_memory()
        self.check_posts()
        for failure in self.changes.failures:
            self.record.anomaly(failure)

    def check_descriptors(self):
        for name, process in self.processes().items():
            most = self.baseline[name] + (3 if name == 'server' else 0)  # its database's come late
            try:
                wait_until(lambda: descriptors(process.pid) <= most, 'end of all connections')
            except AssertionError as error:
                open_now = os.popen(f'ls -l /proc/{process.pid}/fd').read()
                self.record.anomaly(f'{name}: {error}: {descriptors(process.pid)} descriptors, '
                                    f'{most} at the beginning\n{open_now}')

    def check_memory(self):
        middle, last = self.memory[len(self.memory) // 2], self.memory[-1]
        for name in last:
            print(f'memory of {name}: {self.memory[0][name]} KiB at first, {middle[name]} in the '
                  f'middle, {last[name]} at last')
            if last[name] > middle[name] * GROWTH + SLACK_KIB:
                self.record.anomaly(f'the memory of {name} goes on growing')

    def check_posts(self):
        times = {}
        for endpoint in self.endpoints.values():
            for ident, count in endpoint.seen.items():
                times[ident] = times.get(ident, 0) + count
        for ident, count in times.items():
            if count > 1:
                self.record.anomaly(f'POST {ident} reached endpoints {count} times')
        print(f'{len(times)} POSTs of {self.record.posts} reached an endpoint')

    def finish(self):
        for trouble in self.cluster.stop_all():
            self.record.anomaly(trouble[-5000:])
        for process in self.cluster.processes:
            if 'runtime error:' in process.output or 'Sanitizer' in process.output:
                self.record.anomaly(f'{process.name}:\n{process.output[-5000:]}')
        for what, count in sorted(self.record.counts.items()):
            print(f'{count:8} {what}')
        print(f'{sum(e.requests for e in self.endpoints.values())} requests reached endpoints, '
              f'{self.changes.made} changes, {self.seconds} s, seed {self.options.seed}: '
              f'{len(self.record.anomalies)} anomalies')
        return 1 if self.record.anomalies else 0


def main():
    # An address sanitizer keeps what was freed, 256 MiB of it: for ten minutes that looks like
    # growth.
    os.environ.setdefault('ASAN_OPTIONS', 'quarantine_size_mb=16')
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--minutes', type=float, default=10)
    parser.add_argument('--seconds', type=float, help='instead of --minutes')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--clients', type=int, default=24)
    soak = Soak(parser.parse_args())
    try:
        soak.start()
        asyncio.run(run_all(soak))
    except BaseException:
        soak.cluster.dump()
        soak.cluster.stop_all()
        raise
    return soak.finish()


async def run_all(soak):
    await soak.run()
    await soak.check_end()


if __name__ == '__main__':
    sys.exit(main())
