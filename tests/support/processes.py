"""Programs under test: started, watched by their output, and ended by their own id."""

import ctypes
import os
import re
import signal
import subprocess
import threading
import time

# Generous: a sanitizer's build on a busy machine has to make it. Success never waits this long.
DEADLINE_S = 60


STOP_DEADLINE_S = 20
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _end_with_parent():
    """In the child: no test leaves processes behind, however it ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def binary(name):
    folder = os.environ.get('LIMPET_BIN', 'build/release/bin')
    return os.path.abspath(os.path.join(folder, name))


def wait_until(condition, what, deadline_s=DEADLINE_S):
    """Polls until the condition gives something true, and returns that."""
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'no {what} within {deadline_s} s')
        pause.wait(0.02)


class Process:
    """A child whose output (stdout and stderr, in one) is read by lines as it comes."""

    def __init__(self, name, arguments, env=None):
        self.name = name
        self.arguments = arguments
        self._lines = []
        self._changed = threading.Condition()
        clean = {k: v for k, v in os.environ.items() if not k.startswith('LIMPET_')}
        self._child = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors='replace', env={**clean, **(env or {})},
            preexec_fn=_end_with_parent)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._child.stdout:
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
        self._child.wait()
        with self._changed:
            self._changed.notify_all()

    @property
    def pid(self):
        return self._child.pid

    @property
    def alive(self):
        return self._child.poll() is None

    @property
    def output(self):
        with self._changed:
            return ''.join(self._lines)

    def wait_output(self, pattern):
        """Waits for output that matches, and returns the match."""
        found = re.compile(pattern)
        end = time.monotonic() + DEADLINE_S
        with self._changed:
            while True:
                match = found.search(''.join(self._lines))
                if match:
                    return match
                if not self._reader.is_alive() or time.monotonic() > end:
                    said = ''.join(self._lines)
                    raise AssertionError(f'{self.name} did not say {pattern!r}:\n{said}')
                self._changed.wait(1)

    def wait_exit(self):
        """Waits for the end, and returns the exit code (negative: the signal)."""
        try:
            code = self._child.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f'{self.name} did not end:\n{self.output}') from None
        self._reader.join(DEADLINE_S)
        return code

    def stop(self):
        """Ends it cleanly, and returns the exit code."""
        if self.alive:
            self._child.send_signal(signal.SIGTERM)
        return self.wait_exit()

    def kill(self):
        """kill -9: what a crash or a power cut is for the others."""
        self._child.kill()
        self._child.wait()
        self._reader.join(DEADLINE_S)

    def signal(self, number):
        self._child.send_signal(number)


def run(arguments, env=None, text_in=None):
    """Runs to the end; the result has returncode, stdout and stderr."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith('LIMPET_')}
    return subprocess.run(arguments, input=text_in, capture_output=True, text=True, check=False,
                          env={**clean, **(env or {})}, timeout=DEADLINE_S)
