"""Secrets: written, never read back, and on no disk in plain text where no node needs them (those
that nodes need: certificates_test.py)."""

import base64
import json
import os
import unittest

from tests.support.cluster import ClusterCase
from tests.support.processes import binary, run, wait_until

PLAIN = 'correct-horse-battery-staple'
OTHER = 'another-horse-altogether'
SECRET = '''---
apiVersion: v1
kind: Secret
metadata:
  name: {name}
  namespace: shop
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{{"stringData":{{"password":"{value}"}}}}'
stringData: {{password: {value}, user: shopkeeper-in-chief}}
'''
VALUES = [PLAIN, OTHER, 'shopkeeper-in-chief']
NEEDLES = [form for value in VALUES
           for form in (value.encode(), base64.b64encode(value.encode()).rstrip(b'=')[:-1])]


class Secrets(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cls.key_file = cluster.dir / 'secrets.key'
        cls.make_key(cls.key_file)
        cluster.server_flags = ['--secrets-key-file', cls.key_file, '--log-level', 'trace']
        cluster.select(2, '--gateway', 'server/gateway')
        cluster.start_all(nodes=2)

    @staticmethod
    def make_key(path):
        done = run([binary('gwctl'), 'pki', 'secrets-key', str(path)])
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return path.read_text()

    def replace_keys(self, text):
        beside = self.key_file.with_suffix('.new')
        beside.write_text(text)
        beside.chmod(0o600)
        os.rename(beside, self.key_file)

    def restart(self):
        self.assertEqual(self.cluster.server.stop(), 0)
        self.cluster.start_server()

    def described(self, name):
        return self.cluster.gwctl('describe', 'secret', name, '-n', 'shop').stdout

    def head(self):
        revisions = json.loads(self.cluster.gwctl('history', '-o', 'json').stdout)['revisions']
        return int(revisions[0]['revision']), revisions[0]['actor']

    def same_value(self, name, value):
        """Whether it is what is stored: an apply of it would change nothing."""
        manifest = SECRET.format(name=name, value=value)
        shown = self.cluster.gwctl('apply', '--dry-run', '-f', '-', text_in=manifest).stdout
        return 'unchanged' in shown

    def check_no_plain_text(self, *texts):
        for text in texts:
            for needle in NEEDLES:
                self.assertNotIn(needle, text.encode())
        files = [path for path in self.cluster.dir.rglob('*') if path.is_file()]
        self.assertTrue(any(path.name == 'limpet.db' for path in files))
        for path in files:
            content = path.read_bytes()
            for needle in NEEDLES:
                self.assertNotIn(needle, content, path)
        for process in self.cluster.processes:
            for needle in NEEDLES:
                self.assertNotIn(needle, process.output.encode(), process.name)

    def test_nothing_tells_a_value(self):
        cluster = self.cluster
        first = cluster.apply(SECRET.format(name='quiet', value=PLAIN)).stdout
        self.assertIn('secret/quiet created', first)
        before, _ = self.head()
        again = cluster.apply(SECRET.format(name='quiet', value=PLAIN)).stdout
        self.assertIn('secret/quiet unchanged', again)
        exported = cluster.gwctl('get', 'secret', 'quiet', '-n', 'shop', '-o', 'yaml').stdout
        self.assertIn('password: "***"', exported)
        self.assertIn('unchanged', cluster.apply(exported).stdout)
        told = cluster.gwctl('diff', '-f', '-', expect=1,
                             text_in=SECRET.format(name='quiet', value=OTHER)).stdout
        self.assertIn('*** (after)', told)
        cluster.apply(SECRET.format(name='quiet', value=OTHER), '--message', 'another')
        compared = cluster.gwctl('diff', '--from', before, expect=1).stdout
        self.assertEqual(compared.count('*** (after)'), 1, compared)
        shown = cluster.gwctl('get', 'secrets', '-n', 'shop').stdout
        self.assertRegex(shown, r'quiet +Opaque +2 ')
        described = self.described('quiet')
        self.assertIn('Readable', described)
        cluster.gwctl('snapshot', 'save', str(cluster.dir / 'saved.db'))
        self.check_no_plain_text(
            exported, told, compared, shown, described, cluster.gwctl('audit').stdout,
            cluster.gwctl('history', 'secret', 'quiet', '-n', 'shop').stdout)

        cluster.gwctl('rollback', '--to', str(before))
        self.assertTrue(self.same_value('quiet', PLAIN))
        self.assertIn('unchanged', cluster.apply(SECRET.format(name='quiet', value=PLAIN)).stdout)
        self.restart()
        self.assertTrue(self.same_value('quiet', PLAIN))
        self.assertFalse(self.same_value('quiet', OTHER))

    def test_mistakes_are_told_without_values(self):
        cluster = self.cluster
        text = SECRET.format(name='wrong', value='"***"')
        refused = cluster.gwctl('apply', '-f', '-', text_in=text, expect=None)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn('there is none; give the value', refused.stderr)
        text = SECRET.format(name='wrong', value=PLAIN).replace('stringData', 'data')
        refused = cluster.gwctl('validate', '-f', '-', text_in=text, expect=None)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn('must be base64', refused.stderr)
        number = cluster.gwctl('validate', '-f', '-', expect=None,
                               text_in=SECRET.format(name='wrong', value='12345678'))
        self.assertNotIn('12345678', number.stdout + number.stderr)
        self.assertNotIn(PLAIN, refused.stdout + refused.stderr)
        cluster.gwctl('validate', '-f', '-', text_in=SECRET.format(name='right', value=PLAIN))

    def test_keys_are_changed_without_a_restart(self):
        cluster = self.cluster
        cluster.apply(SECRET.format(name='kept', value=PLAIN))
        old = self.key_file.read_text()
        revision, _ = self.head()
        new = self.make_key(cluster.dir / 'new.key')
        self.replace_keys(new + old)
        sealed = wait_until(lambda: self.head() if self.head()[0] > revision else None,
                            'a revision of the new key')
        self.assertEqual(sealed[1], 'secrets')
        self.assertEqual(cluster.gwctl('diff', '--from', str(revision)).stdout, '')
        self.replace_keys(new)
        self.restart()
        self.assertTrue(self.same_value('kept', PLAIN))

        # A key that is lost: the server serves, and says what it cannot open.
        lost = self.make_key(cluster.dir / 'lost.key')
        self.replace_keys(lost)
        self.restart()
        cluster.server.wait_output('cannot be opened; give the key')
        self.assertIn('KeyMissing', self.described('kept'))
        cluster.apply(cluster.gwctl('get', 'secret', 'kept', '-n', 'shop', '-o', 'yaml').stdout)
        self.replace_keys('no key at all')
        cluster.server.wait_output('--secrets-key-file: .*line 1')
        self.replace_keys(lost + new)
        wait_until(lambda: 'KeyMissing' not in self.described('kept'), 'the key that was lost')
        self.assertTrue(self.same_value('kept', PLAIN))

    def test_without_a_key(self):
        cluster = self.cluster
        cluster.apply(SECRET.format(name='kept', value=PLAIN))
        flags, cluster.server_flags = cluster.server_flags, []
        try:
            self.restart()
            cluster.server.wait_output('cannot be opened; give the key')
            refused = cluster.gwctl('apply', '-f', '-', expect=None,
                                    text_in=SECRET.format(name='none', value=PLAIN))
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn('--secrets-key-file', refused.stderr)
        finally:
            cluster.server_flags = flags
            self.restart()
        self.assertTrue(self.same_value('kept', PLAIN))

    def test_a_file_that_others_may_read_is_refused(self):
        path = self.cluster.dir / 'open.key'
        self.make_key(path)
        path.chmod(0o644)
        process = self.cluster.start('limpet-server', '--data-dir', self.cluster.dir / 'none',
                                     '--listen', f'{self.cluster.address(9)}:7700',
                                     '--admin', f'{self.cluster.address(9)}:7701',
                                     '--secrets-key-file', path)
        process.wait_output('chmod 600')
        self.assertNotEqual(process.wait_exit(), 0)

    def test_an_edit_shows_no_value_and_keeps_them_all(self):
        text = SECRET.format(name='edited', value=PLAIN)
        self.cluster.gwctl('apply', '-f', '-', text_in=text)
        saved = self.cluster.dir / 'shown'
        editor = self.cluster.dir / 'editor'
        # Keeps a copy of what it is shown, and adds a field.
        editor.write_text(f'#!/bin/sh\ncp "$1" {saved} && echo "immutable: true" >>"$1"\n')
        editor.chmod(0o700)
        done = run([binary('gwctl'), 'edit', 'secret', 'edited', '-n', 'shop'],
                   {'LIMPET_SERVER': self.cluster.api, 'LIMPET_CONFIG': '',
                    'GWCTL_EDITOR': str(editor)})
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(done.stdout, 'secret/edited configured\n')
        self.assertIn('password: "***"', saved.read_text())
        self.assertNotIn(PLAIN, saved.read_text())
        # Immutable now: the same values are taken, which are there still, and no others.
        kept = self.cluster.gwctl('apply', '-f', '-', text_in=text + 'immutable: true\n')
        self.assertEqual(kept.stdout, 'secret/edited unchanged\n')
        other = SECRET.format(name='edited', value=OTHER) + 'immutable: true\n'
        self.cluster.gwctl('apply', '-f', '-', text_in=other, expect=5)


if __name__ == '__main__':
    unittest.main()
