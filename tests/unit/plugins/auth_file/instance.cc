#include "instance.h"

#include <tenon/module.hpp>

#include "auth_file.h"

namespace tenon::auth_file {

Login::Login(FakeHost& used_host, std::optional<std::string> given_user,
             std::optional<std::string> given_password, std::string given_client_id)
    : host(used_host),
      user(std::move(given_user)),
      password(std::move(given_password)),
      client_id(std::move(given_client_id)) {
  request.struct_size = sizeof request;
  request.protocol_level = 5;
  request.deadline_mono_ns = host.now_ns + 5'000'000'000;
  request.client_id = sdk::abi(client_id);
  if (user) request.flags |= TENON_AUTH_HAS_USERNAME;
  if (user) request.username = sdk::abi(*user);
  if (password) request.flags |= TENON_AUTH_HAS_PASSWORD;
  if (password) request.password = sdk::abi(*password);
  result.struct_size = sizeof result;
  op = host.open_op();
}

Login::~Login() {
  if (result.permset) sdk::PermissionSet::from(result.permset)->release();
}

bool Login::may(std::uint32_t action, std::string_view topic) const {
  tenon_authz_query query{};
  query.struct_size = sizeof query;
  query.action = action;
  query.topic = sdk::abi(topic);
  return sdk::PermissionSet::from(result.permset)->allows(query);
}

Instance::Instance(FakeHost& host) : host_(host) {
  tenon_error error{};
  error.struct_size = sizeof error;
  sdk::descriptor<AuthFile>.create(host.host(), &plugin_, &error);
  auth_ = static_cast<const tenon_auth*>(plugin_->get_interface(plugin_, TENON_AUTH_ID));
}

Instance::~Instance() {
  for (void* worker : workers_) plugin_->worker_stop(plugin_, worker);
  host_.run_all_jobs();  // a host ends accepted jobs before it deactivates
  plugin_->destroy(plugin_);
}

std::string Instance::start(std::uint32_t workers) {
  tenon_error error{};
  error.struct_size = sizeof error;
  if (plugin_->init(plugin_, &error) != TENON_OK) return error.message;
  for (std::uint32_t i = 0; i < workers; ++i) {
    void* context = nullptr;
    if (plugin_->worker_start(plugin_, i, &context, &error) != TENON_OK) return error.message;
    workers_.push_back(context);
  }
  return {};
}

std::string Instance::reconfigure() {
  tenon_error error{};
  error.struct_size = sizeof error;
  return plugin_->reconfigure(plugin_, &error) == TENON_OK ? std::string{} : error.message;
}

void Instance::begin(Login& login, std::uint32_t worker) {
  login.status = auth_->authenticate(plugin_, workers_.at(worker), &login.request, login.op, &login.result);
  if (login.status != TENON_PENDING) host_.close_op(login.op);
}

void Instance::log_in(Login& login) {
  begin(login);
  host_.run_all_jobs();
}

tenon_status Instance::cancel(Login& login, std::uint32_t worker) {
  const tenon_status status = auth_->cancel(plugin_, workers_.at(worker), login.op);
  if (status == TENON_OK) host_.close_op(login.op);
  return status;
}

sdk::PermissionSetRef Instance::refresh(const Login& login) {
  const tenon_permset* fresh = nullptr;
  if (auth_->permset_refresh(plugin_, workers_.at(0), login.result.permset, &fresh) != TENON_OK) return {};
  return sdk::PermissionSetRef::adopt(sdk::PermissionSet::from(fresh));
}

}  // namespace tenon::auth_file
