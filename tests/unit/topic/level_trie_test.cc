#include "topic/level_trie.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tenon::topic {
namespace {

std::string path_of(const LevelTrie& trie, LevelTrie::NodeId node) {
  std::string path;
  trie.path_of(node, path);
  return path;
}

LevelTrie::NodeId add(LevelTrie& trie, std::string_view path, LevelTrie::Payload payload = 1) {
  const auto node = trie.insert(path);
  trie.set_payload(node, payload);
  return node;
}

TEST(LevelTrie, APathWithoutBranchesIsOneNode) {
  LevelTrie trie(1);
  add(trie, "a/b/c/d/e/f");
  EXPECT_EQ(trie.node_count(), 2u) << "the root and the path";
}

TEST(LevelTrie, PathsComeBackAsTheyWere) {
  LevelTrie trie(1);
  std::vector<std::pair<std::string, LevelTrie::NodeId>> nodes;
  for (const char* path : {"a/b/c", "a/b", "a", "a/b/c/d", "/", "//", "/a", "a/", "a/b/", "ab/c",
                           "a/level/with/a/label/that/is/long", "a/level/with/another"})
    nodes.emplace_back(path, add(trie, path));
  for (const auto& [path, node] : nodes) {
    EXPECT_EQ(trie.find(path), node) << path;
    EXPECT_EQ(path_of(trie, node), path);
  }
}

TEST(LevelTrie, OnlyWholeLevelsAreShared) {
  LevelTrie trie(1);
  add(trie, "sensor-1/x");
  add(trie, "sensor-2/x");
  EXPECT_EQ(trie.node_count(), 3u);
  EXPECT_EQ(trie.find("sensor-"), LevelTrie::no_node);
}

TEST(LevelTrie, EraseJoinsWhatABranchHadSplit) {
  LevelTrie trie(1);
  const auto long_path = add(trie, "a/b/c/d");
  add(trie, "a/b/x/y");
  EXPECT_EQ(trie.node_count(), 4u);
  trie.erase(trie.find("a/b/x/y"));
  EXPECT_EQ(trie.node_count(), 2u);
  EXPECT_EQ(trie.find("a/b/c/d"), long_path) << "ids of paths with a payload stay";
  EXPECT_EQ(path_of(trie, long_path), "a/b/c/d");
}

TEST(LevelTrie, EraseOfAnInnerPathKeepsItsBranches) {
  LevelTrie trie(1);
  add(trie, "a");
  add(trie, "a/b");
  add(trie, "a/c");
  trie.erase(trie.find("a"));
  EXPECT_NE(trie.find("a/b"), LevelTrie::no_node);
  EXPECT_NE(trie.find("a/c"), LevelTrie::no_node);
  trie.erase(trie.find("a/b"));
  trie.erase(trie.find("a/c"));
  EXPECT_EQ(trie.node_count(), 1u);
}

TEST(LevelTrie, EmptiedTreeHoldsNothingButItsRoot) {
  LevelTrie trie(1);
  for (int i = 0; i < 3'000; ++i) add(trie, "x/" + std::to_string(i % 50) + "/" + std::to_string(i));
  for (int i = 2'999; i >= 0; --i)
    trie.erase(trie.find("x/" + std::to_string(i % 50) + "/" + std::to_string(i)));
  EXPECT_EQ(trie.node_count(), 1u);
}

}  // namespace
}  // namespace tenon::topic
