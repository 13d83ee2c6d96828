"""A number of routes at a port of its own, for the proxies of targets.py: ten paths on each host,
all to the same endpoints and with the same session cookie as everything else. What is measured is
the choice among them: requests are for all routes, in one shuffled order."""

import random

PATHS = 10  # of each host
FIRST_PORT = 8010
COUNTS = (10, 10_000)
APPLY_AT_ONCE = 1_000  # objects

GATEWAY = '''
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: routes-{count}, namespace: bench}}
spec:
  gatewayClassName: limpet
  listeners: [{{name: http, protocol: HTTP, port: {port}}}]
'''
ROUTE = '''
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: routes-{count}-{number}, namespace: bench}}
spec:
  parentRefs: [{{name: routes-{count}}}]
  hostnames: [{host}]
  rules:
  - matches: [{{path: {{type: PathPrefix, value: {path}}}}}]
    backendRefs: [{{name: web, port: 80}}]
'''

HAPROXY_FRONTEND = '''
frontend routes-{count}
  bind {address}:{port} backlog 4096
  option forwardfor
  http-request set-header X-Forwarded-Proto http
  use_backend %[base,map_beg({map})]
'''

# What locations have in common stands in their server, and is inherited.
NGINX_SERVER = '''
  server {{
    listen {address}:{port};
    server_name {host};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    add_header Set-Cookie $cookie;
    {locations}
  }}
'''

WRK_SCRIPT = '''
local requests, at = {{}}, 0
function init(args)
  for host, path in string.gmatch([[{targets}]], "(%S+) (%S+)") do
    wrk.headers["Host"] = host
    requests[#requests + 1] = wrk.format("GET", path)
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
'''


def port_of(count):
    return FIRST_PORT + COUNTS.index(count)


def routes(count):
    """(host, path prefix) of each."""
    return [(f'shop-{number // PATHS}.example.com', f'/r{number % PATHS}')
            for number in range(count)]


def limpet_manifests(count):
    """In parts, each to apply on its own."""
    yield GATEWAY.format(count=count, port=port_of(count))
    texts = [ROUTE.format(count=count, number=number, host=host, path=path)
             for number, (host, path) in enumerate(routes(count))]
    for begin in range(0, count, APPLY_AT_ONCE):
        yield '---'.join(texts[begin:begin + APPLY_AT_ONCE])


def haproxy_config(count, folder, address):
    """A frontend; the routes are in a map, by the beginning of host and path."""
    path = folder / f'routes-{count}.map'
    path.write_text(''.join(f'{host}{prefix}/ all\n' for host, prefix in routes(count)))
    return HAPROXY_FRONTEND.format(count=count, address=address, port=port_of(count), map=path)


def nginx_config(count, address):
    """A server for each host, in it a location for each path."""
    servers = []
    listed = routes(count)
    for begin in range(0, count, PATHS):
        of_host = listed[begin:begin + PATHS]
        locations = '\n    '.join(f'location {path}/ {{ proxy_pass http://$pool; }}'
                                  for _, path in of_host)
        port = f'{port_of(count)} backlog=4096' if begin == 0 else port_of(count)
        servers.append(NGINX_SERVER.format(address=address, port=port, host=of_host[0][0],
                                           locations=locations))
    return ''.join(servers)


def wrk_script(count, folder, file):
    """The path of a script that has wrk ask for `file` by every route."""
    targets = [f'{host} {path}{file}' for host, path in routes(count)]
    random.Random(1).shuffle(targets)
    path = folder / f'routes-{count}.lua'
    path.write_text(WRK_SCRIPT.format(targets='\n'.join(targets)))
    return path
