"""The registry: real distributions on the path, broken in every way that a plugin can be."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emotopy import Registry
from emotopy.errors import ConfigError, DuplicateName, InputError, MissingExtra, PluginError, UnknownName
from emotopy.registry import BUILT_IN, Context
from emotopy.roles import Embedder, Host, Reducer
from emotopy.testing import doubles

if TYPE_CHECKING:
    from emotopy.roles import Atlas

GOOD = """
    from emotopy import hookimpl
    from emotopy.testing.doubles import HashingEmbedder
    @hookimpl
    def register_embedders():
        return {"NAME": HashingEmbedder}
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a distribution of one module; `install("My_Dist", source)`."""
    monkeypatch.delenv("EMOTOPY_PLUGINS_BLOCK", raising=False)
    monkeypatch.delenv("EMOTOPY_PLUGINS_STRICT", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    modules = []

    def one(dist, source, *, point="it", version="1.2", module=None):
        module = module or f"installed_{dist.lower().replace('-', '_').replace('.', '_')}_{point}"
        modules.append(module)
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(source))
        info = tmp_path / f"{dist.replace('-', '_')}-{version}.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n")
        points = info / "entry_points.txt"
        known = points.read_text() if points.exists() else "[emotopy]\n"
        points.write_text(f"{known}{point} = {module}\n")

    yield one
    for module in modules:
        sys.modules.pop(module, None)


def names(registry, role="embedder", owner=None):
    return {offer.full_name for offer in registry.offers(role) if owner in (None, offer.owner)}


# Loading ------------------------------------------------------------------------------------------------------------


def test_an_installed_plugin_is_loaded_with_owner_and_version(install):
    """The owner is the normalised name of the distribution, whatever its spelling."""
    install("My_Plug.In", GOOD.replace("NAME", "mine"))
    offer = Registry.load().offer("embedder", "mine")
    assert (offer.owner, offer.version, offer.plugin) == ("my-plug-in", "1.2", "it")
    assert Registry.load().offer("embedder", "My_Plug.In:mine").full_name == "my-plug-in:mine"


BROKEN = {
    "on import": ("raise RuntimeError('no good')", "RuntimeError: no good"),
    "exits on import": ("import sys; sys.exit('bye')", "SystemExit: bye"),
    "a syntax error": ("def register_embedders(:", "SyntaxError"),
    "a library that isn't there": ("import no_such_library_anywhere", "no_such_library_anywhere"),
    "on registration": (
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    raise OSError('disk')",
        "OSError: disk",
    ),
    "exits on registration": (
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    raise SystemExit(3)",
        "SystemExit: 3",
    ),
    "a misspelt hook": (
        "from emotopy import hookimpl\n@hookimpl\ndef register_embeders():\n    return {}",
        "register_embeders",
    ),
    "an argument that the hook doesn't have": (
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders(registry):\n    return {}",
        "registry",
    ),
    "no hook marked": ("def register_embedders():\n    return {}", "mark register_embedders with it"),
    "no hook at all": ("x = 1", "no function is marked with @emotopy.hookimpl; wanted one of"),
    "another api": ("emotopy_api = '2'\n" + textwrap.dedent(GOOD), "written for emotopy_api '2'"),
    "a list": ("from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    return [1]", "got list"),
    "no return": ("from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    pass", "got None"),
    "no callable": (
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    return {'it': 5}",
        "isn't callable",
    ),
    "a bad name": (
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    return {'My Embedder': dict}",
        "'My Embedder'",
    ),
    "a name that is a number": (
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    return {5: dict}",
        "got 5",
    ),
}


@pytest.mark.parametrize(("source", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_a_problem_and_the_others_work(install, source, reason):
    """Whatever a plugin does wrong is a Problem with owner, version and traceback; nothing else is missing."""
    healthy = Registry.load()
    install("aaa-broken", source)
    install("zzz-good", GOOD.replace("NAME", "good"))
    registry = Registry.load()
    (problem,) = [problem for problem in registry.problems if problem not in healthy.problems]
    assert (problem.owner, problem.version, problem.plugin) == ("aaa-broken", "1.2", "it")
    assert reason in problem.reason
    assert "Traceback" in problem.traceback
    assert names(registry) == names(healthy) | {"zzz-good:good"}
    assert registry.make("embedder", "good").embed(["a"]).shape == (1, 16)


def test_a_plugin_that_fails_half_way_offers_nothing(install):
    """All of a plugin comes in or nothing: what its first hook offered is gone when its second fails."""
    second = "\n@hookimpl\ndef register_reducers():\n    raise ValueError('second')"
    install("half", textwrap.dedent(GOOD.replace("NAME", "half")) + second)
    registry = Registry.load()
    assert names(registry, owner="half") == set()
    assert any("second" in problem.reason for problem in registry.problems)


@pytest.mark.parametrize("stated", ["'1'", "1"])
def test_a_plugin_may_state_the_api_that_it_was_written_for(install, stated):
    """The number that this emotopy has is fine, in either spelling; so is silence."""
    install("stating", f"emotopy_api = {stated}\n{textwrap.dedent(GOOD.replace('NAME', 'good'))}")
    assert names(Registry.load(), owner="stating") == {"stating:good"}


@pytest.mark.parametrize(
    ("stated", "remedy"), [("'2'", "upgrade emotopy"), ("0", "upgrade the plugin"), ("'x'", "upgrade the plugin")]
)
def test_another_api_says_which_side_to_upgrade(install, stated, remedy):
    """A later number asks for a later emotopy, an earlier one or a word for a later plugin."""
    install("stating", f"emotopy_api = {stated}\n{textwrap.dedent(GOOD.replace('NAME', 'good'))}")
    (problem,) = [one for one in Registry.load().problems if one.owner == "stating"]
    assert remedy in problem.reason


def test_entry_points_that_cannot_be_read_cost_nobody_else_theirs(install, tmp_path):
    """A damaged file of entry points is a Problem of its distribution, if they were ours; the others are found."""
    install("aaa-good", GOOD.replace("NAME", "good"))
    for dist, group in (("torn", "emotopy"), ("elsewhere", "console_scripts")):
        info = tmp_path / f"{dist}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[{group}]\nno equals sign here\n")
    registry = Registry.load()
    assert names(registry, owner="aaa-good") == {"aaa-good:good"}
    (problem,) = [one for one in registry.problems if one.owner in ("torn", "elsewhere")]
    assert problem.owner == "torn"
    assert "its entry_points.txt can't be read" in problem.reason
    assert "wanted lines of NAME = MODULE" in problem.reason


def test_what_a_plugin_changes_on_import_is_put_back_and_remarked(install):
    """A registry with a fence knows who touched the process while it was loaded."""
    import warnings

    before = list(warnings.filters)
    install("meddler", f"import warnings\nwarnings.simplefilter('error')\n{textwrap.dedent(GOOD.replace('NAME', 'm'))}")
    registry = Registry.load(fence=True)
    assert registry.remarks == ["meddler (it) changed the warning filters; undone"]
    assert list(warnings.filters) == before
    assert names(registry, owner="meddler") == {"meddler:m"}


def test_a_misspelt_hook_does_not_spoil_plugins_that_load_later(install):
    """Pluggy keeps a misspelt hook after the plugin is gone; it must not be held against the next plugin."""
    install("aaa", "from emotopy import hookimpl\n@hookimpl\ndef register_embeders():\n    return {}")
    install("bbb", GOOD.replace("NAME", "good"))
    assert names(Registry.load(), owner="bbb") == {"bbb:good"}


def test_strict_loading_raises_on_the_first_problem(install, monkeypatch):
    """Strict mode, by argument or environment, raises PluginError with owner and traceback."""
    install("broken", "raise RuntimeError('no good')")
    with pytest.raises(PluginError, match=r"broken \(it\): RuntimeError: no good(?s:.)*Traceback"):
        Registry.load(strict=True)
    monkeypatch.setenv("EMOTOPY_PLUGINS_STRICT", "1")
    with pytest.raises(PluginError, match="no good"):
        Registry.load()
    assert Registry.load(strict=False).problems


def test_interrupting_the_load_interrupts(install):
    """Ctrl-C while plugins load is the user's, not a Problem."""
    install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        Registry.load()


def test_owners_and_entry_points_can_be_blocked_but_not_the_built_ins(install, monkeypatch):
    """The block list names owners or owner:entry-point, in any spelling; built-ins are spared."""
    install("My.Plug", GOOD.replace("NAME", "one"), point="first")
    install("My.Plug", GOOD.replace("NAME", "two"), point="second")
    install("other", GOOD.replace("NAME", "three"))
    assert names(Registry.load(block=["my_plug:first", BUILT_IN]), owner="my-plug") == {"my-plug:two"}
    registry = Registry.load(block=["MY-PLUG"])
    assert names(registry, owner="my-plug") == set()
    assert registry.blocked == ["my-plug:first", "my-plug:second"]
    assert names(registry, owner=BUILT_IN) == names(Registry.load(), owner=BUILT_IN)
    monkeypatch.setenv("EMOTOPY_PLUGINS_BLOCK", " other , my-plug:second,")
    assert names(Registry.load()) & {"other:three", "my-plug:one", "my-plug:two"} == {"my-plug:one"}
    assert names(Registry.load(plugins=False)) == names(Registry.load(block=["other", "my-plug"]))


def test_a_blocked_plugin_is_not_even_imported(install):
    """What is blocked doesn't run."""
    install("harmful", "raise RuntimeError('ran')")
    assert not any("ran" in problem.reason for problem in Registry.load(block=["harmful"]).problems)


def test_two_registries_do_not_see_each_other():
    """Registries of one process are independent."""
    one, other = Registry([doubles.plugin(embedder={"a": doubles.HashingEmbedder})]), Registry()
    assert names(one) == {"local:a"}
    assert other.offers() == []


def test_offers_come_sorted_by_role_name_and_owner(install):
    """The order of the list doesn't depend on the order of installation."""
    for dist in ("zz", "aa"):
        install(dist, GOOD.replace("NAME", "same"))
    registry = Registry([doubles])
    keys = [(offer.role, offer.name) for offer in registry.offers()]
    assert keys[0] == ("embedder", "hashing")
    assert keys[-1] == ("dataset", "lines")
    assert [offer.owner for offer in Registry.load().offers("embedder") if offer.name == "same"] == ["aa", "zz"]


def test_plugins_of_the_same_name_are_both_accounted_for():
    """Two modules of one name: the second is a Problem, and the first works on."""
    one = doubles.plugin("same", embedder={"a": doubles.HashingEmbedder})
    two = doubles.plugin("same", embedder={"b": doubles.HashingEmbedder})
    registry = Registry([one, two])
    assert names(registry) == {"local:a"}
    assert len(registry.problems) == 1
    assert registry.module_of(registry.offer("embedder", "a")) == "same"
    later = Registry([one, two, doubles.plugin("third", embedder={"c": doubles.HashingEmbedder})])
    assert names(later) == {"local:a", "local:c"}


# Names --------------------------------------------------------------------------------------------------------------


def test_a_clash_raises_only_when_the_short_name_is_used(install):
    """Two owners of a name: loading is fine, the short name raises and names both, the full names work."""
    install("first", GOOD.replace("NAME", "twin"))
    install("second", GOOD.replace("NAME", "twin"))
    registry = Registry.load()
    with pytest.raises(DuplicateName) as caught:
        registry.make("embedder", "twin")
    for word in ("first (it)", "second (it)", "first:twin", "second:twin"):
        assert word in str(caught.value)
    assert registry.make("embedder", "second:twin").n_dims == 16
    assert registry.make("embedder", "static") is not None


def test_nobody_shadows_a_built_in(install):
    """A plugin that takes a built-in's name makes the short name ambiguous; it doesn't win, nor lose."""
    install("rival", GOOD.replace("NAME", "static"))
    registry = Registry.load()
    with pytest.raises(DuplicateName) as caught:
        registry.offer("embedder", "static")
    assert caught.value.name == "static"
    assert caught.value.owners == ("emotopy", "rival")
    assert registry.offer("embedder", "emotopy:static").owner == BUILT_IN


def test_a_name_that_one_owner_offers_twice_says_what_to_block(install):
    """The full name can't help here, so the message names the entry point to block."""
    install("twice", GOOD.replace("NAME", "twin"), point="one")
    install("twice", GOOD.replace("NAME", "twin"), point="two")
    with pytest.raises(DuplicateName, match="EMOTOPY_PLUGINS_BLOCK=twice:two"):
        Registry.load().offer("embedder", "twice:twin")


def test_unknown_names_come_with_the_nearest_the_choices_and_what_failed(install):
    """The message suggests, lists, and says which plugins aren't there; it starts with the key's path."""
    install("broken", "raise RuntimeError('no good')")
    registry = Registry.load()
    with pytest.raises(UnknownName) as caught:
        registry.offer("embedder", "statik", "region_mapper.embedder")
    message = str(caught.value)
    assert message.startswith("region_mapper.embedder: ")
    for word in ("Did you mean 'static'?", "ada-002, multilingual, openai", "broken (it): RuntimeError: no good"):
        assert word in message
    with pytest.raises(UnknownName) as caught:
        registry.offer("embeder", "static")
    assert (caught.value.name, caught.value.kind) == ("embeder", "role")
    assert "embedder" in caught.value.choices


def test_a_status_says_whether_an_offer_can_be_used(install, tmp_path):
    """Fine, a clash, or an extra that its metadata name and that isn't installed; nothing is imported to find out."""
    source = (
        textwrap.dedent(GOOD.replace("NAME", "NAME-it")) + "\nHashingEmbedder = type('E', (HashingEmbedder,), {})\n"
    )
    install("plain", GOOD.replace("NAME", "plain"))
    install("lacks", source.replace("NAME", "lacks") + "HashingEmbedder.extra = 'gpu'")
    install("has", source.replace("NAME", "has") + "HashingEmbedder.extra = 'gpu'")
    for dist in ("one", "two"):
        install(dist, GOOD.replace("NAME", "twin"))
    for dist, needed in (("lacks", "no-such-library>=2"), ("has", "numpy")):
        with (tmp_path / f"{dist}-1.2.dist-info" / "METADATA").open("a") as file:
            file.write(f'Provides-Extra: gpu\nRequires-Dist: {needed}; extra == "gpu"\nRequires-Dist: attrs\n')
    registry = Registry.load()
    status = {offer.full_name: registry.status(offer) for offer in registry.offers("embedder")}
    assert status["plain:plain"] == status["has:has-it"] == status["emotopy:static"] == "ok"
    assert status["lacks:lacks-it"] == 'needs extra: pip install "lacks[gpu]"'
    assert status["two:twin"] == "clash: say two:twin"


# Making -------------------------------------------------------------------------------------------------------------


def made_by(factory, role="embedder", /, context=None, **options):
    registry = Registry([doubles, doubles.plugin(**{role: {"it": factory}})])
    return registry.make(role, "it", context, **options)


class Told(doubles.HashingEmbedder):
    """Remembers what it was made with."""

    def __init__(self, **told) -> None:
        super().__init__(4)
        self.told = told


def test_options_are_converted_and_checked():
    """An option takes its type, or raises with the key's path, the nearest name and the choices."""

    def factory(width: float = 1.0, names: tuple[str, ...] = ()) -> Embedder:
        return Told(width=width, names=names)

    made = made_by(factory, width=2, names=["a"])
    assert (made.told["width"], type(made.told["width"]), made.told["names"]) == (2.0, float, ("a",))
    with pytest.raises(UnknownName) as unknown:
        made_by(factory, widht=1)
    assert (unknown.value.path, unknown.value.name) == ("embedder.widht", "widht")
    assert unknown.value.choices == ("names", "width")
    with pytest.raises(ConfigError) as caught:
        made_by(factory, width="wide")
    assert (caught.value.path, caught.value.wanted, caught.value.got) == ("embedder.width", "number", "wide")


def test_an_option_may_be_called_context():
    """The words of `make` itself are free for options."""

    def factory(context: int = 3, role: str = "", name: str = "") -> Embedder:
        return Told(context=context, role=role, name=name)

    registry = Registry([doubles.plugin(embedder={"it": factory})])
    assert registry.make("embedder", "it", context=5, role="r", name="n").told == {
        "context": 5,
        "role": "r",
        "name": "n",
    }


def test_a_required_option_is_asked_for():
    """An option without a default raises with its type, not with a TypeError of Python's."""

    def factory(path: Path) -> Embedder:
        return Told(path=path)

    with pytest.raises(ConfigError, match="needs a value") as caught:
        made_by(factory)
    assert (caught.value.path, caught.value.wanted) == ("embedder.path", "path")
    assert made_by(factory, path="x").told["path"] == Path("x")


def test_the_seed_fills_random_state_unless_it_is_set():
    """The run's seed goes into `random_state`, whatever its default, but not over the user's own."""

    def none(random_state: int | None = None) -> Embedder:
        return Told(seed=random_state)

    def zero(random_state: int = 0) -> Embedder:
        return Told(seed=random_state)

    for factory in (none, zero):
        assert made_by(factory, context=Context(seed=7)).told["seed"] == 7
        assert made_by(factory, context=Context(seed=7), random_state=3).told["seed"] == 3
        assert made_by(factory, context=Context(seed=7), random_state=0).told["seed"] == 0


def test_the_host_is_lent():
    """A parameter annotated Host, optional or not, gets the host and is no option."""
    host = Host()

    def factory(host: Host | None = None, mine: Host = host) -> Embedder:
        return Told(hosts=(host, mine))

    assert made_by(factory, context=Context(host=host)).told["hosts"] == (host, host)
    with pytest.raises(UnknownName):
        made_by(factory, host="x")


def needs_embedder(embedder: Embedder, other: Embedder | None = None) -> Reducer:
    stage = doubles.RandomProjection()
    stage.told = embedder, other
    return stage


def test_stages_are_lent_by_role():
    """A parameter annotated with a protocol gets the pathway's stage, or the one that the options say."""
    own = doubles.HashingEmbedder(5)
    context = Context(stages={"embedder": own})
    assert made_by(needs_embedder, "reducer", context).told == (own, own)
    named = made_by(needs_embedder, "reducer", context, other="hashing").told
    assert named[0] is own
    assert named[1].n_dims == 16
    tabled = made_by(needs_embedder, "reducer", context, embedder={"use": "local:hashing", "n_dims": 3}).told
    assert tabled[0].n_dims == 3
    given = doubles.HashingEmbedder(9)
    assert made_by(needs_embedder, "reducer", context, embedder=given).told == (given, own)


def test_a_stage_that_lacks_what_it_needs_says_so():
    """Without the stage that a factory needs, the error names the key and the role."""
    with pytest.raises(ConfigError) as caught:
        made_by(needs_embedder, "reducer")
    assert (caught.value.path, caught.value.wanted) == ("reducer.embedder", "embedder")


def test_a_chosen_stage_that_is_none_is_refused():
    """An object without the role's methods, a table without `use`, and an unknown name are the user's errors."""
    for wrong, reason in (
        (object(), "lacks embed"),
        ({"n_dims": 3}, "a table with `use`"),
        ("nobody", "'nobody'"),
        (doubles.HashingEmbedder, "wanted an instance"),
    ):
        with pytest.raises(ConfigError, match=reason) as caught:
            made_by(needs_embedder, "reducer", embedder=wrong)
        assert caught.value.path.startswith("reducer.embedder")


def test_an_annotation_that_cannot_be_resolved_spares_the_others():
    """A name imported under TYPE_CHECKING alone leaves its own option unchecked, and host and seed are still filled."""

    def factory(
        atlas: Atlas | None = None, host: Host | None = None, n: int = 1, random_state: int | None = None
    ) -> Embedder:
        return Told(atlas=atlas, host=host, n=n, seed=random_state)

    host = Host()
    made = made_by(factory, context=Context(4, host), n=2)
    assert made.told == {"atlas": None, "host": host, "n": 2, "seed": 4}
    with pytest.raises(ConfigError) as caught:
        made_by(factory, n="two")
    assert caught.value.path == "embedder.n"


def test_a_partial_is_a_factory_too():
    """Options of a partial are typed like those of the function behind it."""
    from functools import partial

    def factory(n_dims: int = 1, host: Host | None = None) -> Embedder:
        return Told(n_dims=n_dims, host=host)

    assert made_by(partial(factory, n_dims=3)).told["n_dims"] == 3
    with pytest.raises(ConfigError):
        made_by(partial(factory, n_dims=3), n_dims="x")
    assert made_by(partial(factory)).told["host"] is not None


def test_a_missing_library_says_what_to_install():
    """An ImportError of the factory is MissingExtra: the extra where the factory names one, else the library."""

    def plain() -> Embedder:
        import no_such_library_anywhere.part

        return no_such_library_anywhere.part

    def with_extra() -> Embedder:
        return plain()

    with_extra.extra = "sbert"
    with pytest.raises(MissingExtra, match=r"do: pip install no_such_library_anywhere$"):
        made_by(plain)
    with pytest.raises(MissingExtra, match=r'do: pip install "local\[sbert\]"$'):
        made_by(with_extra)


def test_a_missing_part_of_the_plugin_itself_is_its_own_fault():
    """There is nothing to install where a plugin can't import its own module."""

    def factory() -> Embedder:
        raise ModuleNotFoundError("No module named 'mine.part'", name="mine.part")

    factory.__module__ = "mine.entry"
    with pytest.raises(PluginError, match=r"embedder local:it couldn't be created: ModuleNotFoundError"):
        made_by(factory)


@pytest.mark.parametrize("error", [ZeroDivisionError("oops"), SystemExit("oops"), AssertionError("oops")])
def test_a_factory_that_fails_is_named(error):
    """Whatever a factory raises, SystemExit too, becomes PluginError with owner and stage."""

    def factory() -> Embedder:
        raise error

    with pytest.raises(PluginError, match=f"{type(error).__name__}: oops") as caught:
        made_by(factory)
    assert (caught.value.owner, caught.value.stage) == ("local", "embedder local:it")


def test_errors_of_ours_and_interrupts_pass_through_a_factory():
    """A factory's ConfigError or InputError is for the user; Ctrl-C is the user's."""
    for error in (ConfigError("embedder.n: too many"), InputError("list.csv, line 3"), KeyboardInterrupt()):

        def factory(error=error) -> Embedder:
            raise error

        with pytest.raises(type(error)) as caught:
            made_by(factory)
        assert caught.value is error


def test_what_is_no_stage_is_refused_by_name():
    """A factory that makes something else, nothing, or a class is a PluginError that says what lacks."""
    for made, reason in (
        (None, "made a NoneType, which isn't a valid embedder: it lacks embed"),
        (doubles.HashingEmbedder, r"made the class HashingEmbedder, wanted an instance: HashingEmbedder\(\)"),
        (doubles.WordScorer(), "made a WordScorer, which isn't a valid embedder"),
    ):
        with pytest.raises(PluginError, match=reason):
            made_by(lambda made=made: made)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="a protocol check runs no properties there")
def test_a_stage_whose_properties_fail_is_refused_by_name():
    """Looking whether an object is an atlas may run its code; what that raises names the owner."""

    class Broken(doubles.ToyAtlas):
        @property
        def regions(self):
            raise KeyError("regions.csv")

    with pytest.raises(PluginError, match="made a Broken") as caught:
        made_by(Broken, "atlas")
    assert (caught.value.owner, caught.value.stage) == ("local", "atlas local:it")


def test_offers_of_what_is_no_role_are_an_error():
    """A misspelt role would look like one without plugins; the error lists the roles."""
    with pytest.raises(UnknownName) as refused:
        Registry([]).offers("embeder")
    assert refused.value.name == "embeder"
    assert "embedder" in refused.value.choices
