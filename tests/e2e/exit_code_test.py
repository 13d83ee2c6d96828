"""Every exit code that docs/gwctl.md has, by a situation in which the real gwctl exits so."""

import re
import unittest

from tests.support.cluster import MANIFESTS, ClusterCase

ROOT = MANIFESTS.parent.parent
WRONG = 'apiVersion: v1\nkind: Service\nmetadata: {name: wrong}\nspec: {ports: [{port: 0}]}\n'
IDLE = 'apiVersion: v1\nkind: Service\nmetadata: {name: idle}\nspec: {ports: [{port: 1}]}\n'


def documented():
    """The codes of the page's table."""
    page = (ROOT / 'docs' / 'gwctl.md').read_text()
    table = page[page.index('## Exit codes'):].split('\n\n')[0]
    return {int(code) for code in re.findall(r'^\| (\d+) \|', table, re.MULTILINE)}


class ExitCodes(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_server()
        cluster.gwctl('apply', '-f', MANIFESTS)

    def situations(self):
        """By code: arguments, and what is typed."""
        return {
            0: [(['get', 'all', '-A'], None), (['analyze'], None),
                (['validate', '-f', MANIFESTS], None)],
            1: [(['diff', '-f', '-'], IDLE), (['analyze', '-f', '-'], IDLE)],
            2: [(['get'], None), (['apply', '-f', self.cluster.dir / 'missing.yaml'], None)],
            3: [(['get', 'service', 'nobody'], None), (['rollback', '--to', '4711'], None)],
            4: [(['apply', '-f', '-', '--expected-revision', '4711'], IDLE)],
            5: [(['apply', '-f', '-'], WRONG), (['validate', '-f', '-'], WRONG)],
            6: [(['wait', '--for=delete', 'service', 'pipy', '-n', 'server', '--timeout', '50ms'],
                 None)],
            7: [(['nodes', '--server', f'{self.cluster.address(99)}:7700'], None)],
        }

    def test_every_documented_code_has_a_situation(self):
        self.assertEqual(documented(), set(self.situations()))

    def test_every_situation_has_its_code(self):
        for code, situations in self.situations().items():
            for arguments, text in situations:
                with self.subTest(code=code, arguments=arguments):
                    done = self.cluster.gwctl(*arguments, expect=code, text_in=text)
                    self.assertEqual(code not in (0, 1), done.stderr != '', done.stderr)


if __name__ == '__main__':
    unittest.main()
