#include <unistd.h>

#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "killed_child.h"
#include "storage/engine_draw.h"
#include "store/disk/engine_limits.h"

namespace tenon::tools {
namespace {

constexpr std::uint32_t seed_count = 3;
constexpr int steps_per_seed = 300;
constexpr std::uint64_t tried_key_bytes_max = 1 << 20;  // what is longer is taken for no limit
constexpr int kept_batches_min = 50;  // that a process has been told are kept, before it is killed

// Seldom one for which an engine may wait for the disk: what is read does not depend on it.
std::uint32_t any_durability(Draw& draw) {
  const std::uint32_t drawn = draw.below(20);
  return drawn == 0 ? TENON_DURABLE_DISK : drawn < 4 ? TENON_DURABLE_PROC : TENON_DURABLE_MEM;
}

// One random step; what is wrong after it.
std::string step(EngineDriver& engine, EngineModel& model, Draw& draw) {
  const EngineBatch batch = draw.batch();
  engine.write(batch, any_durability(draw));
  model.apply(batch);
  if (draw.below(50) == 0) engine.sync();
  const std::uint32_t space = draw.below(engine_spaces);
  const std::string key = draw.key(), begin = draw.key();
  const std::string end = draw.below(4) == 0 ? std::string() : draw.key();
  if (engine.get(space, key) != model.get(space, key))
    return "get of " + shown(key) + (model.get(space, key) ? " gives another value" : " finds it");
  // An engine may have to bring to the disk what a walk is to see.
  if (draw.below(4) != 0) return {};
  const bool reverse = draw.below(2) == 1;
  const std::string found = difference(engine.scan(space, begin, end, reverse, nullptr, 1 + draw.below(9)),
                                       model.range(space, begin, end, reverse));
  if (found.empty()) return {};
  return std::string("walking ") + (reverse ? "down" : "up") + " from " + shown(begin) + " to " + shown(end) +
         ": " + found;
}

Finding check_model(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  for (std::uint32_t seed = subject.seed; seed < subject.seed + seed_count; ++seed) {
    EngineDriver engine(check_host, d, subject, subject.scratch_dir + "/model" + std::to_string(seed));
    if (const Status enough = store::check_limits(engine.info()); !enough.ok())
      return fail(enough.error().message);
    EngineModel model;
    Draw draw(seed);
    const std::string in_seed = "seed " + std::to_string(seed) + ", step ";
    for (int i = 0; i < steps_per_seed; ++i)
      if (const std::string wrong = step(engine, model, draw); !wrong.empty())
        return fail(in_seed + std::to_string(i) + ": " + wrong);
    if (const std::string wrong = difference(engine, model); !wrong.empty())
      return fail(in_seed + "last: " + wrong);
    engine.verify();
  }
  return pass(std::to_string(seed_count * std::uint32_t{steps_per_seed}) + " steps");
}

// What `look` finds; nothing where the engine has given the view up, as it may.
std::string unless_gone(const std::function<std::string()>& look) {
  try {
    return look();
  } catch (const EngineFault& fault) {
    if (fault.status() != TENON_E_SNAPSHOT_GONE) throw;
    return {};
  }
}

// Snapshots and iterators taken between random writes; each is looked at again after all of them.
Finding check_views(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  EngineDriver engine(check_host, d, subject, subject.scratch_dir + "/views");
  EngineModel model;
  Draw draw(subject.seed + 10);
  std::vector<std::pair<tenon_snapshot*, EngineModel>> views;
  std::vector<std::pair<tenon_iterator*, EngineItems>> walks;
  for (int i = 0; i < 40; ++i) {
    const EngineBatch batch = draw.batch();
    engine.write(batch, any_durability(draw));
    model.apply(batch);
    if (i % 10 == 0) views.emplace_back(engine.snapshot(), model);
    if (i % 10 == 5) walks.emplace_back(engine.iterate(1), model.range(1, {}, {}, false));
  }
  std::string wrong;
  for (auto& [view, then] : views) {
    const std::string key = draw.key();
    if (wrong.empty())
      wrong = unless_gone([&, view = view, &then = then] {
        const std::string found = difference(engine, then, view);
        if (found.empty() && engine.get(0, key, view) != then.get(0, key)) return "get of " + shown(key);
        return found;
      });
    engine.release(view);
  }
  if (!wrong.empty()) wrong = "a snapshot shows later writes: " + wrong;
  for (auto& [walk, then] : walks) {
    const std::string found =
        unless_gone([&, walk = walk, &then = then] { return difference(engine.rest_of(walk, 5), then); });
    if (wrong.empty() && !found.empty()) wrong = "an iterator shows later writes: " + found;
  }
  return wrong.empty() ? pass() : fail(wrong);
}

// Calls whose last write the engine must refuse: nothing of them may be there.
Finding check_atomic(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  EngineDriver engine(check_host, d, subject, subject.scratch_dir + "/atomic");
  engine.write({put(0, "before", "1")});
  std::vector<std::pair<std::string, EngineWrite>> refused{{"of an unknown type", {17, 0, "k", "v"}}};
  const tenon_engine_info& info = engine.info();
  if (info.space_max < UINT32_MAX)
    refused.emplace_back("to a space beyond space_max", put(info.space_max + 1, "k", "v"));
  if (info.key_bytes_max <= tried_key_bytes_max)
    refused.emplace_back("of a key beyond key_bytes_max",
                         put(0, std::string(static_cast<std::size_t>(info.key_bytes_max) + 1, 'k'), "v"));
  for (const auto& [what, write] : refused) {
    const tenon_status status = engine.try_write({put(0, "in front of it", "2"), write}, TENON_DURABLE_PROC);
    if (status != TENON_E_INVALID)
      return fail("a write " + what + " is answered with " + std::to_string(status) +
                  ", not TENON_E_INVALID");
    if (engine.scan(0) != EngineItems{{"before", "1"}})
      return fail("of a call that was refused for a write " + what + ", what stood before it is there");
  }
  engine.write({put(0, "after", "3")});
  return pass();
}

// A thread beside the caller's.
class OtherThread {
 public:
  // Does `work` there and waits for it; throws what it throws. One caller at a time.
  void run(std::function<void()> work) {
    std::packaged_task<void()> task(std::move(work));
    std::future<void> done = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      task_ = std::move(task);
    }
    changed_.notify_one();
    done.get();
  }

 private:
  void loop(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return task_.valid(); })) std::exchange(task_, {})();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::packaged_task<void()> task_;
  std::jthread thread_{[this](const std::stop_token& stop) { loop(stop); }};
};

// What the broker does to an engine that is the log of a store as well: what need not be durable is written
// on one thread, what must be on another one, and each reads what the other one has written.
Finding check_threads(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  EngineDriver engine(check_host, d, subject, subject.scratch_dir + "/threads");
  EngineModel model;
  Draw draw(subject.seed + 40);
  OtherThread other;
  std::string wrong;
  for (int i = 0; i < 30 && wrong.empty(); ++i) {
    const EngineBatch waits = draw.batch(), lasts = draw.batch();
    engine.write(waits, TENON_DURABLE_MEM);
    model.apply(waits);
    other.run([&] {
      engine.write(lasts, TENON_DURABLE_DISK);
      engine.write(waits, TENON_DURABLE_MEM);
    });
    model.apply(lasts);
    model.apply(waits);
    const std::string key = draw.key();
    if (engine.get(0, key) != model.get(0, key)) wrong = "get of " + shown(key) + " gives another value";
    if (i % 10 != 9 || !wrong.empty()) continue;
    engine.sync();
    other.run([&] { wrong = difference(engine, model); });
  }
  if (!wrong.empty()) return fail("written and read by two threads in turn: " + wrong);
  engine.verify();
  return pass();
}

std::string batch_key(int number) {
  std::string digits = std::to_string(number);
  return "batch " + std::string(8 - digits.size(), '0') + digits;
}

// Batches of two keys each, one word to `told` for each that was taken, until killed. In a process of its
// own, which it ends.
[[noreturn]] void write_until_killed(const Subject& subject, const std::string& dir, int told) {
  (void)for_each_descriptor(subject, [&](CheckHost& check_host, const tenon_plugin_descriptor& d) -> Finding {
    try {
      EngineDriver engine(check_host, d, subject, dir);
      for (int i = 0;; ++i) {
        engine.write({put(0, batch_key(i), std::string(1'000, 'v')), put(1, batch_key(i), "pair")},
                     i % 8 == 0 ? TENON_DURABLE_DISK : TENON_DURABLE_PROC);
        if (::write(told, "+", 1) != 1) ::_exit(1);
      }
    } catch (const EngineFault&) {
      ::_exit(1);
    }
  });
  ::_exit(0);
}

// What the killed process left: batches 0 to some n without a gap, each with both of its halves.
Finding look_at_rest(EngineDriver& engine, int taken) {
  const EngineItems halves = engine.scan(0, {}, {}, false, nullptr, 64);
  const EngineItems others = engine.scan(1, {}, {}, false, nullptr, 64);
  if (halves.size() != others.size())
    return fail("of the last batch before the process was killed, a part is there");
  for (std::size_t i = 0; i < halves.size(); ++i)
    if (halves[i].first != batch_key(static_cast<int>(i)) || others[i].first != halves[i].first)
      return fail("after the process was killed a batch is missing before others that are there");
  if (static_cast<int>(halves.size()) < taken)
    return fail("the process was killed after it had been told that " + std::to_string(taken) +
                " batches are kept; " + std::to_string(halves.size()) + " are there");
  engine.verify();
  return pass(std::to_string(taken) + " batches outlived kill -9");
}

Finding check_reopened(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  const std::string dir = subject.scratch_dir + "/reopened";
  EngineModel model;
  Draw draw(subject.seed + 20);
  for (int round = 0; round < 3; ++round) {
    EngineDriver engine(check_host, d, subject, dir);
    if (!engine.can(TENON_STORAGE_CAP_DURABLE)) return pass("does not claim to be durable");
    if (const std::string wrong = difference(engine, model); !wrong.empty())
      return fail("opened again, " + wrong);
    for (int i = 0; i < 30; ++i) {
      const EngineBatch batch = draw.batch();
      engine.write(batch, any_durability(draw));
      model.apply(batch);
    }
  }
  return pass();
}

Finding check_durable(const Subject& subject) {
  const auto killed_dir = [](const Subject& own) { return own.scratch_dir + "/killed"; };
  // A process of its own writes for each, and begins before this one has any thread.
  std::map<std::string, Result<KilledChild>> children;
  for (const auto& [name, own] : subjects_of_kind(subject, TENON_STORAGE_ID))
    children.emplace(name, run_until_killed(kept_batches_min, [&, &own = own](int told) {
                       write_until_killed(own, killed_dir(own), told);
                     }));
  const LookAtEngine look = [&](CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& own) {
    if (const Finding found = check_reopened(check_host, d, own);
        found.verdict != Verdict::pass || !found.reason.empty())
      return found;
    const Result<KilledChild>& child = children.at(d.name);
    if (!child) return fail("not run: " + child.error().message, "end other processes");
    if (!child->was_killed) return fail("the process that writes ended before it was killed");
    EngineDriver engine(check_host, d, own, killed_dir(own));
    return look_at_rest(engine, child->words);
  };
  return on_engines(look)(subject);
}

// A checkpoint opened as an engine, and an export imported by another engine, hold the same.
Finding check_copies(CheckHost& check_host, const tenon_plugin_descriptor& d, const Subject& subject) {
  EngineDriver engine(check_host, d, subject, subject.scratch_dir + "/original");
  EngineModel model;
  Draw draw(subject.seed + 30);
  const auto write_some = [&] {
    for (int i = 0; i < 60; ++i) {
      const EngineBatch batch = draw.batch();
      engine.write(batch, any_durability(draw));
      model.apply(batch);
    }
  };
  write_some();
  const EngineModel then = model;
  tenon_snapshot* const view = engine.snapshot();
  const std::string copy_dir = subject.scratch_dir + "/checkpoint";
  if (engine.can(TENON_STORAGE_CAP_CHECKPOINT)) engine.checkpoint(copy_dir);
  write_some();
  EngineDriver imported(check_host, d, subject, subject.scratch_dir + "/imported");
  std::string damaged;
  for (std::uint32_t space = 0; space < engine_spaces; ++space)
    for (const std::string& chunk : engine.export_all(space, view, 3'000)) {
      if (const tenon_status status = imported.try_import(space, chunk); status != TENON_OK)
        return fail("import_chunk answers " + std::to_string(status) + " to a chunk of its own export");
      damaged = chunk.substr(0, chunk.size() - 1);
    }
  engine.release(view);
  if (const std::string wrong = difference(imported, then); !wrong.empty())
    return fail("an export that was imported is not the same: " + wrong);
  if (const tenon_status status = imported.try_import(2, damaged); status != TENON_E_CORRUPT)
    return fail("a chunk that ends too early is answered with " + std::to_string(status) +
                ", not TENON_E_CORRUPT");
  if (const std::string wrong = difference(imported, then); !wrong.empty())
    return fail("of a chunk that was refused something is there: " + wrong);
  if (!engine.can(TENON_STORAGE_CAP_CHECKPOINT)) return pass("makes no checkpoints");
  EngineDriver copy(check_host, d, subject, copy_dir);
  const std::string wrong = difference(copy, then);
  return wrong.empty() ? pass() : fail("a checkpoint is not what the engine held: " + wrong);
}

}  // namespace

std::vector<Check> storage_checks() {
  const std::vector<std::string_view> right{"storage.model"};
  return {
      {"storage.model",
       "an engine answers random reads and writes as an ordered map does, with keys of all lengths",
       "compare keys as unsigned bytes, then by length; ranges hold their begin and not their end; an empty "
       "end is the end of the space; take keys of 131072 bytes and spaces up to 31 at least",
       {"lifecycle.start-stop"},
       on_engines(check_model)},
      {"storage.views", "snapshots and open iterators do not see later writes",
       "read at the version of the moment in which the view was taken, or answer TENON_E_SNAPSHOT_GONE",
       right, on_engines(check_views)},
      {"storage.atomic", "a call that is refused changes nothing, and the engine works on",
       "look at all writes of a call before the first one is carried out, or take back what was", right,
       on_engines(check_atomic)},
      {"storage.threads", "an engine serves several threads, one call at a time",
       "keep nothing that belongs to one thread over the end of a call: no lock, and nothing that only the "
       "thread that began it may end",
       right, on_engines(check_threads)},
      {"storage.durable",
       "what was taken is there when the engine is opened again, also after kill -9 in the middle of writing",
       "write and, where asked, sync before answering TENON_OK; keep the order of calls over a crash; leave "
       "out TENON_STORAGE_CAP_DURABLE if nothing is kept",
       right, check_durable},
      {"storage.copies",
       "checkpoints, and exports that are imported, are what the engine held",
       "copy at one version of the engine; take a chunk whole or not at all",
       {"storage.views"},
       on_engines(check_copies)},
  };
}

}  // namespace tenon::tools
