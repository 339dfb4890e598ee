#include "kv/command.h"

#include <limits>
#include <utility>

#include "base/wire.h"

namespace tenon::kv {
namespace {

constexpr std::uint8_t entry_version = 1;
// kind, source, sequence and two lengths
constexpr std::size_t command_bytes_min = 5;

Error corrupt(std::string what) {
  return {Errc::corrupt, "entry of a range: " + std::move(what)};
}

Command read_command(WireReader& in) {
  Command command;
  command.kind = Command::Kind{in.u8()};
  command.source = SourceId{in.varint()};
  command.sequence = in.varint();
  command.key = in.bytes();
  if (command.kind == Command::Kind::service_many) command.last_key = in.bytes();
  command.text = in.bytes();
  return command;
}

}  // namespace

void EntryBuilder::add(const Command& command) {
  WireWriter out(body_);
  out.u8(static_cast<std::uint8_t>(command.kind));
  out.varint(static_cast<std::uint64_t>(command.source));
  out.varint(command.sequence);
  out.bytes(command.key);
  if (command.kind == Command::Kind::service_many) out.bytes(command.last_key);
  out.bytes(command.text);
  ++count_;
}

std::string EntryBuilder::take(UnixMs stamp_ms) {
  TENON_BUG(stamp_ms >= 0, "the stamp of an entry is not before 1970");
  std::string payload;
  payload.reserve(body_.size() + 24);
  WireWriter out(payload);
  out.u8(entry_version);
  out.varint(static_cast<std::uint64_t>(stamp_ms));
  out.varint(count_);
  out.raw(body_);
  body_.clear();
  count_ = 0;
  return payload;
}

Result<EntryView> read_entry(std::string_view payload) {
  WireReader in(payload);
  const std::uint8_t version = in.u8();
  if (!in.ok() || version == 0) return corrupt("it has no version");
  if (version > entry_version)
    return Error{Errc::unsupported, "entry of a range: version " + std::to_string(version) +
                                        " is newer than this node's " + std::to_string(entry_version)};
  const std::uint64_t stamp = in.varint();
  const std::uint64_t count = in.varint();
  if (stamp > static_cast<std::uint64_t>(std::numeric_limits<UnixMs>::max()))
    return corrupt("its stamp is no time");
  if (!in.ok() || count > in.rest().size() / command_bytes_min)
    return corrupt("it is shorter than the count of its commands");
  EntryView entry;
  entry.stamp_ms = static_cast<UnixMs>(stamp);
  entry.commands.reserve(count);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) entry.commands.push_back(read_command(in));
  if (!in.ok()) return corrupt("command " + std::to_string(entry.commands.size()) + " is cut off");
  return entry;
}

}  // namespace tenon::kv
