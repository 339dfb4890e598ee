#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "host/instance.h"
#include "kv/state_view.h"

namespace tenon::store {

class EngineSnapshot;

// A storage plugin's engine, open. One thread at a time, and always the same kind of thread: [store]; a
// journal in the same engine (log_over_engine.h) takes turns with it.
class Engine {
 public:
  // The failure names the engine and what is wrong with its files. `instance` is active and outlives the
  // engine.
  static Result<Engine> open(host::Instance& instance);
  Engine(Engine&& other) noexcept;
  Engine& operator=(Engine&&) = delete;
  ~Engine();

  // Empty: there is no such key. Of now, or as the snapshot shows it; not_found: the engine gave that up.
  Result<std::optional<std::string>> get(std::uint32_t space, std::string_view key,
                                         const EngineSnapshot* at = nullptr) const;
  // As kv::StateView::scan; the snapshot as above.
  Status scan(std::uint32_t space, std::string_view begin, std::string_view end,
              const kv::StateView::Visit& visit, const EngineSnapshot* at = nullptr) const;
  // What the engine shows now, whatever is written later.
  Result<EngineSnapshot> snapshot();
  // Durable when it returns.
  Status put(std::uint32_t space, std::string_view key, std::string_view value);
  // One atomic batch; durable only with the next sync().
  Status write(std::span<const tenon_write> writes);
  // The same, on the disk when it returns, with all that was written before.
  Status write_durably(std::span<const tenon_write> writes);
  Status sync();
  // Reads everything and checks it. corrupt: something is damaged; the text says where.
  Status verify() const;

  const std::string& name() const { return instance_->name(); }

  // For a journal in the engine.
  host::Instance& instance() const { return *instance_; }
  tenon_engine* handle() const { return handle_; }
  std::mutex& turns() const { return *turns_; }
  bool is_durable() const { return is_durable_; }

 private:
  friend class EngineSnapshot;

  Engine(host::Instance& instance, tenon_engine* handle, bool is_durable)
      : instance_(&instance), handle_(handle), is_durable_(is_durable) {}
  Error failure(const char* what, tenon_status status, const tenon_error& error) const;
  Status write(std::span<const tenon_write> writes, std::uint32_t durability);

  host::Instance* instance_;
  tenon_engine* handle_;
  bool is_durable_;
  // Held for each call of the plugin, not between the pages of a walk.
  std::unique_ptr<std::mutex> turns_ = std::make_unique<std::mutex>();
};

// A view of an engine that later writes do not change. The engine outlives it.
class EngineSnapshot {
 public:
  EngineSnapshot(EngineSnapshot&& other) noexcept;
  EngineSnapshot& operator=(EngineSnapshot&&) = delete;
  ~EngineSnapshot();

 private:
  friend class Engine;

  EngineSnapshot(Engine& engine, tenon_snapshot* handle) : engine_(engine), handle_(handle) {}

  Engine& engine_;
  tenon_snapshot* handle_;
};

// All of one space, now or at a snapshot. Engine and snapshot outlive the view.
class EngineView final : public kv::StateView {
 public:
  EngineView(const Engine& engine, std::uint32_t space, const EngineSnapshot* at = nullptr)
      : engine_(engine), space_(space), at_(at) {}

  Result<std::optional<std::string>> get(std::string_view key) const override {
    return engine_.get(space_, key, at_);
  }
  Status scan(std::string_view begin, std::string_view end, const Visit& visit) const override {
    return engine_.scan(space_, begin, end, visit, at_);
  }

 private:
  const Engine& engine_;
  const std::uint32_t space_;
  const EngineSnapshot* const at_;
};

inline tenon_bytes to_abi(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view to_text(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.len};
}

}  // namespace tenon::store
