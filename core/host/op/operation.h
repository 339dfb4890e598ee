#pragma once

#include <tenon/abi/async.h>

namespace tenon::host {

// What waits behind a token. Owned by the table from open() until on_closed(), which is the last call it
// gets.
class Operation {
 public:
  virtual ~Operation() = default;

  // The plugin has completed the token: take out of its result what is valid only now. On the completing
  // thread, before complete() returns; not called when the host had given up before.
  virtual void on_completed(tenon_status status) noexcept { (void)status; }

  enum class End {
    in_time,  // completed while the host was waiting
    late,     // completed after the host had given up: nobody waits any more
  };
  // The end; the plugin holds no reference any more. On the owner's thread, in a turn of its own.
  virtual void on_closed(tenon_status status, End end) = 0;
};

}  // namespace tenon::host
