"""What a real bash offers, with the script that gwctl prints and the names that a server has."""

import unittest

from tests.support.cluster import MANIFESTS, ClusterCase
from tests.support.processes import binary, run


class Completion(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_server()
        cluster.gwctl('apply', '-f', MANIFESTS)

    def complete(self, *words):
        """What a real bash offers behind these words; the last one is being typed."""
        script = ('source <("$0" completion bash); complete -p gwctl >&2; '
                  'COMP_WORDS=("$0" "$@"); COMP_CWORD=$#; _gwctl; printf "%s\\n" "${COMPREPLY[@]}"')
        done = run(['/usr/bin/env', 'bash', '-c', script, binary('gwctl'), *words],
                   {'LIMPET_SERVER': self.cluster.api, 'LIMPET_CONFIG': ''})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, 'complete -o default -F _gwctl gwctl\n')
        return done.stdout.split()

    def test_bash_offers_verbs_flags_kinds_and_names(self):
        self.assertEqual(self.complete('desc'), ['describe'])
        self.assertIn('--output', self.complete('get', '--'))
        self.assertEqual(self.complete('get', 'httpr'), ['httproutes'])
        self.assertEqual(self.complete('get', '-n', 'server', 'hr', 'f'), ['fortio-route'])
        self.assertEqual(self.complete('get', '-n', 'ser'), ['server'])
        self.assertEqual(self.complete('get', '-n', 'server', 'hr', 'x'), [])

    def test_no_server_is_no_names(self):
        self.assertEqual(
            self.complete('--server', f'{self.cluster.address(99)}:7700', 'get', 'ns', ''), [])


if __name__ == '__main__':
    unittest.main()
