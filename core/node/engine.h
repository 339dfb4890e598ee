#pragma once

#include <tenon/draft/storage.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "host/instance.h"

namespace tenon::node {

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
  Result<std::optional<std::string>> get(std::uint32_t space, std::string_view key);
  // Durable when it returns.
  Status put(std::uint32_t space, std::string_view key, std::string_view value);

 private:
  Engine(host::Instance& instance, tenon_engine* handle) : instance_(&instance), handle_(handle) {}
  Error failure(const char* what, const tenon_error& error) const;

  host::Instance* instance_;
  tenon_engine* handle_;
};

}  // namespace tenon::node
