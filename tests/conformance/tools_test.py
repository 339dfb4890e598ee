#!/usr/bin/python3
"""What the vectors are read and compared by: strict packets, the text form, the values. No broker is needed."""
import difflib
import socket
import time
import unittest

import broken
import evidence
import play
import reasons
import report
import scram_texts
import script
import table
import twin
import wire
from packets import V31, V311, V5, Malformed, decode, encode


# So many words of a line may differ from those of the line that it is when made lawful.
WORDS_BETWEEN_MAX = 5


def words_between(one, other):
    """How many words one line has instead of those of another one."""
    changes = difflib.SequenceMatcher(None, one.split(), other.split(), False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for kind, i1, i2, j1, j2 in changes if kind != "equal")


def read(text, version=V5):
    data = script.raw_bytes(text, {"~": "cf"})
    return decode(data[0], data[2:], version)


class Packets(unittest.TestCase):
    def refuse(self, version, *texts):
        for text in texts:
            with self.subTest(version=version, packet=text), self.assertRaises(Malformed):
                read(text, version)

    def test_packets_of_a_server_are_read(self):
        self.assertEqual(read("20 03 01 00 00"), {"type": "CONNACK", "size": 5, "session": 1, "code": 0})
        self.assertEqual(read("20 02 01 00", V311), {"type": "CONNACK", "size": 4, "session": 1, "code": 0})
        seen = read('3b [ "t" 00 05 [ 26 "b" "1" 26 "a" "2" 0b 81 01 ] \'pay\' ]')
        self.assertEqual(seen, {"type": "PUBLISH", "size": 28, "dup": 1, "qos": 1, "retain": 1, "topic": "t", "id": 5,
                                "user": ["b:1", "a:2"], "subscription-id": [129], "payload": "pay"})
        self.assertEqual(read("40 02 00 07"), {"type": "PUBACK", "size": 4, "id": 7, "code": 0})
        self.assertEqual(read("90 05 00 07 00 01 80")["codes"], [1, 0x80])
        self.assertEqual(read('e0 [ 8e [ 1f "why" ] ]')["reason-string"], "why")

    def test_flags_that_are_reserved_are_refused(self):
        self.refuse(V5, "21 03 00 00 00", "42 02 00 01", "60 02 00 01", "91 04 00 01 00 00", "d1 00", "e1 00", "20 03 02 00 00")
        self.refuse(V311, "21 02 00 00", "60 02 00 01", "20 02 80 00")
        self.refuse(V31, "20 02 01 00")

    def test_packets_that_no_server_sends_are_refused(self):
        self.refuse(V5, "10 00", "82 00", "a2 00", "c0 00", "00 00")
        self.refuse(V311, "e0 00", "f0 00")

    def test_codes_that_are_not_listed_are_refused(self):
        self.refuse(V5, "20 03 00 8b 00", "40 03 00 01 92", "50 03 00 01 01", "62 03 00 01 80", "70 03 00 01 80",
                    "90 04 00 01 00 03", "b0 04 00 01 00 01", "e0 01 04", "f0 01 19")
        self.refuse(V311, "20 02 00 06", "90 03 00 01 87")
        self.refuse(V31, "20 02 00 06", "90 03 00 01 87")

    def test_messages_that_no_server_sends_are_refused(self):
        self.refuse(V5, '36 [ "t" 00 05 00 ]', '38 [ "t" 00 ]', '32 [ "t" 00 00 00 ]', '30 [ "a/+" 00 ]', '30 [ "#" 00 ]')

    def test_strings_that_are_not_utf8_are_refused(self):
        self.refuse(V5, "30 [ 00 03 ed a0 80 00 ]", "30 [ 00 02 c0 80 00 ]", "30 [ 00 01 00 00 ]",
                    'e0 [ 8e [ 26 "k" 00 02 c3 28 ] ]')

    def test_properties_of_other_packets_twice_or_unknown_are_refused(self):
        self.refuse(V5, "e0 [ 8e [ 11 00 00 00 01 ] ]", "20 [ 00 00 [ 21 00 01 21 00 01 ] ]", "20 [ 00 00 [ 7f 00 ] ]",
                    "40 [ 00 01 00 [ 23 00 01 ] ]", '30 [ "t" [ 11 00 00 00 01 ] ]')

    def test_packets_that_are_too_short_or_too_long_are_refused(self):
        self.refuse(V5, "20 02 00 00", "40 01 00", '30 [ 00 05 \'abc\' ]', "d0 01 00", "30 [ \"t\" 80 00 ]")

    def test_a_packet_of_a_client_says_no_more_than_it_must(self):
        self.assertEqual(encode("PUBACK", {"id": "7"}, V5), bytes.fromhex("40020007"))
        self.assertEqual(encode("PUBACK", {"id": "7", "code": "0x80"}, V5), bytes.fromhex("4003000780"))
        self.assertEqual(encode("PUBACK", {"id": "7", "code": "0x80"}, V311), bytes.fromhex("40020007"))
        self.assertEqual(encode("DISCONNECT", {}, V5), bytes.fromhex("e000"))


class ScramTexts(unittest.TestCase):
    CHALLENGE = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

    def value(self, form, challenge=CHALLENGE):
        return script.expand("{" + form + ":user:pencil:rOprNGfwEbeRWgbNEkqO:@said}", {"said": challenge, "~": "cf"})

    def test_what_is_said_last_is_that_of_the_example_of_rfc_7677(self):
        self.assertEqual(self.value("proof"), "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                                              "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
        self.assertEqual(self.value("signature"), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")

    def test_an_answer_that_is_none_is_refused(self):
        for challenge in ("", "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=other,s=W22Z,i=4096",
                          self.CHALLENGE.replace("gQ==", "gQ="), self.CHALLENGE + "x", self.CHALLENGE[2:]):
            with self.subTest(challenge=challenge), self.assertRaises(scram_texts.Refused):
                self.value("proof", challenge)


class Values(unittest.TestCase):
    def test_forms_of_expected_values(self):
        names = {"~": "cf", "id": 5}
        for seen, wanted in ((5, "5"), (5, "0x05"), (5, "1..5"), (5, "@id"), (5, "!6"), (5, "4|5"), (5, "*"), (None, "none"),
                             (None, "none|1"), ([1, 128], "1,0x80"), ([1, 2], "1,0|2"), ("cf/t", "~/t"), (["b:1"], ["b:1"]),
                             ([2, 1], ["1", "2"]), (None, ["none"])):
            self.assertTrue(play._fits(seen, wanted, names), (seen, wanted))
        for seen, wanted in ((5, "6"), (5, "6..7"), (6, "@id"), (5, "!5"), (5, "none"), (None, "5"), (None, "1..5"),
                             ([1], "1,1"), ([1, 2], "2,1"), ("cf/t", "~/"), ("x", "xx"), (["a:1", "b:1"], ["b:1", "a:1"]),
                             ([1], ["1", "1"]), ([1], ["none"]), (None, ["1"])):
            self.assertFalse(play._fits(seen, wanted, names), (seen, wanted))

    def test_lines_for_one_version_are_played_in_that_version(self):
        vector = script.Vector("v", "f", [V311, V5], {}, [], [], [], [(1, "v3 a fence"), (2, "v5 b fence")])
        for version in (V31, V311):
            self.assertEqual({step.connection for step in script.steps_of(vector, version)}, {"a"})
        self.assertEqual({step.connection for step in script.steps_of(vector, V5)}, {"b"})


class Ends(unittest.TestCase):
    def test_an_end_that_does_not_come_in_its_time_is_not_waited_for(self):
        vector = script.Vector("v", "f", [V311], {}, [], [], [], [(1, "a open"), (2, "a closed within=0.05")])
        with socket.create_server(("127.0.0.1", 0)) as server:
            began = time.monotonic()
            with self.assertRaisesRegex(wire.Mismatch, "nothing came"):
                play.Player(vector, V311, lambda *_: wire.Wire(server.getsockname(), V311)).run()
            self.assertLess(time.monotonic() - began, wire.SILENCE_S / 2)


class Breaks(unittest.TestCase):
    """A vector that overlooks what it must see is found."""

    MESSAGE = {"type": "PUBLISH", "size": 9, "dup": 0, "qos": 0, "retain": 0, "topic": "cf/t", "payload": "x"}

    def overlooked(self, line):
        vector = script.Vector("v", "f", [V5], {}, [], [], [], [(1, "a open"), (2, line)])
        events = [wire.Event(self.MESSAGE), wire.Event({"type": "PINGRESP", "size": 2}), wire.CLOSED]
        record = broken.Record("cf", False, [events])
        broken.replay(vector, V5, record)
        _, unseen = broken.survivors(vector, V5, record)
        return {one.what.split("=")[0] for one in unseen if broken.must_be_seen(one, record)}

    def test_a_vector_that_names_all_fields_sees_everything(self):
        self.assertEqual(self.overlooked("a < PUBLISH topic=~/t payload=x"), set())

    def test_a_vector_that_takes_every_payload_is_found(self):
        self.assertEqual(self.overlooked("a < PUBLISH topic=~/t payload=*"), {"payload"})

    def test_a_vector_that_does_without_the_message_is_found(self):
        with self.assertRaises(wire.Mismatch):  # it must read what comes
            self.overlooked("a <? PUBLISH topic=~/t payload=x")


class Twins(unittest.TestCase):
    """What refuses too much is found."""

    GRANTED = wire.Event({"type": "SUBACK", "size": 6, "id": 1, "codes": [0]})
    ALIVE = wire.Event({"type": "PINGRESP", "size": 2})
    LINES = [(1, "a open"), (2, "a > SUBSCRIBE filter=~/t:3"), (3, "lawful a > SUBSCRIBE filter=~/t:0"), (4, "a closed"), (5, "b fence")]

    def play(self, *events):
        vector = script.Vector("v", "f", [V5], {}, [], [], [], self.LINES)
        welcome = wire.Event({"type": "CONNACK", "size": 5, "session": 0, "code": 0})
        broken.replay(vector, V5, broken.Record("cf", False, [[welcome, *events]]), twin.Twin)

    def test_what_is_lawful_must_not_be_refused(self):
        failed = wire.Event({**self.GRANTED.packet, "codes": [0x80]})
        goodbye = wire.Event({"type": "DISCONNECT", "size": 3, "code": 0})
        self.play(self.GRANTED, self.ALIVE, wire.CLOSED)
        for events in ([wire.CLOSED], [goodbye, wire.CLOSED], [failed, self.ALIVE, wire.CLOSED], [self.GRANTED, wire.CLOSED], [self.GRANTED]):
            with self.subTest(events=events), self.assertRaisesRegex(wire.Mismatch, "made lawful"):
                self.play(*events)

    def test_a_twin_ends_where_nothing_more_is_made_lawful(self):
        vector = script.Vector("v", "f", [V5], {}, [], [], [], self.LINES)
        self.assertEqual([(step.do, step.kind) for step in twin.steps_of(vector, V5)], [("open", ""), ("send", "SUBSCRIBE"), ("taken", "")])
        self.assertEqual([step.do for step in script.steps_of(vector, V5)], ["open", "send", "closed", "send", "expect"])

    def test_each_refusal_has_a_twin_or_says_why_not(self):
        for vector in script.load():
            for version in vector.versions:
                self.assertEqual(set(twin.untwinned(vector, version)), set(vector.twinless), f"{script.LABELS[version]} {vector.name}")

    def test_a_refusal_behind_another_one_needs_a_twin_of_its_own(self):
        lines = [*self.LINES[:-1], (5, "b open"), (6, "b > SUBSCRIBE filter=~/t:3"), (7, "b < DISCONNECT code=0x81"), (8, "b closed")]
        made_lawful = (6, "lawful b > SUBSCRIBE filter=~/t:0")
        for more, untwinned in (([], ["b"]), ([made_lawful], [])):
            vector = script.Vector("v", "f", [V5], {}, [], [], [], lines[:6] + more + lines[6:])
            self.assertEqual(twin.untwinned(vector, V5), untwinned)
        vector = script.Vector("v", "f", [V5], {}, [], [], [], [line for line in self.LINES if not line[1].startswith("lawful")])
        self.assertEqual(twin.untwinned(vector, V5), ["a"])

    def test_what_is_made_lawful_is_near_to_what_was_not(self):
        for vector in script.load():
            for version in vector.versions:
                for number, was, instead in twin.replacements(vector, version):
                    self.assertLessEqual(min(words_between(was, line) for line in instead), WORDS_BETWEEN_MAX, f"{vector.file}:{number}: {was}")


class Table(unittest.TestCase):
    def test_vectors_are_readable_and_name_statements_that_exist(self):
        for vector in script.load():
            for version in vector.versions:
                self.assertTrue(script.steps_of(vector, version), vector.name)
                unknown = {(name, version) for name in vector.shows[version]} - table.known_ids()
                self.assertEqual(unknown, set(), vector.name)
                self.assertTrue(vector.shows[version] or vector.by, vector.name)

    def test_vectors_have_names_of_their_own(self):
        names = [vector.name for vector in script.load()]
        self.assertEqual(len(names), len(set(names)))

    def test_every_statement_is_shown_or_argued(self):
        everything = {word for vector in script.load() for word in vector.needs}
        found = report.verdicts_without_failures(script.load(), provided=[everything])
        self.assertEqual([v.statement.id for v in found if v.state not in ("shown", "argued")], [])

    def test_no_statement_is_argued_for_nothing(self):
        shown_by = table.vectors_by_statement(script.load())
        for statement in table.statements():
            vectors = shown_by[statement.id, table.VERSION_OF[statement.version]]
            if statement.argued:
                self.assertTrue(all(vector.needs for vector in vectors), f"{statement.id} is argued and shown")

    def test_tests_that_show_a_statement_beside_its_vectors_are_there(self):
        for statement in table.statements():
            self.assertTrue(not statement.also or evidence.is_there(statement.also), f"{statement.id}: {statement.also}")
        for absent in ("unit/mqtt/ack_test.cc Ack.ThisIsNone", "unit/mqtt/none_test.cc Ack.ReasonMayStandAlone",
                       "scenario/bans_test.py Reload.test_none", "conformance/tools_test.py Values.test_packets_of_a_server_are_read"):
            self.assertFalse(evidence.is_there(absent), absent)
        self.assertTrue(evidence.is_there("conformance/tools_test.py Packets.test_packets_of_a_server_are_read"))

    def test_each_code_of_a_server_has_its_line_and_no_other(self):
        lines = [(reason.version, reason.packet, reason.code) for reason in reasons.reasons()]
        self.assertEqual(len(lines), len(set(lines)))
        self.assertEqual(set(lines), reasons.listed())

    def test_what_shows_a_code_is_there_or_it_is_said_why_not(self):
        vectors = {(vector.name, version) for vector in script.load() for version in vector.versions}
        for reason in reasons.reasons():
            with self.subTest(reason=reason):
                self.assertNotEqual(bool(reason.shown), bool(reason.unshown))
                self.assertTrue(reason.when or reason.unshown)
                self.assertLessEqual({(name, table.VERSION_OF[reason.version]) for name in reasons.vectors_of(reason)}, vectors)
                self.assertEqual([name for name in reasons.tests_of(reason) if not evidence.is_there(name)], [])

    def test_a_vector_that_brings_another_code_is_found(self):
        reason = next(one for one in reasons.reasons() if reasons.vectors_of(one))
        vector = next(vector for vector in script.load() if vector.name == reasons.vectors_of(reason)[0])
        for code, found in ((reason.code, []), (reason.code ^ 1, [(reason, vector.name)])):
            record = broken.Record("cf", False, [[wire.Event({"type": reason.packet, "size": 4, "code": code}), wire.CLOSED]])
            self.assertEqual([one for one in reasons.unseen([(vector, table.VERSION_OF[reason.version], [record])]) if one[0] == reason], found)

    def test_the_page_of_codes_is_what_they_say(self):
        self.assertTrue(reasons.PAGE.read_text(encoding="utf-8") == reasons.page(), "run tests/conformance/report.py --write")

    def test_the_page_is_what_statements_and_vectors_say(self):
        page = report.PAGE.read_text(encoding="utf-8")
        self.assertTrue(page == report.expected(page), "run tests/conformance/report.py --write")


if __name__ == "__main__":
    unittest.main()
