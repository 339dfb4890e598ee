#include "broker/operate/link_census.h"

#include <algorithm>

#include "broker/link/link.h"
#include "service/inbox/inbox_key.h"

namespace tenon::broker {

namespace {

constexpr std::size_t links_per_turn = 2048;

using Row = std::pair<std::string, LinkRow>;  // behind its key

bool is_lower(const Row& a, const Row& b) {
  return a.first < b.first;
}

}  // namespace

// One list, while the workers look. Its rows are touched on worker 0 only.
struct LinkCensus::List {
  LinkQuestion question;
  Shard* home = nullptr;
  std::size_t open_workers = 0;
  std::vector<Row> rows;
  Done done;

  bool wants(const Link& link, std::string& ret_key) const {
    const service::inbox::Owner owner = link.session_owner();
    if (!link.is_live() || !owner.client_id.starts_with(question.client_id)) return false;
    if (!question.any_tenant && owner.tenant != question.tenant) return false;
    ret_key = service::inbox::owner_prefix(owner);
    return ret_key >= question.cursor;
  }

  void take(std::vector<Row>&& more) {
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    if (--open_workers > 0) return;
    std::sort(rows.begin(), rows.end(), is_lower);
    LinkAnswer answer;
    answer.more = rows.size() > question.count_max;
    if (answer.more) rows.resize(question.count_max);
    for (Row& row : rows) answer.rows.push_back(std::move(row.second));
    done(std::move(answer));
  }
};

void LinkCensus::answer(const LinkQuestion& question, Done done) {
  if (question.action == LinkAction::list) return list(question, std::move(done));
  find(question, std::move(done));
}

void LinkCensus::list(const LinkQuestion& question, Done done) {
  auto list = std::make_shared<List>();
  list->question = question;
  list->home = shards_[0].get();
  list->open_workers = shards_.size();
  list->done = std::move(done);
  for (const auto& shard : shards_)
    shard->worker().post(make_task([shard = shard.get(), list] { look_on(*shard, 0, list, {}); }));
}

// On the shard's worker: the first rows of those that it has, and one more, which says that there are more.
void LinkCensus::look_on(Shard& shard, std::size_t from, const std::shared_ptr<List>& list,
                         std::vector<Row>&& found) {
  shard.enter();
  const std::size_t wanted = std::size_t{list->question.count_max} + 1;
  const std::size_t next = shard.visit_links(from, links_per_turn, [&](Link& link) {
    std::string key;
    if (!list->wants(link, key)) return;
    if (found.size() == wanted) {
      if (key >= found.front().first) return;
      std::pop_heap(found.begin(), found.end(), is_lower);
      found.pop_back();
    }
    found.emplace_back(std::move(key), link.describe(Link::Telling::short_one));
    std::push_heap(found.begin(), found.end(), is_lower);
  });
  if (next != 0)
    return shard.worker().post(make_task([&shard, next, list, found = std::move(found)]() mutable {
      look_on(shard, next, list, std::move(found));
    }));
  list->home->worker().post(
      make_task([list, found = std::move(found)]() mutable { list->take(std::move(found)); }));
}

void LinkCensus::find(const LinkQuestion& question, Done done) {
  Shard& home = *shards_[0];
  const auto reply = [&home, done](LinkAnswer&& answer) {
    home.worker().post(make_task([done, answer = std::move(answer)]() mutable { done(std::move(answer)); }));
  };
  const Tenant* tenant = home.tables().tenants.known(question.tenant);
  if (!tenant) return reply({});
  const auto address = home.tables().clients.find(tenant->directory_id(question.client_id));
  if (!address) return reply({});
  Shard* shard = shards_[address->worker].get();
  shard->worker().post(make_task([shard, address = *address, question, reply] {
    shard->enter();
    LinkAnswer answer;
    Link* link = shard->find(address);
    if (link && link->session_owner().tenant == question.tenant &&
        link->session_owner().client_id == question.client_id && link->is_live()) {
      answer.rows.push_back(link->describe(Link::Telling::all));
      if (question.action == LinkAction::kick)
        link->disconnect(static_cast<mqtt::ReasonCode>(question.reason_code));
    }
    reply(std::move(answer));
  }));
}

}  // namespace tenon::broker
