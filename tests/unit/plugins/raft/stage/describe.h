#pragma once

#include <string>

#include "algorithm/message.h"
#include "algorithm/ready.h"

namespace tenon::raft {

// One line each, in the words of the scenario scripts. Entries are index@term.
std::string describe(NodeId node);
std::string describe(const Entry& entry);
std::string describe(const Configuration& configuration);
std::string describe(const Message& message);

// What a Ready says apart from its messages, one line each, indented.
std::string describe(NodeId node, const Ready& ready);

}  // namespace tenon::raft
