#include "faults/failing_files.h"
#include "storage/engine_draw.h"

namespace tenon::tools {
namespace {

constexpr int syncs_tried = 4;
constexpr int writes_while_full = 24;
constexpr std::int64_t writes_before_full[] = {0, 1, 2, 3, 5, 9, 17, 33};

constexpr const char* class_names[] = {"MEM", "PROC", "DISK"};

// Runs `look` for each durable engine, whose files fail from now on as Failing says.
std::function<Finding(const Subject&)> on_engines_with_faults(const LookAtEngine& look) {
  return [look](const Subject& subject) {
    FailingFiles files;
    return on_engines([&](CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& s) {
      files.come_with(check_host);
      if (!EngineDriver(check_host, d, s, s.scratch_dir + "/first").can(TENON_STORAGE_CAP_DURABLE))
        return pass("does not claim to be durable");
      return look(check_host, d, s);
    })(subject);
  };
}

EngineBatch numbered(int number, std::size_t bytes) {
  const std::string digits = std::to_string(1'000 + number);
  return {put(0, "row " + digits, std::string(bytes, 'v')), put(1, "row " + digits, "pair")};
}

std::string answered(tenon_status status) {
  return "answers " + std::to_string(status);
}

// After a failure to write or sync, an engine takes nothing until it is opened anew.
std::string look_at_latch(EngineDriver& engine) {
  for (std::uint32_t durability : {TENON_DURABLE_MEM, TENON_DURABLE_PROC, TENON_DURABLE_DISK})
    if (const tenon_status status = engine.try_write(numbered(900, 10), durability);
        status != TENON_E_IO_FATAL)
      return answered(status) + " to a write of class " + class_names[durability];
  return {};
}

// The n-th sync from now on fails. A finding that passes without words: it was never made.
Finding fail_sync(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject, int n) {
  const std::string dir = subject.scratch_dir + "/sync" + std::to_string(n);
  EngineModel kept;
  bool was_met = false;
  {
    EngineDriver engine(check_host, d, subject, dir);
    engine.write(numbered(0, 100), TENON_DURABLE_DISK);
    kept.apply(numbered(0, 100));
    const Failing failing(-1, n);
    for (int i = 1; i <= syncs_tried && !was_met; ++i) {
      const std::uint64_t failed_before = disk_failed_here();
      const tenon_status status = engine.try_write(numbered(i, 100), TENON_DURABLE_DISK);
      // What other threads do meanwhile need not belong to this call, unless it says so.
      const bool was_met_here = disk_failed_here() > failed_before;
      was_met = was_met_here || (status != TENON_OK && disk_failed_count() > 0);
      if (status == TENON_OK && was_met_here)
        return fail("answers TENON_OK to a write of class DISK of which an fsync failed");
      if (status == TENON_OK) kept.apply(numbered(i, 100));
    }
    if (!was_met) return pass();
    if (const std::string wrong = look_at_latch(engine); !wrong.empty())
      return fail("after a failed fsync it " + wrong + ", not TENON_E_IO_FATAL");
  }
  EngineDriver engine(check_host, d, subject, dir);
  for (const auto& [key, value] : kept.range(0, {}, {}, false))
    if (engine.get(0, key) != value)
      return fail("opened again after a failed fsync, " + shown(key) + " is missing");
  engine.verify();
  return pass("met");
}

Finding check_sync_fails(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  int met = 0;
  for (int n = 0; n < syncs_tried; ++n) {
    set_scene("the fsync number " + std::to_string(n + 1) + " had failed");
    const Finding found = fail_sync(check_host, d, subject, n);
    if (found.verdict != Verdict::pass) return found;
    met += found.reason.empty() ? 0 : 1;
  }
  return met > 0 ? pass(std::to_string(met) + " failed syncs") : pass("makes no sync that could fail");
}

// What an engine made of writes on a disk that has become full.
struct FullDisk {
  EngineModel kept;
  EngineModel perhaps;  // with the call that latched it
  bool is_latched = false;
  std::string fault;
};

FullDisk write_while_full(EngineDriver& engine, std::int64_t writes_left) {
  FullDisk found;
  engine.write(numbered(0, 100), TENON_DURABLE_DISK);
  found.kept.apply(numbered(0, 100));
  const Failing failing(writes_left, -1);
  for (int i = 1; i <= writes_while_full && !found.is_latched; ++i) {
    const EngineBatch batch = numbered(i, 20'000);
    const std::uint32_t durability = i % 3 == 0 ? TENON_DURABLE_DISK : TENON_DURABLE_PROC;
    const tenon_status status = engine.try_write(batch, durability);
    found.perhaps = found.kept;
    if (status == TENON_OK) {
      found.kept.apply(batch);
    } else if (status == TENON_E_IO_FATAL) {
      found.is_latched = true;
      found.perhaps.apply(batch);
    } else if (status != TENON_E_NOSPACE) {
      found.fault =
          answered(status) + " to a write on a full disk, neither TENON_E_NOSPACE nor TENON_E_IO_FATAL";
      return found;
    }
  }
  if (found.is_latched) {
    if (const std::string wrong = look_at_latch(engine); !wrong.empty())
      found.fault = "after TENON_E_IO_FATAL it " + wrong;
  } else if (const std::string wrong = difference(engine, found.kept); !wrong.empty()) {
    found.fault = "on a full disk, " + wrong;
  }
  return found;
}

Finding fill_disk(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject,
                  std::int64_t writes_left) {
  const std::string dir = subject.scratch_dir + "/full" + std::to_string(writes_left);
  FullDisk found;
  {
    EngineDriver engine(check_host, d, subject, dir);
    found = write_while_full(engine, writes_left);
    if (!found.fault.empty()) return fail(found.fault);
    if (!found.is_latched) {
      engine.write(numbered(500, 100), TENON_DURABLE_DISK);  // there is room again
      found.kept.apply(numbered(500, 100));
    }
  }
  EngineDriver engine(check_host, d, subject, dir);
  const std::string wrong = difference(engine, found.kept);
  if (!wrong.empty() && !(found.is_latched && difference(engine, found.perhaps).empty()))
    return fail("opened again after the disk was full, " + wrong);
  engine.verify();
  return pass();
}

Finding check_disk_full(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  for (const std::int64_t writes_left : writes_before_full) {
    set_scene("the disk was full after " + std::to_string(writes_left) + " calls that write");
    if (Finding found = fill_disk(check_host, d, subject, writes_left); found.verdict != Verdict::pass)
      return found;
  }
  return pass();
}

}  // namespace

std::vector<Check> storage_fault_checks() {
  const std::vector<std::string_view> needs{"storage.durable", "storage.copies"};
  return {
      {"storage.sync-fails",
       "a durable engine whose fsync fails says so, and takes nothing more until it is opened anew",
       "answer TENON_E_IO_FATAL from then on; never call fsync again for what it has failed for", needs,
       on_engines_with_faults(check_sync_fails)},
      {"storage.disk-full",
       "on a full disk a durable engine refuses writes whole, keeps what it has taken, and goes on when "
       "there is "
       "room or latches",
       "answer TENON_E_NOSPACE if nothing of the call was written, else latch; never take a short write for "
       "done",
       needs, on_engines_with_faults(check_disk_full)},
  };
}

}  // namespace tenon::tools
