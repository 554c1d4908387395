#!/bin/sh
# nilearn 0.14.1: the page that `view_img(...).save_as_html()` writes.
#
# Behaviour: the page is a frame whose document carries its pictures, its scripts and the whole of jQuery, and beside
# them, in its head, a link to an icon on a server (`<link rel="icon" href="https://...">`). Nothing in the page's own
# scripts calls jQuery, 90 kB of it.
#
# Why it surprises: the page is meant to be sent and opened anywhere, and everything it shows is inside; opened from a
# server it still asks another one, which learns who looked at the result.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    nilearn==0.14.1 nibabel==5.4.2 numpy==2.3.5 scipy==1.16.3 scikit-learn==1.8.0 matplotlib==3.10.8
cd "$folder"
MPLBACKEND=Agg venv/bin/python -W ignore - <<'END'
import re
from html.parser import HTMLParser

import nibabel
import nilearn
import numpy as np
from nilearn.plotting import view_img

print("nilearn", nilearn.__version__)
values = np.zeros((40, 48, 40), dtype=np.float32)
values[18:22, 20:24, 18:22] = 3.0
affine = np.diag([4.0, 4.0, 4.0, 1.0])
affine[:3, 3] = -78, -112, -70
view_img(nibabel.Nifti1Image(values, affine), threshold=1.0).save_as_html("view.html")
page = open("view.html", encoding="utf-8").read()


class Document(HTMLParser):
    def __init__(self, source):
        super().__init__()
        self.links, self.scripts, self.frames, self.inside = [], [], [], False
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        if tag == "link":
            self.links.append(dict(attributes))
        if tag == "iframe":
            self.frames.append(dict(attributes)["srcdoc"])
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1] += data

    def handle_endtag(self, tag):
        self.inside = False


(frame,) = Document(page).frames
head = Document(frame)
remote = [one for one in head.links if str(one.get("href", "")).startswith("http")]
own = [one for one in head.scripts if "jQuery v" not in one[:300]]
uses = sum(len(re.findall(r"\bjQuery\s*\(|\$\s*\(", one)) for one in own)
print("links of the page to servers:", len(remote), [one.get("rel") for one in remote])
print("scripts:", len(head.scripts), "of them other than jQuery:", len(own), "calls of jQuery in these:", uses)
if not remote or len(own) == len(head.scripts) or uses:
    raise SystemExit("the page asks no server, or uses what it brings")
END
