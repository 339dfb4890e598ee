#include "node/operate/session_merge.h"

#include "kv/state_view.h"

namespace tenon::node {

using State = admin::SessionQuery::State;

void SessionMerge::add(const std::string& key, const admin::SessionName& name, admin::LinkStatus link) {
  admin::SessionStatus& session = sessions_[key];
  session.name = name;
  // While a client moves, two nodes may have it for a moment: the newer one counts.
  if (!session.link || link.connected_s < session.link->connected_s) session.link = std::move(link);
}

bool SessionMerge::add(const std::string& key, const admin::SessionName& name, admin::StoredStatus stored) {
  if (query_.state == State::disconnected && stored.attached) return false;
  admin::SessionStatus& session = sessions_[key];
  session.name = name;
  session.stored = std::move(stored);
  return true;
}

void SessionMerge::end_before(const std::string& key) {
  if (!end_ || key < *end_) end_ = key;
}

bool SessionMerge::is_wanted(const admin::SessionStatus& session) const {
  const bool is_connected = session.link || (session.stored && session.stored->attached);
  if (query_.state == State::connected && !is_connected) return false;
  if (query_.state == State::disconnected && is_connected) return false;
  return query_.node.empty() || (session.link && session.link->node == query_.node);
}

admin::SessionPage SessionMerge::page() {
  admin::SessionPage page;
  for (auto& [key, session] : sessions_) {
    if (end_ && key >= *end_) break;
    if (!is_wanted(session)) continue;
    if (page.sessions.size() == query_.limit) {
      page.cursor = key;
      return page;
    }
    page.sessions.push_back(std::move(session));
  }
  page.cursor = end_;
  return page;
}

}  // namespace tenon::node
