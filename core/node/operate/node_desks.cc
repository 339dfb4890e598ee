#include "broker/link/link_sweep.h"
#include "node/identity.h"
#include "node/node_impl.h"
#include "node/operate/link_answers.h"

// What operators talk to, and how it reaches the rest of the node.

namespace tenon::node {

namespace {

admin::Role role_of(config::ApiRole role) {
  switch (role) {
    case config::ApiRole::admin:
      return admin::Role::admin;
    case config::ApiRole::operate:
      return admin::Role::operate;
    case config::ApiRole::viewer:
      break;
  }
  return admin::Role::viewer;
}

}  // namespace

// Other nodes ask this one, too, whether or not it has an API of its own.
Status Node::Impl::make_desks() {
  broker::NodeAsks& asks = tables_->remote.asks();
  census_ = std::make_unique<broker::LinkCensus>(shards_);
  messages_ = std::make_unique<MessageDesk>(*shards_.front());
  restores_ = std::make_unique<RestoreDesk>(*shards_.front());
  sessions_ = std::make_unique<SessionDesk>(*shards_.front(), asks, *census_);
  audit_ = std::make_unique<AuditDesk>(*shards_.front());
  make_ban_desk();
  make_traffic_desk();
  const auto ask_all = [this](std::string&& question, broker::NodeAsks::Done done) {
    workers_->post(0, make_task([this, question = std::move(question), done = std::move(done)]() mutable {
                     shards_.front()->enter();
                     tables_->remote.asks().ask_all(question, clock_.mono_ns(), std::move(done));
                   }));
  };
  traces_ = std::make_unique<TraceDesk>(
      TraceDesk::World{tables_->traces, clock_, random_, log_, durable_->node_id(), ask_all});
  const auto on_control = [this](std::function<void()> fn) {
    workers_->control().post(make_task(std::move(fn)));
  };
  nodes_ = std::make_unique<NodeDesk>(NodeDesk::World{*shards_.front(), asks, durable_->marks(),
                                                      durable_->range_desk(), kv::NodeId{durable_->node_id()},
                                                      on_control, [this] { return report(); }});
  reports_ = std::make_unique<ReportDesk>(disk_, settings_.node.data_dir, *workers_);
  config_desk_ = std::make_unique<ConfigDesk>(
      ConfigDesk::World{on_control, reload_, [this](const std::string& by) { return reload(by); }}, config_);
  tables_->remote.start_asks(
      kv::NodeId{durable_->node_id()}, durable_->start_number(),
      [this](std::string_view text, broker::NodeAsks::Reply reply) { answer_node(text, std::move(reply)); });
  return {};
}

void Node::Impl::answer_node(std::string_view text, broker::NodeAsks::Reply reply) {
  const auto question = read_question(text);
  if (!question) return reply({});
  switch (question->first) {
    case NodeQuestion::links:
      return sessions_->answer(question->second, std::move(reply));
    case NodeQuestion::flapping:
      return reply(broker::write_remote(flap_answer(tables_->flaps, clock_.mono_ns())));
    case NodeQuestion::traces:
      return reply(traces_->answer(question->second));
    case NodeQuestion::report:
      return nodes_->answer(reply);
    case NodeQuestion::traffic:
      return reply(traffic_answer());
    case NodeQuestion::departure:
    case NodeQuestion::departure_anywhere:
      return broker::answer_departure(*shards_.front(), question->second, std::move(reply));
  }
  reply({});  // of a newer node
}

void Node::Impl::make_ban_desk() {
  BanDesk::World world{durable_->meta(),
                       clock_,
                       random_,
                       log_,
                       node_id_text(durable_->node_id()),
                       [this](std::shared_ptr<const broker::BanList> list) {
                         tables_->bans.set(std::move(list));
                         broker::end_banned_links(shards_);
                       },
                       [this](BanDesk::Flapping then) {
                         workers_->post(0, make_task([this, then = std::move(then)] {
                                          shards_.front()->enter();
                                          tables_->remote.asks().ask_all(
                                              write_flap_question(), clock_.mono_ns(),
                                              [then](broker::NodeAsks::Replies&& replies) {
                                                std::vector<std::string> missing;
                                                auto flapping = read_flap_answers(replies, missing);
                                                then(std::move(flapping), std::move(missing));
                                              });
                                        }));
                       }};
  bans_ = std::make_unique<BanDesk>(std::move(world));
}

// The administrator's, and those of the configuration.
Result<admin::TokenBook> Node::Impl::read_tokens(const config::Settings& settings,
                                                 const admin::AdminToken& own) {
  std::vector<admin::Token> tokens = {{"", admin::Role::admin, own.text}};
  for (const config::ApiTokenSettings& entry : settings.api.tokens) {
    auto text = admin::read_token_file(disk_, entry.file);
    if (!text.ok())
      return Error{text.error().code,
                   entry.origin + ": api.tokens." + entry.name + ".file: " + text.error().message};
    tokens.push_back({entry.name, role_of(entry.role), std::move(text).value()});
  }
  return admin::TokenBook(std::move(tokens));
}

}  // namespace tenon::node
