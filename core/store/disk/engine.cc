#include "store/disk/engine.h"

#include <algorithm>
#include <utility>

#include "host/status_name.h"
#include "host/watch/breadcrumb.h"
#include "store/disk/engine_layout.h"
#include "store/disk/engine_limits.h"

namespace tenon::store {

namespace {

// Of a walk; each page is larger than the one before, since many a walk ends with its first item.
constexpr std::uint64_t page_count_min = 8;
constexpr std::uint64_t page_count_max = 256;
constexpr std::uint64_t page_bytes_max = 256 * 1024;

static_assert(log_group_space <= engine_space_needed);

}  // namespace

Error Engine::failure(const char* what, tenon_status status, const tenon_error& error) const {
  return Error{host::to_errc(status), instance_->name() + ": " + what + ": " + host::describe(status, error)};
}

Result<Engine> Engine::open(host::Instance& instance) {
  tenon_engine_info info{};
  info.struct_size = sizeof info;
  tenon_error error = host::fresh_error();
  tenon_engine* handle = nullptr;
  const host::PluginScope scope(instance.tag());
  const tenon_status status = instance.storage().open(instance.raw(), &handle, &info, &error);
  Engine engine(instance, status == TENON_OK ? handle : nullptr,
                (info.caps & TENON_STORAGE_CAP_DURABLE) != 0);
  if (status != TENON_OK) return engine.failure("can't be opened", status, error);
  if (const Status enough = check_limits(info); !enough.ok())
    return Error{enough.error().code, instance.name() + ": can't be used: " + enough.error().message};
  return engine;
}

Engine::Engine(Engine&& other) noexcept
    : instance_(other.instance_),
      handle_(std::exchange(other.handle_, nullptr)),
      is_durable_(other.is_durable_),
      turns_(std::move(other.turns_)) {}

Engine::~Engine() {
  if (!handle_) return;
  const host::PluginScope scope(instance_->tag());
  instance_->storage().close(handle_);
}

Status Engine::verify() const {
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_->tag());
  const tenon_status status = instance_->storage().verify(handle_, &error);
  if (status == TENON_OK) return {};
  return failure("is damaged", status, error);
}

Result<std::optional<std::string>> Engine::get(std::uint32_t space, std::string_view key,
                                               const EngineSnapshot* at) const {
  tenon_bytes value{};
  const host::PluginScope scope(instance_->tag());
  const std::lock_guard turn(*turns_);
  const tenon_snapshot* snapshot = at ? at->handle_ : nullptr;
  const tenon_status status = instance_->storage().get(handle_, snapshot, space, to_abi(key), &value);
  if (status == TENON_E_NOT_FOUND) return std::optional<std::string>();
  if (status == TENON_OK) return std::optional<std::string>(to_text(value));
  tenon_error error = host::fresh_error();
  return failure("a read failed", status, error);
}

Status Engine::scan(std::uint32_t space, std::string_view begin, std::string_view end,
                    const kv::StateView::Visit& visit, const EngineSnapshot* at) const {
  const tenon_storage& table = instance_->storage();
  const host::PluginScope scope(instance_->tag());
  tenon_iterator* walk = nullptr;
  tenon_error error = host::fresh_error();
  std::unique_lock turn(*turns_);
  tenon_status status = table.iter_open(handle_, at ? at->handle_ : nullptr, space, to_abi(begin),
                                        to_abi(end), 0, &walk, &error);
  if (status != TENON_OK) return failure("a walk could not begin", status, error);
  bool go_on = true;
  for (std::uint64_t count = page_count_min; go_on; count = std::min(count * 2, page_count_max)) {
    tenon_page page{};
    status = table.iter_next(walk, count, page_bytes_max, &page, &error);
    if (status != TENON_OK) break;
    turn.unlock();  // the page is the walk's
    for (std::uint64_t i = 0; i < page.count && go_on; ++i)
      go_on = visit(to_text(page.items[i].key), to_text(page.items[i].value));
    turn.lock();
  }
  table.iter_close(walk);
  if (status == TENON_OK || status == TENON_END) return {};
  return failure("a walk failed", status, error);
}

Result<EngineSnapshot> Engine::snapshot() {
  tenon_snapshot* handle = nullptr;
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_->tag());
  const std::lock_guard turn(*turns_);
  const tenon_status status = instance_->storage().snapshot_acquire(handle_, &handle, &error);
  if (status == TENON_OK) return EngineSnapshot(*this, handle);
  return failure("a snapshot could not be taken", status, error);
}

EngineSnapshot::EngineSnapshot(EngineSnapshot&& other) noexcept
    : engine_(other.engine_), handle_(std::exchange(other.handle_, nullptr)) {}

EngineSnapshot::~EngineSnapshot() {
  if (!handle_) return;
  const host::PluginScope scope(engine_.instance_->tag());
  const std::lock_guard turn(*engine_.turns_);
  engine_.instance_->storage().snapshot_release(engine_.handle_, handle_);
}

Status Engine::write(std::span<const tenon_write> writes, std::uint32_t durability) {
  const tenon_write_batch batch{writes.data(), writes.size()};
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_->tag());
  const std::lock_guard turn(*turns_);
  const tenon_status status = instance_->storage().write_v(handle_, &batch, 1, durability, &error);
  if (status == TENON_OK) return {};
  return failure("a write failed", status, error);
}

Status Engine::put(std::uint32_t space, std::string_view key, std::string_view value) {
  const tenon_write write{TENON_WRITE_PUT, space, to_abi(key), to_abi(value)};
  return this->write({&write, 1}, TENON_DURABLE_DISK);
}

Status Engine::write_durably(std::span<const tenon_write> writes) {
  return write(writes, TENON_DURABLE_DISK);
}

Status Engine::write(std::span<const tenon_write> writes) {
  return write(writes, TENON_DURABLE_MEM);
}

Status Engine::sync() {
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_->tag());
  const std::lock_guard turn(*turns_);
  const tenon_status status = instance_->storage().sync(handle_, &error);
  if (status == TENON_OK) return {};
  return failure("what was written could not be made durable", status, error);
}

}  // namespace tenon::store
