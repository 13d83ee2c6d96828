"""GatewayParameters of the demonstration's Gateway."""

HEAD = """
apiVersion: gateway.limpet.dev/v1alpha1
kind: GatewayParameters
metadata: {name: edge, namespace: server}
spec:
"""

REFERENCE = """
  infrastructure:
    parametersRef: {group: gateway.limpet.dev, kind: GatewayParameters, name: edge}
  listeners:"""


def parameters(*lines):
    """The object with these lines of its spec."""
    return HEAD + ''.join(f'  {line}\n' for line in lines)


def demonstration(cluster):
    """The demonstration's objects, with a Gateway that names the parameters."""
    return '\n---\n'.join([
        cluster.manifest('service.yaml'), cluster.manifest('endpoints.yaml'),
        cluster.manifest('gateway.yaml').replace('\n  listeners:', REFERENCE)])
