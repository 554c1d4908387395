#!/bin/sh
# datasets 5.2.0 (Hugging Face) and pyarrow 26.0.1: what a table's schema says of itself.
#
# Behaviour: `Dataset(table)` takes a pyarrow Table whose schema carries metadata, and gives a table back by
# `with_format("arrow")[:]`. The cells are the same; the schema's metadata is replaced by the library's own key
# `huggingface`, without a word. The class has no `__arrow_c_stream__`, though it is an Arrow table inside.
#
# Why it surprises: pandas, Parquet and Feather keep metadata of an Arrow schema on the way through; whoever marks a table
# there (as confidential, with units, with a licence) loses the mark on a round trip that looks lossless.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check datasets==5.2.0 pyarrow==26.0.1
cd "$folder"
HF_HUB_OFFLINE=1 HF_HOME="$folder/cache" venv/bin/python - <<'END'
import datasets
import pyarrow as pa

print("datasets", datasets.__version__, "pyarrow", pa.__version__)
table = pa.table({"text": ["a", "b"]}).replace_schema_metadata({"confidential": "yes"})
dataset = datasets.Dataset(table)
back = dataset.with_format("arrow")[:]
print("in: ", table.schema.metadata)
print("out:", {key: "..." for key in back.schema.metadata or {}})
print("cells kept:", back.column("text").to_pylist() == ["a", "b"])
print("__arrow_c_stream__:", hasattr(dataset, "__arrow_c_stream__"))
if b"confidential" in (back.schema.metadata or {}) or hasattr(dataset, "__arrow_c_stream__"):
    raise SystemExit("it is otherwise now")
END
