#pragma once

#include <tenon/draft/log.h>

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "host/instance.h"
#include "store/disk/engine.h"
#include "store/disk/log_over_engine.h"

namespace tenon::store {

// A journal, open: that of a log plugin, or one in a storage engine. write() and compact() on one thread,
// everything else on another.
class Journal {
 public:
  // The failure names the instance and what is wrong with its files. `instance` is active and outlives the
  // journal.
  static Result<std::unique_ptr<Journal>> open(host::Instance& instance);
  // The journal that lies in an engine, beside a state or alone. The engine outlives it. unsupported: the
  // engine does not survive a loss of power.
  static Result<std::unique_ptr<Journal>> open_in(Engine& engine);
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
  const tenon_log& table() const { return over_ ? over_->table() : instance_.log(); }
  tenon_journal* handle() const { return handle_; }
  const std::string& name() const { return instance_.name(); }

 private:
  explicit Journal(host::Instance& instance) : instance_(instance) {}
  Status open_table(tenon_plugin* plugin);

  host::Instance& instance_;
  std::optional<LogOverEngine> over_;  // none: the instance is a log plugin
  tenon_journal* handle_ = nullptr;
};

}  // namespace tenon::store
