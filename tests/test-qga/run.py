#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite test-qga: QEMU's own test of qemu-ga, with the stock qemu-ga and with qga-plugind before it.

Runs by name. Prints TAP, see tests/runner. test-qga is built from the source package of the
qemu-ga that is installed, once (a minute, 40 MB to fetch, 1 GB while it builds), and kept in
build/cache; build/results/test-qga.json has its verdicts side by side.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.runner.cases import Failed, main  # noqa: E402

CACHE = ROOT / "build" / "cache" / "test-qga"
RESULTS = ROOT / "build" / "results" / "test-qga.json"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
STOCK = "/usr/sbin/qemu-ga"
PLUGIND = os.environ.get("QGA_PLUGIND", ROOT / "build/meson/qga-plugin/qga-plugind")
# What it has in QEMU 7.2; later ones have more.
TESTS = 20
DEADLINE_S = 120
CONFIGURE = ("--disable-system", "--disable-user", "--disable-docs", "--disable-install-blobs",
             "--without-default-features", "--enable-guest-agent")

_verdicts = {}


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise Failed(f"{command[0]} failed:\n{done.stdout[-3000:]}")
    return done.stdout


# -- building it -----------------------------------------------------------------------------

def apt(folder):
    """apt-get with the machine's own archives as sources of source packages, all in a folder."""
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        (folder / name).mkdir(parents=True)
    targets = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                  "Created-By: Packages")
    lines = {f"deb-src [signed-by={KEYRING}] {line}" for line in targets.splitlines()}
    (folder / "sources.list").write_text("\n".join(sorted(lines)) + "\n")
    settings = {"Dir::Etc::SourceList": folder / "sources.list",
                "Dir::Etc::SourceParts": folder / "parts", "Dir::State::Lists": folder / "lists",
                "Dir::Cache": folder / "cache", "APT::Sandbox::User": "root"}
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    return lambda *words: run("apt-get", "-q", *options, *words, cwd=folder)


def unpack(folder, version):
    """The source with Debian's patches: it has the version that the package says it is."""
    get = apt(folder)
    get("update")
    get("source", f"qemu={version}")
    return next(path.parent for path in folder.glob("qemu-*/configure"))


def build(folder, version, target):
    source = unpack(folder, version)
    work = source / "build"
    work.mkdir()
    run("nice", source / "configure", *CONFIGURE, cwd=work)
    run("nice", "ninja", "tests/unit/test-qga", cwd=work)
    ready = folder / "ready"
    for name in ("unit", "data"):
        (ready / "tests" / name).mkdir(parents=True)
    shutil.copy2(work / "tests" / "unit" / "test-qga", ready)
    for path in (source / "tests" / "data").glob("test-qga-*"):
        shutil.copy2(path, ready / "tests" / "data")
    ready.replace(target)


def ready_folder():
    version = run("dpkg-query", "-W", "-f", "${source:Version}", "qemu-guest-agent")
    target = CACHE / re.sub(r"[^\w.+~-]", "_", version)
    if not (target / "test-qga").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        print(f"# building test-qga of qemu {version}", flush=True)
        with tempfile.TemporaryDirectory(prefix="building-", dir=CACHE) as folder:
            build(pathlib.Path(folder), version, target)
    return target


# -- running it ------------------------------------------------------------------------------

def output_of(folder, agent):
    """What it prints in a folder of its own, and its exit code; nothing that it starts is left."""
    place = folder / "place"
    shutil.copytree(ready_folder(), place)
    (place / "qga").mkdir()
    (place / "qga" / "qemu-ga").symlink_to(agent)
    # Beside it, for some of the tests leave it no environment.
    (place / "qga" / "qga-plugind").symlink_to(PLUGIND)
    environment = os.environ | {"G_TEST_SRCDIR": str(place / "tests" / "unit")}
    with open(folder / "output", "w+", encoding="utf-8") as output:
        test = subprocess.Popen([place / "test-qga", "--tap", "-k"], cwd=place, env=environment,
                                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                start_new_session=True)
        try:
            code = test.wait(DEADLINE_S)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(test.pid, signal.SIGKILL)
        output.seek(0)
        return output.read(), code


def verdicts(agent):
    """Name and verdict of each of its tests, with this program as the qemu-ga."""
    with tempfile.TemporaryDirectory(prefix="gnf-") as folder:
        text, code = output_of(pathlib.Path(folder), agent)
    found = {name: verdict + skip for verdict, name, skip in
             re.findall(r"^(ok|not ok) \d+ (\S+)(?: # (SKIP.*))?$", text, re.M)}
    bad = [name for name, verdict in found.items() if verdict != "ok"]
    if code or bad or len(found) < TESTS:
        raise Failed(f"{len(found)} verdicts, these not ok: {bad}; exit code {code}\n{text[-3000:]}")
    return found


def check(how, agent):
    _verdicts[how] = {}
    try:
        _verdicts[how] = verdicts(agent)
    finally:
        write_results()
    print(f"# {how}: {len(_verdicts[how])} tests of test-qga passed", flush=True)


def write_results():
    names = {name: None for found in _verdicts.values() for name in found}
    rows = [{"test": name} | {how: found.get(name) for how, found in _verdicts.items()}
            for name in names]
    figures = {f"passed-{how}": {"value": len(found), "unit": "tests", "budget": TESTS,
                                 "holds": len(found) >= TESTS}
               for how, found in _verdicts.items()}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps({"name": "test-qga", "rows": rows, "figures": figures},
                                  indent=1) + "\n")


if __name__ == "__main__":
    main({"alone": lambda: check("alone", STOCK),
          "through-qga-plugind": lambda: check("through", ROOT / "tests/test-qga/between.py")})
