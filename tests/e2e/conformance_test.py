"""The node against the suite of conformance/: one test for each theme, all on one cluster."""

import unittest

from tests.e2e.conformance.gateways import Limpet
from tests.e2e.conformance.runner import Suite, run_all
from tests.e2e.conformance.themes import THEMES


class ConformanceTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.suite = Suite(Limpet(), THEMES)
        cls.results = run_all(cls.suite, 'limpet')

    @classmethod
    def tearDownClass(cls):
        bad = cls.suite.stop()
        if bad:
            raise AssertionError('\n'.join(bad))


def _test_of(theme):
    def test(self):
        self.assertTrue(self.results[theme])
        for case, found in self.results[theme]:
            with self.subTest(case.name):
                self.assertEqual(found, [])
    return test


for _theme in THEMES:
    _name = 'test_' + _theme.lower().replace(', ', '_').replace(' ', '_')
    setattr(ConformanceTest, _name, _test_of(_theme))


if __name__ == '__main__':
    unittest.main()
