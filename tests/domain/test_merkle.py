"""The Merkle tree: the vectors of the RFC's reference code, and properties against its recursive definition."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import proof
from chalicelib.domain import merkle
from chalicelib.domain.merkle import Frontier, leaf_hash, path_of, root_by_path, root_of, streamed_root

DATA = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = st.integers(1, 200).map(lambda count: [leaf_hash(str(n).encode()) for n in range(count)])


def by_definition(nodes: list[bytes]) -> bytes:
    """Return the root as RFC 6962, 2.1 defines it."""
    if len(nodes) == 1:
        return nodes[0]
    split = 1
    while split * 2 < len(nodes):
        split *= 2
    return sha256(b"\x01" + by_definition(nodes[:split]) + by_definition(nodes[split:])).digest()


@pytest.mark.parametrize("count", range(1, 9))
def test_the_roots_are_those_of_the_reference_implementation(count: int) -> None:
    nodes = [leaf_hash(data) for data in DATA[:count]]
    assert root_of(nodes).hex() == streamed_root(nodes).hex() == ROOTS[count - 1]


def test_the_root_of_no_leaves_is_the_hash_of_nothing() -> None:
    assert root_of([]) == streamed_root([]) == sha256(b"").digest()


@settings(deadline=None, max_examples=50)
@given(LEAVES)
def test_every_way_to_the_root_gives_the_root_of_the_definition(nodes: list[bytes]) -> None:
    frontier = Frontier()
    for node in nodes:
        frontier.add(node)
    assert root_of(nodes) == frontier.root() == by_definition(nodes)
    assert len(frontier._complete) <= len(nodes).bit_length()


@settings(deadline=None, max_examples=50)
@given(LEAVES, st.sampled_from([1, 2, 8, 64]))
def test_the_roots_of_blocks_form_again_the_tree(nodes: list[bytes], size: int) -> None:
    blocks = [nodes[at : at + size] for at in range(0, len(nodes), size)]
    tops = [root_of(block) for block in blocks]
    assert root_of(tops) == by_definition(nodes)
    for index, node in enumerate(nodes):
        path = path_of(blocks[index // size], index % size) + path_of(tops, index // size)
        assert path == path_of(nodes, index)
        assert root_by_path(node, index, len(nodes), path) == by_definition(nodes)


@settings(deadline=None, max_examples=50)
@given(LEAVES, st.data())
def test_a_path_leads_to_the_root_from_its_own_leaf_and_place_alone(nodes: list[bytes], data) -> None:
    index = data.draw(st.integers(0, len(nodes) - 1))
    path, root = path_of(nodes, index), root_of(nodes)
    assert root_by_path(nodes[index], index, len(nodes), path) == root
    assert proof.root_by_path(nodes[index], index, len(nodes), path) == root
    for other in {0, index ^ 1, len(nodes), -1} - {index}:
        assert root_by_path(nodes[index], other, len(nodes), path) != root
        assert proof.root_by_path(nodes[index], other, len(nodes), path) != root
    for changed in (path[:-1], [*path, root], [root, *path]):
        if changed != path:
            assert root_by_path(nodes[index], index, len(nodes), changed) != root
            assert proof.root_by_path(nodes[index], index, len(nodes), changed) != root
    assert root_by_path(leaf_hash(b"other"), index, len(nodes), path) != root


def test_an_inner_node_cannot_be_passed_off_as_a_leaf() -> None:
    nodes = [leaf_hash(data) for data in DATA[:4]]
    inner = nodes[0] + nodes[1]
    assert leaf_hash(inner) != merkle.node_hash(nodes[0], nodes[1])
