"""A tenond that was built elsewhere, with the plugins that belong to it."""
import pathlib


class Release:
    """Of a build directory, or of a directory that packages (one that is unpacked, or /) were put into."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory).resolve()
        build = self.directory / "core/bin/tenond"
        self.is_build = build.is_file()
        self.program = build if self.is_build else self._one("usr/bin/tenond", "usr/local/bin/tenond", "bin/tenond")
        self.vendor_dir = (self.directory.parent / "conf.d" if self.is_build else
                           self.program.parents[1] / "share/tenon/conf.d")
        modules = self.directory / "plugins" if self.is_build else self.program.parents[1] / "lib"
        self.plugin_dirs = sorted({str(module.parent) for module in modules.rglob("*.so")
                                   if self.is_build or "tenon" in module.parent.parts})
        if not self.vendor_dir.is_dir() or not self.plugin_dirs:
            raise FileNotFoundError(f"no plugins or no {self.vendor_dir} beside {self.program}")

    def _one(self, *names):
        for name in names:
            if (self.directory / name).is_file():
                return self.directory / name
        raise FileNotFoundError(f"neither a build nor an installation: {self.directory}")
