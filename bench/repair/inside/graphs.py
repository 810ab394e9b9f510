"""Inputs for those programs of QuixBugs that take nodes and graphs."""

import itertools


def _nodes(rng, size, least=1):
    from node import Node

    return [Node(str(number), successors=[]) for number in range(rng.randint(least, 3 + 4 * size))]


def search(rng, size):
    """Any digraph, loops and cycles included."""
    nodes = _nodes(rng, size)
    for node in nodes:
        node.successors = rng.sample(nodes, rng.randint(0, min(3, len(nodes))))
    return [rng.choice(nodes), rng.choice(nodes)]


def _linked(nodes):
    for one, following in itertools.pairwise(nodes):
        one.successor = following


def detect_cycle(rng, size):
    nodes = _nodes(rng, size)
    _linked(nodes)
    if rng.random() < 0.5:
        nodes[-1].successor = rng.choice(nodes)
    return [nodes[0]]


def reverse_linked_list(rng, size):
    if rng.random() < 0.05:
        return [None]
    nodes = _nodes(rng, size)
    _linked(nodes)
    return [nodes[0]]


def shortest_path_length(rng, size):
    """Edges are powers of two, so that no two distances are equal: nodes in a heap can't be ordered."""
    nodes = _nodes(rng, size, least=2)
    lengths = {}
    powers = rng.sample(range(2 * len(nodes) + 2), 2 * len(nodes) + 2)
    for node in nodes:
        others = rng.sample(nodes, rng.randint(0, 2))
        node.successors = [other for other in others if other is not node]
        for other in node.successors:
            lengths[node, other] = 2 ** powers.pop()
    return [lengths, rng.choice(nodes), rng.choice(nodes)]


def shortest_path_lengths(rng, size):
    count = rng.randint(1, 4 + size)
    return [count, _weights(rng, list(range(count)), [])]


def shortest_paths(rng, size):
    """Every node but the source has an edge that leads to it: those are the nodes that the program knows."""
    names = list("ABCDEFGHIJ"[: rng.randint(2, 4 + 2 * size)])
    needed = [(rng.choice(names[:number]), names[number]) for number in range(1, len(names))]
    return [names[0], _weights(rng, names, needed)]


def _weights(rng, names, needed):
    """Potentials make lengths negative here and there, and no cycle negative."""
    potential = {name: rng.randint(-6, 6) for name in names}
    pairs = list(itertools.permutations(names, 2))
    chosen = list(dict.fromkeys([*needed, *rng.sample(pairs, rng.randint(0, len(pairs) // 2))]))
    rng.shuffle(chosen)
    return {(one, other): rng.randint(0, 9) + potential[one] - potential[other] for one, other in chosen}


def topological_ordering(rng, size):
    nodes = _nodes(rng, size)
    for node in nodes:
        node.incoming_nodes, node.outgoing_nodes = [], []
    for one, other in itertools.combinations(nodes, 2):
        if rng.random() < 0.3:
            one.outgoing_nodes.append(other)
            other.incoming_nodes.append(one)
    rng.shuffle(nodes)
    return [nodes]


def as_true(_args, expected, got):
    return bool(got) == bool(expected)


def an_order(args, _expected, got):
    """Every node once, after all that lead to it."""
    nodes = args[0]
    names = [node.value for node in got] if isinstance(got, list) else []
    if sorted(names) != sorted(node.value for node in nodes):
        return False
    place = {name: number for number, name in enumerate(names)}
    return all(place[node.value] < place[after.value] for node in nodes for after in node.outgoing_nodes)


GENERATORS = {
    "breadth_first_search": search,
    "depth_first_search": search,
    "detect_cycle": detect_cycle,
    "reverse_linked_list": reverse_linked_list,
    "shortest_path_length": shortest_path_length,
    "shortest_path_lengths": shortest_path_lengths,
    "shortest_paths": shortest_paths,
    "topological_ordering": topological_ordering,
}
ACCEPT = {
    "breadth_first_search": as_true,
    "depth_first_search": as_true,
    "detect_cycle": as_true,
    "topological_ordering": an_order,
}
