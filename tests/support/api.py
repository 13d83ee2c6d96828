"""The gRPC API from Python, with messages that the build generates from proto/. Stubs are not
generated: a call is a path and two message types."""

import importlib
import os
import sys

import google
import grpc

GENERATED = os.environ.get('LIMPET_GENERATED', 'build/release/tests/e2e/generated')
if GENERATED not in sys.path:
    sys.path.insert(0, GENERATED)
    # "google" has been found already, where google.protobuf is; google.rpc is among ours.
    google.__path__ = [*google.__path__, os.path.join(GENERATED, 'google')]


def messages(name):
    """A generated module: messages('limpet.v1.resource')"""
    return importlib.import_module(name + '_pb2')


# A server that was killed is found again soon, by connections of this channel's own. Not with
# grpc.min_reconnect_backoff_ms, which is also how long a connection attempt may take: a busy
# server would be given up while it answers.
IMPATIENT = [('grpc.initial_reconnect_backoff_ms', 50), ('grpc.max_reconnect_backoff_ms', 100),
             ('grpc.use_local_subchannel_pool', 1)]


class Management:
    def __init__(self, address, wait_for_ready=False, credentials=None, token=None):
        """wait_for_ready: calls wait for a server that is not there yet."""
        self.channel = (grpc.secure_channel(address, credentials, IMPATIENT) if credentials
                        else grpc.insecure_channel(address, IMPATIENT))
        self.metadata = [('authorization', f'Bearer {token}')] if token else None
        self.wait_for_ready = wait_for_ready
        self.types = messages('limpet.v1.management')
        self.modules = [self.types, messages('limpet.v1.sessions'), messages('limpet.v1.endpoints')]

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _type(self, name):
        return next(getattr(module, name) for module in self.modules if hasattr(module, name))

    def _types(self, method):
        answer = {'Rollback': 'Apply'}.get(method, method)
        return self._type(f'{method}Request'), self._type(f'{answer}Response')

    def call(self, method, **fields):
        request, response = self._types(method)
        stub = self.channel.unary_unary(f'/limpet.v1.Management/{method}',
                                        request.SerializeToString, response.FromString)
        return stub(request(**fields), timeout=30, metadata=self.metadata,
                    wait_for_ready=self.wait_for_ready)

    def stream(self, method, timeout_s=30, **fields):
        request, response = self._types(method)
        stub = self.channel.unary_stream(f'/limpet.v1.Management/{method}',
                                         request.SerializeToString, response.FromString)
        return stub(request(**fields), timeout=timeout_s, metadata=self.metadata)


def namespace(name):
    resource = messages('limpet.v1.resource').Resource()
    resource.namespace.api_version = 'v1'
    resource.namespace.kind = 'Namespace'
    resource.namespace.metadata.name = name
    return resource


def service(name, *ports, labels=None):
    resource = messages('limpet.v1.resource').Resource()
    resource.service.api_version = 'v1'
    resource.service.kind = 'Service'
    resource.service.metadata.name = name
    resource.service.metadata.labels.update(labels or {})
    for port in ports:
        resource.service.spec.ports.add(port=port)
    return resource


def endpoint_slice(name, of_service, addresses):
    resource = messages('limpet.v1.resource').Resource()
    piece = resource.endpoint_slice
    piece.api_version = 'discovery.k8s.io/v1'
    piece.kind = 'EndpointSlice'
    piece.address_type = 'IPv4'
    piece.metadata.name = name
    piece.metadata.labels['kubernetes.io/service-name'] = of_service
    for address in addresses:
        piece.endpoints.add(addresses=[address])
    piece.ports.add(port=8080)
    return resource


def violations(error):
    """The field violations that a refused call carries."""
    details = dict(error.trailing_metadata())['grpc-status-details-bin']
    status = messages('google.rpc.status').Status.FromString(details)
    bad_request = messages('google.rpc.error_details').BadRequest()
    for detail in status.details:
        if detail.Unpack(bad_request):
            return [(v.field, v.description) for v in bad_request.field_violations]
    return []
