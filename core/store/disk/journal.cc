#include "store/disk/journal.h"

#include "host/status_name.h"
#include "host/watch/breadcrumb.h"

namespace tenon::store {

namespace {

Error failure(const host::Instance& instance, const char* what, tenon_status status,
              const tenon_error& error) {
  return Error{host::to_errc(status), instance.name() + ": " + what + ": " + host::describe(status, error)};
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(host::Instance& instance) {
  tenon_error error = host::fresh_error();
  tenon_journal* handle = nullptr;
  const host::PluginScope scope(instance.tag());
  const tenon_status status = instance.log().open(instance.raw(), &handle, &error);
  if (status != TENON_OK) return failure(instance, "can't be opened", status, error);
  return std::unique_ptr<Journal>(new Journal(instance, handle));
}

Journal::~Journal() {
  const host::PluginScope scope(instance_.tag());
  instance_.log().close(handle_);
}

Status Journal::groups(const Visit& visit) {
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_.tag());
  const auto call = [](void* user, const tenon_log_group* group) -> tenon_status {
    const host::CoreScope core;
    (*static_cast<const Visit*>(user))(*group);
    return TENON_OK;
  };
  const tenon_status status = instance_.log().groups(handle_, call, const_cast<Visit*>(&visit), &error);
  if (status == TENON_OK) return {};
  return failure(instance_, "its groups can't be read", status, error);
}

tenon_status Journal::write(std::span<const tenon_log_write> writes, std::string& ret_why) {
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_.tag());
  const tenon_status status = instance_.log().write_v(handle_, writes.data(), writes.size(), &error);
  if (status != TENON_OK) ret_why = failure(instance_, "a write failed", status, error).message;
  return status;
}

Status Journal::compact(const tenon_group_id& group, const tenon_log_point& base) {
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance_.tag());
  const tenon_status status = instance_.log().compact(handle_, group, base, &error);
  if (status == TENON_OK) return {};
  return failure(instance_, "the log can't be cut", status, error);
}

}  // namespace tenon::store
