#include <tenon/draft/events.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "abi_text.h"
#include "base/text/topic_syntax.h"
#include "host/status_name.h"
#include "host/watch/breadcrumb.h"
#include "known_kinds.h"
#include "made_plugin.h"

namespace tenon::tools {
namespace {

using host::Instance;

// Of a broker of a later version.
constexpr std::uint32_t unknown_type = 61;
constexpr std::size_t longer_by = 24;

// Runs `look` with an observer that has been started; plugins of other kinds pass.
std::function<Finding(const Subject&)> on_observers(const LookAtInstance& look) {
  return [look](const Subject& subject) {
    return for_each_instance(subject, [&](CheckHost& check_host, Instance& instance) {
      if (instance.spec().kind != host::Kind::events) return pass("is no observer");
      if (const Status s = start(instance); !s) return start_failed(s.error());
      Finding found = look(check_host, instance);
      instance.deactivate();
      return found;
    });
  };
}

struct Asked {
  std::uint64_t types = 0;
  std::vector<std::string> filters;
  std::uint32_t batch_count_max = 0;
  std::uint32_t linger_ms = 0;
  std::string failure;  // empty: none

  friend bool operator==(const Asked&, const Asked&) = default;
};

Asked ask(Instance& instance) {
  tenon_event_wishes raw{};
  raw.struct_size = sizeof raw;
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(instance.tag());
  const tenon_status status = instance.events().wishes(instance.raw(), &raw, &error);
  Asked asked;
  if (status != TENON_OK) asked.failure = host::describe(status, error);
  asked.types = raw.types;
  asked.batch_count_max = raw.batch_count_max;
  asked.linger_ms = raw.linger_ms;
  for (std::uint64_t i = 0; status == TENON_OK && i < raw.filter_count; ++i)
    asked.filters.push_back(text_of(raw.filters[i]));
  return asked;
}

Finding check_wishes(CheckHost&, Instance& instance) {
  const Asked first = ask(instance);
  if (!first.failure.empty()) return fail("it can't say what it wishes to see: " + first.failure);
  if (first.types == 0) return fail("it wishes to see nothing");
  for (const std::string& filter : first.filters)
    if (!is_topic_filter(filter)) return fail("it wishes for \"" + filter + "\", which is no topic filter");
  const bool wants_messages = (first.types >> TENON_EVENT_MESSAGE_PUBLISHED & 1) != 0;
  if (wants_messages == first.filters.empty())
    return fail(wants_messages ? "it wishes for messages, but for no topics"
                               : "it has topic filters, but does not wish for messages");
  if (!(ask(instance) == first)) return fail("it wishes for something else when it is asked again");
  return pass();
}

// Events of one call, each `stride` bytes behind the one before.
class Batch {
 public:
  explicit Batch(std::size_t stride) : stride_(stride) {}

  void add(std::uint32_t type, std::string_view text) {
    tenon_event event{};
    event.struct_size = static_cast<std::uint32_t>(stride_);
    event.type = type;
    event.unix_ms = 1'700'000'000'000;
    for (tenon_bytes* member : {&event.tenant, &event.client_id, &event.user, &event.peer, &event.listener,
                                &event.topic, &event.payload, &event.reason})
      *member = abi(text);
    event.flags = UINT32_MAX;
    const std::size_t at = bytes_.size();
    bytes_.resize(at + stride_, 0xEE);
    std::memcpy(bytes_.data() + at, &event, sizeof event);
    ++count_;
  }
  // The failure; empty: it took them, or would like them later.
  std::string give_to(Instance& instance, std::uint64_t dropped) const {
    tenon_error error = host::fresh_error();
    const host::PluginScope scope(instance.tag());
    const tenon_status status =
        instance.events().deliver(instance.raw(), reinterpret_cast<const tenon_event*>(bytes_.data()), count_,
                                  stride_, dropped, &error);
    const bool is_fine = status == TENON_OK || status == TENON_E_BUSY;
    return is_fine ? std::string() : host::describe(status, error);
  }

 private:
  const std::size_t stride_;
  std::uint64_t count_ = 0;
  std::vector<std::uint8_t> bytes_;
};

Finding check_takes(CheckHost&, Instance& instance) {
  if (!ask(instance).failure.empty()) return pass("says nothing of what it wishes to see");
  const std::string odd("\0\xff\xc3 \"\\\n", 7);
  const std::string large(70'000, 'x');
  for (const std::size_t stride : {sizeof(tenon_event), sizeof(tenon_event) + longer_by}) {
    Batch batch(stride);
    for (std::uint32_t type = 1; type <= TENON_EVENT_TYPE_LAST; ++type)
      for (const std::string_view text :
           {std::string_view(), std::string_view("text"), std::string_view(odd), std::string_view(large)})
        batch.add(type, text);
    if (const std::string why = batch.give_to(instance, 3); !why.empty())
      return fail("it does not take events with texts of all sorts: " + why);
    Batch unknown(stride);
    unknown.add(unknown_type, "text");
    if (const std::string why = unknown.give_to(instance, 0); !why.empty())
      return fail("it does not take an event of a type that it can't know: " + why);
  }
  return pass();
}

}  // namespace

std::vector<Check> events_checks() {
  return {
      {"events.wishes",
       "an observer says what it wishes to see, by topic filters that are such, and the same when it is "
       "asked again",
       "set types, and filters if and only if messages are among them",
       {"lifecycle.start-stop"},
       on_observers(check_wishes)},
      {"events.takes-all",
       "an observer takes batches with any texts, with larger structs, and with types of a later broker",
       "walk by stride, read texts by their length, and pass over types that it does not know",
       {"lifecycle.start-stop"},
       on_observers(check_takes)},
  };
}

}  // namespace tenon::tools
