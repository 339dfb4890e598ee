#include "support/sim_names.h"

#include <set>
#include <utility>

namespace tenon::test {
namespace {

bool is_below(const std::string& path, const std::string& dir) {
  return path.size() > dir.size() + 1 && path.compare(0, dir.size(), dir) == 0 && path[dir.size()] == '/';
}

}  // namespace

std::string SimNames::parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

const SimEntry* SimNames::find(const std::string& path) const {
  const auto at = visible_.find(path);
  return at == visible_.end() ? nullptr : &at->second;
}

std::vector<std::string> SimNames::list(const std::string& dir) const {
  std::vector<std::string> names;
  for (const auto& [path, entry] : visible_)
    if (path != "/" && parent_of(path) == dir) names.push_back(path.substr(path.find_last_of('/') + 1));
  return names;
}

void SimNames::add(const std::string& path, SimEntry entry) {
  change({Change::Type::add, path, {}, std::move(entry)});
}

void SimNames::remove(const std::string& path) {
  change({Change::Type::remove, path, {}, {}});
}

void SimNames::rename(const std::string& from, const std::string& to) {
  change({Change::Type::rename, from, to, {}});
}

void SimNames::change(Change change) {
  apply(visible_, change);
  pending_.push_back(std::move(change));
}

void SimNames::apply(Map& map, const Change& change) {
  switch (change.type) {
    case Change::Type::add:
      map[change.path] = change.entry;
      return;
    case Change::Type::remove:
      map.erase(change.path);
      return;
    case Change::Type::rename:
      break;
  }
  Map moved;
  for (auto at = map.begin(); at != map.end();) {
    const bool moves = at->first == change.path || is_below(at->first, change.path);
    if (moves) moved[change.to + at->first.substr(change.path.size())] = at->second;
    at = moves ? map.erase(at) : std::next(at);
  }
  for (auto& [path, entry] : moved) map[path] = std::move(entry);
}

// An earlier change below a directory that was moved meanwhile now belongs to its new place.
void SimNames::follow_rename(const Change& rename, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    for (std::string* path : {&pending_[i].path, &pending_[i].to})
      if (is_below(*path, rename.path)) *path = rename.to + path->substr(rename.path.size());
}

void SimNames::sync_dir(const std::string& dir) {
  std::vector<Change> left;
  std::swap(left, pending_);
  for (Change& change : left) {
    const bool concerns =
        parent_of(change.path) == dir || (change.type == Change::Type::rename && parent_of(change.to) == dir);
    if (!concerns) {
      pending_.push_back(std::move(change));
      continue;
    }
    apply(durable_, change);
    if (change.type == Change::Type::rename) follow_rename(change, pending_.size());
  }
}

void SimNames::lose_power(SimRandom& random) {
  const std::uint64_t kept = random.below(pending_.size() + 1);
  for (std::uint64_t i = 0; i < kept; ++i) apply(durable_, pending_[i]);
  pending_.clear();
  for (auto at = durable_.begin(); at != durable_.end();) {
    const bool reachable = at->first == "/" || durable_.count(parent_of(at->first)) != 0;
    at = reachable ? std::next(at) : durable_.erase(at);
  }
  visible_ = durable_;
}

// In the order of the names, so that a seed repeats.
std::vector<std::shared_ptr<SimInode>> SimNames::inodes() const {
  std::vector<std::shared_ptr<SimInode>> list;
  std::set<const SimInode*> seen;
  for (const Map* map : {&visible_, &durable_})
    for (const auto& [path, entry] : *map)
      if (entry.inode && seen.insert(entry.inode.get()).second) list.push_back(entry.inode);
  return list;
}

}  // namespace tenon::test
