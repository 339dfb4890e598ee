"""Packages of this tree, built by the commands of packaging/ once for each run of a test file."""
import atexit
import functools
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIME = 1767225600  # of all builds of a run: a commit between two of them must not tell them apart


def run(*command, **options):
    """The output of a command that has to succeed."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def version():
    return re.search(r"^  version: '([^']*)'", (ROOT / "meson.build").read_text(), re.M)[1]


def build(script, *arguments, env=None, umask=0o022):
    """A folder with what packaging/SCRIPT makes; TENON_PACKAGES_JOBS says how many compilers may run at once."""
    output = pathlib.Path(tempfile.mkdtemp(prefix="tenon-packages-"))
    jobs = os.environ.get("TENON_PACKAGES_JOBS", str(os.cpu_count()))
    run(ROOT / "packaging" / script, "--output", output, "--jobs", jobs, *arguments, umask=umask,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(TIME), **(env or {})})
    return output


def elf_files(folder):
    """Programs and libraries below a folder."""
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and not path.is_symlink():
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def missing_hardening(path):
    """What a program or library lacks of what all of ours have."""
    text = run("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", path)
    missing = []
    if not re.search(r"Type:\s+DYN", text):
        missing.append("position independence")
    if "GNU_RELRO" not in text or not re.search(r"\(FLAGS(_1)?\).*\bNOW\b", text) and "(BIND_NOW)" not in text:
        missing.append("full RELRO")
    if re.search(r"GNU_STACK.*\bRWE\b", text):
        missing.append("a stack without code")
    if re.search(r"\((RPATH|RUNPATH)\)", text):
        missing.append("being free of a search path")
    return missing


def missing_reference_pages(folder):
    """Links of pages for authors, in the documentation of an SDK package, to pages of the reference that are not there."""
    pages = list((folder / "plugin-authors").glob("*.md"))
    links = {link for page in pages for link in re.findall(r"\]\(\.\./(reference/[^)#]+)", page.read_text())}
    if len(links) < 2:
        raise AssertionError(f"{folder} has {len(pages)} pages with the links {links}")
    return sorted(link for link in links if not (folder / link).is_file())


def kept(folder):
    """The same folder, which is removed when the tests end."""
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def tree_sum():
    """Tells one state of the source tree from another."""
    files = run("git", "-C", ROOT, "ls-files", "-z", "-co", "--exclude-standard").split("\0")
    whole = hashlib.sha256()
    for path in sorted(ROOT / file for file in files if file):
        if path.is_file():
            whole.update(f"{path} {path.stat().st_mode & 0o111} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


@functools.cache
def first_build(script):
    """What most tests look at. Test files share it, where TENON_PACKAGES_BUILT names a folder to keep it in."""
    if "TENON_PACKAGES_BUILT" not in os.environ or not (ROOT / ".git").exists():
        return kept(build(script))
    folder = pathlib.Path(os.environ["TENON_PACKAGES_BUILT"]) / pathlib.Path(script).stem
    stamp, now = folder / "tree.sha256", tree_sum()
    if not stamp.exists() or stamp.read_text() != now:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(build(script), folder)
        stamp.write_text(now)
    return folder
