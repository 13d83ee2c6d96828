"""What happens while the sessions ask. A change is over when all nodes have it; after it each
session asks through each node at least once."""

import concurrent.futures
import dataclasses
import random

from bench.sticky_compare.sessions import Session, Traffic

EACH_NODE = 3  # requests in turn
PAUSED = 'drain', 'out'


def nothing(world):
    """From a session's first request on, without a pause between its requests."""
    world.begin()
    world.ask(1 + EACH_NODE)
    world.ask(EACH_NODE)


def under_traffic(change):
    def scenario(world):
        settle(world)
        with Traffic(world.sessions) as traffic:
            traffic.wait_rounds(1)
            change(world, traffic)
            traffic.wait_rounds(EACH_NODE)
    return scenario


def settle(world):
    world.ask(1 + EACH_NODE)
    world.ask(1)
    world.begin()


def added(world, _):
    new = world.start_endpoint('e5')
    world.there |= {'e5'}
    world.tell([*world.listing, new])


def removed(world, _):
    """It is taken from the list first, and ends then."""
    world.lose('e1')
    world.tell(e for e in world.listing if e.name != 'e1')
    world.processes['e1'].stop()


def removed_and_asked_at_once(world):
    """As a page's parts are: each session's first requests after the removal go through all nodes
    at once. New clients come to any node meanwhile, or those would be in step by chance."""
    settle(world)
    removed(world, None)
    dice = random.Random(1)
    with concurrent.futures.ThreadPoolExecutor(len(world.nodes)) as pool:
        for session in world.sessions:
            session.ask_all_at_once(pool)
            Session(world, dice.choice(world.nodes)).ask()
    world.ask(EACH_NODE)


def restarted_elsewhere(world, traffic):
    """As a pod of a StatefulSet: it ends, and is listed as before until it is at its new
    address. Sessions ask meanwhile."""
    world.lose('e1')
    world.processes['e1'].stop()
    traffic.wait_rounds(EACH_NODE)
    world.replace(world.start_endpoint('e1'))
    world.regain('e1')


def moved_without_a_gap(world, _):
    """It is at its new address before it ends at the old one."""
    old = world.processes['e1']
    world.replace(world.start_endpoint('e1'))
    old.stop()


def address_taken_over(world, traffic):
    """e1 moves, and e5 is started where it was: what e5 answers to old sessions is inherited."""
    address = world.find('e1').address
    moved_without_a_gap(world, traffic)
    traffic.wait_rounds(1)
    new = world.start_endpoint('e5', address)
    world.there |= {'e5'}
    world.tell([*world.listing, new])


def rolling_deploy(world, traffic):
    """Each in turn drains, is taken out, ends, and comes back under its name elsewhere. Sessions
    ask while it drains and while it is out."""
    for name in [e.name for e in world.listing]:
        for state in PAUSED:
            if state == 'out':
                world.lose(name)
            world.replace(dataclasses.replace(world.find(name), state=state))
            traffic.wait_rounds(1)
        world.processes[name].stop()
        world.replace(world.start_endpoint(name))
        world.regain(name)


def node_restarted(world, _):
    world.gateway.restart(1)


def node_crashed(world, _):
    world.gateway.crash([1])


def all_nodes_crashed(world, _):
    world.gateway.crash(world.nodes)


def reordered_and_weighted(world, _):
    """In reverse order, two of four with weight 0."""
    world.tell(dataclasses.replace(e, weight=100 * (i % 2))
               for i, e in enumerate(reversed(world.listing)))


def cut_off(world, traffic):
    """e1 breaks node 1's connections without an answer, and later does not. Then sessions should
    be where they were."""
    world.cut(1, 'e1')
    traffic.wait_rounds(2 * EACH_NODE)
    world.mend('e1')


SCENARIOS = {
    'nothing changes': nothing,
    'an endpoint is added': under_traffic(added),
    'an endpoint is removed': under_traffic(removed),
    'the same, a session asks all nodes at once': removed_and_asked_at_once,
    'an endpoint ends, and comes back at another address': under_traffic(restarted_elsewhere),
    'an endpoint moves to another address without a gap': under_traffic(moved_without_a_gap),
    'its old address is taken over by another endpoint': under_traffic(address_taken_over),
    'rolling deploy: each endpoint is taken out and replaced': under_traffic(rolling_deploy),
    'a node is restarted': under_traffic(node_restarted),
    'a node crashes, and is started again': under_traffic(node_crashed),
    'all nodes crash, and are started again': under_traffic(all_nodes_crashed),
    'endpoints in another order, weights 100 and 0': under_traffic(reordered_and_weighted),
    'a node cannot reach an endpoint for a while': under_traffic(cut_off),
}
