"""Certificates for tests, made by the openssl command."""

import base64
import pathlib
import subprocess


def openssl(*arguments):
    done = subprocess.run(['openssl', *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f'openssl {" ".join(map(str, arguments))}:\n{done.stderr}')
    return done.stdout


class Authority:
    """Signs certificates; all files are in one directory."""

    def __init__(self, directory, name='authority'):
        self.dir = pathlib.Path(directory)
        self.path = self.dir / f'{name}.crt'
        self.key = self.dir / f'{name}.key'
        openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                '-subj', f'/CN={name}', '-days', 3650, '-keyout', self.key, '-out', self.path)

    @property
    def pem(self):
        return self.path.read_text()

    def issue(self, name, hosts, days=90, rsa=False):
        """(certificate, key), PEM. Negative days: it has expired."""
        key, request, own = (self.dir / f'{name}.{end}' for end in ('key', 'csr', 'crt'))
        kind = ['rsa:2048'] if rsa else ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
        openssl('req', '-new', '-newkey', *kind, '-nodes', '-subj', f'/CN={name}', '-addext',
                'subjectAltName=' + ','.join(f'DNS:{host}' for host in hosts), '-keyout', key,
                '-out', request)
        openssl('x509', '-req', '-in', request, '-CA', self.path, '-CAkey', self.key, '-days',
                days, '-copy_extensions', 'copy', '-out', own)
        return own.read_text(), key.read_text()


def secret(name, certificate, key, namespace='server'):
    def encoded(text):
        return base64.b64encode(text.encode()).decode()
    return f'''---
apiVersion: v1
kind: Secret
metadata: {{name: {name}, namespace: {namespace}}}
type: kubernetes.io/tls
data:
  tls.crt: {encoded(certificate)}
  tls.key: {encoded(key)}
'''
