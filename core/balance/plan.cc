#include "balance/plan.h"

#include <cstdio>

namespace tenon::balance {

namespace {

template <class... Fns>
struct Overloaded : Fns... {
  using Fns::operator()...;
};
template <class... Fns>
Overloaded(Fns...) -> Overloaded<Fns...>;

std::string list_of(const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId node : nodes) text += (text.empty() ? "" : ",") + describe(node);
  return text;
}

std::string hex_of(const std::string& key) {
  std::string text;
  for (const char byte : key) {
    char digits[3];
    (void)std::snprintf(digits, sizeof digits, "%02x",
                        static_cast<unsigned>(static_cast<unsigned char>(byte)));
    text += digits;
  }
  return text;
}

std::string text_of(const Split& split) {
  if (split.key.empty()) return split.by_load ? "split where its load halves" : "split in its middle";
  return "split at " + hex_of(split.key);
}

}  // namespace

std::string_view kind_of(const Command& command) {
  constexpr std::string_view words[] = {"transfer", "split", "members", "merge", "recover", "unknown"};
  return words[command.what.index()];
}

std::string describe(NodeId node) {
  char text[17];
  (void)std::snprintf(text, sizeof text, "%016llx",
                      static_cast<unsigned long long>(static_cast<std::uint64_t>(node)));
  return text;
}

std::string describe(const Command& command) {
  return std::visit(
      Overloaded{[](const Transfer& what) { return "transfer to " + describe(what.to); },
                 [](const Split& what) { return text_of(what); },
                 [](const Members& what) {
                   return "members: voters " + list_of(what.voters) +
                          (what.learners.empty() ? "" : ", learners " + list_of(what.learners));
                 },
                 [](const Merge& what) { return "merge with range " + std::to_string(what.other); },
                 [](const Recover& what) {
                   return "recover with " + list_of(what.voters) +
                          (what.has_proof ? " (proof)" : " (timeout)");
                 },
                 [](const Unknown& what) { return "command of kind " + std::to_string(what.kind); }},
      command.what);
}

}  // namespace tenon::balance
