"""BackendTLSPolicy against endpoints that speak TLS: authorities, names, conflicts."""

import http.server
import json
import ssl
import threading

from tests.support.certificates import Authority
from tests.support.cluster import ENDPOINT_PORT, ClusterCase
from tests.support.processes import wait_until

POLICY = '''---
apiVersion: gateway.networking.k8s.io/{version}
kind: BackendTLSPolicy
metadata: {{name: {name}, namespace: server}}
spec:
  targetRefs: [{{group: "", kind: Service, name: pipy}}]
  validation:
    hostname: {hostname}
    {rest}
'''
CONFIG_MAP_REF = 'caCertificateRefs: [{group: "", kind: ConfigMap, name: pipy-ca}]'
UPSTREAM = '''---
apiVersion: gateway.flomesh.io/v1alpha1
kind: UpstreamTLSPolicy
metadata: {name: own, namespace: server}
spec:
  targetRef: {kind: Service, name: pipy}
  ports: [{port: 8080}]
  config: {insecureSkipVerify: true}
'''


def config_map(authority, name='pipy-ca'):
    return json.dumps({'apiVersion': 'v1', 'kind': 'ConfigMap',
                       'metadata': {'name': name, 'namespace': 'server'},
                       'data': {'ca.crt': authority.pem, 'notes': 'not for nodes'}})


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'ok')

    def log_message(self, format, *args):  # noqa: A002: the base's name
        pass


class TlsServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Handshakes that fail are what is tested."""


class BackendTls(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.authority = Authority(cluster.dir)
        cls.other = Authority(cluster.dir, 'other')
        cls.authority.issue('pipy', ['pipy.example', 'pipy.internal'])
        cls.endpoints = [cls.start_tls_endpoint(cluster, number) for number in (1, 2)]
        cluster.start_all(nodes=1)
        cluster.apply_demonstration()

    @classmethod
    def start_tls_endpoint(cls, cluster, number):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cluster.dir / 'pipy.crt', cluster.dir / 'pipy.key')
        server = TlsServer((cluster.endpoint_address(number), ENDPOINT_PORT), Answer)
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        return server

    def policy(self, hostname='pipy.example', rest=CONFIG_MAP_REF, name='to-pipy', version='v1'):
        self.addCleanup(self.cluster.gwctl, 'delete', '--wait', 'backendtlspolicy', name, '-n',
                        'server', '--ignore-not-found')
        self.cluster.apply(POLICY.format(name=name, hostname=hostname, rest=rest, version=version))

    def status(self):
        return self.cluster.get(1).status

    def reasons(self, name='to-pipy'):
        shown = json.loads(self.cluster.gwctl('get', 'backendtlspolicy', name, '-n', 'server',
                                              '-o', 'json').stdout)
        return {each['type']: each['reason'] for each in shown['status']['conditions']}

    def test_a_certificate_of_the_authority_in_the_config_map_is_believed(self):
        self.assertNotEqual(self.status(), 200)  # plain text is not understood
        self.cluster.apply(config_map(self.authority))
        self.policy()
        self.assertEqual(self.status(), 200)
        self.assertEqual(self.reasons()['Accepted'], 'Accepted')
        self.assertEqual(self.reasons()['ResolvedRefs'], 'ResolvedRefs')
        self.policy(version='v1alpha3')
        self.assertEqual(self.status(), 200)
        self.policy(hostname='other.example')
        self.assertEqual(self.status(), 502)
        self.policy(hostname='other.example', rest=CONFIG_MAP_REF + '''
    subjectAltNames: [{type: URI, uri: "spiffe://a/b"}, {type: Hostname, hostname: pipy.internal}]
''')
        self.assertEqual(self.status(), 200)

    def test_a_config_map_that_is_replaced_holds_from_then_on(self):
        self.cluster.apply(config_map(self.other))
        self.policy()
        self.assertEqual(self.status(), 502)
        self.cluster.apply(config_map(self.authority))
        self.assertEqual(self.status(), 200)
        kept = (self.cluster.dir / 'node-1' / 'state.log').read_bytes
        wait_until(lambda: self.authority.pem.splitlines()[1].encode() in kept(),
                   'the authority in the state file')
        self.assertNotIn(b'not for nodes', kept())

    def test_without_an_authority_nothing_is_sent(self):
        self.policy(rest='caCertificateRefs: [{group: "", kind: ConfigMap, name: missing}]')
        self.assertEqual(self.status(), 503)
        self.assertEqual(self.reasons()['Accepted'], 'NoValidCACertificate')
        self.assertEqual(self.reasons()['ResolvedRefs'], 'InvalidCACertificateRef')
        told = self.cluster.gwctl('analyze', expect=None).stdout
        self.assertIn('ConfigMap server/missing does not exist', told)
        self.policy(rest='caCertificateRefs: [{group: x.io, kind: Bundle, name: a}]')
        self.assertEqual(self.status(), 503)
        self.assertEqual(self.reasons()['ResolvedRefs'], 'InvalidKind')
        self.policy(rest='wellKnownCACertificates: System')
        self.assertEqual(self.status(), 502)  # no authority of the system's

    def test_an_upstream_tls_policy_goes_before(self):
        self.policy(rest='wellKnownCACertificates: System')
        self.assertEqual(self.status(), 502)
        self.addCleanup(self.cluster.gwctl, 'delete', '--wait', 'upstreamtlspolicy', 'own', '-n',
                        'server')
        self.cluster.apply(UPSTREAM)
        self.assertEqual(self.status(), 200)
        self.assertEqual(self.reasons()['Accepted'], 'Conflicted')

    def test_who_uses_a_config_map_is_told(self):
        self.cluster.apply(config_map(self.authority, 'pipy-ca'))
        self.policy()
        told = self.cluster.gwctl('describe', 'configmap', 'pipy-ca', '-n', 'server').stdout
        self.assertRegex(told, r'BackendTLSPolicy server/to-pipy +ca.crt')
        told = self.cluster.gwctl('describe', 'btlspolicy', 'to-pipy', '-n', 'server').stdout
        self.assertRegex(told, r'server/pipy:8080 +yes +server/to-pipy')
        shown = self.cluster.gwctl('get', 'cm', '-n', 'server').stdout
        self.assertRegex(shown, r'(?m)^pipy-ca +2 ')
