"""Disks that fail at will: failing_disk.cpp, preloaded into a program."""

import os

LIBRARY = os.path.abspath(os.environ.get('LIMPET_FAILING_DISK') or
                          'build/release/tests/support/libfailing_disk.so')


class FailingDisk:
    """What is below the directory; the switch is a file elsewhere."""

    def __init__(self, directory, switch):
        if not os.path.exists(LIBRARY):
            raise AssertionError(f'{LIBRARY} is not there; build the target failing_disk')
        self._switch = switch
        preload = ' '.join(filter(None, [LIBRARY, os.environ.get('LD_PRELOAD')]))
        # A sanitizer wants to be the first library, unless it is told that this is well.
        options = filter(None, [os.environ.get('ASAN_OPTIONS'), 'verify_asan_link_order=0'])
        # For the program that is to have this disk.
        self.env = {'LD_PRELOAD': preload, 'ASAN_OPTIONS': ':'.join(options),
                    'FAILING_DISK_DIR': str(directory), 'FAILING_DISK_SWITCH': str(switch)}

    def fail(self, word):
        """ENOSPC, EROFS or EIO, from now on."""
        # In one step: the program looks at any moment.
        new = self._switch.with_suffix('.new')
        new.write_text(word)
        new.replace(self._switch)

    def heal(self):
        self._switch.unlink(missing_ok=True)
