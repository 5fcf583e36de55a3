"""Owns the Merkle tree of RFC 6962: roots, inclusion paths and their check, for any number of leaves.

Must not know what a leaf says. A node is 32 bytes; leaves and inner nodes are hashed under different prefixes, so that
neither can be passed off as the other. Nodes are paired level by level and a last one without partner moves up as it
is, which gives the very tree of the RFC; therefore the roots of blocks of 2ⁿ leaves form again such a tree.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
BLOCK_LEAVES = 4096


def leaf_hash(data: bytes) -> bytes:
    """Return the node of a leaf."""
    return sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the node above two nodes."""
    return sha256(NODE_PREFIX + left + right).digest()


def root_of(nodes: Sequence[bytes]) -> bytes:
    """Return the root over `nodes` held in memory; that of no leaves is the hash of nothing.

    >>> root_of([]).hex()[:8], root_of([b"x" * 32]) == b"x" * 32
    ('e3b0c442', True)
    """
    if not nodes:
        return sha256().digest()
    while len(nodes) > 1:
        nodes = _above(nodes)
    return nodes[0]


def path_of(nodes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the siblings that lead from the node at `index` to the root, lowest first."""
    assert 0 <= index < len(nodes), "a path starts at one of the nodes"
    path = []
    while len(nodes) > 1:
        sibling = index ^ 1
        if sibling < len(nodes):
            path.append(nodes[sibling])
        nodes, index = _above(nodes), index // 2
    return path


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root to which `path` leads from a leaf's node in a tree of `size` leaves (RFC 9162, 2.1.3.2).

    None when no tree of that size has a path of that length there.
    """
    if not 0 <= index < size:
        return None
    node, at, last = leaf, index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return node if last == 0 else None


class Frontier:
    """A growing tree of which only the roots of its complete subtrees are kept: memory O(log n)."""

    def __init__(self) -> None:
        self.count = 0
        self._complete: list[bytes] = []

    def add(self, node: bytes) -> None:
        """Append a leaf's node, or the root of the next block when all that are added are roots of blocks."""
        carry = self.count
        while carry & 1:
            node = node_hash(self._complete.pop(), node)
            carry >>= 1
        self._complete.append(node)
        self.count += 1

    def root(self) -> bytes:
        """Return the root over everything added so far."""
        if not self._complete:
            return root_of(())
        node = self._complete[-1]
        for left in reversed(self._complete[:-1]):
            node = node_hash(left, node)
        return node


def blocks_of(nodes: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield `nodes` in lists of `BLOCK_LEAVES`, the last one shorter."""
    source = iter(nodes)
    while block := list(islice(source, BLOCK_LEAVES)):
        yield block


def streamed_root(nodes: Iterable[bytes]) -> bytes:
    """Return the root over any number of nodes, holding one block and O(log n) nodes in memory."""
    frontier = Frontier()
    for block in blocks_of(nodes):
        frontier.add(root_of(block))
    return frontier.root()


def _above(nodes: Sequence[bytes]) -> list[bytes]:
    above = [
        sha256(NODE_PREFIX + left + right).digest()
        for left, right in zip(nodes[::2], nodes[1::2], strict=False)
    ]
    if len(nodes) & 1:
        above.append(nodes[-1])
    return above
