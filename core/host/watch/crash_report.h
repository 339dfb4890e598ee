#pragma once

namespace tenon::host {

// Makes SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT write one line to standard error that names the signal
// and the plugin that was running on that thread, and then take their ordinary course (core dump, exit by
// signal). Nothing is recovered: the heap and the locks of a crashed process are unknown. Once per process,
// before threads start.
void install_crash_report();

// Gives the calling thread a stack of its own for the report, so that an overflow of the ordinary one is
// reported too. Kept until the thread ends. Once per thread.
void prepare_thread_for_crash_report();

}  // namespace tenon::host
