"""Runs programs on a terminal of a given width."""

import errno
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios

from tests.support.processes import DEADLINE_S


def run_on_terminal(arguments, columns, env=None):
    """Runs to the end: (exit code, everything that was printed)."""
    clean = {k: v for k, v in os.environ.items()
             if not k.startswith('LIMPET_') and k != 'COLUMNS'}
    master, slave = pty.openpty()
    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
        child = subprocess.Popen(arguments, stdin=slave, stdout=slave, stderr=slave,
                                 env={**clean, **(env or {})}, start_new_session=True)
        os.close(slave)
        slave = -1
        try:
            return _read_to_end(master, child)
        finally:
            child.kill()
            child.wait()
    finally:
        os.close(master)
        if slave >= 0:
            os.close(slave)


def _read_to_end(master, child):
    text = b''
    while select.select([master], [], [], DEADLINE_S)[0]:
        try:
            data = os.read(master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # the other end is closed
                raise
            data = b''
        if not data:
            return child.wait(DEADLINE_S), text.decode().replace('\r\n', '\n')
        text += data
    raise AssertionError(f'nothing more was printed, and no end: {text!r}')
