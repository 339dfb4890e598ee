#pragma once

#include <tenon/draft/storage.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "host/instance.h"
#include "kv/state_view.h"

namespace tenon::store {

// A storage plugin's engine, open. One thread at a time, and always the same kind of thread: [store].
class Engine {
 public:
  // The failure names the engine and what is wrong with its files. `instance` is active and outlives the
  // engine.
  static Result<Engine> open(host::Instance& instance);
  Engine(Engine&& other) noexcept;
  Engine& operator=(Engine&&) = delete;
  ~Engine();

  // Empty: there is no such key.
  Result<std::optional<std::string>> get(std::uint32_t space, std::string_view key) const;
  // As kv::StateView::scan.
  Status scan(std::uint32_t space, std::string_view begin, std::string_view end,
              const kv::StateView::Visit& visit) const;
  // Durable when it returns.
  Status put(std::uint32_t space, std::string_view key, std::string_view value);
  // One atomic batch; durable only with the next sync().
  Status write(std::span<const tenon_write> writes);
  Status sync();

  const std::string& name() const { return instance_->name(); }

 private:
  Engine(host::Instance& instance, tenon_engine* handle) : instance_(&instance), handle_(handle) {}
  Error failure(const char* what, tenon_status status, const tenon_error& error) const;
  Status write(std::span<const tenon_write> writes, std::uint32_t durability);

  host::Instance* instance_;
  tenon_engine* handle_;
};

// All of one space. The engine outlives the view.
class EngineView final : public kv::StateView {
 public:
  EngineView(const Engine& engine, std::uint32_t space) : engine_(engine), space_(space) {}

  Result<std::optional<std::string>> get(std::string_view key) const override {
    return engine_.get(space_, key);
  }
  Status scan(std::string_view begin, std::string_view end, const Visit& visit) const override {
    return engine_.scan(space_, begin, end, visit);
  }

 private:
  const Engine& engine_;
  const std::uint32_t space_;
};

inline tenon_bytes to_abi(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view to_text(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.len};
}

}  // namespace tenon::store
