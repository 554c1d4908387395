#!/bin/sh
# srt 3.5.3, `srt.parse`.
#
# Behaviour: a time stamp without hours, `00:03,000`, is read as no hours, *three minutes* and no seconds. The caption is
# placed at 180 s instead of 3 s, without an error.
#
# Why it surprises: WebVTT, SubRip's sister format, allows stamps without hours, and what stands before the milliseconds
# are the seconds in both. A stamp that isn't read as that would be expected to raise the library's error for wrong
# stamps. Captions before and after keep their times, so that only the order of the captions tells.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check srt==3.5.3
cd "$folder"
venv/bin/python - <<'END'
from importlib.metadata import version

import srt

print("srt", version("srt"))
content = """1
00:00:01,000 --> 00:00:02,000
with hours

2
00:03,000 --> 00:04,000
without hours

3
00:00:05,000 --> 00:00:06,000
with hours again
"""
captions = list(srt.parse(content))
for caption in captions:
    print(f"{caption.start.total_seconds():6.1f} s to {caption.end.total_seconds():6.1f} s  {caption.content}")
starts = [caption.start.total_seconds() for caption in captions]
assert starts == [1.0, 180.0, 5.0], f"stamps without hours are read otherwise now: {starts}"
END
