"""The man pages that the real gwctl writes: of every verb, and without a complaint of groff's."""

import pathlib
import shutil
import tempfile
import unittest

from tests.support.processes import binary, run

PLAIN = ('-P-c', '-P-b', '-P-o', '-P-u')  # nothing is bold: no letter twice


class ManPages(unittest.TestCase):
    def test_groff_has_nothing_to_complain_of(self):
        with tempfile.TemporaryDirectory() as directory:
            self.assertEqual(run([binary('gwctl'), '__man', directory]).returncode, 0)
            pages = sorted(pathlib.Path(directory).iterdir())
            names = [page.name for page in pages]
            for name in ('gwctl.1', 'gwctl-apply.1', 'gwctl-nodes-adopt.1'):
                self.assertIn(name, names)
            if shutil.which('groff') is None:
                self.skipTest('groff is not installed')
            for page in pages:
                done = run(['/usr/bin/env', 'groff', '-man', '-Tascii', '-ww', *PLAIN, str(page)])
                self.assertEqual((done.returncode, done.stderr), (0, ''), page.name)
                self.assertIn('SYNOPSIS', done.stdout)

    def test_zsh_reads_its_script(self):
        if shutil.which('zsh') is None:
            self.skipTest('zsh is not installed')
        script = run([binary('gwctl'), 'completion', 'zsh']).stdout
        done = run(['/usr/bin/env', 'zsh', '-n', '/dev/stdin'], text_in=script)
        self.assertEqual((done.returncode, done.stderr), (0, ''))


if __name__ == '__main__':
    unittest.main()
