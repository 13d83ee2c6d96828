"""The suite as a program, against Limpet or another gateway:

    PYTHONPATH=. python3 tests/e2e/conformance/run.py --target limpet|haproxy|nginx

One line for each case, then a table by theme. Ends with 1 only when Limpet fails a case."""

import argparse
import fnmatch
import sys

from tests.e2e.conformance.gateways import GATEWAYS
from tests.e2e.conformance.runner import Suite, run_all
from tests.e2e.conformance.themes import THEMES


def tell(_, case, found):
    print(f'{"FAIL" if found else "ok  "} {case.name}', flush=True)
    for line in found:
        print(f'       {line}')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--target', choices=GATEWAYS, default='limpet')
    parser.add_argument('--only', default='*', help='cases of names that match this pattern')
    chosen = parser.parse_args()
    suite = Suite(GATEWAYS[chosen.target](), THEMES)
    try:
        results = run_all(suite, chosen.target,
                          lambda case: fnmatch.fnmatch(case.name, chosen.only), tell)
    finally:
        bad = suite.stop()
    print(f'\n{"theme":<24} {"passed":>7} {"of":>5}')
    for theme, cases in [*results.items(),
                         ('all', [case for cases in results.values() for case in cases])]:
        passed = sum(1 for _, found in cases if not found)
        print(f'{theme:<24} {passed:>7} {len(cases):>5}')
    for line in bad:
        print(line)
    failed = bad or any(found for cases in results.values() for _, found in cases)
    return 1 if failed and chosen.target == 'limpet' else 0


if __name__ == '__main__':
    sys.exit(main())
