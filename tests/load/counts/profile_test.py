"""Tests of which place of the broker or of the kernel a sample of its processor time belongs to."""
import unittest

import samples

SCRIPT = """\
        ffffffff81234567 try_to_wake_up ([kernel.kallsyms])
        ffffffff81234568 sock_def_readable ([kernel.kallsyms])
        ffffffff81234569 tcp_v4_rcv ([kernel.kallsyms])
        ffffffff8123456a tcp_sendmsg ([kernel.kallsyms])
            7f00deadbeef __libc_sendmsg (/usr/lib/x86_64-linux-gnu/libc.so.6)

            5600deadbeef tenon::broker::Link::publish_now(tenon::session::Publication&, int) (/usr/bin/tenond)
"""


class Samples(unittest.TestCase):
    def test_chains_are_parted_by_empty_lines_and_the_last_one_needs_none(self):
        wake, publish = samples.chains(SCRIPT.splitlines(keepends=True))
        self.assertEqual(("try_to_wake_up", samples.KERNEL), wake[0])
        self.assertEqual(5, len(wake))
        self.assertEqual([("tenon::broker::Link::publish_now(tenon::session::Publication&, int)", "/usr/bin/tenond")], publish)

    def place(self, *names, library=samples.KERNEL):
        return samples.place_of([(name, library) for name in names])

    def test_a_thread_that_is_woken_by_a_write_is_no_cost_of_tcp(self):
        self.assertEqual("threads woken", self.place("try_to_wake_up", "tcp_v4_rcv", "tcp_sendmsg"))
        self.assertEqual("TCP, delivery to the peer", self.place("tcp_ack", "tcp_v4_rcv", "process_backlog", "tcp_sendmsg"))
        self.assertEqual("TCP, writing", self.place("_copy_from_iter", "tcp_sendmsg", "do_syscall_64"))

    def test_a_thread_that_is_switched_away_for_the_disk_costs_disk(self):
        self.assertEqual("disk", self.place("finish_task_switch", "schedule", "io_schedule", "ext4_sync_file"))
        self.assertEqual("threads switched", self.place("finish_task_switch", "schedule", "do_epoll_wait"))
        self.assertEqual("epoll", self.place("ep_send_events", "do_epoll_wait"))

    def test_a_function_of_the_kernel_that_belongs_nowhere_is_told_as_such(self):
        self.assertEqual("kernel, other", self.place("do_syscall_64", "entry_SYSCALL_64_after_hwframe"))

    def test_outside_the_kernel_the_function_counts_and_then_the_library(self):
        self.assertEqual("copies", self.place("__memmove_avx512_unaligned_erms", library="/usr/lib/libc.so.6"))
        self.assertEqual("heap", self.place("_int_free", library="/usr/lib/libc.so.6"))
        self.assertEqual("libc", self.place("pthread_mutex_lock", library="/usr/lib/libc.so.6"))
        self.assertEqual("OpenSSL", self.place("aesni_gcm_encrypt", library="/usr/lib/libcrypto.so.3"))
        self.assertEqual("log-segment.so", self.place("append", library="/usr/lib/tenon/log-segment.so"))


if __name__ == "__main__":
    unittest.main()
