"""Forests, shortest paths and modules of many graphs at once, as `graphs` needs them for hundreds of surrogates.

A graph at a time costs more in calls than in arithmetic; here a step is made in all graphs of a batch together. What
each function computes is defined, one graph at a time, by `graph_loops`.
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.inference.windows import edges
from emotopy.records.axes import BoolArray, FloatArray, IntArray

GAIN = 1e-12
"""A move between modules that gains less is rounding, and could be made back and forth."""
SPARSE = 0.05
"""With fewer edges than this share of pairs, modules are sought among neighbours alone."""
_ABSENT = np.int32(2**31 - 1)


# Forests --------------------------------------------------------------------------------------------------------------


def edge_numbers(n_regions: int) -> IntArray:
    """Return the edge that joins each pair of regions, (n_regions, n_regions), n_edges on the diagonal."""
    first, second = edges(n_regions)
    numbers = np.full((n_regions, n_regions), len(first))
    numbers[first, second] = numbers[second, first] = np.arange(len(first))
    return numbers


@attrs.frozen(eq=False)
class Forests:
    """The spanning forests of the strongest edges, one a graph.

    Attributes
    ----------
    node
        (n_graphs, n_regions): regions in the order in which they joined; a region's parent joined before it.
    parent
        (n_graphs, n_regions): position in that order of the region's parent, −1 for the first region of a tree.
    edge
        (n_graphs, n_regions): the edge to the parent, −1 for none.
    """

    node: IntArray
    parent: IntArray
    edge: IntArray

    def mask(self, n_edges: int) -> BoolArray:
        """Return which edges are in the forests, (n_graphs, n_edges)."""
        kept = np.zeros((len(self.edge), n_edges + 1), dtype=bool)  # the last column takes the edges that are none
        kept[np.arange(len(kept))[:, None], self.edge] = True
        return kept[:, :-1]


def strongest_first(weights: FloatArray) -> IntArray:
    """Return the edges of each graph by weight, the largest first, of equal ones the earlier; (n_graphs, n_edges)."""
    descending = -weights
    order = np.argsort(descending, axis=1)  # several times faster than a stable sort; ties are put right below
    ordered = np.take_along_axis(descending, order, axis=1)
    same = ordered[:, 1:] == ordered[:, :-1]
    for graph in np.flatnonzero(same.any(axis=1)):
        tied = np.zeros(order.shape[1], dtype=bool)
        tied[1:] = same[graph]
        run = np.cumsum(~tied)
        tied[:-1] |= same[graph]
        places = np.flatnonzero(tied)
        order[graph, places] = order[graph, places][np.lexsort((order[graph, places], run[places]))]
    return np.asarray(order)


def spanning_forests(order: IntArray, n_regions: int, present: BoolArray | None = None) -> Forests:
    """Return the maximum spanning forests of graphs whose edges come in this order, the strongest first.

    `order` and `present` (which edges are there; all by default) are (n_graphs, n_edges). Prim's algorithm (1957, Bell
    System Technical Journal 36:1389): the region with the strongest edge to those that joined joins next, and where no
    region has an edge to them, the first that is left starts a tree.
    """
    n_graphs, n_edges = order.shape
    graphs = np.arange(n_graphs)
    rank = np.full((n_graphs, n_edges + 1), _ABSENT)  # the last is no edge's
    np.put_along_axis(rank, order, np.arange(n_edges, dtype=np.int32)[None], axis=1)
    if present is not None:
        rank[:, :-1][~present] = _ABSENT
    ranks = rank.take(edge_numbers(n_regions), axis=1)
    node, parent, edge = (np.full((n_graphs, n_regions), -1) for _ in range(3))
    best = np.full((n_graphs, n_regions), _ABSENT)
    source = np.full((n_graphs, n_regions), -1)
    for place in range(n_regions):
        # Regions that joined have rank −1: as an unsigned number the largest, as a signed one below all ranks.
        joining = best.view(np.uint32).argmin(axis=1)
        found = best[graphs, joining]
        node[:, place] = joining
        joined = found != _ABSENT
        parent[joined, place] = source[graphs, joining][joined]
        edge[joined, place] = order[graphs[joined], found[joined]]
        best[graphs, joining] = -1
        row = ranks[graphs, joining]
        nearer = row < best
        np.copyto(best, row, where=nearer)
        np.copyto(source, place, where=nearer)
    return Forests(node, parent, edge)


@attrs.frozen(eq=False)
class ForestPaths:
    """What shortest paths say of each forest, (n_graphs,) each.

    `n_regions` counts regions that have an edge, `connected` says whether one tree joins them. `betweenness` is the
    largest share of paths between two others that a region lies on, `inverse_steps` sums 1 / steps over pairs, and
    `diameter` is the largest number of steps.
    """

    n_regions: IntArray
    connected: BoolArray
    betweenness: FloatArray
    inverse_steps: FloatArray
    diameter: IntArray


def forest_paths(forests: Forests) -> ForestPaths:
    """Count the steps between all regions of each forest.

    A region lies on the path of each pair that its removal parts: ((c − 1)² − Σ s²) / 2 pairs in a tree of c regions
    that falls into parts of s regions.
    """
    n_graphs, n_regions = forests.node.shape
    graphs, parent = np.arange(n_graphs), forests.parent
    size = np.ones((n_graphs, n_regions + 1), dtype=np.int64)  # of each branch; the last column is nobody's
    squares = np.zeros((n_graphs, n_regions + 1), dtype=np.int64)
    for place in range(n_regions - 1, 0, -1):
        size[graphs, parent[:, place]] += size[:, place]
        squares[graphs, parent[:, place]] += size[:, place] ** 2
    whole, size, squares = size[:, :-1].copy(), size[:, :-1], squares[:, :-1]
    for place in range(1, n_regions):
        above = parent[:, place]
        whole[:, place] = np.where(above < 0, whole[:, place], whole[graphs, above])
    n_pairs = ((whole - 1) ** 2 - squares - (whole - size) ** 2) // 2
    n_joined = (whole > 1).sum(axis=1)
    n_trees = ((parent < 0) & (whole > 1)).sum(axis=1)
    share = 2 * n_pairs.max(axis=1) / np.maximum((n_joined - 1) * (n_joined - 2), 1)
    return ForestPaths(n_joined, n_trees == 1, share, *_forest_steps(parent))


def _forest_steps(parent: IntArray) -> tuple[FloatArray, IntArray]:
    """Return the sum of 1 / steps over pairs, and the most steps, (n_graphs,) each, from parents' places."""
    n_graphs, n_regions = parent.shape
    graphs = np.arange(n_graphs)
    far = n_regions  # steps of regions in different trees: this or more
    small = np.int16 if 3 * n_regions < np.iinfo(np.int16).max else np.int32
    steps = np.zeros((n_graphs, n_regions, n_regions), dtype=small)
    inverse = np.zeros(far + 1)
    inverse[1:far] = 1 / np.arange(1, far)
    total, most = np.zeros(n_graphs), np.zeros(n_graphs, dtype=np.int64)
    for place in range(1, n_regions):
        above = parent[:, place]
        row = steps[graphs, above, :place] + 1
        row[above < 0] = far
        np.minimum(row, far, out=row)
        steps[:, place, :place] = steps[:, :place, place] = row
        total += inverse[row].sum(axis=1)
        np.maximum(most, np.where(row < far, row, 0).max(axis=1), out=most)
    return total, most


def greedy_modularity(forests: Forests, weights: FloatArray) -> FloatArray:
    """Return the modularity of greedily found modules of each forest, (n_graphs,); NaN where weights sum to 0 or less.

    `weights` (n_graphs, n_regions) are those of the edges to the parents, 0 for none. The two modules whose union gains
    most modularity are joined until each union loses some; of equal gains, those with the lowest numbers. A forest
    stays one when modules are joined, so that only gains of neighbours change. Source: Clauset et al. 2004, Physical
    Review E 70:066111; ties as in networkx.
    """
    found = np.full(len(weights), np.nan)
    n_regions = weights.shape[1]
    is_edge = forests.edge >= 0
    weights = np.where(is_edge, weights, 0.0)
    one = forests.node
    other = np.where(is_edge, np.take_along_axis(forests.node, forests.parent, axis=1), n_regions)
    left = np.flatnonzero(weights.sum(axis=1) > 0)
    weights, one, other, is_edge = weights[left], one[left], other[left], is_edge[left]
    graphs = np.arange(len(left))[:, None]
    share = np.zeros((len(left), n_regions + 1))  # of the ends of all weight, by module; the last is no module
    np.add.at(share, (graphs, one), weights)
    np.add.at(share, (graphs, other), weights)
    total = (share[:, :-1].sum(axis=1) / 2)[:, None]
    scale = 1 / total
    share *= scale * 0.5
    expected = share[graphs, one] * share[graphs, other]
    gain = np.where(is_edge, scale * weights - (expected + expected), -np.inf)
    low, high = (np.where(is_edge, of(one, other), n_regions) for of in (np.minimum, np.maximum))
    inside = np.zeros_like(is_edge)
    while len(left):
        best = gain.max(axis=1)
        done = best < 0
        if done.any():
            within = (weights * inside).sum(axis=1) / total[:, 0]
            found[left[done]] = (within - (share[:, :-1] ** 2).sum(axis=1))[done]
            parts = (left, weights, share, total, gain, low, high, inside, best)
            left, weights, share, total, gain, low, high, inside, best = (part[~done] for part in parts)
            if not len(left):
                break
        _join(gain, low, high, share, inside, best)
    return found


def _join(
    gain: FloatArray, low: IntArray, high: IntArray, share: FloatArray, inside: BoolArray, best: FloatArray
) -> None:
    """Join two modules in each graph, the lower into the higher; arrays (n_graphs, n_edges) are changed in place."""
    nowhere = share.shape[1] - 1
    graphs = np.arange(len(gain))
    pair = np.where(gain == best[:, None], low * (nowhere + 1) + high, np.iinfo(np.int64).max)
    chosen = pair.argmin(axis=1)
    lower, higher = low[graphs, chosen], high[graphs, chosen]
    gain[graphs, chosen] = -np.inf
    low[graphs, chosen] = high[graphs, chosen] = nowhere
    inside[graphs, chosen] = True
    joining, joined = share[graphs, lower], share[graphs, higher]
    of_lower, of_higher = (np.nonzero((low == one[:, None]) | (high == one[:, None])) for one in (lower, higher))
    for (graph, edge), module, partner in ((of_lower, lower, joined), (of_higher, higher, joining)):
        third = low[graph, edge] + high[graph, edge] - module[graph]
        expected = partner[graph] * share[graph, third]
        gain[graph, edge] -= expected + expected
        low[graph, edge], high[graph, edge] = np.minimum(higher[graph], third), np.maximum(higher[graph], third)
    share[graphs, higher] += joining
    share[graphs, lower] = 0.0


# Graphs of any density ------------------------------------------------------------------------------------------------


def path_measures(joined: FloatArray) -> tuple[float, float, int]:
    """Return the largest betweenness of a region, the sum of 1 / steps over pairs, and the most steps of a pair.

    `joined` (n_regions, n_regions) is 1 where an edge joins two regions; the graph is connected. All sources are walked
    at once, level by level. Betweenness is the share of the shortest paths between all others, counted in steps
    (Brandes 2001, Journal of Mathematical Sociology 25:163).
    """
    n_regions = len(joined)
    n_paths = joined + np.eye(n_regions)  # of each region (row) to each source (column)
    unreached, level = n_paths == 0, joined
    levels = [joined > 0]
    inverse_steps = joined.sum() / 2
    while unreached.any():
        # The first product is of a matrix and its transpose, half the work; below 2²⁴ float32 counts exactly.
        half = joined.astype(np.float32) if len(levels) == 1 else None
        product = joined @ level if half is None else half @ half.T
        there = unreached & (product > 0)
        level = np.where(there, product, 0.0)
        n_paths += level
        unreached &= ~there
        levels.append(there)
        inverse_steps += np.count_nonzero(there) / 2 / len(levels)
    depends = np.zeros_like(n_paths)
    for nearer, there in zip(levels[-2::-1], levels[:0:-1], strict=True):
        share = np.divide(1 + depends, n_paths, out=np.zeros_like(n_paths), where=there)
        depends += np.where(nearer, n_paths * (joined @ share), 0.0)
    largest = depends.sum(axis=1).max() / max((n_regions - 1) * (n_regions - 2), 1)
    return float(largest), float(inverse_steps), len(levels)


def louvain(weights: FloatArray, seed: int = 0) -> IntArray:
    """Return each region's module in each graph, (n_graphs, n_regions), of weights (n_graphs, n_regions, n_regions).

    Symmetric weights ≥ 0, not all 0; modules are numbered from 0. Regions move to the neighbouring module that gains
    most modularity until none does; then modules do. `seed` orders the regions. Source: Blondel et al. 2008, Journal of
    Statistical Mechanics P10008.
    """
    order = np.random.default_rng(seed).permutation(weights.shape[1])
    first: list[IntArray | None] = [None] * len(weights)
    if np.count_nonzero(weights) > SPARSE * weights.size:
        first = _moved_together(weights, order)
    return np.array([_modules(*one, seed) for one in zip(weights, first, strict=True)])


def _modules(weights: FloatArray, found: IntArray | None, seed: int) -> IntArray:
    """Return a graph's modules, (n_regions,); `found` are those after the regions' moves, None before them."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(weights))
    module = found = _moved(weights, order) if found is None else found
    while (n_modules := int(found.max()) + 1) < len(weights):
        members = np.eye(n_modules)[found]
        weights = members.T @ weights @ members
        found = _moved(weights, rng.permutation(n_modules))
        module = found[module]
    return module


def _moved(weights: FloatArray, order: IntArray) -> IntArray:
    """Move nodes one by one in this order until no move gains; return their modules, (n_nodes,), without gaps.

    Neighbours alone are looked at, unless a node had better be alone.
    """
    strength, own, total = weights.sum(axis=1).tolist(), weights.diagonal().tolist(), float(weights.sum())
    first, second = np.nonzero(weights)
    starts = np.searchsorted(first, np.arange(len(weights) + 1)).tolist()
    ends, values = second.tolist(), weights[first, second].tolist()
    module, of_module, least = list(range(len(weights))), list(strength), GAIN * total
    moving = True
    while moving:
        moving = False
        for node in order.tolist():
            here, mine = module[node], strength[node]
            of_module[here] -= mine
            share, inside = mine / total, dict[int, float]()
            for edge in range(starts[node], starts[node + 1]):
                there = module[ends[edge]]
                inside[there] = inside.get(there, 0.0) + values[edge]
            staying = inside.get(here, 0.0) - share * of_module[here] - own[node]
            # by staying it loses nothing: then no module that it has no edge to is better
            others = inside if staying > -least / 2 else range(len(weights))
            best, most = here, staying
            for one in others:
                gain = staying if one == here else inside.get(one, 0.0) - share * of_module[one]
                if gain > most or (gain == most and one < best):
                    best, most = one, gain
            if most > staying + least:
                module[node], moving = best, True
            of_module[module[node]] += mine
    return np.unique(module, return_inverse=True)[1].reshape(-1)


def _moved_together(weights: FloatArray, order: IntArray) -> list[IntArray | None]:
    """Return what `_moved` does for each graph, faster where edges are many; None where it is left to that.

    Almost every node moves when it is visited first; later most visits move nothing. So all graphs' nodes are visited
    once side by side. Then all gains are known at once, and from one node that moves we go to the next. A node that had
    better be alone leaves its graph to `_moved`: which of the empty modules it takes, rounding decides.
    """
    n_graphs, n_nodes = weights.shape[:2]
    strength = weights.sum(axis=1)
    total = np.array([one.sum() for one in weights])
    share = strength / total[:, None]
    staying = share * strength - np.einsum("gnn->gn", weights)  # what a node's own part in its module comes to
    module = _numbered(_visited_once(weights, order, strength, share, total))
    members = np.arange(module.max() + 1)[:, None] == module[:, None]  # (n_graphs, n_modules, n_nodes)
    inside = members.astype(np.float64) @ weights  # between each module and node
    of_module = (members * strength[:, None]).sum(axis=2)
    gain = inside - share[:, None] * of_module[:, :, None] + members * staying[:, None]
    gain[~members.any(axis=2)] = -np.inf  # empty
    place = np.argsort(order)
    found: list[IntArray | None] = [None] * n_graphs
    graphs, now, least = np.arange(n_graphs), np.zeros(n_graphs, dtype=np.int64), GAIN * total
    while len(graphs):
        mine = np.take_along_axis(gain, module[:, None], axis=1)[:, 0]
        best = gain.max(axis=1)
        moves = np.maximum(best, 0.0) > mine + least[graphs][:, None]  # 0 is what being alone comes to
        node = np.where(moves, (place - now[:, None]) % n_nodes, n_nodes).argmin(axis=1)
        settled = ~moves.any(axis=1)
        for row in np.flatnonzero(settled):
            found[graphs[row]] = _numbered(module[[row]])[0]
        left = ~settled & (best[np.arange(len(graphs)), node] >= least[graphs])
        if not left.all():
            parts = (graphs, module, inside, of_module, gain, node)
            graphs, module, inside, of_module, gain, node = (part[left] for part in parts)
        if not len(graphs):
            break
        module, inside, of_module, gain = _without_empty(module, inside, of_module, gain)
        rows, now = np.arange(len(graphs)), place[node] + 1
        here, new = module[rows, node], gain[rows, :, node].argmax(axis=1)
        module[rows, node] = new
        for one, sign in ((here, -1), (new, 1)):
            inside[rows, one] += sign * weights[graphs, node]
            of_module[rows, one] += sign * strength[graphs, node]
        for one in (here, new):
            belongs = module == one[:, None]
            row = inside[rows, one] - share[graphs] * of_module[rows, one][:, None]
            row += np.where(belongs, staying[graphs], 0.0)
            row[~belongs.any(axis=1)] = -np.inf
            gain[rows, one] = row
    return found


def _numbered(module: IntArray) -> IntArray:
    """Number the modules of each graph without gaps, in their order; (n_graphs, n_nodes) both."""
    taken = np.zeros(module.shape, dtype=bool)
    np.put_along_axis(taken, module, values=True, axis=1)
    return np.asarray(np.take_along_axis(np.cumsum(taken, axis=1) - 1, module, axis=1))


def _without_empty(
    module: IntArray, inside: FloatArray, of_module: FloatArray, gain: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Leave out empty modules, whose gain is −inf, once they are half of all; the others keep their order."""
    there = gain[:, :, 0] > -np.inf
    most = int(there.sum(axis=1).max())
    if 2 * most > there.shape[1]:
        return module, inside, of_module, gain
    kept = np.argsort(~there, axis=1, kind="stable")[:, :most]
    inside, gain = (np.take_along_axis(part, kept[:, :, None], axis=1) for part in (inside, gain))
    of_module = np.take_along_axis(of_module, kept, axis=1)
    return np.take_along_axis(np.cumsum(there, axis=1) - 1, module, axis=1), inside, of_module, gain


def _visited_once(
    weights: FloatArray, order: IntArray, strength: FloatArray, share: FloatArray, total: FloatArray
) -> IntArray:
    """Start with a module for each node, and visit every node once."""
    n_graphs, n_nodes = strength.shape
    graphs, own = np.arange(n_graphs), np.einsum("gnn->gn", weights)
    module = np.tile(np.arange(n_nodes), (n_graphs, 1))
    joint = module + (graphs * n_nodes)[:, None]
    of_module = strength.copy()
    for node in order:
        here, mine = module[:, node], strength[:, node]
        of_module[graphs, here] -= mine
        gain = np.bincount(joint.ravel(), weights[:, node].ravel(), joint.size).reshape(joint.shape)
        gain -= share[:, node, None] * of_module
        gain[graphs, here] -= own[:, node]
        best = gain.argmax(axis=1)
        new = np.where(gain[graphs, best] > gain[graphs, here] + GAIN * total, best, here)
        joint[:, node] += new - here
        module[:, node] = new
        of_module[graphs, new] += mine
    return module


def modularity(weights: FloatArray, module: IntArray) -> float:
    """Return the share of weight within modules beyond what the regions' strengths lead to expect (Newman 2004)."""
    members = np.eye(int(module.max()) + 1)[module]
    between = members.T @ weights @ members / weights.sum()
    return float(between.trace() - (between.sum(axis=1) ** 2).sum())
