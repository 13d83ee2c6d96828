"""The demonstration of the README, step by step, on the manifests as they are in examples/."""

import email.utils
import re
import time
import unittest

from tests.support.cluster import GATEWAY_PORT, ClusterCase
from tests.support.processes import run

HELLO = (200, 'Hello, world')
UNAVAILABLE = (503, 'Service unavailable')
SET_COOKIE = re.compile(
    r'_srv_id=(?P<value>[A-Za-z0-9_\-.]+); path=/; expires=(?P<expires>[^;]+ GMT); max-age=600; '
    r'HttpOnly; SameSite=Lax')


class Demonstration(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_endpoint(1, '--body', HELLO[1])
        cluster.start_endpoint(2, '--status', 503, '--body', UNAVAILABLE[1])
        cluster.start_all(nodes=2)

    def answer(self, node, cookie=None):
        response = self.cluster.get(node, cookie=cookie)
        return response.status, response.text

    def check_alternation(self):
        self.cluster.apply_demonstration()
        answers = [self.answer(1) for _ in range(10)]
        self.assertEqual({*answers}, {HELLO, UNAVAILABLE})
        for one, next_one in zip(answers, answers[1:]):
            self.assertNotEqual(one, next_one)
        self.assertEqual(self.cluster.get(1).all('set-cookie'), [])

    def check_cookie(self):
        """Returns the session's cookie and answer."""
        self.cluster.apply(self.cluster.manifest('session-sticky-policy.yaml'))
        response = self.cluster.get(1)
        values = response.all('set-cookie')
        self.assertEqual(len(values), 1)
        match = SET_COOKIE.fullmatch(values[0])
        self.assertTrue(match, values[0])
        expires = email.utils.parsedate_to_datetime(match['expires'])
        self.assertEqual(email.utils.format_datetime(expires, usegmt=True), match['expires'])
        self.assertLess(abs(expires.timestamp() - time.time() - 600), 30)
        self.assertLessEqual(len(match['value']), 512)
        return f'_srv_id={match["value"]}', (response.status, response.text)

    def check_with_curl(self, cookie, expected):
        for node in (1, 2):
            url = f'http://{self.cluster.node_address(node)}:{GATEWAY_PORT}/'
            done = run(['curl', '-sS', '-i', '-b', cookie, url])
            head, _, body = done.stdout.replace('\r', '').partition('\n\n')
            self.assertEqual((int(head.split()[1]), body), expected, done.stderr)
            self.assertNotIn('set-cookie', head.lower())

    def test_step_by_step(self):
        self.check_alternation()
        cookie, expected = self.check_cookie()
        for node in (1, 2):
            for _ in range(3):
                self.assertEqual(self.answer(node, cookie), expected)
        self.check_with_curl(cookie, expected)


if __name__ == '__main__':
    unittest.main()
