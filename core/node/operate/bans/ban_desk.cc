#include "node/operate/bans/ban_desk.h"

#include <algorithm>

namespace tenon::node {

namespace events = observe::events;
namespace meta = service::meta;
using store::Request;

namespace {

// What is over is shown no more at once, and taken out of the store later: clocks differ.
constexpr UnixMs kept_after_end_ms = 60'000;

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

BanDesk::BanDesk(World world) : world_(std::move(world)) {
  world_.meta.follow({std::string(bans_prefix), [this](const MetaWatch::Values& values) { take(values); }});
}

void BanDesk::when_known(std::function<void()> fn) {
  if (is_known_) return fn();
  when_known_.push_back(std::move(fn));
}

void BanDesk::take(const MetaWatch::Values& values) {
  bans_.clear();
  std::vector<broker::Ban> obeyed;
  for (const auto& [path, value] : values) {
    auto read = read_ban(path, value.record());
    if (!read) continue;
    obeyed.push_back(broker_ban(read->ban));
    bans_.emplace(path, std::move(*read));
  }
  world_.obey(std::make_shared<const broker::BanList>(std::move(obeyed)));
  is_known_ = true;
  for (const auto& fn : std::exchange(when_known_, {})) fn();
}

// Several nodes may try to take out what is over; the version lets one of them.
void BanDesk::tick() {
  const UnixMs now = world_.clock.unix_ms();
  const auto over = std::ranges::find_if(
      bans_, [&](const auto& one) { return one.second.ban.until_ms < now - kept_after_end_ms; });
  if (!world_.meta.has_replica() || is_erasing_ || over == bans_.end()) return;
  is_erasing_ = true;
  const std::string who = "time, at " + world_.node_id;
  meta::CommandBuilder command;
  command.add(meta::Erase{over->first, over->second.ban.version, who});
  world_.meta.ask(Request::Kind::command, over->first, command.take(),
                  [this](const store::Answer&) { world_.meta.when_read([this] { is_erasing_ = false; }); });
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
  world_.meta.on_control([this, query, then = std::move(then)] {
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
  world_.meta.on_control([this, name = *sound, then = std::move(then)] {
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
  world_.meta.on_control([this, change] {
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
  world_.meta.ask(Request::Kind::query, change->path, question.take(),
                  [this, change, then](const store::Answer& answer) {
                    if (const auto trouble = trouble_of(answer))
                      return fail(change, trouble->code, trouble->message);
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
  world_.meta.ask(Request::Kind::command, change->path, command.take(),
                  [this, change](const store::Answer& answer) { on_given(change, answer); });
}

// Replies of both ops have the same form. A command may be applied twice: the second time it finds what the
// first one has left.
void BanDesk::on_given(const ChangePtr& change, const store::Answer& answer) {
  if (const auto trouble = trouble_of(answer)) return fail(change, trouble->code, trouble->message);
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
  world_.meta.when_read([this, change, ban] { done(change, ban); });
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
