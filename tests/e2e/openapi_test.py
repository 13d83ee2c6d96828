"""docs/openapi.yaml is sound, and tells of the HTTP door what is so: each path, method, parameter
and field in it is taken, and the server takes no other."""

import json
import re
import unittest
import urllib.parse

import yaml

from tests.support.cluster import ROOT, ClusterCase
from tests.support.door import Door, service

METHODS = ('get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace')
# A value for each parameter that is in a query.
VALUES = {'string': 'a', 'integer': '0', 'boolean': 'true'}


class Document:
    def __init__(self, text):
        self.root = yaml.safe_load(text)

    def resolve(self, node):
        while isinstance(node, dict) and '$ref' in node:
            found = self.root
            for part in node['$ref'].removeprefix('#/').split('/'):
                found = found[part]
            node = found
        return node

    def operations(self):
        """(path, method, operation, parameters)"""
        for path, item in self.root['paths'].items():
            shared = item.get('parameters', [])
            for method in METHODS:
                if method in item:
                    operation = item[method]
                    parameters = [self.resolve(p)
                                  for p in shared + operation.get('parameters', [])]
                    yield path, method, operation, parameters

    def nodes(self, node=None):
        node = self.root if node is None else node
        yield node
        for child in node.values() if isinstance(node, dict) else node:
            if isinstance(child, (dict, list)):
                yield from self.nodes(child)


class OpenApi(ClusterCase):
    @classmethod
    def start_cluster(cls, cluster):
        cluster.start_server()
        cls.door = Door(cluster.address(1))
        cls.text = (ROOT / 'docs' / 'openapi.yaml').read_text()
        cls.document = Document(cls.text)

    def test_it_is_served(self):
        served = self.door.get('/openapi.yaml')
        self.assertEqual(served.status, 200)
        self.assertEqual(served.headers['content-type'], 'application/yaml')
        self.assertEqual(served.body.decode(), self.text)

    def test_it_is_sound(self):
        document = self.document
        self.assertRegex(document.root['openapi'], r'^3\.1\.\d+$')
        self.assertLessEqual({'title', 'version'}, document.root['info'].keys())
        names = set()
        for path, method, operation, parameters in document.operations():
            with self.subTest(path=path, method=method):
                self.assertNotIn(operation['operationId'], names)
                names.add(operation['operationId'])
                in_path = {p['name'] for p in parameters if p['in'] == 'path'}
                self.assertEqual(set(re.findall(r'{(\w+)}', path)), in_path)
                self.assertEqual(len({(p['name'], p['in']) for p in parameters}),
                                 len(parameters))
                for parameter in parameters:
                    self.assertIn(parameter['in'], ('path', 'query', 'header'))
                    self.assertIn('schema', parameter)
                    self.assertEqual(parameter.get('required', False), parameter['in'] == 'path')
                self.assertIn('default', operation['responses'])
                for status, response in operation['responses'].items():
                    self.assertRegex(str(status), r'^(\d{3}|default)$')
                    response = document.resolve(response)
                    self.assertIn('description', response)
                    for media in response['content'].values():
                        self.assertIn('type', document.resolve(media['schema']))
        used = set()
        for node in document.nodes():
            if isinstance(node, dict) and '$ref' in node:
                document.resolve(node)  # KeyError: leads nowhere
                used.add(node['$ref'])
        for group, members in document.root['components'].items():
            if group == 'securitySchemes':
                continue
            for name in members:
                self.assertIn(f'#/components/{group}/{name}', used)

    def paths(self, path, parameters):
        """The path with each value that {kind} may have."""
        kinds = [p for p in parameters if p['name'] == 'kind' and p['in'] == 'path']
        values = self.document.resolve(kinds[0]['schema'])['enum'] if kinds else ['']
        for value in values:
            yield (path.replace('{kind}', value).replace('{namespace}', 'ns')
                   .replace('{name}', 'none'))

    def test_every_path_is_there(self):
        declared = {}
        for path, method, operation, parameters in self.document.operations():
            for real in self.paths(path, parameters):
                declared.setdefault(real, set()).add(method)
        namespaced = set(self.kinds()) - {'namespaces', 'gatewayclasses'}
        for path, methods in declared.items():
            parts = path.split('/')
            if len(parts) == 5 and parts[2] not in namespaced:
                continue  # /v1/{kind}/{namespace}/{name} is of the others
            for method in METHODS:
                with self.subTest(path=path, method=method):
                    status = self.status(method.upper(), path)
                    if method in methods:
                        self.assertNotIn(status, (405, 501))
                    else:
                        self.assertEqual(status, 405)
        self.assertEqual(self.door.get('/v1/none').json['message'].split(' of ')[1].split(' (')[0],
                         ', '.join(self.kinds()))

    def kinds(self):
        told = self.door.get('/v1/none').json['message']
        kinds = re.search(r'KIND of ([\w, ]+) \(', told).group(1).split(', ')
        self.assertEqual(set(kinds),
                         set(self.document.root['components']['schemas']['Plural']['enum']))
        return kinds

    def status(self, method, target, headers=()):
        connection = self.door.connect()
        connection.request(method, target, None, dict(headers))
        status = connection.getresponse().status
        connection.close()
        return status

    def test_every_parameter_is_taken_and_no_other(self):
        for path, method, operation, parameters in self.document.operations():
            real = next(iter(self.paths(path, parameters)))
            if path == '/v1/{kind}/{namespace}/{name}':
                real = '/v1/services/ns/none'
            body = '{}' if method == 'post' else None
            json_type = {'Content-Type': 'application/json'} if body else {}
            query = {p['name']: p for p in parameters if p['in'] == 'query'}
            with self.subTest(path=path, method=method):
                wrong = self.door.call(method.upper(), f'{real}?no-such=1', body, json_type)
                self.assertEqual(wrong.status, 400)
                told = re.search(r'known are: (.*)$', wrong.json['message'])
                self.assertEqual(set(told.group(1).split(', ')) if told else set(), set(query))
                for name, parameter in query.items():
                    kind = self.document.resolve(parameter['schema'])['type']
                    value = urllib.parse.quote(VALUES[kind])
                    status = self.status(method.upper(), f'{real}?{name}={value}', json_type)
                    # What the value means is another matter.
                    self.assertIn(status, (200, 400, 404))
                    if status == 400:
                        answer = self.door.call(method.upper(), f'{real}?{name}={value}', body,
                                                json_type)
                        self.assertNotIn('unknown parameter', answer.json['message'])
        headers = [p['name'] for *_, parameters in self.document.operations()
                   for p in parameters if p['in'] == 'header']
        self.assertEqual(headers, ['Last-Event-ID'])
        self.assertEqual(self.status('GET', '/v1/watch', {'Last-Event-ID': 'x'}), 400)

    def test_every_field_of_a_request_is_taken_and_no_other(self):
        schema = self.document.root['components']['schemas']['ApplyRequest']
        for place, properties in (('', schema['properties']),
                                  ('options', schema['properties']['options']['properties'])):
            for name in [*properties, 'noSuchField']:
                body = {place: {name: None}} if place else {name: None}
                answer = self.door.post(body)
                with self.subTest(place=place, name=name):
                    self.assertEqual(answer.status, 400 if name == 'noSuchField' else 200,
                                     answer.body)

    def test_answers_are_what_it_says(self):
        schemas = self.document.root['components']['schemas']
        changed = self.door.apply(service('a')).json
        self.check(changed, schemas['ChangeResponse'], 'changed')
        self.check(self.door.get('/v1/services/shop/a').json, schemas['Object'], 'object')
        self.check(self.door.get('/v1/services?limit=1').json, schemas['ObjectList'], 'list')
        self.check(self.door.apply(service('A')).json, schemas['Error'], 'error')

    def check(self, value, schema, place):
        schema = self.document.resolve(schema)
        types = {'object': dict, 'array': list, 'string': str, 'integer': int, 'boolean': bool}
        self.assertIsInstance(value, types[schema['type']], place)
        if 'enum' in schema:
            self.assertIn(value, schema['enum'], place)
        for name in schema.get('required', []):
            self.assertIn(name, value, place)
        if isinstance(value, list):
            for item in value:
                self.check(item, schema['items'], f'{place}[]')
        if isinstance(value, dict) and 'properties' in schema:
            for name, member in value.items():
                if name in schema['properties']:
                    self.check(member, schema['properties'][name], f'{place}.{name}')
                elif place not in ('object', 'object.metadata', 'list.items[]',
                                   'list.items[].metadata'):
                    self.fail(f'{place}.{name} is not told of: {json.dumps(member)}')


if __name__ == '__main__':
    unittest.main()
