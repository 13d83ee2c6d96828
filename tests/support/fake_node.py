"""A node that does as the test says: it takes what the server sends, and says yes or no."""

import queue

import grpc

from tests.support.api import IMPATIENT, messages


class FakeNode:
    def __init__(self, address, node_id, gateways=()):
        """Connects, holding nothing. `address`: the server's. `gateways`: as Hello has it."""
        self.types = messages('limpet.v1.discovery')
        self.outgoing = queue.SimpleQueue()
        self.channel = grpc.insecure_channel(address, IMPATIENT)
        sync = self.channel.stream_stream('/limpet.v1.Discovery/Sync',
                                          self.types.NodeMessage.SerializeToString,
                                          self.types.ServerMessage.FromString)
        self.stream = sync(iter(self.outgoing.get, None), timeout=240)
        self.send(hello=self.types.Hello(node_id=node_id, build='fake', address='127.0.0.1',
                                         gateways=gateways))

    def send(self, **message):
        self.outgoing.put(self.types.NodeMessage(**message))

    def receive(self):
        """The state that the next whole delta leads to, which the node is to answer."""
        for message in self.stream:
            if message.HasField('delta') and message.delta.chunk + 1 == message.delta.chunks:
                return message.delta.to
        raise AssertionError('the server has ended the stream')

    def ack(self, state):
        self.send(ack=self.types.Ack(state=state))

    def nack(self, state, *reasons):
        """Reasons: (kind, namespace, name, field, message)"""
        told = [self.types.Nack.Reason(
            object=self.types.EntryKey(kind=kind, namespace=namespace, name=name),
            field=field, message=message) for kind, namespace, name, field, message in reasons]
        self.send(nack=self.types.Nack(revision=state.revision, reasons=told))

    def close(self):
        self.outgoing.put(None)
        self.channel.close()
