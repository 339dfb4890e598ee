#include "store/disk/journal.h"

#include "host/status_name.h"
#include "host/watch/breadcrumb.h"
#include "store/disk/engine_layout.h"

namespace tenon::store {

namespace {

Error failure(const host::Instance& instance, const char* what, tenon_status status,
              const tenon_error& error) {
  return Error{host::to_errc(status), instance.name() + ": " + what + ": " + host::describe(status, error)};
}

}  // namespace

Status Journal::open_table(tenon_plugin* plugin) {
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_.tag());
  const tenon_status status = table().open(plugin, &handle_, &error);
  if (status == TENON_OK) return {};
  return failure(instance_, "can't be opened", status, error);
}

Result<std::unique_ptr<Journal>> Journal::open(host::Instance& instance) {
  std::unique_ptr<Journal> journal(new Journal(instance));
  if (const Status opened = journal->open_table(instance.raw()); !opened.ok()) return opened.error();
  return journal;
}

Result<std::unique_ptr<Journal>> Journal::open_in(Engine& engine) {
  if (!engine.is_durable())
    return Error{Errc::unsupported, engine.name() +
                                        ": can't hold the journal: what it takes does not survive a " +
                                        "loss of power; name a log plugin or another storage plugin"};
  std::unique_ptr<Journal> journal(new Journal(engine.instance()));
  journal->over_.emplace(engine.instance().storage(), engine.handle(),
                         LogOverEngine::Spaces{log_entry_space, log_group_space}, engine.turns());
  if (const Status opened = journal->open_table(journal->over_->self()); !opened.ok()) return opened.error();
  return journal;
}

Journal::~Journal() {
  if (!handle_) return;
  const host::PluginScope scope(instance_.tag());
  table().close(handle_);
}

Status Journal::groups(const Visit& visit) {
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_.tag());
  const auto call = [](void* user, const tenon_log_group* group) -> tenon_status {
    const host::CoreScope core;
    (*static_cast<const Visit*>(user))(*group);
    return TENON_OK;
  };
  const tenon_status status = table().groups(handle_, call, const_cast<Visit*>(&visit), &error);
  if (status == TENON_OK) return {};
  return failure(instance_, "its groups can't be read", status, error);
}

tenon_status Journal::write(std::span<const tenon_log_write> writes, std::string& ret_why) {
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_.tag());
  const tenon_status status = table().write_v(handle_, writes.data(), writes.size(), &error);
  if (status != TENON_OK) ret_why = failure(instance_, "a write failed", status, error).message;
  return status;
}

Status Journal::compact(const tenon_group_id& group, const tenon_log_point& base) {
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_.tag());
  const tenon_status status = table().compact(handle_, group, base, &error);
  if (status == TENON_OK) return {};
  return failure(instance_, "the log can't be cut", status, error);
}

}  // namespace tenon::store
