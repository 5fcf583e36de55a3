"""The public proof: a tree over a million accounts and one path, against nothing but the hashing it needs."""

import statistics
import time
from collections.abc import Callable
from hashlib import sha256

from chalicelib.domain.merkle import blocks_of, leaf_hash, path_of, root_by_path, root_of, streamed_root
from chalicelib.domain.public_days import leaf_data
from tests.bench.harness import Table

LEAVES = 1_000_000
ROUNDS = 3


def run(table: Table) -> None:
    """Measure tree and path."""
    data = [leaf_data(f"res_{n:020d}", n % 1000, f"{n:064x}") for n in range(LEAVES)]
    ours_s, bare_s, tenth_s, path_s = [], [], [], []
    for _ in range(ROUNDS):
        ours_s.append(_cpu_s(lambda: _tree_and_path(data)))
        bare_s.append(_cpu_s(lambda: _bare(data)))
        tenth_s.append(_cpu_s(lambda: _tree_and_path(data[: LEAVES // 10])))
    ours, bare = statistics.median(ours_s), statistics.median(bare_s)
    note = f"{ours:.2f} s over {bare:.2f} s"
    table.at_most("proof: tree and path for 1 000 000 leaves over bare hashing", ours / bare, 1.5, note)
    growth = ours / statistics.median(tenth_s)
    table.at_most("proof: time for ten times as many leaves", growth, 12, "linear is 10")
    nodes = [leaf_hash(one) for one in data]
    tops = [root_of(block) for block in blocks_of(nodes)]
    block = nodes[:4096]
    path_s = [_cpu_s(lambda: path_of(block, 77) + path_of(tops, 0)) for _ in range(ROUNDS)]
    path = path_of(block, 77) + path_of(tops, 0)
    assert root_by_path(nodes[77], 77, LEAVES, path) == streamed_root(nodes), "the path leads to the root"
    note = f"{statistics.median(path_s) * 1000:.1f} ms"
    share = statistics.median(path_s) / bare
    table.at_most("proof: one path from its block over hashing all leaves", share, 0.01, note)


def _tree_and_path(data: list[bytes]) -> None:
    """Build the root as the nightly job does, block by block, and one path from its block."""
    tops, first = [], []
    for block in blocks_of(map(leaf_hash, data)):
        first = first or block
        tops.append(root_of(block))
    assert root_of(tops)
    path_of(first, 77)
    path_of(tops, 0)


def _bare(data: list[bytes]) -> None:
    """As many hashes over as many bytes: one for each leaf with its prefix, one for each inner node."""
    for one in data:
        sha256(b"\x00" + one).digest()
    pair = b"\x01" + bytes(64)
    for _ in range(len(data) - 1):
        sha256(pair).digest()


def _cpu_s(act: Callable[[], object]) -> float:
    started = time.process_time_ns()
    act()
    return (time.process_time_ns() - started) / 1e9
