"""What a scenario changes: endpoints, the gateway in front of them, and its clients' sessions."""

import concurrent.futures
import dataclasses
import pathlib
import sys

from bench.sticky_compare.sessions import Session
from tests.support import raw_http
from tests.support.cluster import ENDPOINT_PORT
from tests.support.processes import Process

ENDPOINTS = ('e1', 'e2', 'e3', 'e4')
PROGRAM = pathlib.Path(__file__).with_name('endpoint.py')


@dataclasses.dataclass(frozen=True)
class Listed:
    """An endpoint as the gateway is told of it. state: in; drain: for its sessions alone; out."""
    name: str
    address: str
    weight: int = 1
    state: str = 'in'


class World:
    nodes = (1, 2, 3)

    def __init__(self, cluster, gateway, sessions):
        self.cluster = cluster
        self.gateway = gateway
        self.processes = {}  # of endpoints, by name
        self.addresses = 0
        self.there = frozenset(ENDPOINTS)
        self.cut_off = frozenset()  # (node, endpoint)
        self.listing = [self.start_endpoint(name) for name in ENDPOINTS]
        gateway.start(self.listing)
        self.sessions = [Session(self, number) for number in range(sessions)]

    def missing(self, node):
        """The endpoints that the node cannot send to, or is not to."""
        cut = {name for cut_node, name in self.cut_off if cut_node == node}
        return (self.processes.keys() - self.there) | cut

    # ---- endpoints

    def start_endpoint(self, name, address=None):
        """At a new address unless one is given. Returns how it is listed."""
        if address is None:
            self.addresses += 1
            address = self.cluster.endpoint_address(self.addresses)
        process = Process(name, [sys.executable, '-S', str(PROGRAM), f'{address}:{ENDPOINT_PORT}',
                                 name])
        self.cluster.processes.append(process)
        process.wait_output('listens')
        self.processes = {**self.processes, name: process}  # clients read it meanwhile
        return Listed(name, address)

    def lose(self, name):
        """From now on its sessions have to go elsewhere."""
        self.there -= {name}

    def regain(self, name):
        self.gateway.wait_reached(name, self.sessions)
        self.there |= {name}

    def cut(self, node, name):
        """The endpoint knows the node by the host that requests are for, the node's address."""
        self.cut_off |= {(node, name)}
        self.tell_endpoint(name, f'/block/{self.cluster.node_address(node)}')

    def mend(self, name):
        self.tell_endpoint(name, '/allow')
        self.gateway.wait_reached(name, self.sessions)
        self.cut_off = frozenset()

    def tell_endpoint(self, name, target):
        with raw_http.Connection(self.find(name).address, ENDPOINT_PORT) as connection:
            connection.request('PUT', target)

    # ---- what the gateway is told

    def find(self, name):
        return next(e for e in self.listing if e.name == name)

    def tell(self, listing):
        self.listing = list(listing)
        self.gateway.change(self.listing)

    def replace(self, *changed):
        """These instead of those of their names."""
        by_name = {e.name: e for e in changed}
        self.tell(by_name.get(e.name, e) for e in self.listing)

    # ---- sessions

    def ask(self, times):
        """Each session so often, without a pause; several at a time."""
        def of_one(session):
            for _ in range(times):
                session.ask()
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            list(pool.map(of_one, self.sessions))

    def begin(self):
        """Sessions are where they are; from here on it is counted."""
        for session in self.sessions:
            session.begin()
