#pragma once

#include <tenon/draft/log.h>

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "host/instance.h"

namespace tenon::store {

// A journal, open: that of a log plugin. write() and compact() on one thread, everything else on another.
class Journal {
 public:
  // The failure names the instance and what is wrong with its files. `instance` is active and outlives the
  // journal.
  static Result<std::unique_ptr<Journal>> open(host::Instance& instance);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // A group as it was found; the texts are valid during the call.
  using Visit = std::function<void(const tenon_log_group& group)>;
  Status groups(const Visit& visit);

  // TENON_OK: durable; as tenon_log.write_v. `ret_why` tells of a failure.
  tenon_status write(std::span<const tenon_log_write> writes, std::string& ret_why);
  Status compact(const tenon_group_id& group, const tenon_log_point& base);

  // For a replication plugin, which reads by itself.
  const tenon_log& table() const { return instance_.log(); }
  tenon_journal* handle() const { return handle_; }
  const std::string& name() const { return instance_.name(); }

 private:
  Journal(host::Instance& instance, tenon_journal* handle) : instance_(instance), handle_(handle) {}

  host::Instance& instance_;
  tenon_journal* const handle_;
};

}  // namespace tenon::store
