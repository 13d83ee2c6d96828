"""Checks a source tree against rules.py: check.py [ROOT]. Prints "file:line: finding" and fails
when there are any; a file that is merely long is a warning."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rules  # noqa: E402

SUFFIXES = ('.cpp', '.h', '.py', '.proto', '.cmake', '.sh')
SHELLS = ('#!/bin/sh', '#!/usr/bin/env bash', '#!/bin/bash')


def files_of(root):
    """What git would commit; without git (a source archive), everything but builds."""
    git = subprocess.run(
        ['git', '-C', root, 'ls-files', '--cached', '--others', '--exclude-standard'],
        capture_output=True, text=True, check=False) if (root / '.git').exists() else None
    if git and git.returncode == 0:
        names = git.stdout.splitlines()
    else:
        names = [str(path.relative_to(root)) for path in root.rglob('*')]
        names = [name for name in names if not name.startswith(('build', '.git/'))]
    return {name for name in names if (root / name).is_file()}


def kind_of(path, text):
    name = path.rsplit('/', 1)[-1]
    if name == 'CMakeLists.txt':
        return '.cmake'
    if '.' not in name and text.startswith('#!'):
        return '.sh' if text.startswith(SHELLS) else '.py'
    suffix = os.path.splitext(name)[1]
    return suffix if suffix in SUFFIXES else None


def check_file(path, text, paths):
    """(line, message, fatal) for each finding."""
    kind = kind_of(path, text)
    if kind is None:
        return
    yield from rules.file_length(path, text)
    found = [rules.columns(text), rules.functions(kind, text)]
    # The rules' own samples are bad on purpose.
    if not path.startswith('tests/style/'):
        found.append(rules.banned(path, kind, text))
    if kind in rules.CPP:
        found += [rules.pragma_once(path, text), rules.layers(path, text),
                  rules.relative_includes(path, text), rules.mirror(path, paths),
                  rules.built(path, paths)]
    for findings in found:
        for line, message in findings:
            yield line, message, True


def main(argv):
    root = pathlib.Path(argv[1] if len(argv) > 1 else '.').resolve()
    paths = files_of(root)
    checked = failures = 0
    for path in sorted(paths):
        try:
            text = (root / path).read_text(encoding='utf-8')
        except UnicodeDecodeError:
            continue
        checked += kind_of(path, text) is not None
        for line, message, fatal in check_file(path, text, paths):
            failures += fatal
            print(f'{path}:{line}: {"" if fatal else "warning: "}{message}')
    print(f'{checked} files checked, {failures} findings')
    return 1 if failures or not checked else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
