"""Applies a Service, sees it come by in a watch, and waits until every connected node serves it.

    python3 example.py --server HOST:PORT --ca ca.crt --token-file ci.token [--name NAME]

The modules below limpet/ are made by protoc (../README.md) and found by PYTHONPATH.
"""

import argparse
import pathlib
import sys

import grpc

from limpet.v1 import management_pb2, management_pb2_grpc, resource_pb2

CALL_DEADLINE_S = 30
WAIT_DEADLINE_S = 60


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument('--server', default='127.0.0.1:7700')
    parser.add_argument('--ca', type=pathlib.Path)
    parser.add_argument('--token-file', type=pathlib.Path)
    parser.add_argument('--name', default='from-python')
    parser.add_argument('--namespace', default='shop')
    return parser.parse_args()


def connect(flags):
    if flags.ca:
        credentials = grpc.ssl_channel_credentials(flags.ca.read_bytes())
        return grpc.secure_channel(flags.server, credentials)
    return grpc.insecure_channel(flags.server)


def service(flags):
    resource = resource_pb2.Resource()
    resource.service.api_version = 'v1'
    resource.service.kind = 'Service'
    resource.service.metadata.name = flags.name
    resource.service.metadata.namespace = flags.namespace
    resource.service.spec.ports.add(port=80)
    return resource


def run(api, flags, metadata):
    # Everything there is comes first; then what changes. A program that lives longer keeps the last
    # bookmark, and comes back with it as from_revision.
    watch = api.Watch(management_pb2.WatchRequest(kind='Service', namespace=flags.namespace),
                      metadata=metadata, timeout=WAIT_DEADLINE_S)
    applied = api.Apply(
        management_pb2.ApplyRequest(
            resources=[service(flags)],
            options=management_pb2.ChangeOptions(message='from Python')),
        metadata=metadata, timeout=CALL_DEADLINE_S)
    outcome = management_pb2.ObjectResult.Outcome.Name(applied.results[0].outcome)
    print(f'applied: revision {applied.state.revision}, service/{flags.name} {outcome}')
    events = (event for message in watch for event in message.events)
    seen = next(e for e in events if e.resource.service.metadata.name == flags.name)
    kind = management_pb2.WatchResponse.Event.Type.Name(seen.type)
    print(f'watched: {kind} service/{flags.name}')
    watch.cancel()
    request = management_pb2.WaitActiveRequest(revision=applied.state.revision)
    for progress in api.WaitActive(request, metadata=metadata, timeout=WAIT_DEADLINE_S):
        for node in progress.rejected:
            print(f'rejected: by {node.node_id}')
        if progress.done:
            print(f'active: on {progress.active} of {progress.connected} nodes')


def main():
    flags = arguments()
    metadata = []
    if flags.token_file:
        token = flags.token_file.read_text(encoding='ascii').strip()
        metadata.append(('authorization', f'Bearer {token}'))
    with connect(flags) as channel:
        try:
            run(management_pb2_grpc.ManagementStub(channel), flags, metadata)
        except grpc.RpcError as error:
            print(f'{error.code().name}: {error.details()}', file=sys.stderr)
            return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
