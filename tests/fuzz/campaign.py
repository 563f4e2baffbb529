"""A fuzz campaign: `python -m tests.fuzz.campaign --minutes 5 --seed 1`.

Cases run in child processes with limits on time and memory, on one CPU core. Three shifts take turns:

stateless   what the server process does with any bytes: nothing may fail, crash or hang
documents   the same with a Doc and a squash behind it: those may fail, and are counted
honest      clients of Yjs and pycrdt over bad networks: all must end with the same

Then Yjs itself reads a sample of what was accepted. Failing inputs go to the folder `--keep`; one case is
run again with `--replay SHIFT:NUMBER` and the same seed. Ends with 1 if a promise did not hold.
"""

from __future__ import annotations

import argparse
import json
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.interop.node import PROJECT

from .child import SHIFTS
from .seeds import write_generated
from .yjs import errors_in_yjs

HANG_S = 30.0
"""A child that prints nothing for so long hangs: it prints twice a second, between two cases."""
_SHARES = {"stateless": 0.5, "documents": 0.3, "honest": 0.2}
_ROUND_S = 60.0
_SAME_FINDINGS_MAX = 5
_DOCUMENTS_PER_MINUTE = 40
_REPORT_S = 10.0
_SAMPLES_MAX = 20_000
"""Inputs kept of one kind; Yjs reads them at the end."""


@dataclass
class Outcome:
    """What a campaign counted and found."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, Any]] = field(default_factory=list)
    samples: dict[str, list[bytes]] = field(default_factory=dict)

    def found(self, finding: dict[str, Any]) -> None:
        same = sum(each["what"] == finding["what"] for each in self.findings)
        self.counts[f"FOUND: {finding['what'][:120]}"] += 1
        if same < _SAME_FINDINGS_MAX:
            self.findings.append(finding)

    @property
    def cases(self) -> int:
        return sum(count for name, count in self.counts.items() if name.startswith("cases "))


class Campaign:
    """Children, one after another, until the time is over."""

    def __init__(self, seed: int, seconds: float, *, quiet: bool = False) -> None:
        self.seed, self.seconds, self.quiet = seed, seconds, quiet
        self.outcome = Outcome()
        self._next = dict.fromkeys(SHIFTS, 0)
        self._reported = time.monotonic()
        self._start = time.monotonic()

    def run(self, folder: Path) -> Outcome:
        """Work in a folder; return what came of it."""
        documents = max(8, min(200, int(self.seconds / 60 * _DOCUMENTS_PER_MINUTE)))
        write_generated(folder / "generated.jsonl", self.seed * 10_000, documents)
        rounds = max(1, round(self.seconds / _ROUND_S))
        for _ in range(rounds):
            for shift, share in _SHARES.items():
                self._shift(folder, shift, self.seconds / rounds * share)
        self._ask_yjs()
        return self.outcome

    def _shift(self, folder: Path, shift: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            command = [sys.executable, "-m", "tests.fuzz.child", str(folder), shift, str(self.seed)]
            command += [str(self._next[shift]), str(left)]
            with (folder / "stderr").open("wb") as errors:
                child = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=errors)
            counts, ended = self._listen(child, shift)
            self.outcome.counts.update(counts)
            if not ended:
                self._crashed(folder, shift, child.returncode)

    def _listen(self, child: subprocess.Popen[bytes], shift: str) -> tuple[Counter[str], bool]:
        """Return the child's counts and whether it came to its end."""
        counts: Counter[str] = Counter()
        ended = False
        assert child.stdout is not None
        with selectors.DefaultSelector() as selector, child.stdout:
            selector.register(child.stdout, selectors.EVENT_READ)
            while selector.select(HANG_S):
                line = child.stdout.readline()
                if not line:
                    break
                message = json.loads(line)
                counts = Counter(message.get("counts", counts))
                self._next[shift] = message.get("next", self._next[shift])
                if "finding" in message:
                    self._found(message["finding"])
                for name, kept in message.get("samples", {}).items():
                    all_kept = self.outcome.samples.setdefault(name, [])
                    all_kept += map(bytes.fromhex, kept[: max(0, _SAMPLES_MAX - len(all_kept))])
                self._report(counts)
                ended = ended or "samples" in message
        child.kill()
        child.wait()
        return counts, ended

    def _crashed(self, folder: Path, shift: str, code: int) -> None:
        """Attribute a crash or hang; the next child goes on behind it."""
        place = json.loads((folder / "current").read_text("utf-8").splitlines()[0])
        self._next[shift] = place["number"] + 1
        how = f"ends with {code}" if code != -9 else "hangs or is killed"
        what = f"the process {how} in {shift}, at {place['phase']}"
        self.outcome.samples.setdefault("process lost", []).extend(map(bytes.fromhex, place["inputs"]))
        if shift == "documents":
            # A Doc may corrupt the heap, and the process end later: all of it counts as the Doc's.
            self.outcome.counts[f"allowed: {what}"] += 1
            return
        trace = (folder / "stderr").read_text("utf-8", "replace")[-2000:]
        self._found({**place, "what": what, "trace": trace})

    def _ask_yjs(self) -> None:
        for name, must_read in (("value accepted", True), ("full", False), ("accepted", False)):
            updates = self.outcome.samples.get(name, [])
            for update, error in zip(updates, errors_in_yjs(updates), strict=True):
                self.outcome.counts[f"Yjs reads: {name}"] += 1
                if error is None:
                    continue
                self.outcome.counts[f"Yjs fails: {name}: {error[:80]}"] += 1
                self.outcome.samples.setdefault(f"Yjs fails: {name}", []).append(update)
                if must_read:
                    finding = {"what": f"Yjs refuses an accepted value: {error}", "inputs": [update.hex()]}
                    self._found({**finding, "kind": name, "number": -1, "trace": ""})

    def _found(self, finding: dict[str, Any]) -> None:
        self.outcome.found(finding)
        if not self.quiet:
            sys.stderr.write(f"FOUND {finding['kind']}:{finding['number']} {finding['what'][:200]}\n")

    def _report(self, running: Counter[str]) -> None:
        if self.quiet or time.monotonic() - self._reported < _REPORT_S:
            return
        self._reported = time.monotonic()
        cases = self.outcome.cases + sum(n for name, n in running.items() if name.startswith("cases "))
        seconds = time.monotonic() - self._start
        sys.stderr.write(f"{seconds:6.0f} s  {cases} cases  {len(self.outcome.findings)} findings\n")


def run_campaign(seed: int, seconds: float, *, quiet: bool = False) -> Outcome:
    """Run a campaign in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return Campaign(seed, seconds, quiet=quiet).run(Path(folder))


def summary(outcome: Outcome) -> str:
    """The counts, the largest first, and what was found."""
    counts = outcome.counts
    accepted, refused = counts["updates accepted"], counts["updates refused"]
    lines = [f"{outcome.cases} cases; {accepted} of {accepted + refused} updates accepted"]
    lines += [f"{count:9}  {name}" for name, count in counts.most_common() if "refused: unknown" not in name]
    lines += [f"FOUND {each['kind']}:{each['number']} {each['what']}" for each in outcome.findings]
    return "\n".join(lines)


def keep(outcome: Outcome, folder: Path) -> None:
    """Write failing inputs, and samples worth looking at, as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "findings.json").write_text(json.dumps(outcome.findings, indent=1), "utf-8")
    samples = {name: [each.hex() for each in kept] for name, kept in outcome.samples.items()}
    (folder / "samples.json").write_text(json.dumps(samples), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=PROJECT / "build" / "fuzz")
    parser.add_argument("--replay", metavar="SHIFT:NUMBER", help="run one case again")
    options = parser.parse_args()
    if options.replay:
        shift, number = options.replay.split(":")
        _replay(options.seed, options.minutes * 60, shift, int(number))
        return
    outcome = run_campaign(options.seed, options.minutes * 60)
    keep(outcome, options.keep)
    sys.stdout.write(summary(outcome) + "\n")
    sys.exit(1 if outcome.findings else 0)


def _replay(seed: int, seconds: float, shift: str, number: int) -> None:
    """One case in a child, with the same generated documents as a campaign of that length."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        documents = max(8, min(200, int(seconds / 60 * _DOCUMENTS_PER_MINUTE)))
        write_generated(folder / "generated.jsonl", seed * 10_000, documents)
        command = [sys.executable, "-m", "tests.fuzz.child", name, shift, str(seed), str(number), "0"]
        sys.exit(subprocess.run(command, cwd=PROJECT, check=False).returncode)


if __name__ == "__main__":
    main()
