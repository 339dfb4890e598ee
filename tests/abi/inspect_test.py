#!/usr/bin/python3
"""tenon-plugin-inspect --no-load reads files that nobody trusts: it stays small, and what it prints is harmless."""
import os
import pathlib
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import sanitizer  # noqa: E402

BUILD = pathlib.Path(os.environ["TENON_BUILD_ROOT"])
PROGRAM = BUILD / "sdk/tools/tenon-plugin-inspect"
SOUND = BUILD / "tests/abi/bad-plugins/auth-sound.so"

HEADER, SECTION, SYMBOL = struct.Struct("<16sHHIQQQIHHHHHH"), struct.Struct("<IIQQQQIIQQ"), struct.Struct("<IBBHQQ")
TABLE_AT, TABLE_COUNT = 6, 12           # in the header
TYPE, OFFSET, SIZE, LINK = 1, 4, 5, 6   # in a section
DYNAMIC_SYMBOLS = 11
GLOBAL_FUNCTION, DEFINED = 0x12, 5
MEMORY_MAX = 512 << 20
SECONDS_MAX = 20


def with_symbols(name, *, count):
    """A sound plugin's file whose dynamic symbols are `count` times one of this name, zero byte and all."""
    data = bytearray(SOUND.read_bytes())
    header = HEADER.unpack_from(data)
    place = lambda number: header[TABLE_AT] + number * SECTION.size
    sections = [list(SECTION.unpack_from(data, place(number))) for number in range(header[TABLE_COUNT])]
    number, symbols = next(one for one in enumerate(sections) if one[1][TYPE] == DYNAMIC_SYMBOLS)
    texts = sections[symbols[LINK]]
    old = data[texts[OFFSET]:texts[OFFSET] + texts[SIZE]]  # the names of libraries are there, too
    texts[OFFSET], texts[SIZE] = len(data), len(old) + len(name)
    data += old + name
    symbols[OFFSET], symbols[SIZE] = len(data), SYMBOL.size * count
    data += SYMBOL.pack(len(old), GLOBAL_FUNCTION, 0, DEFINED, 0, 0) * count
    SECTION.pack_into(data, place(number), *symbols)
    SECTION.pack_into(data, place(symbols[LINK]), *texts)
    return bytes(data)


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))


class Inspect(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-plugin-inspect-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def inspect(self, data):
        """(exit status, standard output, standard error)"""
        file = self.dir / "auth-odd.so"
        file.write_bytes(data)
        done = subprocess.run([PROGRAM, file, "--no-load"], capture_output=True, timeout=SECONDS_MAX, check=False,
                              preexec_fn=limit_memory if sanitizer.memory_tells() else None)
        return done.returncode, done.stdout, done.stderr

    def expect_damaged(self, data):
        status, out, err = self.inspect(data)
        self.assertEqual((status, out), (1, b""), err)
        self.assertIn(b"its dynamic section or its symbols are missing or damaged", err)

    def test_a_long_text_that_many_symbols_have_is_damage(self):
        self.expect_damaged(with_symbols(b"A" * (1 << 20) + b"\0", count=3_000))

    def test_a_text_that_many_symbols_have_is_damage_when_they_come_to_more_than_the_file(self):
        self.expect_damaged(with_symbols(b"A" * 4_096 + b"\0", count=100_000))

    def test_a_text_without_an_end_is_damage(self):
        data = with_symbols(b"", count=1)  # its name begins where the symbol does
        self.expect_damaged(data[:-SYMBOL.size] + SYMBOL.pack(0x01010101, GLOBAL_FUNCTION, 1, DEFINED, 1, 1))

    def test_control_bytes_of_a_name_are_shown_as_numbers(self):
        status, out, err = self.inspect(with_symbols(b"\x1b[2Jname\x9b\n\0", count=1))
        self.assertEqual(status, 0, err)
        self.assertIn(rb"\x1b[2Jname\x9b\x0a", out)
        self.assertNotIn(b"\x1b", out)


if __name__ == "__main__":
    unittest.main()
