#!/usr/bin/python3
"""Each check fails on a plugin that has just its fault, and says why. Checks that need the failed one are not run; all
others pass."""
import os
import pathlib
import re
import shutil
import tempfile
import unittest

import checker

# In a build with ASan the program itself has to see the faults: the sanitizer would speak, and end the process, first.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0:handle_segv=0"
os.environ["UBSAN_OPTIONS"] = os.environ.get("UBSAN_OPTIONS", "") + ":halt_on_error=0"

BAD = checker.ABI / "bad-plugins"
FAULTY = checker.ABI / "plugin-check"
BALANCERS = FAULTY / "balancers"
ENGINES = FAULTY / "engines"
AUTHS = FAULTY / "auth"
FILTERS = FAULTY / "filters"
JOURNALS = FAULTY / "journals"
# What auth plugins of these tests let in.
LOGIN = ["--login", '{"username": "ada", "password": "engine"}']
OBSERVERS = FAULTY / "observers"
INTERCEPTORS = FAULTY / "interceptors"
TRANSPORTS = FAULTY / "transports"
REPLICATORS = FAULTY / "replicators"

# (name of the case, file, {check that fails: what its reason says}); one check fails unless the fault is two.
CASES = [
    # Made for the tests of the host.
    ("no note", BAD / "auth-no_note.so", {"elf.note": r"^has no \.note\.tenon"}),
    ("level too high", BAD / "auth-level_too_high.so", {"elf.note": r"^needs ABI level \d+, this kit knows 1$"}),
    ("unresolved name", BAD / "auth-unresolved.so", {"elf.loads": r"undefined symbol: \w+"}),
    ("no entry", BAD / "auth-no_entry.so", {"elf.exports": r"^exports nothing$",
                                            "entry.module": r"^has no function tenon_module_v1$"}),
    ("wrong generation", BAD / "auth-wrong_generation.so", {"elf.note": r"generation 2, this kit knows 1$"}),
    ("wrong magic", BAD / "auth-wrong_magic.so", {"entry.module": r"has magic 0x\w+, not TNM1$"}),
    ("small module", BAD / "auth-small_module.so", {"entry.module": r"has \d+ bytes, at least 56 are needed$"}),
    ("null module", BAD / "auth-null_module.so", {"entry.module": r"^its entry function refused this broker$"}),
    ("no plugins", BAD / "auth-no_plugins.so", {"entry.module": r"^its module offers no plugin$"}),
    ("null entry", BAD / "auth-null_entry.so", {"lifecycle.start-stop": r"^its table tenon\.auth/1 has no authenticate$"}),
    ("null create", BAD / "auth-null_create.so", {"entry.module": r"plugin number 1 is incomplete$"}),
    ("level hidden in the note", BAD / "auth-level_hidden.so", {"entry.module": r"level 7"}),
    ("note with another level", BAD / "auth-lying_note.so", {"entry.module": r"^its note says level 0, its module 1$"}),
    ("note with other kinds", BAD / "auth-lying_kinds.so", {"entry.module": r"^its note says kinds "}),
    ("unknown kind", BAD / "auth-other_kind.so", {"entry.descriptors": r"^no plugin of a kind that this kit knows$"}),
    ("unknown host table", BAD / "auth-missing_host_table.so",
     {"entry.descriptors": r"^missing_host_table: no broker of this version has tenon\.host\.crystal-ball/1$"}),
    ("old draft", BAD / "auth-old_draft.so", {"elf.note": r"^built against other drafts than those of this kit$"}),
    ("old draft in the descriptor", BAD / "auth-old_descriptor.so",
     {"entry.descriptors": r"^old_descriptor: built against other drafts"}),
    ("note without its drafts", BAD / "auth-lying_drafts.so", {"entry.module": r"^its note says draft hash 0x0+, its module needs 0x"}),
    ("create fails", BAD / "auth-create_fails.so", {"lifecycle.create-destroy": r"create failed: "}),
    ("init fails", BAD / "auth-init_fails.so", {"lifecycle.start-stop": r"^init failed: "}),
    ("init throws", BAD / "auth-init_throws.so", {"lifecycle.start-stop": r"^init failed: .*EXCEPTION"}),
    ("activate fails", BAD / "auth-activate_fails.so", {"lifecycle.start-stop": r"^activate failed: "}),
    ("no table", BAD / "auth-no_table.so", {"lifecycle.start-stop": r"^it offers no table tenon\.auth/1"}),
    ("worker_start fails", BAD / "auth-worker_start_fails.so",
     {"lifecycle.workers": r"^worker_start failed: no memory for worker state$"}),
    # The file.
    ("extra export", FAULTY / "auth-extra_export.so", {"elf.exports": r"^exports 2 symbols, .*helper_of_mine"}),
    ("unique symbol", FAULTY / "auth-unique_symbol.so",
     {"elf.unique-symbols": r"one in the whole process: shared_by_all$", "elf.exports": r"^exports 2 symbols"}),
    ("text relocation", FAULTY / "auth-text_relocation.so", {"elf.text-relocations": r"^needs relocations"}),
    ("executable stack", FAULTY / "auth-executable_stack.so", {"elf.executable-stack": r"^asks for an exec"}),
    ("search path", FAULTY / "auth-absolute_search_path.so", {"elf.search-paths": r"path: /opt/acme/lib$"}),
    ("static TLS", FAULTY / "auth-static_tls.so", {"elf.static-tls": r"^takes 512 bytes of static"}),
    ("library by path", FAULTY / "auth-needs_path.so", {"elf.needed": r"by path: /.*/libneeded\.so$"}),
    # The entry.
    ("thread at load", FAULTY / "auth-load_leaves_thread.so", {"entry.side-effects": r"left 1 threads$"}),
    ("descriptor at load", FAULTY / "auth-load_leaves_descriptor.so",
     {"entry.side-effects": r"left 1 open descriptors$"}),
    ("file at load", FAULTY / "auth-load_leaves_file.so", {"entry.side-effects": r"made the file cache\.db$"}),
    ("variable at load", FAULTY / "auth-load_leaves_variable.so",
     {"entry.side-effects": r"changed the environment variable ACME_LOADED$"}),
    ("another module each time", FAULTY / "auth-other_module_each_time.so",
     {"entry.twice": r"^the entry gives another module when asked again$"}),
    ("one level only", FAULTY / "auth-exact_level.so", {"entry.newer-host": r"^the entry refuses a newer host$"}),
    ("bound to its file name", FAULTY / "auth-needs_its_name.so",
     {"entry.two-copies": r"^the entry of a copy refuses the host$"}),
    ("name with a blank", FAULTY / "auth-bad_name.so", {"entry.descriptors": r'^the name "Acme auth" can\'t be'}),
    ("id of one word", FAULTY / "auth-bad_id.so", {"entry.descriptors": r'id "acme" is not unique in the world$'}),
    ("kind without number", FAULTY / "auth-bad_kind.so", {"entry.descriptors": r'"auth" is no kind of the form'}),
    ("schema that is no object", FAULTY / "auth-bad_schema.so", {"entry.schemas": r"^sound: its schema is not a"}),
    # The life.
    ("create leaks a descriptor", FAULTY / "auth-create_leaks_descriptor.so",
     {"lifecycle.create-destroy": r"^\d+ rounds left \d+ open descriptors$"}),
    ("create leaks memory", FAULTY / "auth-create_leaks_memory.so",
     {"lifecycle.create-destroy": r"^\d+ rounds left \d+ more bytes of the heap in use$"}),
    ("init hangs", FAULTY / "auth-hangs.so", {"lifecycle.start-stop": r"^did not end within 1 s$"}),
    ("init ends the process", FAULTY / "auth-leaves_process.so",
     {"lifecycle.start-stop": r"^ended the process with status 0$"}),
    ("refusal leaks", FAULTY / "auth-refusal_leaks.so",
     {"lifecycle.init-failure": r"^\d+ rounds left \d+ open descriptors$"}),
    ("refusal without words", FAULTY / "auth-silent_refusal.so",
     {"lifecycle.init-failure": r'refuses \{"tenon-check".* without a word about them'}),
    ("table for every id", FAULTY / "auth-answers_everything.so",
     {"lifecycle.unknown-interface": r'^get_interface gives a table for "org\.example\.nobody-knows/1"'}),
    ("timer left at worker_stop", FAULTY / "auth-leaves_timer.so",
     {"lifecycle.workers": r"^leaves \d+ watches or timers at worker_stop$"}),
    ("rounds leak a thread", FAULTY / "auth-round_leaks_thread.so", {"lifecycle.repeat": r"left \d+ threads$"}),
    ("rounds leak a descriptor", FAULTY / "auth-round_leaks_descriptor.so",
     {"lifecycle.repeat": r"left \d+ open descriptors$"}),
    ("rounds leak memory", FAULTY / "auth-round_leaks_memory.so",
     {"lifecycle.repeat": r"^800 rounds left \d+ more bytes of the heap in use$"}),
    ("reconfigure breaks it", FAULTY / "auth-reconfigure_breaks_it.so",
     {"lifecycle.reconfigure": r"^after it was asked to take .* it refuses the options that it ran with: "}),
    ("reconfigure breaks its workers", FAULTY / "auth-reconfigure_breaks_workers.so",
     {"lifecycle.reconfigure": r"^after it was asked to take .* it does not work: .*no settings for the worker$"}),
    ("reconfigure refuses its own options", FAULTY / "auth-reconfigure_refuses.so",
     {"lifecycle.reconfigure": r"^refuses the options that it runs with: .*changes are not supported$"}),
    ("never quiet", FAULTY / "auth-never_quiet.so", {"lifecycle.quiesce": r"^does not say within 5 s"}),
    # What belongs to the process.
    ("signal handler", FAULTY / "auth-changes_signal.so", {"process.state": r"changed the handler of signal USR2$"}),
    ("signal mask", FAULTY / "auth-changes_mask.so", {"process.state": r"changed the mask of signal USR1$"}),
    ("locale", FAULTY / "auth-changes_locale.so", {"process.state": r"changed the locale$"}),
    ("environment", FAULTY / "auth-changes_environment.so",
     {"process.state": r"changed the environment variable TZ$"}),
    ("umask", FAULTY / "auth-changes_umask.so", {"process.state": r"changed the umask$"}),
    ("working directory", FAULTY / "auth-changes_directory.so",
     {"process.state": r"changed the working directory$"}),
    ("rounding", FAULTY / "auth-changes_rounding.so", {"process.state": r"changed the floating-point mode$"}),
    ("prints", FAULTY / "auth-prints.so", {"process.output": r'^printed "acme is ready '}),
    ("crash at exit", FAULTY / "auth-crashes_at_exit.so",
     {"process.exit": r"^crashed with signal 6 \(Aborted\) while it exited$"}),
    # Hosts of another age.
    ("expects small tables", FAULTY / "auth-expects_small_tables.so",
     {"compat.future-host": r"^init failed: the log of this host is too large$"}),
    ("takes the log for granted", FAULTY / "auth-takes_log_for_granted.so",
     {"compat.past-host": r"^crashed with signal 11 "}),
    # Auth plugins.
    ("answers nonsense", AUTHS / "auth-answers_nonsense.so",
     {"auth.answers": r"^a stranger: auth plugin .* gave an answer that can't be used: decision 17$"}),
    ("never answers", AUTHS / "auth-never_answers.so", {"auth.answers": r"^a stranger: there is no answer within 20 s$"}),
    ("lets in by a worker", AUTHS / "auth-lets_in_by_a_worker.so",
     {"auth.answers": r"^the login of --login: one worker answers DENY with 0, the other ALLOW$"}),
    ("compares C strings", AUTHS / "auth-compares_c_strings.so",
     {"auth.passwords": r"^the password and a zero byte is let in$"}),
    ("fears long names", AUTHS / "auth-fears_long_names.so",
     {"auth.hostile": r"^crashed with signal 6 .* after it was asked for fields of 65,535 bytes$"}),
    ("writes valid_ms", AUTHS / "auth-writes_valid_ms.so",
     {"auth.other-hosts": r"^the login of --login: the plugin writes into the request, or behind the result$"}),
    ("forgets sets", AUTHS / "auth-forgets_sets.so",
     {"auth.repeat": r"^\d+ rounds left \d+ more bytes of the heap in use$"}),
    ("loses what is too much", AUTHS / "auth-loses_what_is_too_much.so",
     {"auth.many": r"^one of 2000 logins at once: it is never closed: .*\(\d+ such logins\)$"}),
    ("completes what is cancelled", AUTHS / "auth-completes_what_is_cancelled.so",
     {"auth.cancel": r"^(crashed with signal 11|completes \d+ logins that were closed already)"}),
    ("is quiet too early", AUTHS / "auth-is_quiet_too_early.so",
     {"auth.quiesce": r"^says that nothing is in flight while \d+ logins are$"}),
    ("leaves its thread", AUTHS / "auth-leaves_its_thread.so", {"auth.stop": r"^destroyed, it has left 1 threads$"}),
    ("allows unknown actions", AUTHS / "auth-allows_unknown_actions.so",
     {"auth.permissions": r'^an unknown action of "a" \(1 bytes\) is allowed$'}),
    # Threads and faults.
    ("asks the clock in sets", AUTHS / "auth-asks_the_clock_in_sets.so",
     {"threads.tags": r"^calls clock\.mono_ns in permset_check, where it may call nothing$"}),
    ("sleeps on a worker", AUTHS / "auth-sleeps_on_a_worker.so",
     {"threads.worker-calls": r"^a stranger: authenticate waits for \d+ ms$"}),
    ("waits in its first login", AUTHS / "auth-waits_in_first_login.so",
     {"threads.worker-calls": r"^a stranger: authenticate waits for \d+ ms$"}),
    ("trusts malloc", AUTHS / "auth-trusts_malloc.so",
     {"faults.memory": r"^crashed with signal 11 .* after it was asked for a login whose allocation \d+ fails$"}),
    ("news in noexcept", AUTHS / "auth-news_in_noexcept.so",
     {"faults.memory": r"^crashed with signal 6 .* after it was asked for a login whose allocation \d+ fails$"}),
    ("aborts when time goes back", AUTHS / "auth-aborts_when_time_goes_back.so",
     {"faults.clock": r"^crashed with signal 6 .* after it was asked for the login of --login$"}),
    # Balancers.
    ("counts its calls", BALANCERS / "balancer-counts_calls.so",
     {"balancer.pure": r'^where there is nothing: it gives another reason, "plan number 11" and not "plan number 10"$'}),
    ("leads to nobody", BALANCERS / "balancer-leads_to_nobody.so",
     {"balancer.sound": r"^where .*: range \d+: transfer to 0{14}99 would be refused \(unknown_node\): "}),
    ("leads to and fro", BALANCERS / "balancer-leads_to_and_fro.so",
     {"balancer.rests": r"^where .*: range \d+: transfer to \w+ brings all back to where it was before$"}),
    ("splits for ever", BALANCERS / "balancer-splits_for_ever.so",
     {"balancer.rests": r"^where .*: after \d+ rounds it still wants range \d+: split"}),
    # Storage engines.
    ("deletes the end of a range", ENGINES / "storage-deletes_the_end.so",
     {"storage.model": r"^seed \d+, step \w+: (walking .* from|get of) key "}),
    ("shows later writes", ENGINES / "storage-shows_later_writes.so",
     {"storage.views": r"^a snapshot shows later writes: in space \d "}),
    ("keeps half of a refused call", ENGINES / "storage-keeps_half.so",
     {"storage.atomic": r"^of a call that was refused for a write of an unknown type, what stood before it is there$"}),
    ("takes few spaces", ENGINES / "storage-takes_few_spaces.so",
     {"storage.model": r"^its last space is 7; 31 is needed$"}),
    ("belongs to a thread", ENGINES / "storage-belongs_to_thread.so",
     {"storage.threads": r"^write_v answered -9$"}),
    ("claims to be durable", ENGINES / "storage-claims_durable.so",
     {"storage.durable": r"^opened again, in space 0 key .* is missing$"}),
    ("exports one row less", ENGINES / "storage-exports_less.so",
     {"storage.copies": r"^an export that was imported is not the same: in space 0 key .* is missing$"}),
    ("ignores a failed fsync", ENGINES / "storage-ignores_sync.so",
     {"storage.sync-fails": r"^answers TENON_OK to a write of class DISK of which an fsync failed$"}),
    ("ignores a full disk", ENGINES / "storage-ignores_full.so",
     {"storage.disk-full": r"^opened again after the disk was full, in space 0 key .* (is missing|must be)$"}),
    # Logs.
    ("forgets hard states", JOURNALS / "log-forgets_hard_states.so",
     {"log.model": r"^seed \d+, opened again, in group \d\.1 the hard state is another$"}),
    ("keeps half of a refused call of a log", JOURNALS / "log-keeps_half.so",
     {"log.atomic": r"^after a call that was refused for an entry behind a gap, in group 1\.1 the last entry is 2, not 1$"}),
    ("writes later", JOURNALS / "log-writes_later.so",
     {"log.durable": r"^the process was killed after it had been told that \d+ calls are kept; "}),
    ("ignores faults of the disk", JOURNALS / "log-ignores_faults.so",
     {"log.disk-fails": r"^answers TENON_OK to a call of which a write or fsync failed$"}),
    # Filters.
    ("takes pieces for whole", FILTERS / "filter-takes_pieces_for_whole.so",
     {"filter.hostile": r"^.* in pieces of \d bytes end in another way than at once$"}),
    ("loses a byte", FILTERS / "filter-loses_a_byte.so",
     {"filter.pair": r"^of 16384 bytes that were sent, others came up, or not all$"}),
    ("forgets links", FILTERS / "filter-forgets_links.so",
     {"filter.repeat": r"^\d+ rounds left \d+ more bytes of the heap in use$"}),
    # Transports.
    ("refuses addresses in silence", TRANSPORTS / "transport-refuses_in_silence.so",
     {"transport.addresses": r"^refuses 127\.0\.0\.1, on which somebody listens, and does not name it: \"\"$"}),
    ("loses a byte of a link", TRANSPORTS / "transport-loses_a_byte.so",
     {"transport.echo": r"^16384 bytes: (not all bytes that were sent|other bytes) arrive"}),
    ("reads on", TRANSPORTS / "transport-reads_on.so",
     {"transport.pressure": r"^reads on after rx_commit has said TENON_AGAIN$"}),
    ("gives no reason for an end", TRANSPORTS / "transport-gives_no_reason.so",
     {"transport.ends": r"^closed: on_closed says -\d+, not TENON_E_CLOSED$"}),
    ("connects to nobody", TRANSPORTS / "transport-connects_to_nobody.so",
     {"transport.connect-fails": r"^a connection to 127\.0\.0\.1 ends with TENON_OK, and on_open was not called$"}),
    ("forgets links of a transport", TRANSPORTS / "transport-forgets_links.so",
     {"transport.repeat": r"^\d+ rounds left \d+ more bytes of the heap in use$"}),
    ("forgets links over unix sockets", TRANSPORTS / "transport-unix_forgets_links.so",
     {"transport.repeat": r"^\d+ rounds left \d+ more bytes of the heap in use$"}),
    ("ignores deadlines", TRANSPORTS / "transport-ignores_deadlines.so",
     {"transport.connect-fails": r"^connecting to 127\.0\.0\.1 does not end by its deadline$"}),
    # Replication.
    ("says durable at once", REPLICATORS / "replication-says_durable_at_once.so",
     {"replication.alone": r"^applies entry \d+ before it is durable$"}),
    ("applies what it likes", REPLICATORS / "replication-applies_what_it_likes.so",
     {"replication.agree": r"^member \d applies another entry \d+ than was applied before$"}),
    ("forgets hard states of a group", REPLICATORS / "replication-forgets_hard_states.so",
     {"replication.restart": r"^group_open answers -\d+ after a loss of power: "}),
    ("answers reads at once", REPLICATORS / "replication-answers_reads_at_once.so",
     {"replication.reads": r"^a read that began when \d+ entries were applied is given 0$"}),
    ("draws lots", REPLICATORS / "replication-draws_lots.so",
     {"replication.pure": r"^called in the same way again, member \d does something else in effect \d+: "}),
    ("trusts messages", REPLICATORS / "replication-trusts_messages.so",
     {"replication.hostile": r"^crashed with signal 6 .* after a member was given a message of \d bytes"}),
    ("acknowledges writes early", REPLICATORS / "replication-acks_early.so",
     {"replication.restart": r"^entry \d+ is applied while it is durable at [01] of 3 members$"}),
    ("forgets votes", REPLICATORS / "replication-forgets_votes.so",
     {"replication.restart": r"^members \d and \d lead in term \d+$"}),
    ("reads what is here", REPLICATORS / "replication-reads_locally.so",
     {"replication.reads": r"^a (member that the others do not reach answers a )?read that began when \d+ entries were applied "}),
    # Observers.
    ("wishes for no filter", OBSERVERS / "events-wishes_for_no_filter.so",
     {"events.wishes": r'^it wishes for "a/#/b", which is no topic filter$'}),
    ("refuses the unknown", OBSERVERS / "events-refuses_the_unknown.so",
     {"events.takes-all": r"^it does not take an event of a type that it can't know: .*what is that\?"}),
    # Interceptors.
    ("decides on no filter", INTERCEPTORS / "intercept-decides_on_no_filter.so",
     {"intercept.wishes": r'^it decides on "\$share/group/a", which is no topic filter$'}),
    ("is lost for words", INTERCEPTORS / "intercept-is_lost_for_words.so",
     {"intercept.answers": r'^a message with flags 0 and 70000 bytes to "a/a": .* failed with TENON_E_NOMEM$'}),
    ("answers nobody", INTERCEPTORS / "intercept-answers_nobody.so",
     {"intercept.answers": r'^a message with flags 0 and 0 bytes to "a/a": .* gave no answer before the deadline$'}),
    ("holds what is cancelled", INTERCEPTORS / "intercept-holds_what_is_cancelled.so",
     {"intercept.gone": r"^it does not close the operations of messages that nobody waits for any more$"}),
]

# Arguments of single cases.
ARGUMENTS = {"init hangs": ["--timeout", "1"]}

CHECKS = {one["name"]: one for one in checker.checks()}


class FaultyPlugins(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="tenon-plugin-check-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def expect(self, report, expected):
        status, found = report
        self.assertEqual(list(found), list(CHECKS))
        failed = {name: one["reason"] for name, one in found.items() if one["verdict"] == "fail"}
        self.assertEqual(set(failed), set(expected), failed)
        for name, reason in expected.items():
            self.assertRegex(failed[name], reason)
            self.assertTrue(found[name]["repair"])
        for name, one in found.items():
            if one["verdict"] == "skip" and not one["reason"].startswith("needs a "):
                self.assertTrue([need for need in CHECKS[name]["needs"] if found[need]["verdict"] in ("fail", "skip")],
                                one)
        self.assertEqual(status, 1)

    def test_file_that_is_no_shared_object(self):
        file = self.dir / "auth-text.so"
        file.write_text("#!/bin/sh\n")
        self.expect(checker.report(file), {"elf.format": r"^not a shared object$"})

    def test_file_that_ends_too_early(self):
        file = self.dir / "auth-half.so"
        whole = pathlib.Path(checker.SOUND).read_bytes()
        file.write_bytes(whole[:len(whole) // 2])
        self.expect(checker.report(file), {"elf.format": r"."})

    def test_every_check_has_a_plugin_that_it_fails_on(self):
        failing = {name for _, _, expected in CASES for name in expected} | {"elf.format"}
        self.assertEqual(failing, set(CHECKS))


class Reports:
    """Those of CASES, of which some are made ahead, in the order of the tests."""

    AHEAD = 3

    def __init__(self):
        self.files = {test_name(name): (name, file) for name, file, _ in CASES}
        self.order = sorted(self.files)
        self.begun = {}

    def of(self, test):
        at = self.order.index(test)
        for one in self.order[at:at + self.AHEAD]:
            if one not in self.begun:
                name, file = self.files[one]
                self.begun[one] = checker.begin_report(file, *ARGUMENTS.get(name, LOGIN if file.parent == AUTHS else ()))
        return self.begun[test].result()


def test_name(name):
    return "test_" + re.sub(r"\W", "_", name)


REPORTS = Reports()


def add(name, expected):
    setattr(FaultyPlugins, test_name(name), lambda self: self.expect(REPORTS.of(test_name(name)), expected))


for case_name, _, reasons in CASES:
    add(case_name, reasons)

if __name__ == "__main__":
    unittest.main()
