#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "kv/overlay.h"
#include "service/inbox/inbox_commands.h"
#include "service/inbox/inbox_machine.h"
#include "service/inbox/inbox_queries.h"

// What the inbox machine costs on the store thread, over the overlay of a range whose engine is empty: one
// command for what many links do in a turn.

namespace tenon::service::inbox {
namespace {

class EmptyEngine final : public kv::StateView {
 public:
  Result<std::optional<std::string>> get(std::string_view) const override {
    return std::optional<std::string>();
  }
  Status scan(std::string_view, std::string_view, const Visit&) const override { return {}; }
};

class Inboxes {
 public:
  explicit Inboxes(std::size_t count) {
    CommandBuilder command;
    for (std::size_t i = 0; i < count; ++i) {
      clients.push_back("client-" + std::to_string(100'000 + i));
      command.add(Attach{{"", clients.back()}, i + 1, true, 3600, {kv::NodeId{1}, 1, i}, {}});
    }
    apply(command.take());
  }
  void apply(const std::string& command) {
    std::vector<kv::Notice> notices;
    std::string reply;
    const kv::ApplyContext context{1'000'000, ++index, notices};
    if (!machine.apply(context, command, overlay, reply).ok()) std::abort();
  }
  void append(CommandBuilder& command, std::size_t inbox) const {
    Append op{{}, {1'000'000, 1ull << 40}, {{{"", clients[inbox]}, inbox + 1, mqtt::QoS::at_least_once}}};
    op.message.view.topic = "sensors/17/temperature";
    op.message.view.payload = as_bytes(payload);
    command.add(op);
  }
  Held held(std::size_t inbox) const { return {{"", clients[inbox]}, inbox + 1, 1}; }

  std::vector<std::string> clients;
  const std::string payload = std::string(256, 'x');
  EmptyEngine engine;
  kv::Overlay overlay{engine};
  InboxMachine machine{1};
  std::uint64_t index = 0;
};

// A message of 256 bytes to one inbox, `range(0)` of them in a command, then its sending and acknowledgement.
void AppendSendAcknowledge(benchmark::State& state) {
  constexpr std::size_t inbox_count = 1000;
  Inboxes inboxes(inbox_count);
  const auto batch = static_cast<std::size_t>(state.range(0));
  std::vector<std::uint64_t> next(inbox_count, 1);
  std::size_t inbox = 0;
  for (auto _ : state) {
    CommandBuilder appends, others;
    for (std::size_t i = 0; i < batch; ++i, inbox = (inbox + 1) % inbox_count) {
      inboxes.append(appends, inbox);
      others.add(Sent{inboxes.held(inbox), next[inbox]});
      others.add(Acknowledge{inboxes.held(inbox), {next[inbox]++}});
    }
    inboxes.apply(appends.take());
    inboxes.apply(others.take());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(batch) * state.iterations());
}
BENCHMARK(AppendSendAcknowledge)->Arg(1)->Arg(64)->Arg(512);

// One message of 256 bytes for `range(0)` inboxes.
void AppendToMany(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  auto inboxes = std::make_unique<Inboxes>(count);
  Append op{{}, {1'000'000, 1ull << 40}, {}};
  op.message.view.topic = "sensors/17/temperature";
  op.message.view.payload = as_bytes(inboxes->payload);
  std::vector<std::string> clients = inboxes->clients;
  for (std::size_t i = 0; i < count; ++i)
    op.targets.push_back({{"", clients[i]}, i + 1, mqtt::QoS::at_least_once, false, {}});
  CommandBuilder builder;
  builder.add(op);
  const std::string command = builder.take();
  for (auto _ : state) {
    if (inboxes->overlay.memory_bytes() > (256u << 20)) {
      state.PauseTiming();
      inboxes = std::make_unique<Inboxes>(count);
      state.ResumeTiming();
    }
    inboxes->apply(command);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count) * state.iterations());
}
BENCHMARK(AppendToMany)->Arg(1000);

}  // namespace
}  // namespace tenon::service::inbox
