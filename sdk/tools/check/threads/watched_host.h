#pragma once

#include <tenon/abi/module.h>

#include <string>

namespace tenon::tools {

// A host that sees on which thread, and when, each of its functions is called, and keeps what breaks a rule
// of the headers. One for the process; give get_interface to Instance::pose_as().
class WatchedHost {
 public:
  // The thread that calls this is the control thread; nothing is known of any violation.
  static void begin();
  static const void* get_interface(const tenon_host* host, const char* id);

  // What was done wrong since begin(), in words: "timer.start on a thread that is no worker". Empty: nothing.
  static std::string violation();

  // While one of these is there, its thread may call no host function, but for the log's where it is allowed.
  class Silence {
   public:
    // `call` is the plugin's function that is running: "permset_check". Static.
    explicit Silence(const char* call, bool log_is_allowed = false);
    ~Silence();
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
  };
};

}  // namespace tenon::tools
