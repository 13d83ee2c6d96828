"""HAProxy: three processes with the same configuration, as its manual says is best for sessions.

- Servers have names and, with cookies, fixed values by name; health is checked over HTTP.
- `option redispatch 1` and `retry-on`: a request whose server fails goes to another one at once,
  also where the server closed the connection without an answer (that not with --no-retries).
- What the runtime API can change without a reload is changed by it, on all three processes, and
  in the file: a server's address, weight and state.
- Everything else (servers come, go, or stand in another order) is a seamless reload: a new
  process takes the sockets over (`-x`, `expose-fd listeners`), the old one finishes (`-sf`).
- Tables are shared by `peers`, also with the process that a reload replaces, and know servers by
  name (`srvkey name`, the default). A process tells its successor only if it has itself asked all
  others for what they know, which takes up to 10 s from a first start: that is waited for."""

import re
import socket

from tests.support.cluster import ENDPOINT_PORT, GATEWAY_PORT
from tests.support.processes import Process, run, wait_until

PEER_PORT = 10000
LEARNED = 0b11  # flags of a peers section: it has asked its predecessor, and the others

# Checks are as usual (inter 2s fall 3 rise 2), but while a state changes more often, to wait less.
CONFIG = '''
global
  nbthread 1
  maxconn 4000
  stats socket {socket} mode 600 level admin expose-fd listeners
defaults
  mode http
  timeout connect 1s
  timeout client 30s
  timeout server 30s
  timeout check 2s
  retries 3
  option redispatch 1
  retry-on {retry_on}
peers nodes
  {peers}
frontend in
  bind {address}:{port}
  default_backend all
backend all
  {persistence}
  option httpchk
  http-check send meth GET uri /health ver HTTP/1.1 hdr Host {address}
  default-server check inter 2s fastinter 200ms downinter 200ms fall 3 rise 2
  {servers}
'''

INSERT = 'cookie srv insert indirect nocache httponly'
PERSISTENCE = {
    'haproxy cookie': ['balance roundrobin', INSERT],
    # Nodes agree on where a session without a server goes, if the application has a cookie, too.
    'haproxy cookie+hash': ['balance hash req.cook(app)', 'hash-type consistent', INSERT],
    'haproxy table': ['balance roundrobin',
                      'stick-table type string len 32 size 100k expire 1h peers nodes',
                      'stick on req.cook(app)', 'stick store-response res.cook(app)'],
}
# Tables know servers by number, too, and where the name is not there any more, the number counts.
# With fixed numbers no other server has it then.
FIXED_NUMBERS = 'haproxy table+id'
PERSISTENCE[FIXED_NUMBERS] = PERSISTENCE['haproxy table']
SETTLES_SLOWLY = {'haproxy table', FIXED_NUMBERS}


class Haproxy:
    def __init__(self, cluster, retries, persistence):
        self.cluster = cluster
        self.persistence = persistence
        self.retry_on = 'conn-failure empty-response' if retries else 'conn-failure'
        self.processes = {node: None for node in (1, 2, 3)}
        self.listing = []

    @staticmethod
    def version():
        return run(['haproxy', '-v']).stdout.splitlines()[0]

    def start(self, listing):
        self.listing = listing
        for node in self.processes:
            self.launch(node)
        for node in self.processes:
            self.wait_ready(node)

    # ---- processes

    def socket_path(self, node):
        return self.cluster.dir / f'haproxy-{node}.sock'

    def write_config(self, node):
        with_cookie = any(line.startswith('cookie') for line in PERSISTENCE[self.persistence])
        servers = [f'server {e.name} {e.address}:{ENDPOINT_PORT} weight {e.weight}' +
                   (f' cookie {e.name}' if with_cookie else '') +
                   (f' id {e.name[1:]}' if self.persistence == FIXED_NUMBERS else '') +
                   (' disabled' if e.state == 'out' else '') for e in self.listing]
        peers = [f'peer node-{n} {self.cluster.node_address(n)}:{PEER_PORT}'
                 for n in self.processes]
        path = self.cluster.dir / f'haproxy-{node}.cfg'
        path.write_text(CONFIG.format(
            socket=self.socket_path(node), address=self.cluster.node_address(node),
            port=GATEWAY_PORT, retry_on=self.retry_on, peers='\n  '.join(peers),
            servers='\n  '.join(servers),
            persistence='\n  '.join(PERSISTENCE[self.persistence])))
        return path

    def launch(self, node, old=None):
        take_over = ['-x', self.socket_path(node), '-sf', old.pid] if old else []
        command = ['haproxy', '-db', '-L', f'node-{node}', '-f', self.write_config(node),
                   *take_over]
        process = Process(f'haproxy {node}', list(map(str, command)))
        self.cluster.processes.append(process)
        self.processes[node] = process

    def wait_ready(self, node):
        process = self.processes[node]

        def ready():
            if not process.alive:
                raise AssertionError(f'{process.name} ended:\n{process.output}')
            try:
                return f'\nPid: {process.pid}\n' in self.command(node, 'show info')
            except OSError:
                return False
        wait_until(ready, f'answer of {process.name}')

    def command(self, node, text):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket_path(node)))
            connection.sendall(f'{text}\n'.encode())
            return b''.join(iter(lambda: connection.recv(65536), b'')).decode()

    # ---- changes

    def change(self, listing):
        before, self.listing = self.listing, listing
        if [e.name for e in before] != [e.name for e in listing]:
            self.reload(self.processes)
            return
        for node in self.processes:
            self.write_config(node)
            for old, new in zip(before, listing):
                self.change_server(node, old, new)

    def change_server(self, node, old, new):
        server = f'set server all/{new.name}'
        if new.address != old.address:
            said = self.command(node, f'{server} addr {new.address} port {ENDPOINT_PORT}')
            if 'changed' not in said:
                raise AssertionError(f'haproxy: {said}')
        if new.weight != old.weight:
            self.command(node, f'{server} weight {new.weight}')
        if new.state != old.state:
            state = {'in': 'ready', 'drain': 'drain', 'out': 'maint'}[new.state]
            self.command(node, f'{server} state {state}')

    def reload(self, nodes):
        old = {node: self.processes[node] for node in nodes}
        for node in old:
            self.launch(node, old[node])
        for node in old:
            self.wait_ready(node)
        for process in old.values():
            process.wait_exit()

    def restart(self, node):
        self.reload([node])

    def crash(self, nodes):
        for node in nodes:
            self.processes[node].kill()
        for node in nodes:
            self.launch(node)
        for node in nodes:
            self.wait_ready(node)

    def wait_settled(self):
        """Until a reload would keep the tables."""
        def settled(node):
            flags = re.search(r' flags=(\w+)', self.command(node, 'show peers')).group(1)
            return int(flags, 16) & LEARNED == LEARNED
        for node in self.processes if self.persistence in SETTLES_SLOWLY else ():
            wait_until(lambda: settled(node), f'tables of node {node}')

    def wait_reached(self, name, _):
        """Until the server is up for every process."""
        up = re.compile(rf'^\d+ all \d+ {name} \S+ 2 ', re.M)  # 2: SRV_ST_RUNNING
        for node in self.processes:
            wait_until(lambda: up.search(self.command(node, 'show servers state all')),
                       f'{name} up for node {node}')
