#include "node/engine.h"

#include <utility>

#include "host/watch/breadcrumb.h"

namespace tenon::node {

namespace {

tenon_bytes to_abi(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

tenon_error no_error() {
  tenon_error error{};
  error.struct_size = sizeof error;
  return error;
}

Errc code_of(tenon_status status) {
  switch (status) {
    case TENON_E_CORRUPT:
      return Errc::corrupt;
    case TENON_E_NOSPACE:
      return Errc::no_space;
    case TENON_E_UNSUPPORTED:
      return Errc::unsupported;
    case TENON_E_IO:
    case TENON_E_IO_FATAL:
      return Errc::io;
    default:
      return Errc::internal;
  }
}

}  // namespace

Error Engine::failure(const char* what, const tenon_error& error) const {
  return Error{code_of(error.code), instance_->name() + ": " + what + ": " + error.message};
}

Result<Engine> Engine::open(host::Instance& instance) {
  tenon_engine_info info{};
  info.struct_size = sizeof info;
  tenon_error error = no_error();
  tenon_engine* handle = nullptr;
  const host::PluginScope scope(instance.tag());
  const tenon_status status = instance.storage().open(instance.raw(), &handle, &info, &error);
  error.message[sizeof error.message - 1] = '\0';
  Engine engine(instance, handle);
  if (status == TENON_OK) return engine;
  error.code = status;
  engine.handle_ = nullptr;
  return engine.failure("can't be opened", error);
}

Engine::Engine(Engine&& other) noexcept
    : instance_(other.instance_), handle_(std::exchange(other.handle_, nullptr)) {}

Engine::~Engine() {
  if (!handle_) return;
  const host::PluginScope scope(instance_->tag());
  instance_->storage().close(handle_);
}

Result<std::optional<std::string>> Engine::get(std::uint32_t space, std::string_view key) {
  tenon_bytes value{};
  const host::PluginScope scope(instance_->tag());
  const tenon_status status = instance_->storage().get(handle_, nullptr, space, to_abi(key), &value);
  if (status == TENON_E_NOT_FOUND) return std::optional<std::string>();
  if (status == TENON_OK) return std::optional<std::string>(as_text({value.data, value.len}));
  tenon_error error = no_error();
  error.code = status;
  return failure("a read failed", error);
}

Status Engine::put(std::uint32_t space, std::string_view key, std::string_view value) {
  const tenon_write write{TENON_WRITE_PUT, space, to_abi(key), to_abi(value)};
  const tenon_write_batch batch{&write, 1};
  tenon_error error = no_error();
  const host::PluginScope scope(instance_->tag());
  const tenon_status status = instance_->storage().write_v(handle_, &batch, 1, TENON_DURABLE_DISK, &error);
  if (status == TENON_OK) return {};
  error.message[sizeof error.message - 1] = '\0';
  error.code = status;
  return failure("a write failed", error);
}

}  // namespace tenon::node
