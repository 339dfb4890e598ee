#include "sim/checkers/agreement_checker.h"

namespace tenon::sim {
namespace {

std::string name_of(std::uint32_t node, const kv::RangeId& range) {
  return "node " + std::to_string(node) + ", range " + std::to_string(range.number);
}

}  // namespace

AgreementChecker::Entry& AgreementChecker::Log::at(std::uint64_t index) {
  if (entries.size() <= index) entries.resize(index + 1);
  return entries[index];
}

void AgreementChecker::on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t term) {
  world_.trace().note("range.leads", {node, range.number, term});
  const auto [leader, is_new] = leaders_.try_emplace({range, term}, node);
  if (!is_new && leader->second != node)
    world_.fail(name_of(node, range) + " leads in term " + std::to_string(term) + ", as node " +
                std::to_string(leader->second) + " did");
}

void AgreementChecker::on_committed(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& at,
                                    std::uint64_t digest) {
  world_.trace().note("committed", {node, range.number, at.index, at.term, digest});
  Entry& entry = logs_[range].at(at.index);
  if (entry.term == 0) {
    entry.term = at.term;
    entry.digest = digest;
    ++committed_count_;
  } else if (entry.term != at.term || entry.digest != digest) {
    world_.fail(name_of(node, range) + " applies another entry at index " + std::to_string(at.index) +
                " than was applied there before");
  }
}

void AgreementChecker::on_applied(const AppliedCommand& command) {
  std::vector<std::uint64_t>& commands = logs_[command.range].at(command.index).commands;
  if (command.ordinal == commands.size()) return commands.push_back(command.digest);
  if (command.ordinal > commands.size() || commands[command.ordinal] != command.digest)
    world_.fail(name_of(command.node, command.range) + ": command " + std::to_string(command.ordinal) +
                " of index " + std::to_string(command.index) + " came out otherwise than elsewhere");
}

void AgreementChecker::on_replica_failed(std::uint32_t node, const kv::RangeId& range, std::string_view why) {
  world_.trace().note("range.failed", {node, range.number}, why);
  ++failed_count_;
  if (!storage_trouble_) world_.fail(name_of(node, range) + " gave up: " + std::string(why));
}

void AgreementChecker::on_start_failed(std::uint32_t node, std::string_view why) {
  if (!storage_trouble_) world_.fail("node " + std::to_string(node) + " can't start: " + std::string(why));
}

}  // namespace tenon::sim
