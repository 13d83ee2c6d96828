"""Debian's Chromium, driven over the W3C WebDriver protocol (https://www.w3.org/TR/webdriver2/).

It has a HOME of its own, whose NSS database names the authorities that it trusts: nothing about
certificates is switched off."""

import json
import os
import pathlib
import subprocess
import urllib.error
import urllib.request

from tests.support.processes import DEADLINE_S, Process

PROGRAMS = ('/usr/bin/chromium', '/usr/bin/chromedriver', '/usr/bin/certutil')
FLAGS = (
    '--headless=new', '--disable-gpu', '--disable-quic', '--no-first-run', '--no-proxy-server',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--no-sandbox',  # there is none for root
    '--disable-dev-shm-usage',  # which is small in containers
    '--remote-debugging-pipe')  # the browser ends with its driver, however that ends

DRIVER_STARTS = 20


class DriverError(Exception):
    """Its codes: https://www.w3.org/TR/webdriver2/#errors"""

    def __init__(self, code, message):
        super().__init__(f'{code}: {message}')


class Browser:
    """What it keeps is in directory: a browser with the same one has the same cookies. hosts maps
    names to addresses, authorities are files with the certificates to trust."""

    def __init__(self, directory, hosts, authorities=()):
        missing = [program for program in PROGRAMS if not os.access(program, os.X_OK)]
        if missing:
            raise AssertionError(f'no {", ".join(missing)}: run scripts/install-deps test')
        self._home = pathlib.Path(directory)
        self._trust(authorities)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        environment = {'HOME': str(self._home), 'XDG_CONFIG_HOME': '', 'XDG_DATA_HOME': '',
                       'XDG_CACHE_HOME': ''}
        self._driver, port = self._start_driver(environment)
        try:
            self._session = f'http://127.0.0.1:{port}/session'
            rules = ', '.join(f'MAP {name} {address}' for name, address in hosts.items())
            flags = [*FLAGS, f'--user-data-dir={self._home}/profile',
                     f'--host-resolver-rules={rules}']
            made = self._call('POST', '', {'capabilities': {'alwaysMatch': {
                'browserName': 'chrome', 'acceptInsecureCerts': False,
                'goog:loggingPrefs': {'performance': 'ALL'},
                'timeouts': {'script': DEADLINE_S * 1000, 'pageLoad': DEADLINE_S * 1000},
                'goog:chromeOptions': {'binary': PROGRAMS[0], 'args': flags}}}})
            self._session += '/' + made['sessionId']
        except BaseException:
            self._driver.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.quit()

    @staticmethod
    def _start_driver(environment):
        """The driver takes any free port of IPv6, then the same one of IPv4; where that is in use,
        it ends. Returns it with its port."""
        for _ in range(DRIVER_STARTS):
            driver = Process('chromedriver', [PROGRAMS[1], '--port=0'], environment)
            try:
                said = driver.wait_output(
                    r'started successfully on port (\d+)|bind\(\) failed: Address already in use')
            except BaseException:
                driver.kill()
                raise
            if said.group(1):
                return driver, said.group(1)
            driver.kill()
        raise AssertionError(f'chromedriver found no port in {DRIVER_STARTS} starts')

    def _trust(self, authorities):
        database = self._home / '.pki' / 'nssdb'
        if not database.exists():
            database.mkdir(parents=True)
            self._certutil(database, '-N', '--empty-password')
        for number, path in enumerate(authorities):
            self._certutil(database, '-A', '-n', f'authority-{number}', '-t', 'C,,', '-i', path)

    @staticmethod
    def _certutil(database, *arguments):
        done = subprocess.run([PROGRAMS[2], '-d', f'sql:{database}', *map(str, arguments)],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f'certutil {" ".join(map(str, arguments))}:\n{done.stderr}')

    def _call(self, method, path, content=None):
        request = urllib.request.Request(
            self._session + path, method=method, headers={'Content-Type': 'application/json'},
            data=None if content is None else json.dumps(content).encode())
        try:
            with self._opener.open(request, timeout=2 * DEADLINE_S) as response:
                return json.load(response)['value']
        except urllib.error.HTTPError as error:
            value = json.load(error)['value']
            raise DriverError(value['error'], value['message']) from None

    def navigate(self, url):
        """Returns when the page has loaded; an error when there is none."""
        self._call('POST', '/url', {'url': url})
        # Not every driver tells of the page that the browser shows instead.
        if self.run('return location.href').startswith('chrome-error:'):
            raise DriverError('error page', self.text())

    def text(self):
        return self.run('return document.body.innerText').strip()

    def run(self, script, *arguments):
        """The script is a function's body; a promise that it returns is waited for."""
        return self._call('POST', '/execute/sync', {'script': script, 'args': arguments})

    def cookies(self):
        return {cookie['name']: cookie for cookie in self._call('GET', '/cookie')}

    def certificates(self):
        """The names (CN) in the certificates of the answers since the last call, in their order."""
        entries = self._call('POST', '/se/log', {'type': 'performance'})
        events = [json.loads(entry['message'])['message'] for entry in entries]
        answers = [event['params']['response'] for event in events
                   if event['method'] == 'Network.responseReceived']
        return [answer['securityDetails']['subjectName'] for answer in answers
                if 'securityDetails' in answer]

    def quit(self):
        """Cleanly, so that its cookies are on the disk."""
        try:
            self._call('DELETE', '')
        finally:
            self._driver.stop()
