"""What region mappers, atlases and reporters promise."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import attrs
import numpy as np

from emotopy.errors import EmotopyError, PluginError
from emotopy.records import Level, Node
from emotopy.roles import MappingInputs, ProfileMapper, RegionMapper
from emotopy.testing.example_inputs import (
    NEW_TEXTS,
    SCRIPT,
    SECRET,
    chosen_rows,
    contents,
    coordinate_image,
    decoding,
    mapping_inputs,
    new_inputs,
    result,
)
from emotopy.testing.example_results import example_results
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, ContractViolation, NotApplicable, require
from emotopy.testing.text_checks import matrix

LEVELS: tuple[Level, ...] = get_args(Level)
WITHIN_MM = 12.0
"""How far the mean place of a region's voxels may lie from the mean of its nodes."""
_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


# Region mappers -----------------------------------------------------------------------------------------------------


def check_rows_sum_to_one(candidate: Candidate) -> None:
    """`assign` returns (n_texts, n_targets) for regions and for nodes: finite, ≥ 0, rows sum to one."""
    for level in LEVELS:
        mapper, inputs = _fitted(candidate, level)
        assignment = matrix(candidate, mapper.assign(inputs), len(inputs.texts), "assign()")
        require(
            assignment.shape[1] == len(inputs.targets),
            f"{candidate}: assign() needs a column per {level}, {len(inputs.targets)}, got {assignment.shape[1]}",
        )
        fair = (assignment >= 0).all() and np.allclose(assignment.sum(axis=1), 1, atol=1e-6)
        require(fair, f"{candidate}: rows of assign() must be ≥ 0 and sum to one, at level {level}")


def check_texts_are_assigned_one_by_one(candidate: Candidate) -> None:
    """After the fit, a text's assignment depends neither on the texts beside it nor on their order."""
    mapper, inputs = _fitted(candidate, "region")
    whole = mapper.assign(inputs)
    order = np.random.default_rng(0).permutation(len(inputs.texts))[:9]
    require(
        same(mapper.assign(chosen_rows(inputs, order)), whole[order], 1e-6),
        f"{candidate}: assign() of some texts differs from their rows among all",
    )


def check_order_of_the_fit_does_not_matter(candidate: Candidate) -> None:
    """Fitting the same texts in another order gives each the same assignment."""
    mapper, inputs = _fitted(candidate, "region")
    order = np.random.default_rng(1).permutation(len(inputs.texts))
    other, shuffled = candidate.make(), chosen_rows(inputs, order)
    other.fit(shuffled)
    require(
        same(other.assign(shuffled), mapper.assign(inputs)[order], 1e-6),
        f"{candidate}: the order of the texts in the fit changes assignments",
    )


def check_profile_has_a_standard(candidate: Candidate) -> None:
    """A mapper with a profile gives profile and evidence as (n_texts, n_targets), and says what its standard is."""
    for level in LEVELS:
        mapper, inputs = _fitted(candidate, level)
        if not isinstance(mapper, ProfileMapper):
            raise NotApplicable(f"{candidate}: has no profile of its own, the host standardises its assignment")
        n_texts, n_targets = len(inputs.texts), len(inputs.targets)
        for what in ("profile", "evidence"):
            found = matrix(candidate, getattr(mapper, what)(inputs), n_texts, f"{what}()")
            require(found.shape[1] == n_targets, f"{candidate}: {what}() needs {n_targets} columns, got {found.shape}")
        named = isinstance(mapper.reference, str) and mapper.reference
        require(named, f"{candidate}: reference must say what the standard is, got {mapper.reference!r}")
        share = np.asarray(mapper.reference_share)
        fair = share.shape == (n_targets,) and np.isfinite(share).all() and np.isclose(share.sum(), 1, atol=1e-3)
        require(fair, f"{candidate}: reference_share must be ({n_targets},) and sum to one, got {share}")


def check_unseen_texts_are_assigned(candidate: Candidate) -> None:
    """After the fit, texts that weren't part of it are assigned too; a single one as well."""
    mapper, _ = _fitted(candidate, "region")
    for texts in (NEW_TEXTS, NEW_TEXTS[:1]):
        inputs = new_inputs(candidate, texts)
        assignment = matrix(candidate, mapper.assign(inputs), len(texts), f"assign() of {len(texts)} unseen texts")
        fair = (assignment >= 0).all() and np.allclose(assignment.sum(axis=1), 1, atol=1e-6)
        require(fair, f"{candidate}: rows of assign() of unseen texts must be ≥ 0 and sum to one")


def check_texts_without_points_map_or_raise(candidate: Candidate) -> None:
    """Texts that reducer and clusterer couldn't place are assigned all the same, or raise an error of emotopy's."""
    mapper, inputs = _fitted(candidate, "region")
    try:
        assignment = mapper.assign(attrs.evolve(inputs, points=None, clusters=None))
    except EmotopyError:
        return
    matrix(candidate, assignment, len(inputs.texts), "assign() without points")


def _fitted(candidate: Candidate, level: Level) -> tuple[RegionMapper, MappingInputs]:
    mapper, inputs = candidate.make(), mapping_inputs(candidate, level)
    mapper.fit(inputs)
    return mapper, inputs


# Atlases ------------------------------------------------------------------------------------------------------------


def check_names_are_names(candidate: Candidate) -> None:
    """Regions and nodes have names in lower case with underscores, each once."""
    atlas = candidate.make()
    for what, names in (("region", list(atlas.regions)), ("node", [node.name for node in atlas.nodes])):
        require(names, f"{candidate}: an atlas needs at least one {what}")
        bad = [name for name in names if not isinstance(name, str) or not _NAME.fullmatch(name)]
        require(not bad, f"{candidate}: a {what}'s name is lower case with underscores, got {bad[:3]}")
        twice = sorted({name for name in names if names.count(name) > 1})
        require(not twice, f"{candidate}: names must differ, {twice[:3]} stand twice")


def check_every_node_has_its_region(candidate: Candidate) -> None:
    """Every node names one of the regions, and every region has a node."""
    atlas = candidate.make()
    named = {node.region for node in atlas.nodes}
    require(
        named == set(atlas.regions),
        f"{candidate}: regions of the nodes and regions differ in {sorted(named ^ set(atlas.regions))[:3]}",
    )


def check_nodes_lie_in_the_brain(candidate: Candidate) -> None:
    """Nodes are `Node` records with finite MNI millimetres inside a head, and a radius above 0."""
    for node in candidate.make().nodes:
        require(isinstance(node, Node), f"{candidate}: nodes are emotopy.records.Node, got {type(node).__name__}")
        x, y, z = node.xyz_mm
        inside = -100 <= x <= 100 and -135 <= y <= 105 and -90 <= z <= 115
        require(inside, f"{candidate}: {node.name} lies at {node.xyz_mm}, outside the head in MNI millimetres")
        require(0 < node.radius_mm <= 50, f"{candidate}: {node.name} has radius {node.radius_mm} mm")


def check_extract_averages_where_the_nodes_are(candidate: Candidate) -> None:
    """`extract` gives (n_volumes, n_regions): of flat volumes their value, of a volume of coordinates the place."""
    atlas = candidate.make()
    series = matrix(candidate, atlas.extract(coordinate_image()), 6, "extract() of 6 volumes")
    regions = list(atlas.regions)
    require(
        series.shape[1] == len(regions),
        f"{candidate}: extract() needs a column per region, {len(regions)}, got {series.shape[1]}",
    )
    flat = np.allclose(series[:2], [[1.0], [2.0]], atol=1e-3)
    require(flat, f"{candidate}: the mean over a flat volume must be its value, got {series[:2]}")
    for i, region in enumerate(regions):
        # |x| tells a region of two sides from one between them.
        places = np.array([(*node.xyz_mm, abs(node.x_mm)) for node in atlas.nodes if node.region == region])
        lowest, highest = places.min(axis=0) - WITHIN_MM, places.max(axis=0) + WITHIN_MM
        found = series[2:, i]
        require(
            ((found >= lowest) & (found <= highest)).all(),
            f"{candidate}: column {i} of extract() should be {region}, but averages voxels around {found.round(1)} mm",
        )


def check_a_path_and_a_single_volume_will_do(candidate: Candidate) -> None:
    """`extract` takes the path of an image as it takes the image; a single volume gives one row."""
    import nibabel

    atlas, image = candidate.make(), coordinate_image(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bold.nii"
        nibabel.save(image, path)
        rows = [matrix(candidate, atlas.extract(one), 1, "extract() of one volume") for one in (image, path, str(path))]
    require(same(rows[1:], rows[:1] * 2), f"{candidate}: extract() of a path differs from that of its image")


# Reporters ----------------------------------------------------------------------------------------------------------


def check_files_are_where_it_says(candidate: Candidate) -> None:
    """`write` returns the paths of the files it wrote, all of them in the directory that it was given."""
    with tempfile.TemporaryDirectory() as folder:
        returned = {Path(path).resolve() for path in candidate.make().write(result(candidate), Path(folder))}
        there = {path.resolve() for path in Path(folder).rglob("*") if path.is_file()}
    require(there, f"{candidate}: wrote no file")
    require(
        returned == there, f"{candidate}: returned {len(returned)} paths for {len(there)} files: {returned ^ there}"
    )


def check_every_kind_is_written_or_refused(candidate: Candidate) -> None:
    """A result of any kind, an unknown one too, is written from what the protocol names, or raises an EmotopyError."""
    for made in (*example_results(), decoding()):
        with tempfile.TemporaryDirectory() as folder:
            try:
                returned = {Path(path).resolve() for path in candidate.make().write(made, Path(folder))}
            except EmotopyError as error:
                if isinstance(error, PluginError):
                    raise ContractViolation(f"{candidate}: a {made.kind} is a result too: {error}") from error
                continue
            files = contents(Path(folder))
            there = {(Path(folder) / name).resolve() for name in files}
        require(there, f"{candidate}: wrote no file of a result of kind {made.kind}")
        require(returned == there, f"{candidate}: paths returned and files of a {made.kind} differ: {returned ^ there}")
        _require_escaped(candidate, files)


def check_no_texts_means_no_texts(candidate: Candidate) -> None:
    """Where the result says `no_texts`, no file holds a word that only one text holds."""
    for name, data in _written(candidate, no_texts=True).items():
        require(SECRET.encode() not in data, f"{candidate}: {name} holds an input text in spite of no_texts")


def check_markup_is_escaped(candidate: Candidate) -> None:
    """Markup in texts and names of groups doesn't reach a page that a browser would run."""
    _require_escaped(candidate, _written(candidate))


def _require_escaped(candidate: Candidate, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        if name.endswith((".html", ".htm", ".svg", ".xhtml")):
            require(SCRIPT.encode() not in data, f"{candidate}: {name} holds markup from an input text, unescaped")


def check_nothing_tells_of_this_machine(candidate: Candidate) -> None:
    """No file holds the path of its own directory or of the user's home."""
    with tempfile.TemporaryDirectory() as folder:
        candidate.make().write(result(candidate), Path(folder))
        for name, data in contents(Path(folder)).items():
            for place in (folder, str(Path.home())):
                told = len(place) > 1 and f"{place}/".encode() in data
                require(not told, f"{candidate}: {name} holds the path {place}")


def _written(candidate: Candidate, *, no_texts: bool = False) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        candidate.make().write(result(candidate, no_texts=no_texts), Path(folder))
        return contents(Path(folder))


CHECKS = {
    "region_mapper": (
        check_rows_sum_to_one,
        check_texts_are_assigned_one_by_one,
        check_order_of_the_fit_does_not_matter,
        check_profile_has_a_standard,
        check_unseen_texts_are_assigned,
        check_texts_without_points_map_or_raise,
    ),
    "atlas": (
        check_names_are_names,
        check_every_node_has_its_region,
        check_nodes_lie_in_the_brain,
        check_extract_averages_where_the_nodes_are,
        check_a_path_and_a_single_volume_will_do,
    ),
    "reporter": (
        check_files_are_where_it_says,
        check_every_kind_is_written_or_refused,
        check_no_texts_means_no_texts,
        check_markup_is_escaped,
        check_nothing_tells_of_this_machine,
    ),
}
