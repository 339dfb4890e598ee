#include "node/sys/sys_topics.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace tenon::node {

namespace {

constexpr std::string_view root = "$SYS/broker/";

void add(SysTopics::Values& values, std::string_view name, std::string value) {
  values.emplace_back(std::string(root).append(name), std::move(value));
}

void add(SysTopics::Values& values, std::string_view name, std::uint64_t value) {
  add(values, name, std::to_string(value));
}

void add(SysTopics::Values& values, std::string_view name, const LoadAverage& load) {
  constexpr std::string_view spans[] = {"/1min", "/5min", "/15min"};
  for (std::size_t i = 0; i < LoadAverage::minutes.size(); ++i) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", load.averages()[i]);
    add(values, "load/" + std::string(name) + std::string(spans[i]), std::string(text));
  }
}

}  // namespace

SysTopics::Values SysTopics::values(const SysFacts& facts, double elapsed_s) {
  clients_maximum_ = std::max(clients_maximum_, facts.clients_connected);
  bytes_received_.note(facts.bytes_received, elapsed_s);
  bytes_sent_.note(facts.bytes_sent, elapsed_s);
  publish_received_.note(facts.publish_received, elapsed_s);
  publish_sent_.note(facts.publish_sent, elapsed_s);
  publish_dropped_.note(facts.publish_dropped, elapsed_s);
  sockets_.note(facts.sockets_opened, elapsed_s);
  connections_.note(facts.connects_received, elapsed_s);

  Values values;
  add(values, "version", "tenon version " TENON_VERSION);
  add(values, "uptime", std::to_string(static_cast<std::uint64_t>(facts.uptime_s)) + " seconds");
  add(values, "clients/total", facts.clients_connected + facts.clients_disconnected);
  add(values, "clients/connected", facts.clients_connected);
  add(values, "clients/disconnected", facts.clients_disconnected);
  add(values, "clients/maximum", clients_maximum_);
  add(values, "clients/expired", facts.clients_expired);
  add(values, "bytes/received", facts.bytes_received);
  add(values, "bytes/sent", facts.bytes_sent);
  add(values, "publish/messages/received", facts.publish_received);
  add(values, "publish/messages/sent", facts.publish_sent);
  add(values, "publish/messages/dropped", facts.publish_dropped);
  add(values, "subscriptions/count", facts.subscriptions);
  add(values, "retained messages/count", facts.retained_messages);
  add(values, "store/messages/count", facts.retained_messages + facts.queued_messages);
  add(values, "store/messages/bytes", facts.stored_bytes);
  add(values, "bytes/received", bytes_received_);
  add(values, "bytes/sent", bytes_sent_);
  add(values, "publish/received", publish_received_);
  add(values, "publish/sent", publish_sent_);
  add(values, "publish/dropped", publish_dropped_);
  add(values, "sockets", sockets_);
  add(values, "connections", connections_);
  return values;
}

}  // namespace tenon::node
