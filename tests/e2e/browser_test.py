"""HTTPS as a browser speaks it: which authorities it believes, how it keeps the session's cookie,
certificates that change, WebSockets, and what pages of other origins may ask."""

import time
import unittest

from tests.support.browser import Browser, DriverError
from tests.support.certificates import Authority, secret
from tests.support.cluster import ClusterCase

HOST = 'shop.example'
STRANGE_HOST = 'strange.example'
APP_HOST = 'app.example'
OTHER_HOST = 'other.example'
ORIGIN = f'https://{HOST}:8443'
GATEWAY = '''---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: secure, namespace: server}
spec:
  gatewayClassName: limpet
  listeners:
  - {name: shop, protocol: HTTPS, port: 8443, hostname: shop.example,
     tls: {certificateRefs: [{name: shop}]}}
  - {name: strange, protocol: HTTPS, port: 8443, hostname: strange.example,
     tls: {certificateRefs: [{name: strange}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: secure, namespace: server}
spec:
  parentRefs: [{name: secure}]
  rules: [{backendRefs: [{name: pipy, port: 8080}]}]
'''
# Pages of two further origins, and what the shop lets those of the one ask.
PAGES = '''---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: pages, namespace: server}
spec:
  gatewayClassName: limpet
  listeners:
  - {name: app, protocol: HTTPS, port: 8443, hostname: app.example,
     tls: {certificateRefs: [{name: pages}]}}
  - {name: other, protocol: HTTPS, port: 8443, hostname: other.example,
     tls: {certificateRefs: [{name: pages}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: pages, namespace: server}
spec:
  parentRefs: [{name: pages}]
  rules: [{backendRefs: [{name: pipy, port: 8080}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: open, namespace: server}
spec:
  parentRefs: [{name: secure}]
  rules:
  - matches: [{path: {value: /inspect}}]
    filters:
    - type: CORS
      cors:
        allowOrigins: ["https://*.example:8443", "https://app.example:8443"]
        allowMethods: [PUT]
        allowHeaders: [X-Token]
        exposeHeaders: [X-Endpoint]
        allowCredentials: true
    backendRefs: [{name: pipy, port: 8080}]
'''
ASK_ANOTHER_ORIGIN = '''
const [target, method, header] = arguments;
try {
  const response = await fetch(
    target, {method, credentials: 'include', cache: 'no-store', headers: {[header]: '1'}});
  return [response.status, response.headers.get('x-endpoint'), await response.text()];
} catch (error) {
  return error.name;
}
'''
FETCH = '''
const [target, times] = arguments;
const fetched = [];
for (let i = 0; i < times; i++) {
  const response = await fetch(target, {cache: 'no-store'});
  await response.text();
  fetched.push(response.headers.get('x-endpoint'));
}
return fetched;
'''
# At once, so that the browser opens several connections.
FETCH_AT_ONCE = '''
const one = async () => {
  const response = await fetch('/', {cache: 'no-store'});
  await response.text();
  return response.headers.get('x-endpoint');
};
return Promise.all(Array.from({length: arguments[0]}, one));
'''
ECHO_OVER_WEBSOCKET = '''
const messages = arguments[0];
return new Promise((resolve, reject) => {
  const echoed = [];
  const socket = new WebSocket('wss://' + location.host + '/');
  socket.onerror = () => reject(new Error('the WebSocket failed'));
  socket.onclose = event => reject(new Error('the WebSocket closed: ' + event.code));
  socket.onopen = () => socket.send(messages[0]);
  socket.onmessage = event => {
    echoed.push(event.data);
    if (echoed.length < messages.length) return socket.send(messages[echoed.length]);
    socket.onclose = () => resolve(echoed);
    socket.close(1000);
  };
});
'''


class BrowserTest(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.authority = Authority(cluster.dir)
        stranger = Authority(cluster.dir, 'stranger')
        key_file = cluster.dir / 'secrets.key'
        cluster.gwctl('pki', 'secrets-key', key_file)
        cluster.server_flags = ['--secrets-key-file', key_file]
        cluster.start_all(nodes=2)
        for endpoint in (1, 2, 3):
            cluster.start_endpoint(endpoint)
        cluster.apply_demonstration(policy=True)
        cls.apply_certificate()
        cluster.apply(secret('strange', *stranger.issue('strange', [STRANGE_HOST])))
        cluster.apply(GATEWAY)

    @classmethod
    def apply_certificate(cls, name='shop'):
        certificate, key = cls.authority.issue(name, [HOST])
        cls.cluster.apply(secret('shop', certificate, key))

    def browser(self, node=1):
        address = self.cluster.node_address(node)
        hosts = dict.fromkeys([HOST, STRANGE_HOST, APP_HOST, OTHER_HOST], address)
        return Browser(self.cluster.dir / f'browser-of-{self.id()}', hosts, [self.authority.path])

    def test_a_session_stays_at_its_endpoint(self):
        began = time.time()
        with self.browser() as browser:
            browser.navigate(ORIGIN + '/')
            endpoint = browser.text()
            cookie = browser.cookies()['_srv_id']
            self.assertEqual((cookie['secure'], cookie['httpOnly'], cookie['sameSite']),
                             (True, True, 'Lax'))
            self.assertEqual(cookie['domain'], HOST)
            self.assertGreaterEqual(cookie['expiry'] + 1, began + 600)
            self.assertEqual(browser.run('return document.cookie'), '')
            for number in range(10):
                browser.navigate(f'{ORIGIN}/page-{number}')
                self.assertEqual(browser.text(), endpoint)
            self.assertEqual(browser.run(FETCH, '/', 30), [endpoint] * 30)
            self.assertEqual(browser.run(FETCH_AT_ONCE, 30), [endpoint] * 30)
            self.assertEqual(browser.cookies()['_srv_id']['value'], cookie['value'])

    def test_an_authority_that_is_not_known_is_refused(self):
        with self.browser() as browser:
            with self.assertRaises(DriverError) as refused:
                browser.navigate(f'https://{STRANGE_HOST}:8443/')
            self.assertRegex(str(refused.exception),
                             'insecure certificate|ERR_CERT_AUTHORITY_INVALID')
            browser.navigate(ORIGIN + '/')
            self.assertRegex(browser.text(), r'^e\d$')

    def test_a_certificate_changes_and_the_session_stays(self):
        self.apply_certificate('old')
        with self.browser(node=1) as browser:
            browser.navigate(ORIGIN + '/')
            endpoint = browser.text()
            cookie = browser.cookies()['_srv_id']
            self.assertEqual(set(browser.certificates()), {'old'})
            self.apply_certificate('new')
            # What is open, and what is resumed of it, goes on.
            self.assertEqual(browser.run(FETCH_AT_ONCE, 30), [endpoint] * 30)
            self.assertLessEqual(set(browser.certificates()), {'old', 'new'})
        # Connections are a browser's own, cookies those of its directory.
        with self.browser(node=2) as browser:
            browser.navigate(ORIGIN + '/')
            self.assertEqual(set(browser.certificates()), {'new'})
            self.assertEqual(browser.text(), endpoint)
            self.assertEqual(browser.cookies()['_srv_id']['value'], cookie['value'])

    def test_a_websocket_goes_through_to_the_endpoint_of_the_session(self):
        with self.browser() as browser:
            browser.navigate(ORIGIN + '/')
            messages = ['one', 'zwölf', 'x' * 100_000]
            self.assertEqual(browser.run(ECHO_OVER_WEBSOCKET, messages), messages)
            self.assertEqual(browser.run(FETCH, '/', 1), [browser.text()])

    def test_pages_of_other_origins_ask_what_the_route_lets_them(self):
        self.cluster.apply(secret('pages', *self.authority.issue('pages', [APP_HOST, OTHER_HOST])))
        self.cluster.apply(PAGES)
        target = ORIGIN + '/inspect'
        with self.browser() as browser:
            browser.navigate(f'https://{APP_HOST}:8443/')
            status, endpoint, asked = browser.run(ASK_ANOTHER_ORIGIN, target, 'PUT', 'x-token')
            self.assertEqual(status, 200)
            self.assertRegex(endpoint, r'^e\d$')
            self.assertIn('PUT', asked)
            for method, header in (('DELETE', 'x-token'), ('PUT', 'x-other')):
                self.assertEqual(browser.run(ASK_ANOTHER_ORIGIN, target, method, header),
                                 'TypeError', 'the preflight has to forbid it')
            # No route lets anybody ask for this, and the endpoint does not either.
            self.assertEqual(browser.run(ASK_ANOTHER_ORIGIN, ORIGIN + '/', 'PUT', 'x-token'),
                             'TypeError')
            self.cluster.apply(PAGES.replace('"https://*.example:8443", ', ''))
            browser.navigate(f'https://{OTHER_HOST}:8443/')
            self.assertEqual(browser.run(ASK_ANOTHER_ORIGIN, target, 'PUT', 'x-token'),
                             'TypeError')
            browser.navigate(f'https://{APP_HOST}:8443/')
            self.assertEqual(browser.run(ASK_ANOTHER_ORIGIN, target, 'PUT', 'x-token')[0], 200)


if __name__ == '__main__':
    unittest.main()
