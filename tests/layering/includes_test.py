#!/usr/bin/python3
"""No #include leads to where a folder may not look. The table of folders comes from meson.build beside this file."""
import os
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = {name: set(filter(None, uses.split(","))) for name, _, uses in
          (entry.partition(":") for entry in os.environ["TENON_LAYERS"].split(";"))}
LAYERS["bin"] = set(LAYERS)  # the programs put everything together

# Which folders of core/ may use a library, by how its headers begin. Longer beginnings go first.
LIBRARIES = {
    "boost/asio": {"runtime", "admin", "bin"},
    "boost/beast": {"admin", "bin"},
    "boost/dll": {"host"},
    "boost/": set(),
    "nlohmann/": {"admin", "host", "bin"},
    "spdlog/": {"observe"},
    "fmt/": {"observe"},
    "tenon/": {"host", "balance", "stack", "store", "peer", "broker", "node"},
    "openssl/": set(),  # the core links no OpenSSL
    "sqlite3": set(),
    "rocksdb/": set(),
    "argon2": set(),
}
# Those that take seconds to compile: never in a header of core/, but for headers that only a few sources beside them include.
HEAVY = ("boost/", "nlohmann/", "spdlog/", "fmt/")
PRIVATE_HEADERS = {"core/admin/balance/masked_value.h", "core/bin/ctl/commands/view_text.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".hpp", ".cc", ".c"))


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def library_of(name):
    return next((beginning for beginning in LIBRARIES if name.startswith(beginning)), None)


class Includes(unittest.TestCase):
    def check(self, wrong):
        if wrong:
            self.fail("\n".join(wrong))

    def test_every_folder_of_core_is_in_the_table(self):
        folders = {p.name for p in (ROOT / "core").iterdir() if p.is_dir()}
        self.assertEqual(folders, set(LAYERS))

    def test_core_folders_use_only_lower_ones(self):
        wrong = []
        for path in sources(ROOT / "core"):
            folder = path.relative_to(ROOT / "core").parts[0]
            for bracket, name in includes(path):
                if bracket == "<" or "/" not in name:
                    continue
                used = name.split("/")[0]
                if used != folder and used not in LAYERS[folder]:
                    wrong.append(f"{path.relative_to(ROOT)} includes {name}: {folder} may not use {used}; move what "
                                 "both need to a lower folder, or pass it in through an interface")
        self.check(wrong)

    def test_core_folders_use_only_their_libraries(self):
        wrong = []
        for path in sources(ROOT / "core"):
            folder = path.relative_to(ROOT / "core").parts[0]
            for _, name in includes(path):
                library = library_of(name)
                if library and folder not in LIBRARIES[library]:
                    wrong.append(f"{path.relative_to(ROOT)} includes {name}: {folder} may not use {library}")
        self.check(wrong)

    def test_headers_of_core_include_no_heavy_library(self):
        wrong = []
        for path in sources(ROOT / "core"):
            place = str(path.relative_to(ROOT))
            if path.suffix != ".h" or place in PRIVATE_HEADERS:
                continue
            wrong += [f"{place} includes {name}: forward-declare, or hide it behind a pointer to an implementation"
                      for _, name in includes(path) if name.startswith(HEAVY)]
        self.check(wrong)

    def test_plugins_use_the_sdk_and_themselves_only(self):
        wrong = []
        for path in sources(ROOT / "plugins"):
            own = [parent for parent in path.parents if ROOT / "plugins" in parent.parents]
            shared = [p for parent in own for p in (parent / "common", parent.parent / "common")]
            for bracket, name in includes(path):
                found = any((place / name).exists() for place in own + shared + [parent.parent for parent in own])
                if bracket == '"' and not found:
                    wrong.append(f"{path.relative_to(ROOT)} includes {name}, which is not the plugin's own; a plugin "
                                 "sees the SDK as <tenon/...> and nothing of core/")
        self.check(wrong)

    def test_the_sdk_includes_itself_and_the_standard_library_only(self):
        wrong = []
        for folder in ("include", "cpp"):
            for path in sources(ROOT / "sdk" / folder):
                wrong += [f"{path.relative_to(ROOT)} includes {name}" for bracket, name in includes(path)
                          if bracket == '"' or ("/" in name and not name.startswith(("tenon/", "sys/")))]
        self.check(wrong)


if __name__ == "__main__":
    unittest.main()
