"""A host that remembers the progress it was told of."""

from __future__ import annotations

from contextlib import contextmanager

from emotopy.roles import Host


class Told:
    """Pieces of work in the order in which they began: `what`, `total`, and how much was counted as done."""

    def __init__(self):
        self.works = []
        self.host = Host(progress=self._progress)

    @contextmanager
    def _progress(self, what, total):
        work = {"what": what, "total": total, "done": 0, "over": False}
        self.works.append(work)

        def advance(n):
            assert not work["over"]
            assert n >= 0
            work["done"] += n

        yield advance
        work["over"] = True

    def check(self):
        """Every piece of work ended; where a count was promised, it was kept."""
        for work in self.works:
            assert work["over"], work
            assert work["total"] is None or work["done"] == work["total"], work
        return {work["what"]: work["total"] for work in self.works}
