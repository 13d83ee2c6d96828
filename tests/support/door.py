"""The HTTP door as a program uses it: JSON over http.client, and server-sent events."""

import http.client
import json
import ssl

TIMEOUT_S = 30
PORT = 7701


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class Event:
    def __init__(self, fields):
        self.type = fields.get('event', 'message')
        self.id = fields.get('id')
        self.data = json.loads(fields['data'])

    @property
    def name(self):
        return self.data['metadata']['name']


class Stream:
    """Of events; comments are left out."""

    def __init__(self, connection, response):
        self.connection = connection
        self.response = response

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.response.close()
        self.connection.close()

    def __iter__(self):
        return self

    def __next__(self):
        fields = {}
        while True:
            line = self.response.readline()
            if not line:
                raise StopIteration
            line = line.decode().rstrip('\n')
            if not line and 'data' in fields:
                return Event(fields)
            name, _, value = line.partition(': ')
            if name and not line.startswith(':'):
                fields[name] = value

    def until_bookmark(self):
        """The events of one revision, or of several told at once, and the bookmark's id."""
        events = []
        for event in self:
            if event.type == 'bookmark':
                return events, event.id
            events.append(event)
        raise AssertionError('the stream ended')


class Door:
    def __init__(self, address, token=None, ca=None, identity=None):
        """With `ca`: over TLS."""
        self.address = address
        self.token = token
        self.tls = None
        if ca:
            self.tls = ssl.create_default_context(cafile=str(ca))
            if identity:
                self.tls.load_cert_chain(str(identity))

    def connect(self):
        if self.tls:
            return http.client.HTTPSConnection(self.address, PORT, timeout=TIMEOUT_S,
                                               context=self.tls)
        return http.client.HTTPConnection(self.address, PORT, timeout=TIMEOUT_S)

    def headers(self, more=()):
        bearer = {'Authorization': f'Bearer {self.token}'} if self.token else {}
        return {**bearer, **dict(more)}

    def call(self, method, target, body=None, headers=(), connection=None):
        own = connection is None
        connection = connection or self.connect()
        try:
            connection.request(method, target, body, self.headers(headers))
            return Answer(connection.getresponse())
        finally:
            if own:
                connection.close()

    def get(self, target, **headers):
        return self.call('GET', target, headers=headers)

    def post(self, body, headers=()):
        text = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.call('POST', '/v1/apply', text,
                         {'Content-Type': 'application/json', **dict(headers)})

    def apply(self, *resources, **options):
        return self.post({'resources': resources, 'options': options})

    def watch(self, target='/v1/watch', headers=()):
        connection = self.connect()
        connection.request('GET', target, headers=self.headers(headers))
        response = connection.getresponse()
        if response.status != 200:
            raise AssertionError(f'{response.status}: {response.read()}')
        return Stream(connection, response)


def service(name, ns='shop', port=80, labels=None):
    metadata = {'name': name, 'namespace': ns}
    if labels:
        metadata['labels'] = labels
    return {'apiVersion': 'v1', 'kind': 'Service', 'metadata': metadata,
            'spec': {'ports': [{'port': port}]}}
