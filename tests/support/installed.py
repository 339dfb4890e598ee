"""Installs what was built into a temporary folder, as packages do. `meson test` says in the environment where things go."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from broker import BUILD

# Where things go, without the folder that they are staged in.
DIRS = {name: pathlib.Path(path) for name, _, path in
        (entry.partition("=") for entry in os.environ["TENON_INSTALL_DIRS"].split(os.pathsep))}
TAGS = os.environ["TENON_INSTALL_TAGS"].split(os.pathsep)


class Installed:
    """What `meson install` puts below `root`, of these tags or (none given) of all."""

    def __init__(self, *tags):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="tenon-installed-"))
        chosen = ["--tags", ",".join(tags)] if tags else []
        subprocess.run(["meson", "install", "-C", str(BUILD), "--no-rebuild", "--destdir", str(self.root), *chosen],
                       check=True, capture_output=True, text=True)

    def dir(self, name):
        return self.root / DIRS[name].relative_to("/")

    def files(self):
        """Every file, and every empty directory (with a slash at its end), as the path it has once installed."""
        found = set()
        for path in self.root.rglob("*"):
            place = "/" + str(path.relative_to(self.root))
            if path.is_dir() and not any(path.iterdir()):
                found.add(place + "/")
            elif not path.is_dir():
                found.add(place)
        return found

    def environment(self):
        """For builds against the SDK: pkg-config finds it, and nothing comes out of a compiler's cache."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("TENON_", "MESON_", "PKG_CONFIG_"))}
        return {**env, "CCACHE_DISABLE": "1", "PKG_CONFIG_PATH": str(self.dir("libdir") / "pkgconfig"),
                "PKG_CONFIG_SYSROOT_DIR": str(self.root)}

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)
