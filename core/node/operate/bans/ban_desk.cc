#include "node/operate/bans/ban_desk.h"

#include <algorithm>

namespace tenon::node {

namespace events = observe::events;
namespace meta = service::meta;
using store::Request;

namespace {

constexpr std::int64_t patience_ns = 5 * ns_per_s;
constexpr std::uint32_t page_size = 1000;
// What is over is shown no more at once, and taken out of the store later: clocks differ.
constexpr UnixMs kept_after_end_ms = 60'000;

Error trouble_of(const store::Answer& answer) {
  if (answer.code == store::AnswerCode::timed_out)
    return {Errc::timed_out, "the store meta did not answer in time; a change may still be made"};
  return {Errc::busy, answer.text.empty() ? "the store meta refused it" : answer.text};
}

std::string name_of(const admin::BanName& name) {
  return name.kind + " " + name.pattern;
}

Error no_such_ban(const admin::BanName& name) {
  return {Errc::not_found, "there is no ban of the " + name.kind + " \"" + name.pattern + "\""};
}

std::string version_text(std::uint64_t version) {
  return version == 0 ? "there is no such ban" : "the ban has version " + std::to_string(version);
}

}  // namespace

// --- what is in force

void BanDesk::look(std::optional<std::uint64_t> applied) {
  world_.on_control([this, applied] { look_now(applied); });
}

void BanDesk::look_now(std::optional<std::uint64_t> applied) {
  ++looks_since_read_;
  const bool has_changed = applied ? applied != applied_at_read_ : looks_since_read_ >= looks_between_reads;
  if (applied) erase_what_is_over();
  if (is_reading_ || (!wants_read_ && !has_changed)) return;
  applied_at_read_ = applied;
  read();
}

void BanDesk::when_known(std::function<void()> fn) {
  if (is_known_) return fn();
  when_known_.push_back(std::move(fn));
}

void BanDesk::ask(Request::Kind kind, const std::string& key, std::string&& text,
                  std::function<void(const store::Answer&)> answered) {
  Request request;
  request.store = store::StoreId::meta;
  request.kind = kind;
  request.key = key;
  request.text = std::move(text);
  request.deadline_ns = world_.clock.mono_ns() + patience_ns;
  world_.ask(std::move(request), [this, answered = std::move(answered)](store::Answer&& answer) {
    world_.on_control([answered, answer = std::move(answer)] { answered(answer); });
  });
}

void BanDesk::read() {
  is_reading_ = true;
  wants_read_ = false;
  looks_since_read_ = 0;
  behind_this_read_ = std::move(behind_next_read_);
  behind_next_read_.clear();
  read_.clear();
  read_page({});
}

void BanDesk::read_page(const std::string& cursor) {
  service::BatchBuilder<meta::Question> question;
  question.add(meta::List{bans_prefix, cursor, page_size});
  ask(Request::Kind::query, std::string(bans_prefix), question.take(),
      [this](const store::Answer& answer) { on_page(answer); });
}

void BanDesk::on_page(const store::Answer& answer) {
  const auto list = answer.code == store::AnswerCode::done
                        ? meta::AnswerReader(answer.text).next<meta::List>()
                        : Result<meta::List::Reply>(trouble_of(answer));
  if (!list.ok()) {
    wants_read_ = true;  // with the next look
    return finish_read();
  }
  for (const auto& item : list->items)
    if (auto read = read_ban(item.path, item.value))
      read_.insert_or_assign(std::string(item.path), std::move(*read));
  if (list->more && !list->items.empty()) return read_page(std::string(list->items.back().path));
  take();
  finish_read();
}

void BanDesk::take() {
  const auto is_same = [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.ban.version == b.second.ban.version;
  };
  const bool has_changed =
      !is_known_ || !std::equal(read_.begin(), read_.end(), bans_.begin(), bans_.end(), is_same);
  bans_ = std::move(read_);
  read_.clear();
  if (has_changed) {
    std::vector<broker::Ban> obeyed;
    for (const auto& [path, read] : bans_) obeyed.push_back(broker_ban(read.ban));
    world_.obey(std::make_shared<const broker::BanList>(std::move(obeyed)));
  }
  is_known_ = true;
  for (const auto& fn : std::exchange(when_known_, {})) fn();
}

void BanDesk::finish_read() {
  is_reading_ = false;
  for (const auto& fn : std::exchange(behind_this_read_, {})) fn();
  if (!behind_next_read_.empty()) read();
}

// Several nodes may try it; the version lets one of them.
void BanDesk::erase_what_is_over() {
  const UnixMs now = world_.clock.unix_ms();
  const auto over = std::ranges::find_if(
      bans_, [&](const auto& one) { return one.second.ban.until_ms < now - kept_after_end_ms; });
  if (is_erasing_ || over == bans_.end()) return;
  is_erasing_ = true;
  const std::string path = over->first;
  const std::string who = "time, at " + world_.node_id;
  meta::CommandBuilder command;
  command.add(meta::Erase{path, over->second.ban.version, who});
  bans_.erase(over);
  ask(Request::Kind::command, path, command.take(), [this](const store::Answer&) {
    is_erasing_ = false;
    wants_read_ = true;
  });
}

// --- what is shown

admin::BanPage BanDesk::page(const admin::BanQuery& query) const {
  admin::BanPage page;
  for (auto at = bans_.upper_bound(query.cursor); at != bans_.end(); ++at) {
    if (is_over(at->second.ban)) continue;
    if (page.bans.size() == query.limit) {
      page.cursor = path_of_ban(page.bans.back().name);
      break;
    }
    page.bans.push_back(at->second.ban);
  }
  return page;
}

void BanDesk::list(const admin::BanQuery& query, admin::Then<admin::BanPage> then) {
  world_.on_control([this, query, then = std::move(then)] {
    if (!is_known_) return then(Error{Errc::busy, "this node has not read the bans yet"});
    if (!query.cursor.empty()) return then(page(query));
    world_.flapping([page = page(query), then](std::vector<admin::FlapStatus>&& flapping,
                                               std::vector<std::string>&& missing) mutable {
      page.flapping = std::move(flapping);
      page.missing_nodes = std::move(missing);
      then(std::move(page));
    });
  });
}

void BanDesk::show(const admin::BanName& name, admin::Then<admin::BanStatus> then) {
  const auto sound = sound_ban(name);
  if (!sound.ok()) return then(sound.error());
  world_.on_control([this, name = *sound, then = std::move(then)] {
    if (!is_known_) return then(Error{Errc::busy, "this node has not read the bans yet"});
    const auto found = bans_.find(path_of_ban(name));
    if (found == bans_.end() || is_over(found->second.ban)) return then(no_such_ban(name));
    then(admin::BanStatus(found->second.ban));
  });
}

// --- changes

void BanDesk::change(const admin::BanChange& wanted, admin::Then<admin::BanStatus> then) {
  const auto sound = sound_ban(wanted.name);
  if (!sound.ok()) return then(sound.error());
  auto change = std::make_shared<Change>();
  change->wanted = wanted;
  change->wanted.name = *sound;
  change->path = path_of_ban(*sound);
  change->then = std::move(then);
  world_.on_control([this, change] {
    if (running_ >= changes_running_max)
      return change->then(Error{Errc::busy, "too many changes are running at this node; later"});
    ++running_;
    change->tag = std::to_string(world_.random.next());
    ask_present(change, &BanDesk::on_present);
  });
}

void BanDesk::ask_present(const ChangePtr& change, void (BanDesk::*then)(const ChangePtr&, const Record&)) {
  service::BatchBuilder<meta::Question> question;
  question.add(meta::Get{change->path});
  ask(Request::Kind::query, change->path, question.take(), [this, change, then](const store::Answer& answer) {
    if (answer.code != store::AnswerCode::done) {
      const Error trouble = trouble_of(answer);
      return fail(change, trouble.code, trouble.message);
    }
    const auto reply = meta::AnswerReader(answer.text).next<meta::Get>();
    if (!reply.ok()) return fail(change, reply.error().code, reply.error().message);
    (this->*then)(change, reply->value);
  });
}

void BanDesk::on_present(const ChangePtr& change, const Record& present) {
  const auto read = present ? read_ban(change->path, *present) : std::nullopt;
  const bool is_there = read && !is_over(read->ban);
  const std::uint64_t shown = is_there ? read->ban.version : 0;
  const admin::BanChange& wanted = change->wanted;
  if (wanted.version && *wanted.version != shown)
    return fail(change, Errc::exists, version_text(shown) + ", not what the change wants");
  if (wanted.removes && !is_there) {
    const Error none = no_such_ban(wanted.name);
    return fail(change, none.code, none.message);
  }
  if (!present && bans_.size() >= bans_max)
    return fail(change, Errc::busy,
                "there are " + std::to_string(bans_max) + " bans, as many as there may be");
  give(change, present ? present->version : 0);
}

void BanDesk::give(const ChangePtr& change, std::uint64_t version) {
  const admin::BanChange& wanted = change->wanted;
  const std::string who = wanted.by + " at " + world_.node_id;
  const UnixMs until =
      wanted.duration_s ? world_.clock.unix_ms() + UnixMs{*wanted.duration_s} * 1000 : INT64_MAX;
  const std::string value = text_of_ban(wanted, until, change->tag);
  meta::CommandBuilder command;
  if (wanted.removes)
    command.add(meta::Erase{change->path, version, who});
  else
    command.add(meta::Put{change->path, value, version, who});
  ask(Request::Kind::command, change->path, command.take(),
      [this, change](const store::Answer& answer) { on_given(change, answer); });
}

// Replies of both ops have the same form. A command may be applied twice: the second time it finds what the
// first one has left.
void BanDesk::on_given(const ChangePtr& change, const store::Answer& answer) {
  if (answer.code != store::AnswerCode::done) {
    const Error trouble = trouble_of(answer);
    return fail(change, trouble.code, trouble.message);
  }
  ask_present(change, &BanDesk::on_confirmed);
}

void BanDesk::on_confirmed(const ChangePtr& change, const Record& present) {
  const auto read = present ? read_ban(change->path, *present) : std::nullopt;
  const bool is_done = change->wanted.removes ? !read : read && read->change == change->tag;
  if (!is_done)
    return fail(change, Errc::exists,
                "somebody was faster: " + version_text(read ? read->ban.version : 0) + " now");
  admin::BanStatus ban;
  if (read) ban = read->ban;
  ban.name = change->wanted.name;
  // Who hears that it is done finds it in force here.
  behind_next_read_.emplace_back([this, change, ban] { done(change, ban); });
  if (!is_reading_) this->read();
}

void BanDesk::done(const ChangePtr& change, const admin::BanStatus& ban) {
  --running_;
  world_.log.write(
      events::auth_ban_changed, change->wanted.removes ? "a ban was removed" : "a ban was set",
      {{"ban", name_of(ban.name)}, {"by", change->wanted.by}, {"reason", change->wanted.reason}});
  change->then(admin::BanStatus(ban));
}

void BanDesk::fail(const ChangePtr& change, Errc code, std::string why) {
  --running_;
  change->then(Error{code, std::move(why)});
}

}  // namespace tenon::node
