#include "service/inbox/inbox_owners.h"

#include <algorithm>

#include "service/inbox/inbox_key.h"
#include "service/store_key.h"

namespace tenon::service::inbox {
namespace {

// Reading on over the items of a short list costs less than beginning anew behind it.
constexpr std::size_t skipped_items_max = 16;
constexpr std::size_t skipped_bytes_max = 4096;

// One walk over items in their order, until an owner's lists are too long to be walked over.
class OwnerWalk {
 public:
  explicit OwnerWalk(const VisitOwner& visit) : visit_(visit) {}

  // False: the walk ends here.
  bool take(std::string_view key, std::string_view value) {
    if (!is_of_owner(key)) {
      if (!finish()) return false;
      if (!begin(key)) return false;
    }
    switch (static_cast<KeyKind>(key[prefix_.size()])) {
      case KeyKind::session:
        return read<SessionRecord>(value, [this](SessionRecord&& record) { session_ = std::move(record); });
      case KeyKind::will:
        return read<WillRecord>(
            value, [this](const WillRecord& will) { will_at_ms_ = std::min(will_at_ms_, will.at_ms); });
      case KeyKind::post:
        has_posts_ = true;
        [[fallthrough]];
      default:
        skipped_bytes_ += value.size();
        return ++skipped_items_ < skipped_items_max && skipped_bytes_ < skipped_bytes_max;
    }
  }

  // Tells of the last owner. False: enough.
  bool finish() {
    if (prefix_.empty() || is_told_) return goes_on_;
    is_told_ = true;
    goes_on_ = visit_(prefix_, session_, has_posts_ && !session_ ? 0 : will_at_ms_);
    return goes_on_;
  }

  const Status& status() const { return status_; }
  const std::string& prefix() const { return prefix_; }

 private:
  bool is_of_owner(std::string_view key) const {
    return !prefix_.empty() && key.size() > prefix_.size() && key.starts_with(prefix_);
  }

  bool begin(std::string_view key) {
    const auto parts = split_key(key);
    if (!parts) {
      status_ = Error{Errc::corrupt, "a key of an inbox range has no known form"};
      return false;
    }
    prefix_ = key.substr(0, parts->prefix_bytes);
    session_.reset();
    will_at_ms_ = never_ms;
    has_posts_ = false;
    is_told_ = false;
    skipped_items_ = skipped_bytes_ = 0;
    return true;
  }

  template <class Record, class Keep>
  bool read(std::string_view value, const Keep& keep) {
    auto record = read_record<Record>(value);
    if (record)
      keep(std::move(*record));
    else
      status_ = record.error();
    return static_cast<bool>(record);
  }

  const VisitOwner& visit_;
  std::string prefix_;  // of the owner at hand; empty: none yet
  std::optional<SessionRecord> session_;
  UnixMs will_at_ms_ = never_ms;
  bool has_posts_ = false;
  bool is_told_ = false;
  bool goes_on_ = true;
  std::size_t skipped_items_ = 0;
  std::size_t skipped_bytes_ = 0;
  Status status_;
};

}  // namespace

Status for_each_owner(const kv::StateView& state, std::string from, const VisitOwner& visit) {
  while (true) {
    OwnerWalk walk(visit);
    const auto take = [&](std::string_view key, std::string_view value) { return walk.take(key, value); };
    if (Status walked = state.scan(from, {}, take); !walked) return walked;
    if (!walk.status()) return walk.status();
    if (walk.prefix().empty() || !walk.finish()) return {};
    from = kv::end_of_prefix(walk.prefix());
  }
}

}  // namespace tenon::service::inbox
