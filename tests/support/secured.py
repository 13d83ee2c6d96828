"""A cluster that knows who everybody is, with a CA and certificates made by `gwctl pki`."""

import json

from tests.support.cluster import ClusterCase
from tests.support.processes import binary, run, wait_until


class SecuredCase(ClusterCase):
    @classmethod
    def start_secured(cls, cluster, *made):
        """The server and node 1, and gwctl as the administrator. `made`: the words of more
        `gwctl pki` commands, before the server starts."""
        cls.pki = cluster.dir / 'pki'
        cls.make('init', '--host', cluster.address(1))
        for words in (('node', 'node-1'), *made):
            cls.make(*words)
        cluster.server_flags = cls.tls('server.pem')
        cluster.gwctl_flags = cls.tls('user-admin.pem')
        cluster.select(1, *cls.tls('node-node-1.pem'))
        cluster.start_server()
        cluster.start_node(1)

    @classmethod
    def make(cls, *words):
        done = run([binary('gwctl'), 'pki', *words, '--dir', str(cls.pki)])
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    @classmethod
    def tls(cls, identity):
        return ['--tls-identity', cls.pki / identity, '--tls-ca', cls.pki / 'ca.crt']

    def audit(self):
        shown = self.cluster.gwctl('audit', '-o', 'json', '--limit', '200').stdout
        return json.loads(shown)['records']

    def wait_denied(self, actor, words):
        """The audit's record of a call that was refused."""
        return wait_until(lambda: next((r for r in self.audit() if r['action'] == 'denied'
                                        and r['actor'] == actor and words in r['message']), None),
                          f'the denial of {actor!r}: {words}')
