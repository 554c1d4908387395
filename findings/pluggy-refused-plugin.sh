#!/bin/sh
# pluggy 1.6.0, `PluginManager.register`.
#
# Behaviour: a plugin with one hook that doesn't fit its specification is refused with PluginValidationError. It stays
# registered all the same, and its hooks that were looked at before the wrong one go on answering calls. Registering a
# corrected plugin under the same name then fails, because the name is taken. (pluggy 1.7.0 takes the plugin back.)
#
# Why it surprises: an exception from `register` is expected to mean that nothing was registered. A host that catches it,
# reports the plugin as broken and goes on, is answered by the plugin that it has just reported.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pluggy==1.6.0
cd "$folder"
venv/bin/python - <<'END'
import pluggy

print("pluggy", pluggy.__version__)
spec, impl = pluggy.HookspecMarker("toy"), pluggy.HookimplMarker("toy")


class Hooks:
    @spec
    def first(self): ...

    @spec
    def second(self): ...


class Wrong:
    @impl
    def first(self):
        return "an answer of the refused plugin"

    @impl
    def second(self, surplus): ...


class Corrected:
    @impl
    def first(self):
        return "an answer of the corrected plugin"


manager = pluggy.PluginManager("toy")
manager.add_hookspecs(Hooks)
try:
    manager.register(Wrong(), name="mine")
except pluggy.PluginValidationError as error:
    print("refused:", str(error).splitlines()[-1])
else:
    raise SystemExit("it is not refused any more")
answers = manager.hook.first()
print("registered:", manager.has_plugin("mine"), "answers:", answers)
try:
    manager.register(Corrected(), name="mine")
    taken = False
except ValueError as error:
    taken = True
    print("the corrected plugin:", str(error).split(":")[0])
assert manager.has_plugin("mine"), "a refused plugin is taken back now"
assert answers == ["an answer of the refused plugin"], "a refused plugin is silent now"
assert taken, "the name is free now"
END
