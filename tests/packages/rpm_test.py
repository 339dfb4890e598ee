#!/usr/bin/python3
"""The RPM packages, built by rpmbuild on Debian: what they ask for, and that they install."""
import fnmatch
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from built import build, elf_files, first_build, kept, missing_hardening, missing_reference_pages, run, version  # noqa: E402
from debian_root import Daemon, DebianRoot, why_not  # noqa: E402

COMPILED = ("tenon", "tenon-sdk", "tenon-bench")
PACKAGES = (*COMPILED, "tenon-console")
# What a distribution with glibc 2.36 and GCC 12 has under these very sonames.
LIBRARIES = ("libc.so.6", "libm.so.6", "libresolv.so.2", "libgcc_s.so.1", "libstdc++.so.6", "ld-linux-x86-64.so.2", "libcrypto.so.3", "libssl.so.3",
             "libsqlite3.so.0", "libargon2.so.1")
VERSIONS_MAX = {"OPENSSL": (3, 0, 7), "GLIBC": (2, 36), "GLIBCXX": (3, 4, 30), "CXXABI": (1, 3, 13), "GCC": (12,)}
PROGRAMS = ("/bin/sh", "/usr/bin/getent", "/usr/bin/sort", "/usr/sbin/groupadd", "/usr/sbin/useradd", "/usr/bin/pkg-config", "pkgconfig")
OWN = ("tenon", "tenon(*)", "config(tenon)", "rpmlib(*)", "rtld(GNU_HASH)")


def rpm(package):
    return first_build("build-rpm.sh") / f"{package}-{version()}-1.{'x86_64' if package in COMPILED else 'noarch'}.rpm"


def query(package, what):
    return run("rpm", "--query", "--package", f"--{what}", rpm(package)).splitlines()


def is_had(relation):
    """Whether the distributions that the packages are for have what a package asks for."""
    name = relation.split(" ")[0]
    if name in PROGRAMS or any(fnmatch.fnmatchcase(name, own) for own in OWN):
        return True
    library = re.fullmatch(r"([^()]+\.so[.0-9]*)\(([A-Za-z0-9_.]*)\)(?:\(64bit\))?", name)
    if not library or library[1] not in LIBRARIES:
        return False
    symbols = re.fullmatch(r"(OPENSSL|GLIBC|GLIBCXX|CXXABI|GCC)_([0-9.]+)", library[2])
    if symbols:
        return tuple(map(int, symbols[2].split("."))) <= VERSIONS_MAX[symbols[1]]
    return library[2] == ""


@unittest.skipUnless(shutil.which("rpmbuild"), "rpmbuild is not installed")
class Built(unittest.TestCase):
    def test_packages_ask_for_nothing_that_their_distributions_lack(self):
        for package in PACKAGES:
            with self.subTest(package=package):
                asked = query(package, "requires")
                self.assertTrue(asked)
                self.assertEqual([relation for relation in asked if not is_had(relation)], [])

    def test_broker_provides_level_and_drafts_and_its_plugins_ask_for_them(self):
        provided = [relation for relation in query("tenon", "provides") if relation.startswith("tenon(plugin-")]
        asked = [relation for relation in query("tenon", "requires") if relation.startswith("tenon(")]
        self.assertEqual(len(provided), 2)
        self.assertRegex(provided[0], r"^tenon\(plugin-abi-1\) = \d+$")
        self.assertEqual(asked, ["tenon(plugin-abi-1) >= 1", provided[1]])

    def test_plugins_are_no_libraries_for_others(self):
        self.assertEqual([relation for relation in query("tenon", "provides") if ".so" in relation], [])

    def test_a_second_build_gives_the_same_bytes(self):
        second = kept(build("build-rpm.sh", env={"TZ": "Asia/Kolkata", "USER": "somebody"}, umask=0o077))
        sums = [{path.name: run("sha256sum", path).split()[0] for path in folder.glob("*.rpm")}
                for folder in (first_build("build-rpm.sh"), second)]
        self.assertEqual(len(sums[0]), len(PACKAGES))
        self.assertEqual(*sums)

    @unittest.skipUnless(shutil.which("rpmlint"), "rpmlint is not installed")
    def test_rpmlint_has_no_errors(self):
        config = pathlib.Path(__file__).resolve().parents[2] / "packaging/rpm/rpmlint.toml"
        done = subprocess.run(["rpmlint", "--config", str(config), *(str(rpm(package)) for package in PACKAGES)],
                              capture_output=True, text=True)
        self.assertRegex(done.stdout, rf"{len(PACKAGES)} packages and 0 specfiles checked; 0 errors")

    def test_configuration_of_the_operator_is_kept(self):
        self.assertEqual(query("tenon", "configfiles"), ["/etc/tenon/conf.d/50-local.json"])
        flags = run("rpm", "--query", "--package", "--queryformat", "[%{FILEFLAGS:fflags} %{FILENAMES}\n]", rpm("tenon"))
        self.assertIn("cn /etc/tenon/conf.d/50-local.json\n", flags)


@unittest.skipUnless(shutil.which("rpmbuild"), "rpmbuild is not installed")
@unittest.skipIf(why_not(), why_not())
class Installed(unittest.TestCase):
    """In a Debian, whose libraries are no packages of RPM's: dependencies are proved above. Scripts run, though."""

    @classmethod
    def setUpClass(cls):
        cls.clean = DebianRoot()
        cls.addClassCleanup(cls.clean.remove)
        cls.clean.run("apt-get", "-y", "--no-install-recommends", "install", "libargon2-1", "libsqlite3-0", "rpm", "binutils")

    def setUp(self):
        self.root = DebianRoot(copy_of=self.clean)
        self.addCleanup(self.root.remove)
        self.said = run("rpm", "--root", self.root.path, "--install", "--nodeps", *map(rpm, PACKAGES))

    def rpmbuild(self, name, version, prepare, files):
        """Builds a package inside; how that ended."""
        (self.root / "packages").mkdir(exist_ok=True)
        (self.root / f"packages/{name}.spec").write_text(
            f"Name: {name}\nVersion: {version}\nRelease: 1\nSummary: made by a test\nLicense: 0BSD\n%description\nOne.\n"
            f"%install\n{prepare}\n%files\n{files}\n")
        return self.root.try_run("rpmbuild", "-bb", "--define", "_topdir /packages/top", "--define", "debug_package %{nil}",
                                 f"/packages/{name}.spec")

    def plugin_package(self, file):
        plugins = "/usr/lib64/tenon/plugins"
        return self.rpmbuild("acme", 1, f"mkdir -p %{{buildroot}}{plugins}\ncp {file} %{{buildroot}}{plugins}/log-acme.so",
                             f"{plugins}/log-acme.so")

    def test_a_package_of_a_third_party_gets_its_requirements_from_the_sdk(self):
        done = self.plugin_package("/usr/lib64/tenon/plugins/log-segment.so")
        self.assertEqual(done.returncode, 0, done.stderr)
        asked = self.root.run("rpm", "--query", "--package", "--requires", "/packages/top/RPMS/x86_64/acme-1-1.x86_64.rpm")
        self.assertEqual([relation for relation in asked.splitlines() if relation.startswith("tenon(")],
                         [relation for relation in query("tenon", "requires") if relation.startswith("tenon(")])

    def test_a_package_with_a_file_that_is_no_plugin_is_not_built(self):
        done = self.plugin_package("/usr/lib/x86_64-linux-gnu/libargon2.so.1")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("log-acme.so: has no .note.tenon", done.stderr)
        self.assertEqual(list((self.root / "packages").rglob("*.rpm")), [])

    def test_an_older_version_does_not_replace_a_newer_one(self):
        newer = self.rpmbuild("tenon", 99, "mkdir -p %{buildroot}/usr/bin\nprintf '#!/bin/sh\\necho tenond 99\\n' "
                              ">%{buildroot}/usr/bin/tenond\nchmod 755 %{buildroot}/usr/bin/tenond", "/usr/bin/tenond")
        self.assertEqual(newer.returncode, 0, newer.stderr)
        (self.root / "var/lib/tenon/kept").touch()
        self.root.run("rpm", "--upgrade", "--nodeps", "/packages/top/RPMS/x86_64/tenon-99-1.x86_64.rpm")
        older = self.root.bring(rpm("tenon"))
        back = self.root.try_run("rpm", "--upgrade", "--nodeps", "--oldpackage", *older)
        self.assertNotEqual(back.returncode, 0)
        self.assertIn(f"{version()} is older than 99", back.stderr)
        self.assertEqual(self.root.run("rpm", "--query", "--queryformat", "%{VERSION}", "tenon"), "99")
        self.root.run("env", "TENON_ALLOW_DOWNGRADE=1", "rpm", "--upgrade", "--nodeps", "--oldpackage", *older)
        self.assertEqual(self.root.run("rpm", "--query", "--queryformat", "%{VERSION}", "tenon"), version())

    def test_nothing_is_left_of_what_was_not_used(self):
        self.root.run("rpm", "--erase", *PACKAGES)
        self.assertEqual(self.root.places_named("tenon"), self.clean.places_named("tenon"))

    def test_an_image_without_a_running_systemd_has_no_link_left(self):
        """Where systemctl is there, and nothing to talk to."""
        root = DebianRoot(copy_of=self.clean)
        self.addCleanup(root.remove)
        root.run("apt-get", "-y", "--no-install-recommends", "install", "systemd")
        link = root / "etc/systemd/system/multi-user.target.wants/tenon.service"
        run("rpm", "--root", root.path, "--install", "--nodeps", rpm("tenon"))
        self.assertTrue(link.is_symlink(), "Debian presets all services to be on")
        run("rpm", "--root", root.path, "--erase", "tenon")
        self.assertFalse(link.is_symlink())

    def test_pages_for_authors_lead_to_the_reference(self):
        [folder] = (self.root / "usr/share/doc").glob("tenon-sdk*")  # with the version, where RPM says so
        self.assertEqual(missing_reference_pages(folder), [])

    def test_it_installs_without_a_word_serves_and_goes(self):
        self.assertEqual(self.said, "")
        self.assertEqual(self.root.run("stat", "-c", "%U %a", "/var/lib/tenon").strip(), "tenon 700")
        for path in elf_files(self.root / "usr/lib64/tenon"):
            self.assertEqual(missing_hardening(path), [])
        with Daemon(self.root, unit="usr/lib/systemd/system/tenon.service") as broker:
            broker.publish("hello", "from an rpm", "-r")
            self.assertEqual(broker.receive("hello"), "from an rpm")
            self.assertEqual(broker.stop(), 0)
        self.root.run("rpm", "--erase", *PACKAGES)
        self.assertFalse((self.root / "usr/bin/tenond").exists())
        self.assertTrue((self.root / "var/lib/tenon/admin.token").exists(), "data outlives the package")


if __name__ == "__main__":
    unittest.main()
