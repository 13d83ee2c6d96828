"""The gateways that the suite can be pointed at. Each is started in front of backends, {host: list
of (address, port)}; None is the host of what matches no other."""

import os
import pathlib
import random
import shutil
import tempfile

from tests.support.cluster import GATEWAY_PORT, Cluster
from tests.support.processes import Process, wait_until
from tests.e2e.conformance.wire import connect

LIMPET_OBJECTS = '''
apiVersion: v1
kind: Namespace
metadata: {name: server}
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: Gateway
metadata: {name: gateway, namespace: server}
spec:
  gatewayClassName: fsm-gateway-cls
  listeners:
  - {protocol: HTTP, port: PORT, name: http, allowedRoutes: {namespaces: {from: Same}}}
'''
LIMPET_BACKEND = '''
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: server}}
spec:
  ports:
  - {{protocol: TCP, port: 8080}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: {name}
  namespace: server
  labels: {{kubernetes.io/service-name: {name}}}
addressType: IPv4
ports:
- {{protocol: TCP, port: 8080}}
endpoints: [{endpoints}]
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: HTTPRoute
metadata: {{name: {name}, namespace: server}}
spec:
  parentRefs:
  - {{name: gateway, port: {port}}}
{hostnames}
  rules:
  - matches:
    - path: {{type: PathPrefix, value: /}}
    backendRefs:
    - {{name: {name}, port: 8080}}
'''


class Limpet:
    def __init__(self):
        self._cluster = Cluster()
        self.address = (self._cluster.node_address(1), GATEWAY_PORT)

    def start(self, backends):
        text = LIMPET_OBJECTS.replace('PORT', str(GATEWAY_PORT))
        for number, (host, endpoints) in enumerate(backends.items()):
            text += LIMPET_BACKEND.format(
                name=f'backend-{number}', port=GATEWAY_PORT,
                endpoints=', '.join(f'{{addresses: [{address}]}}' for address, _ in endpoints),
                hostnames=f'  hostnames: [{host}]' if host else '')
        try:
            self._cluster.start_all(nodes=1)
            self._cluster.apply(text)
        except BaseException:
            self._cluster.dump()
            self._cluster.stop_all()
            raise

    def dump(self):
        self._cluster.dump()

    def stop(self):
        return self._cluster.stop_all()


class _Other:
    """A program with a configuration file of its own in a directory of its own."""

    name = None

    def __init__(self):
        if not self.program():
            raise SystemExit(f'{self.name} is not installed (apt-get install {self.name})')
        generator = random.SystemRandom()
        net = f'127.{generator.randrange(16, 250)}.{generator.randrange(256)}'
        self.address = (f'{net}.2', GATEWAY_PORT)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f'conformance-{self.name}-'))
        self.process = None

    @classmethod
    def program(cls):
        return shutil.which(cls.name) or shutil.which(cls.name, path='/usr/sbin:/sbin')

    def start(self, backends):
        path = self.directory / 'configuration'
        path.write_text(self.configuration(backends))
        self.process = Process(self.name, [self.program(), *self.arguments(path)])
        wait_until(self._listens, f'{self.name}: {self.process.output}')

    def _listens(self):
        if not self.process.alive:
            raise AssertionError(f'{self.name} ended:\n{self.process.output}')
        try:
            connect(self.address).close()
        except OSError:
            return False
        return True

    def dump(self):
        print(self.process.output)

    def stop(self):
        self.process.stop()
        if not os.environ.get('LIMPET_KEEP'):
            shutil.rmtree(self.directory, ignore_errors=True)
        return []


HAPROXY = '''
global
  nbthread 2
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
  timeout http-request 5s
  timeout tunnel 10s
  retries 3
  option redispatch 1
  retry-on conn-failure empty-response
  http-reuse safe
frontend in
  bind {address}:{port}
  http-request disable-l7-retry if ! METH_GET ! METH_HEAD
  http-request del-header Forwarded
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port {port}
'''


class Haproxy(_Other):
    name = 'haproxy'

    def arguments(self, path):
        return ['-db', '-f', str(path)]

    def configuration(self, backends):
        text = HAPROXY.format(address=self.address[0], port=self.address[1])
        rest = ''
        for number, (host, endpoints) in enumerate(backends.items()):
            text += (f'  use_backend b{number} if {{ req.hdr(host) -i {host} }}\n' if host
                     else f'  default_backend b{number}\n')
            rest += f'backend b{number}\n'
            for index, (address, port) in enumerate(endpoints):
                rest += f'  server s{index} {address}:{port}\n'
        return text + rest


NGINX = '''
daemon off;
worker_processes 2;
pid {directory}/pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  client_max_body_size 0;
  client_header_timeout 5s;
  client_body_timeout 5s;
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  proxy_http_version 1.1;
  proxy_request_buffering off;
  proxy_buffering off;
  proxy_connect_timeout 2s;
  proxy_read_timeout 5s;
  proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header Forwarded "";
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $http_host;
  proxy_set_header X-Forwarded-Port $server_port;
'''


class Nginx(_Other):
    name = 'nginx'

    def arguments(self, path):
        return ['-c', str(path), '-e', 'stderr']

    def configuration(self, backends):
        text = NGINX.format(directory=self.directory)
        for number, (host, endpoints) in enumerate(backends.items()):
            servers = '\n'.join(f'    server {address}:{port} max_fails=0;'
                                for address, port in endpoints)
            role = f'server_name {host};' if host else ''
            default = '' if host else ' default_server'
            text += f'''
  upstream b{number} {{
{servers}
    keepalive 16;
  }}
  server {{
    listen {self.address[0]}:{self.address[1]}{default};
    {role}
    location / {{ proxy_pass http://b{number}; }}
  }}
'''
        return text + '}\n'


GATEWAYS = {'limpet': Limpet, 'haproxy': Haproxy, 'nginx': Nginx}
