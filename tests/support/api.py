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


class Management:
    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.types = messages('limpet.v1.management')

    def close(self):
        self.channel.close()

    def _types(self, method):
        return (getattr(self.types, f'{method}Request').SerializeToString,
                getattr(self.types, f'{method}Response').FromString)

    def call(self, method, **fields):
        encode, decode = self._types(method)
        stub = self.channel.unary_unary(f'/limpet.v1.Management/{method}', encode, decode)
        return stub(getattr(self.types, f'{method}Request')(**fields), timeout=30)

    def stream(self, method, **fields):
        encode, decode = self._types(method)
        stub = self.channel.unary_stream(f'/limpet.v1.Management/{method}', encode, decode)
        return stub(getattr(self.types, f'{method}Request')(**fields), timeout=30)


def violations(error):
    """The field violations that a refused call carries."""
    details = dict(error.trailing_metadata())['grpc-status-details-bin']
    status = messages('google.rpc.status').Status.FromString(details)
    bad_request = messages('google.rpc.error_details').BadRequest()
    for detail in status.details:
        if detail.Unpack(bad_request):
            return [(v.field, v.description) for v in bad_request.field_violations]
    return []
