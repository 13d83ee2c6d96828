"""Machines that are not as the others: odd_machine.cpp, preloaded into a program."""

import os

LIBRARY = os.path.abspath(os.environ.get('LIMPET_ODD_MACHINE') or
                          'build/release/tests/support/libodd_machine.so')


def odd_machine(clock_s=0, unreachable=()):
    """The environment of a program whose clock is ahead, and that does not reach addresses."""
    if not os.path.exists(LIBRARY):
        raise AssertionError(f'{LIBRARY} is not there; build the target odd_machine')
    preload = ' '.join(filter(None, [LIBRARY, os.environ.get('LD_PRELOAD')]))
    # A sanitizer wants to be the first library, unless it is told that this is well.
    options = filter(None, [os.environ.get('ASAN_OPTIONS'), 'verify_asan_link_order=0'])
    return {'LD_PRELOAD': preload, 'ASAN_OPTIONS': ':'.join(options),
            'ODD_CLOCK_S': str(clock_s), 'ODD_UNREACHABLE': ','.join(unreachable)}
