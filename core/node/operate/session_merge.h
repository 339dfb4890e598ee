#pragma once

#include <map>
#include <optional>
#include <string>

#include "admin/session_source.h"

namespace tenon::node {

// One page of sessions, joined of what the nodes tell of their links and the ranges of what they keep. Keys
// are inbox::owner_prefix of a session. Pure.
class SessionMerge {
 public:
  explicit SessionMerge(const admin::SessionQuery& query) : query_(query) {}

  void add(const std::string& key, const admin::SessionName& name, admin::LinkStatus link);
  // False: it is connected, of which nothing is kept where others are asked for.
  bool add(const std::string& key, const admin::SessionName& name, admin::StoredStatus stored);
  // Somebody knows nothing of this key and of those behind it.
  void end_before(const std::string& key);

  // The sessions that are wanted, as far as everybody knows of them, `limit` at most. The page's cursor is
  // the first key of the next one.
  admin::SessionPage page();

 private:
  bool is_wanted(const admin::SessionStatus& session) const;

  const admin::SessionQuery& query_;
  std::map<std::string, admin::SessionStatus> sessions_;
  std::optional<std::string> end_;
};

}  // namespace tenon::node
