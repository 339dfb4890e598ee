#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

#include "node/mqtt_limits.h"
#include "node/node_impl.h"

// Where clients connect: made at the start, and changed by a reload.

namespace tenon::node {

namespace events = observe::events;

namespace {

broker::AnonymousPolicy policy_of(config::Anonymous anonymous) {
  switch (anonymous) {
    case config::Anonymous::never:
      return broker::AnonymousPolicy::never;
    case config::Anonymous::loopback:
      return broker::AnonymousPolicy::loopback;
    case config::Anonymous::always:
      break;
  }
  return broker::AnonymousPolicy::always;
}

std::string bind_address(const config::BindSettings& bind) {
  return bind.kind == config::BindSettings::Kind::unix_socket ? "unix:" + bind.path : bind.host;
}

// Whether both can't be bound at a time.
bool overlap(const config::BindSettings& a, const config::BindSettings& b) {
  return a == b ||
         (a.kind == config::BindSettings::Kind::inet && a.kind == b.kind && a.port != 0 && a.port == b.port);
}

Error at(const config::ListenerSettings& listener, const std::string& key, const std::string& text) {
  return Error{Errc::invalid, listener.origin + ": listeners." + listener.name + "." + key + ": " + text};
}

std::string not_loaded(const std::string& plugin) {
  return "the plugin \"" + plugin + "\" is not loaded; it can be used from the next start on";
}

}  // namespace

// What a reload makes of the listeners.
struct Node::Impl::ListenerChanges {
  struct Change {
    broker::Listener* listener = nullptr;  // one that stays
    broker::ListenerContext context;       // ... and what its links are to have from now on
  };
  struct Replacement {
    broker::Listener* former = nullptr;  // of the same name; null: there is none
    bool keeps_port = false;             // the former one's
    bool takes_address = false;          // of one that is given up
    std::unique_ptr<broker::Listener> listener;
    config::BindSettings bind;
  };
  std::vector<Change> changed;
  std::vector<Replacement> replaced;
  std::vector<broker::Listener*> removed;
  std::vector<broker::Listener*> given_up;  // those that go or move, and whose address another one is to have

  // When all else is known.
  void find_given_up(const config::Settings& former);
};

void Node::Impl::ListenerChanges::find_given_up(const config::Settings& former) {
  std::vector<broker::Listener*> leaving = removed;
  for (const auto& replacement : replaced)
    if (replacement.former) leaving.push_back(replacement.former);
  for (broker::Listener* listener : leaving) {
    const auto known =
        std::ranges::find(former.listeners, listener->context().name, &config::ListenerSettings::name);
    if (known == former.listeners.end()) continue;
    bool is_wanted = false;
    for (auto& replacement : replaced)
      if (overlap(replacement.bind, known->bind)) is_wanted = replacement.takes_address = true;
    if (is_wanted) given_up.push_back(listener);
  }
}

Result<std::unique_ptr<host::AuthChain>> Node::Impl::make_chain(
    const config::Settings& settings, const config::ListenerSettings& listener) const {
  std::vector<host::AuthLink> links;
  for (const auto& name : listener.auth) {
    const auto& chain = settings.auth.chain;
    const auto link =
        std::find_if(chain.begin(), chain.end(), [&](const auto& entry) { return entry.name == name; });
    const bool next = link != chain.end() && link->on_error == config::OnAuthError::next;
    host::Instance* instance = plugins_->find(host::Kind::auth, name);
    if (!instance && link != chain.end())
      return Error{Errc::invalid, link->origin + ": auth.chain." + name + ": " + not_loaded(name)};
    if (!instance) return at(listener, "auth", not_loaded(name));
    links.push_back({instance, next ? host::OnAuthError::next : host::OnAuthError::deny});
  }
  return std::make_unique<host::AuthChain>(std::move(links));
}

Result<broker::ListenerContext> Node::Impl::make_context(const config::Settings& settings,
                                                         const config::ListenerSettings& wanted) {
  if (!listener_metrics_.contains(wanted.name)) {
    auto metrics = broker::ListenerMetrics::declare(*metrics_, wanted.name);
    if (!metrics.ok()) return metrics.error();
    listener_metrics_.emplace(wanted.name, *metrics);
  }
  auto chain = make_chain(settings, wanted);
  if (!chain.ok()) return chain.error();
  broker::ListenerContext context;
  context.name = wanted.name;
  context.tenant = wanted.tenant;
  context.advertise = wanted.advertise;
  context.home = tables_->tenants.find(wanted.tenant);
  if (!context.home) return at(wanted, "tenant", "there are too many tenants");
  if (const auto filters = find_filters(wanted); filters.ok()) {
    std::string wrong;
    if (std::ranges::any_of(*filters, stack::LinkStack::tells_peer))
      context.proxies = broker::TrustedPeers::parse(wanted.trusted_proxies, &wrong);
    if (!wrong.empty()) return at(wanted, "trusted_proxies", "\"" + wrong + "\" is no address");
  }
  context.anonymous = policy_of(settings.auth.anonymous);
  context.binds_client_ids = settings.auth.client_id_owner == config::ClientIdOwner::strict;
  context.auth_timeout_ns = std::int64_t{settings.auth.timeout_ms} * ns_per_ms;
  context.limits = connection_limits(settings.mqtt);
  context.client_message_rate_max = wanted.client_message_rate_max;
  context.client_byte_rate_max = wanted.client_byte_rate_max;
  context.spread = spread_of(wanted.shared_strategy);
  context.gate = gate_limits(wanted, settings.mqtt);
  context.auth = std::move(chain).value();
  context.log = &log_;
  context.metrics = listener_metrics_.at(wanted.name);
  return context;
}

Result<std::vector<host::Instance*>> Node::Impl::find_filters(
    const config::ListenerSettings& listener) const {
  std::vector<host::Instance*> filters;
  for (auto name = listener.stack.begin() + 1; name != listener.stack.end(); ++name) {
    filters.push_back(plugins_->find(host::Kind::filter, *name));
    if (!filters.back()) return at(listener, "stack", not_loaded(*name));
  }
  if (Status sound = stack::LinkStack::check_places(filters); !sound.ok())
    return at(listener, "stack", sound.error().message);
  return filters;
}

Result<std::unique_ptr<broker::Listener>> Node::Impl::make_listener(const config::Settings& settings,
                                                                    const config::ListenerSettings& wanted) {
  host::Instance* transport = plugins_->find(host::Kind::transport, wanted.stack.front());
  if (!transport) return at(wanted, "stack", not_loaded(wanted.stack.front()));
  auto filters = find_filters(wanted);
  if (!filters.ok()) return filters.error();
  auto context = make_context(settings, wanted);
  if (!context.ok()) return context.error();
  return std::make_unique<broker::Listener>(std::move(context).value(), tables_->memory, *transport,
                                            std::move(filters).value(), shards_);
}

Status Node::Impl::make_listeners() {
  if (!settings_.services.mqtt) return {};
  for (const auto& wanted : settings_.listeners) {
    auto listener = make_listener(settings_, wanted);
    if (!listener.ok()) return listener.error();
    if (Status opened = (*listener)->open(bind_address(wanted.bind), wanted.bind.port); !opened.ok())
      return opened;
    listeners_.push_back(std::move(listener).value());
  }
  return {};
}

void Node::Impl::log_opened(const broker::Listener& listener) {
  log_.write(
      events::listener_opened, "clients can connect",
      {{"listener", listener.context().name}, {"address", listener.address()}, {"port", listener.port()}});
}

// Nothing changes: whatever the settings name is looked for, and objects are made that are not used yet.
Status Node::Impl::plan_listeners(const config::Settings& settings, ListenerChanges& ret_changes) {
  if (!settings_.services.mqtt) return {};
  const bool all_change = settings.auth != settings_.auth || settings.mqtt != settings_.mqtt;
  for (const auto& listener : listeners_) {
    const auto wanted =
        std::ranges::find(settings.listeners, listener->context().name, &config::ListenerSettings::name);
    if (wanted == settings.listeners.end()) ret_changes.removed.push_back(listener.get());
  }
  for (const auto& wanted : settings.listeners) {
    const auto known = std::ranges::find(settings_.listeners, wanted.name, &config::ListenerSettings::name);
    const auto listener =
        std::ranges::find_if(listeners_, [&](const auto& one) { return one->context().name == wanted.name; });
    if (known == settings_.listeners.end() || listener == listeners_.end()) {
      auto made = make_listener(settings, wanted);
      if (!made.ok()) return made.error();
      ret_changes.replaced.push_back({nullptr, false, false, std::move(made).value(), wanted.bind});
    } else if (wanted.stack != known->stack || wanted.bind != known->bind) {
      auto made = make_listener(settings, wanted);
      if (!made.ok()) return made.error();
      ret_changes.replaced.push_back(
          {listener->get(), overlap(wanted.bind, known->bind), false, std::move(made).value(), wanted.bind});
    } else if (all_change || !wanted.is_same_as(*known)) {
      auto context = make_context(settings, wanted);
      if (!context.ok()) return context.error();
      ret_changes.changed.push_back({listener->get(), std::move(context).value()});
    }
  }
  ret_changes.find_given_up(settings_);
  return {};
}

Status Node::Impl::reload_listeners(const config::Settings& settings) {
  ListenerChanges changes;
  if (Status sound = plan_listeners(settings, changes); !sound.ok()) return sound;
  if (Status opened = open_replacements(changes); !opened.ok()) return opened;
  change_listeners(changes);
  return {};
}

// Addresses that nobody has are taken first, then those that listeners of this node give up: what fails by
// then is undone.
Status Node::Impl::open_replacements(ListenerChanges& changes) {
  std::optional<Error> failure;
  const auto open = [&](ListenerChanges::Replacement& replacement) {
    // The system may have chosen the port of the former one.
    const std::uint32_t port = replacement.keeps_port ? replacement.former->port() : replacement.bind.port;
    const Status opened =
        replacement.listener->open(bind_address(replacement.bind), static_cast<std::uint16_t>(port));
    if (!opened.ok()) failure = opened.error();
  };
  for (auto& replacement : changes.replaced)
    if (!failure && !replacement.takes_address) open(replacement);
  if (failure) return *failure;
  for (broker::Listener* listener : changes.given_up) stop_listener(*listener);
  for (auto& replacement : changes.replaced)
    if (!failure && replacement.takes_address) open(replacement);
  if (!failure) return {};
  for (auto& replacement : changes.replaced)
    if (replacement.takes_address) replacement.listener->close();
  for (broker::Listener* former : changes.given_up) {
    const std::string address = former->address();
    Status opened = former->open(address, static_cast<std::uint16_t>(former->port()));
    if (opened.ok()) opened = start_listener(*former);
    if (!opened.ok()) log_.write(events::listener_open_failed, opened.error().message);
  }
  return *failure;
}

void Node::Impl::change_listeners(ListenerChanges& changes) {
  for (auto& change : changes.changed) change.listener->set_context(std::move(change.context));
  for (auto& replacement : changes.replaced) {
    // Links of the former one stay, as they came in.
    if (replacement.former) send_away(take_out(replacement.former), false);
    if (Status started = start_listener(*replacement.listener); !started.ok())
      log_.write(events::listener_open_failed, started.error().message);
    if (accepting_) log_opened(*replacement.listener);
    const std::lock_guard lock(listeners_mutex_);
    listeners_.push_back(std::move(replacement.listener));
  }
  for (const auto* listener : changes.removed) send_away(take_out(listener), true);
  const std::lock_guard lock(listeners_mutex_);
  std::ranges::sort(listeners_, {}, [](const auto& listener) { return listener->context().name; });
}

std::unique_ptr<broker::Listener> Node::Impl::take_out(const broker::Listener* listener) {
  const std::lock_guard lock(listeners_mutex_);
  const auto found = std::ranges::find_if(listeners_, [&](const auto& one) { return one.get() == listener; });
  std::unique_ptr<broker::Listener> taken = std::move(*found);
  listeners_.erase(found);
  return taken;
}

// Once clients are let in at all.
Status Node::Impl::start_listener(broker::Listener& listener) {
  if (!accepting_ || stopping_) return {};
  std::mutex mutex;
  std::optional<Error> failure;
  workers_->run_on_each([&](runtime::Worker& worker) {
    const Status started = listener.start(worker.index());
    const std::lock_guard lock(mutex);
    if (!started.ok()) failure = started.error();
  });
  if (failure) return *failure;
  return {};
}

// Gives its address up.
void Node::Impl::stop_listener(broker::Listener& listener) {
  if (accepting_) workers_->run_on_each([&](runtime::Worker& worker) { listener.stop(worker.index()); });
  listener.close();
}

void Node::Impl::send_away(std::unique_ptr<broker::Listener> listener, bool with_links) {
  stop_listener(*listener);
  if (with_links) {
    listener->refuse_all();
    workers_->run_on_each([&](runtime::Worker& worker) {
      shards_[worker.index()]->disconnect_of(*listener, mqtt::ReasonCode::administrative_action);
      worker.request_turn();
    });
    log_.write(events::listener_closed, "no more clients can connect",
               {{"listener", listener->context().name}, {"address", listener->address()}});
  }
  former_listeners_.push_back(std::move(listener));
}

void Node::Impl::forget_idle_listeners() {
  if (former_listeners_.empty() || stopping_) return;
  std::vector<std::atomic<bool>> idle(former_listeners_.size());
  for (auto& flag : idle) flag = true;
  workers_->run_on_each([&](runtime::Worker& worker) {
    for (std::size_t i = 0; i < idle.size(); ++i)
      if (!former_listeners_[i]->is_idle(worker.index())) idle[i] = false;
  });
  std::vector<std::unique_ptr<broker::Listener>> gone;
  for (std::size_t i = 0; i < idle.size(); ++i)
    if (idle[i]) gone.push_back(std::move(former_listeners_[i]));
  std::erase(former_listeners_, nullptr);
  if (gone.empty()) return;
  // Behind whatever the last of their links has still to do there.
  workers_->run_on_each([&](runtime::Worker& worker) {
    for (const auto& listener : gone) listener->end(worker.index());
  });
}

// What a reload has replaced goes with the last link that has it. Where a former listener's go, it goes
// itself.
void Node::Impl::forget_contexts() {
  if (stopping_) return;
  const auto settle = [this] {
    workers_->run_on_each([](runtime::Worker&) {});
    // Readers on other threads have it while they look at contexts.
    const std::lock_guard lock(listeners_mutex_);
  };
  for (const auto& listener : listeners_) listener->forget_contexts(settle);
}

}  // namespace tenon::node
