#include "stage/script.h"

#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "stage/describe.h"
#include "stage/stage.h"

namespace tenon::raft {
namespace {

using Words = std::vector<std::string>;

std::uint32_t number(const Words& words, std::size_t at) {
  return at < words.size() ? static_cast<std::uint32_t>(std::stoul(words[at])) : 1;
}

Options options_of(const Words& words) {
  Options options = Stage::quick();
  if (words.size() > 2 && words[2] == "sleepy") options.quiesce_ticks = 3;
  if (words.size() > 2 && words[2] == "single") options.message_bytes_max = 1;
  return options;
}

std::string_view name(ProposeStatus status) {
  switch (status) {
    case ProposeStatus::accepted:
      return "accepted";
    case ProposeStatus::not_leader:
      return "not leader";
    case ProposeStatus::not_caught_up:
      return "not caught up";
    case ProposeStatus::pending:
      return "pending";
    case ProposeStatus::transferring:
      return "transferring";
    case ProposeStatus::overloaded:
    case ProposeStatus::no_change:
    case ProposeStatus::invalid:
    case ProposeStatus::poisoned:
      break;
  }
  return "refused";
}

// One command after the other, on one stage.
class Player {
 public:
  // The lines that the command leads to.
  std::string play(const std::string& line) {
    std::istringstream in(line);
    Words words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.front() == "nodes") {
      stage_ = std::make_unique<Stage>(number(words, 1), options_of(words));
      return stage_->take_trace();
    }
    const auto found = commands_.find(words.front());
    if (found == commands_.end() || stage_ == nullptr) return "  what?\n";
    const std::string said = found->second(*stage_, words);
    return said + stage_->take_trace();
  }

 private:
  using Command = std::function<std::string(Stage&, const Words&)>;

  static std::string log(Stage& stage, const Words& words);
  static std::string deliver(Stage& stage, const Words& words);
  static std::string lose(Stage& stage, const Words& words);
  static std::string tick(Stage& stage, const Words& words);
  static std::string change(Stage& stage, const Words& words);
  static std::string show(Stage& stage, const Words& words);
  static std::string said(const ProposeResult& result) {
    return "  " + std::string(name(result.status)) + "\n";
  }

  // A command that needs a node and says nothing itself.
  static Command at_node(std::function<void(Stage&, std::uint32_t)> run) {
    return [run = std::move(run)](Stage& stage, const Words& words) {
      const std::uint32_t node = number(words, 1);
      run(stage, node);
      stage.run(node);
      return std::string();
    };
  }

  std::unique_ptr<Stage> stage_;
  const std::map<std::string, Command> commands_ = {
      {"log", log},
      {"deliver", deliver},
      {"lose", lose},
      {"tick", tick},
      {"change", change},
      {"show", show},
      {"add",
       [](Stage& stage, const Words&) { return "  node " + std::to_string(stage.add_empty()) + "\n"; }},
      {"heal", [](Stage& stage, const Words&) { return stage.heal(), std::string(); }},
      {"cut",
       [](Stage& stage, const Words& words) {
         return stage.cut(number(words, 1), number(words, 2)), std::string();
       }},
      {"propose",
       [](Stage& stage, const Words& words) { return said(stage.propose(number(words, 1), words.at(2))); }},
      {"transfer",
       [](Stage& stage, const Words& words) {
         stage.group(number(words, 1)).transfer_leader(NodeId{number(words, 2)});
         return stage.run(number(words, 1)), std::string();
       }},
      {"down",
       [](Stage& stage, const Words& words) {
         stage.group(number(words, 3)).peer_liveness(NodeId{number(words, 1)}, Liveness::down);
         return stage.run(number(words, 3)), std::string();
       }},
      {"campaign", at_node([](Stage& stage, std::uint32_t node) { stage.group(node).campaign(); })},
      {"read", at_node([](Stage& stage, std::uint32_t node) { stage.group(node).read_index(node); })},
      {"compact", at_node([](Stage& stage, std::uint32_t node) { stage.replica(node).compact(0); })},
      {"install", at_node([](Stage& stage, std::uint32_t node) { stage.install(node); })},
      {"crash", at_node([](Stage& stage, std::uint32_t node) { stage.crash(node); })},
      {"restart", at_node([](Stage& stage, std::uint32_t node) { stage.restart(node); })},
      {"slow", at_node([](Stage& stage, std::uint32_t node) { stage.slow_disk(node); })},
      {"write", at_node([](Stage& stage, std::uint32_t node) { stage.complete_write(node); })},
      {"quick", at_node([](Stage& stage, std::uint32_t node) { stage.quick_disk(node); })},
      {"isolate", at_node([](Stage& stage, std::uint32_t node) { stage.isolate(node); })},
  };
};

std::string Player::log(Stage& stage, const Words& words) {
  std::vector<Term> terms;
  for (std::size_t i = 4; i < words.size(); ++i) terms.push_back(std::stoul(words[i]));
  stage.set_log(number(words, 1), terms, std::stoul(words.at(3)));
  return {};
}

std::string Player::deliver(Stage& stage, const Words& words) {
  if (words.size() == 1) return stage.settle(), std::string();
  const auto wanted = [&](const Message& message) {
    const std::string line = describe(message);
    return line.starts_with(words.at(2) + " -> " + words.at(3) + " " + words.at(1) + " ");
  };
  return stage.deliver_one(wanted) ? "" : "  no such message\n";
}

std::string Player::lose(Stage& stage, const Words& words) {
  if (words.size() == 1) return stage.drop_all(), std::string();
  while (true) {
    bool lost = false;
    for (const Message& message : stage.wire()) {
      if (describe(message).find(" " + words[1] + " ") == std::string::npos) continue;
      stage.take(message.type);
      lost = true;
      break;
    }
    if (!lost) return {};
  }
}

std::string Player::tick(Stage& stage, const Words& words) {
  if (words.at(1) == "all") {
    stage.tick_all(number(words, 2));
  } else {
    stage.tick(number(words, 1), number(words, 2));
  }
  return {};
}

std::string Player::change(Stage& stage, const Words& words) {
  Configuration target;
  std::vector<NodeId>* list = &target.voters;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "voters" || words[i] == "learners") {
      list = words[i] == "voters" ? &target.voters : &target.learners;
    } else {
      list->push_back(NodeId{number(words, i)});
    }
  }
  const ProposeResult result = stage.group(number(words, 1)).propose_change(target);
  stage.run(number(words, 1));
  return said(result);
}

std::string Player::show(Stage& stage, const Words&) {
  std::string text;
  for (std::uint32_t node = 1; node <= stage.size(); ++node) {
    text += "  " + std::to_string(node);
    if (!stage.replica(node).up()) {
      text += " down\n";
      continue;
    }
    const Status status = stage.group(node).status();
    text += status.soft.role == Role::leader ? " leads" : " follows " + describe(status.soft.leader);
    text += " in term " + std::to_string(status.soft.term) + ", log";
    for (const Term term : stage.log_terms(node)) text += " " + std::to_string(term);
    text += ", commit " + std::to_string(status.hard.commit) + ", " + describe(status.configuration) +
            (status.soft.quiesced ? ", asleep" : "") + "\n";
  }
  return text;
}

}  // namespace

std::string play(std::string_view script) {
  Player player;
  std::istringstream in{std::string(script)};
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("> ")) {
      out += line + "\n" + player.play(line.substr(2));
    } else if (!line.starts_with("  ")) {
      out += line + "\n";
    }
  }
  return out;
}

}  // namespace tenon::raft
