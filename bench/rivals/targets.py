"""The proxies that bench/proxy compares, each with one worker, without a log, with the same
endpoints and a session cookie of its own kind; and those endpoints. What is below /tunnel/ goes
to endpoints of another kind, which agree to upgrades, without a session. One certificate (ECDSA,
P-256) serves TLS 1.3 at a port of its own. Numbers of routes have ports of their own, too
(many_routes.py)."""

import base64
import pathlib
import subprocess

from bench.rivals import many_routes
from tests.support import raw_http
from tests.support.processes import Process, binary, wait_until

PORT = 8000
TLS_PORT = 8443
ENDPOINT_PORT = 8080
TUNNEL_PORT = 8081
ENDPOINTS = 4
SIZES = {'/128': 128, '/16k': 16 * 1024, '/1m': 1024 * 1024}

ENDPOINT_CONFIG = '''
daemon off;
master_process off;
pid {dir}/endpoint.pid;
error_log {dir}/endpoint.log warn;
events {{ worker_connections 20000; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
  client_body_temp_path {dir}/endpoint-tmp;
  default_type text/plain;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=20;
  server {{
    {listens}
    root {dir}/files;
    location /chunked/ {{ ssi on; ssi_types *; alias {dir}/files/; }}
  }}
}}
'''

NGINX_CONFIG = '''
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/nginx.log warn;
events {{ worker_connections 30000; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
  client_body_temp_path {dir}/nginx-tmp;
  proxy_temp_path {dir}/nginx-proxy-tmp;
  map $cookie_srv $pool {{ default all; {cookies} }}
  map $upstream_addr $taken {{ {names} }}
  map $cookie_srv $cookie {{ default ""; "" "srv=$taken; Path=/; HttpOnly"; }}
  {pools}
  upstream all {{ {servers} keepalive 256; keepalive_requests 100000000; }}
  upstream tunnels {{ {tunnels} }}
  server_names_hash_max_size 8192;
  {routes}
  server {{
    listen {address}:{port} backlog=4096;
    listen {address}:{tls_port} ssl backlog=4096;
    ssl_certificate {dir}/web.crt;
    ssl_certificate_key {dir}/web.key;
    ssl_protocols TLSv1.3;
    location /tunnel/ {{
      proxy_pass http://tunnels;
      proxy_http_version 1.1;
      proxy_read_timeout 1h;
      proxy_set_header Connection "upgrade";
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
    location / {{
      proxy_pass http://$pool;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      add_header Set-Cookie $cookie;
    }}
  }}
}}
'''

HAPROXY_CONFIG = '''
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 3s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
  timeout tunnel 1h
frontend in
  bind {address}:{port} backlog 4096
  bind {address}:{tls_port} backlog 4096 ssl crt {dir}/web.pem ssl-min-ver TLSv1.3
  option forwardfor
  http-request set-header X-Forwarded-Proto http if !{{ ssl_fc }}
  http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
  use_backend tunnels if {{ path_beg /tunnel/ }}
  default_backend all
{routes}
backend tunnels
  balance roundrobin
  {tunnels}
backend all
  balance roundrobin
  http-reuse always
  cookie srv insert indirect nocache httponly
  {servers}
'''

MANIFEST = '''
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: bench}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-1, namespace: bench, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
ports: [{{port: {endpoint_port}}}]
endpoints: [{endpoints}]
---
apiVersion: v1
kind: Service
metadata: {{name: tunnel, namespace: bench}}
spec: {{ports: [{{port: 80}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: tunnel-1, namespace: bench, labels: {{kubernetes.io/service-name: tunnel}}}}
addressType: IPv4
ports: [{{port: {tunnel_port}}}]
endpoints: [{tunnels}]
---
apiVersion: gateway.flomesh.io/v1alpha1
kind: SessionStickyPolicy
metadata: {{name: web, namespace: bench}}
spec:
  targetRef: {{kind: Service, name: web}}
  ports: [{{port: 80, config: {{cookieName: srv}}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge, namespace: bench}}
spec:
  gatewayClassName: limpet
  listeners: [{{name: http, protocol: HTTP, port: {port}}}{tls_listener}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: bench}}
spec:
  parentRefs: [{{name: edge}}]
  rules:
  - backendRefs: [{{name: web, port: 80}}]
  - matches: [{{path: {{type: PathPrefix, value: /tunnel}}}}]
    backendRefs: [{{name: tunnel, port: 80}}]
'''

TLS_LISTENER = ''', {{name: https, protocol: HTTPS, port: {tls_port},
    tls: {{certificateRefs: [{{name: web}}]}}}}'''
SECRET = '''
---
apiVersion: v1
kind: Secret
metadata: {{name: web, namespace: bench}}
type: kubernetes.io/tls
data: {{tls.crt: {certificate}, tls.key: {key}}}
'''


class Endpoints:
    """One nginx on as many addresses as there are endpoints, and bench_load for upgrades on the
    same. `tls`: the proxies are to have a certificate; `routes`: and so many routes each at a port
    of its own."""

    def __init__(self, cluster, tls, routes):
        self.dir = cluster.dir
        self.tls = tls
        self.routes = routes
        make_certificate(self.dir)
        self.addresses = [cluster.endpoint_address(i + 1) for i in range(ENDPOINTS)]
        files = self.dir / 'files'
        files.mkdir()
        for path, size in SIZES.items():
            (files / path[1:]).write_bytes(b'x' * size)
        for number in range(many_routes.PATHS if routes else 0):
            (files / f'r{number}').mkdir()
            (files / f'r{number}/128').write_bytes(b'x' * 128)
        config = ENDPOINT_CONFIG.format(
            dir=self.dir,
            listens=' '.join(f'listen {a}:{ENDPOINT_PORT} backlog=4096;' for a in self.addresses))
        start_configured(cluster, 'endpoints', ['nginx', '-c'], config)
        wait_serving(self.addresses[-1], ENDPOINT_PORT)
        echo = Process('echo', [binary('bench_load'), 'echo',
                                *(f'{a}:{TUNNEL_PORT}' for a in self.addresses)])
        cluster.processes.append(echo)
        echo.wait_output('listens')

    def manifest(self, count=ENDPOINTS):
        """For limpet, with so many of the endpoints."""
        def listed(addresses):
            return ', '.join(f'{{addresses: [{a}]}}' for a in addresses)

        def encoded(name):
            return base64.b64encode((self.dir / name).read_bytes()).decode()

        text = MANIFEST.format(
            port=PORT, endpoint_port=ENDPOINT_PORT, endpoints=listed(self.addresses[:count]),
            tunnel_port=TUNNEL_PORT, tunnels=listed(self.addresses),
            tls_listener=TLS_LISTENER.format(tls_port=TLS_PORT) if self.tls else '')
        if self.tls:
            text += SECRET.format(certificate=encoded('web.crt'), key=encoded('web.key'))
        return text


def make_certificate(folder):
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
         '-nodes', '-days', '2', '-subj', '/CN=bench.example.com',
         '-addext', 'subjectAltName=DNS:bench.example.com',
         '-keyout', folder / 'web.key', '-out', folder / 'web.crt'],
        check=True, capture_output=True)
    both = (folder / 'web.crt').read_bytes() + (folder / 'web.key').read_bytes()
    (folder / 'web.pem').write_bytes(both)


def start_configured(cluster, name, command, config):
    path = pathlib.Path(cluster.dir) / f'{name}.conf'
    path.write_text(config)
    process = Process(name, [*command, str(path)])
    cluster.processes.append(process)
    return process


def wait_serving(address, port):
    def served():
        try:
            return raw_http.get(address, port, '/128').status == 200
        except OSError:
            return False
    wait_until(served, f'answer of {address}')


class Target:
    """A running proxy: where it listens, and its process."""

    def __init__(self, name, address, process):
        self.name = name
        self.address = address
        self.process = process
        wait_serving(address, PORT)
        self.cookie = raw_http.get(address, PORT, '/128').cookie('srv')

    def base(self, tls=False, port=None):
        if tls:
            return f'https://{self.address}:{TLS_PORT}'
        return f'http://{self.address}:{port or PORT}'


def start_limpet(cluster, endpoints):
    if endpoints.tls:
        # Secrets are kept sealed.
        key = cluster.dir / 'secrets.key'
        cluster.gwctl('pki', 'secrets-key', key)
        cluster.server_flags = ['--secrets-key-file', key]
    cluster.start_server()
    process = cluster.start_node(1)
    cluster.apply(endpoints.manifest())
    for count in endpoints.routes:
        for manifest in many_routes.limpet_manifests(count):
            cluster.apply(manifest)
    return Target('limpet', cluster.node_address(1), process)


def start_haproxy(cluster, endpoints):
    address = cluster.address(3)
    servers = '\n  '.join(f'server e{i} {a}:{ENDPOINT_PORT} cookie e{i}'
                          for i, a in enumerate(endpoints.addresses))
    process = start_configured(cluster, 'haproxy', ['haproxy', '-db', '-f'], HAPROXY_CONFIG.format(
        dir=cluster.dir, address=address, port=PORT, tls_port=TLS_PORT, servers=servers,
        routes=''.join(many_routes.haproxy_config(count, cluster.dir, address)
                       for count in endpoints.routes),
        tunnels='\n  '.join(f'server t{i} {a}:{TUNNEL_PORT}'
                            for i, a in enumerate(endpoints.addresses))))
    return Target('haproxy', address, process)


def start_nginx(cluster, endpoints):
    address = cluster.address(4)
    named = [(f'e{i}', f'{a}:{ENDPOINT_PORT}') for i, a in enumerate(endpoints.addresses)]
    pools = '\n  '.join(f'upstream {name} {{ server {a}; keepalive 256; '
                        f'keepalive_requests 100000000; }}' for name, a in named)
    process = start_configured(cluster, 'nginx', ['nginx', '-c'], NGINX_CONFIG.format(
        dir=cluster.dir, address=address, port=PORT, tls_port=TLS_PORT, pools=pools,
        routes=''.join(many_routes.nginx_config(count, address) for count in endpoints.routes),
        tunnels=' '.join(f'server {a}:{TUNNEL_PORT};' for a in endpoints.addresses),
        servers=' '.join(f'server {a};' for _, a in named),
        cookies=' '.join(f'{name} {name};' for name, _ in named),
        names=' '.join(f'"{a}" {name};' for name, a in named)))
    return Target('nginx', address, process)


START = {'limpet': start_limpet, 'haproxy': start_haproxy, 'nginx': start_nginx}
