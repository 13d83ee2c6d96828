"""gwctl's verbs around a change, on a real server: try it, compare it, tell it, undo it."""

import json
import unittest

from tests.support.cluster import MANIFESTS, ClusterCase

LABELLED = '''---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop, labels: {{team: shop}}}}
spec: {{ports: [{{port: {port}}}]}}
'''
ROUTE = '''---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: mass}}
spec: {{rules: [{{backendRefs: [{{name: pipy, port: 8080}}]}}]}}
'''


def services(**ports):
    return ''.join(LABELLED.format(name=name, port=port) for name, port in ports.items())


class GwctlHistory(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_server()

    def gwctl(self, *arguments, expect=0, text_in=None):
        return self.cluster.gwctl(*arguments, expect=expect, text_in=text_in)

    def put(self, text, *flags, expect=0):
        return self.gwctl('apply', '-f', '-', *flags, expect=expect, text_in=text)

    def head(self):
        shown = json.loads(self.gwctl('version', '-o', 'json').stdout)
        return int(shown['head']['revision'])

    def service(self, name):
        shown = self.gwctl('get', 'svc', name, '-n', 'shop', '-o', 'json').stdout
        return json.loads(shown)

    def port(self, name):
        return self.service(name)['spec']['ports'][0]['port']

    def test_a_dry_run_and_a_diff_tell_what_an_apply_then_does(self):
        before = self.head()
        text = services(tried=80)
        tried = self.put(text, '--dry-run=server').stdout
        self.assertEqual(tried, 'service/tried created (server dry run)\n')
        diff = self.gwctl('diff', '-f', '-', expect=1, text_in=text).stdout
        self.assertIn('+++ Service shop/tried (manifest)\n', diff)
        self.assertEqual(self.head(), before)
        self.assertEqual(self.put(text).stdout, 'service/tried created\n')
        self.assertEqual(self.gwctl('diff', '-f', '-', text_in=text).stdout, '')
        diff = self.gwctl('diff', '-f', '-', expect=1, text_in=services(tried=81)).stdout
        self.assertIn('-  - port: 80\n+  - port: 81\n', diff)

    def test_what_is_stored_is_no_difference(self):
        self.gwctl('apply', '-f', MANIFESTS)
        self.gwctl('diff', '-f', MANIFESTS)
        self.assertEqual(self.gwctl('validate', '-f', MANIFESTS).stdout, '6 objects are valid\n')

    def test_a_rollback_restores_the_very_object_and_history_tells_it(self):
        self.put(services(undone=80), '-m', 'as it was')
        first = self.head()
        uid = self.service('undone')['metadata']['uid']
        self.put(services(undone=81), '-m', 'by mistake')
        self.gwctl('delete', 'svc', 'undone', '-n', 'shop')
        told = self.gwctl('rollback', '--to', first, '--dry-run').stdout
        self.assertEqual(told, 'service/undone created (server dry run)\n')
        self.gwctl('get', 'svc', 'undone', '-n', 'shop', expect=3)
        self.gwctl('rollback', '--to', first, '-m', 'sorry')
        self.assertEqual(self.service('undone')['metadata']['uid'], uid)
        self.assertEqual(self.port('undone'), 80)
        self.gwctl('diff', '--from', first)
        self.assertIn('Nothing differs', self.gwctl('rollback', '--to', first).stderr)
        self.check_history(first)

    def check_history(self, first):
        rows = self.gwctl('history', '--limit', 4).stdout.splitlines()[1:]
        self.assertEqual([row.split()[0] for row in rows],
                         [str(first + later) for later in (3, 2, 1, 0)])
        for row, words in zip(rows, ('sorry', 'delete', 'by mistake', 'as it was')):
            self.assertIn(words, row)
        shown = self.gwctl('history', first + 1).stdout
        self.assertIn('  Service shop/undone configured\n', shown)
        self.assertIn('-  - port: 80\n+  - port: 81\n', shown)
        audit = json.loads(self.gwctl('audit', '--limit', 1, '-o', 'json').stdout)['records'][0]
        self.assertEqual((audit['action'], audit['message']), ('rollback', 'sorry'))

    def test_a_revision_that_is_not_there_is_not_found(self):
        unborn = self.head() + 10
        for words in (('history', unborn), ('diff', '--from', unborn),
                      ('rollback', '--to', unborn)):
            self.assertIn(str(unborn), self.gwctl(*words, expect=3).stderr)

    def test_a_late_change_is_a_conflict(self):
        self.put(services(late=80))
        seen = self.head()
        self.put(services(late=81))
        done = self.put(services(late=82), '--expected-revision', seen, expect=4)
        self.assertIn(str(seen), done.stderr)
        self.assertEqual(self.port('late'), 81)
        self.put(services(late=82), '--expected-revision', self.head())

    def test_prune_deletes_what_is_no_longer_written(self):
        self.put(services(kept=80, dropped=80))
        self.put(services(kept=80), '--prune', '-l', 'team=nobody')
        self.service('dropped')
        done = self.put(services(kept=80), '--prune', '-l', 'team=shop').stdout
        self.assertIn('service/kept unchanged\n', done)
        self.assertIn('service/dropped deleted\n', done)
        self.gwctl('get', 'svc', 'dropped', '-n', 'shop', expect=3)

    def test_waiting_for_an_object_to_go(self):
        wait = ('wait', '--for=delete', 'svc', 'leaving', '-n', 'shop')
        self.assertEqual(self.gwctl(*wait).stdout, 'service/leaving deleted\n')
        self.put(services(leaving=80))
        done = self.gwctl(*wait, '--timeout', '200ms', expect=6)
        self.assertIn('Service shop/leaving', done.stderr)
        waiting = self.cluster.start('gwctl', *wait, env={'LIMPET_SERVER': self.cluster.api})
        self.gwctl('delete', 'svc', 'leaving', '-n', 'shop')
        waiting.wait_output('service/leaving deleted')

    def test_a_mass_delete_must_be_meant(self):
        routes = [f'r{i}' for i in range(40)]
        self.put(''.join(ROUTE.format(name=name) for name in routes))
        before = self.head()
        done = self.gwctl('delete', 'hr', *routes, '-n', 'mass', expect=5)
        self.assertIn('allow', done.stderr)
        self.assertEqual(self.head(), before)
        self.gwctl('delete', 'hr', *routes, '-n', 'mass', '--allow-mass-delete')


if __name__ == '__main__':
    unittest.main()
