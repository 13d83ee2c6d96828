"""What gwctl does with a person in front of it: an editor, tables that fit, a progress line."""

import pathlib
import stat
import sys
import unittest

from tests.support.cluster import MANIFESTS, ClusterCase
from tests.support.processes import binary, run
from tests.support.terminal import run_on_terminal

CLEAR = '\r\x1b[K'

# An editor that replaces OLD by NEW, and asserts what it is shown.
EDITOR = '''#!{python}
import sys
old, new, path = sys.argv[1:]
with open(path) as file:
    text = file.read()
assert old in text, text
with open(path, 'w') as file:
    file.write(text.replace(old, new))
'''


class GwctlTerminal(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_all(nodes=2)
        cls.editor = pathlib.Path(cluster.dir) / 'editor'
        cls.editor.write_text(EDITOR.format(python=sys.executable))
        cls.editor.chmod(cls.editor.stat().st_mode | stat.S_IXUSR)

    def setUp(self):
        self.cluster.gwctl('apply', '--wait', '-f', MANIFESTS)

    def env(self, **more):
        return {'LIMPET_SERVER': self.cluster.api, 'LIMPET_CONFIG': '',
                'TMPDIR': str(self.cluster.dir), **more}

    def edit(self, command, *flags):
        return run([binary('gwctl'), 'edit', 'httproute', 'fortio-route', '-n', 'server', *flags],
                   self.env(GWCTL_EDITOR=command, EDITOR='false'))

    def left_over(self):
        return list(pathlib.Path(self.cluster.dir).glob('gwctl-edit-*'))

    def port(self):
        path = '{.spec.rules[0].backendRefs[0].port}'
        return self.cluster.gwctl('get', 'hr', 'fortio-route', '-n', 'server',
                                  '-o', f'jsonpath={path}').stdout

    def test_edit_applies_what_the_editor_saves(self):
        self.assertEqual(self.port(), '8080')
        done = self.edit(f'{self.editor} "port: 8080" "port: 8081"', '--wait', '-m', 'by hand')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(done.stdout,
                         'httproute.gateway.networking.k8s.io/fortio-route configured\n')
        self.assertEqual(self.port(), '8081')
        self.assertIn('by hand', self.cluster.gwctl('history', '--limit', '1').stdout)
        self.assertEqual(self.left_over(), [])

    def test_edit_without_a_change(self):
        done = self.edit(f'{self.editor} "port: 8080" "port: 8080"')
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, 'Edit cancelled, no changes made.\n')
        self.assertEqual(self.left_over(), [])

    def test_edit_that_is_refused_and_not_mended_is_kept(self):
        # What it replaces is not there when it is shown the mistake, and the editor fails.
        done = self.edit(f'{self.editor} "kind: HTTPRoute" "kind: HTTPRuote"')
        self.assertEqual(done.returncode, 1)
        left = self.left_over()
        self.assertEqual(len(left), 1)
        self.assertIn(f'kept in {left[0]}', done.stderr)
        self.assertEqual(stat.S_IMODE(left[0].stat().st_mode), 0o600)
        self.assertIn('HTTPRuote', left[0].read_text())
        left[0].unlink()

    def test_edit_with_an_editor_that_is_not_there(self):
        done = self.edit('/none/such')
        self.assertEqual(done.returncode, 2)
        self.assertIn('cannot start the editor /none/such', done.stderr)
        self.assertEqual(self.left_over(), [])

    def test_tables_fit_a_terminal(self):
        words = [binary('gwctl'), 'get', 'hr', '-A', '-o', 'wide']
        code, wide = run_on_terminal(words, 300, self.env())
        self.assertEqual(code, 0)
        self.assertNotIn('…', wide)
        whole = max(len(line) for line in wide.splitlines())
        code, narrow = run_on_terminal(words, whole - 8, self.env())
        self.assertEqual(code, 0)
        self.assertIn('…', narrow)
        self.assertEqual(max(len(line) for line in narrow.splitlines()), whole - 8)
        self.assertIn('fortio-route', narrow)
        # COLUMNS counts before the terminal; without a terminal nothing is cut.
        self.assertNotIn('…', run_on_terminal(words, whole - 8, self.env(COLUMNS='300'))[1])
        self.assertNotIn('…', run(words, self.env(COLUMNS='20')).stdout)

    def test_waiting_shows_a_line_that_goes_away(self):
        words = [binary('gwctl'), 'apply', '--wait', '-f', str(MANIFESTS)]
        code, text = run_on_terminal(words, 100, self.env())
        self.assertEqual(code, 0)
        self.assertIn(CLEAR + 'waiting for nodes to serve revision ', text)
        self.assertTrue(text.endswith(CLEAR), text)
        self.assertEqual(run(words, self.env()).stderr, '')


if __name__ == '__main__':
    unittest.main()
