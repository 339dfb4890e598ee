#include "acl/rule_set.h"

#include <random>

#include "support.h"

namespace tenon::auth_file {
namespace {

// A client with user name "ann" and client id "d1".
const Subject ann{OwnName("ann"), OwnName("d1")};

RuleSet set_of(std::initializer_list<Rule> rules) {
  return RuleSet({rules.begin(), rules.size()});
}
RuleSet reads(const char* filter) {
  return set_of({{access_read, filter, true}});
}
bool grants(const RuleSet& rules, std::string_view name, const Subject& subject = ann) {
  return rules.match(name, subject, 0) == access_read;
}

TEST(RuleSet, WithoutRulesSaysNothing) {
  const RuleSet none;
  EXPECT_EQ(none.match("a", ann, 0), 0);
  EXPECT_FALSE(none.overlaps("#", ann, access_read));
  EXPECT_FALSE(none.covers("a", ann, access_deny));
}

TEST(RuleSet, MatchesAsTopicFiltersDo) {
  EXPECT_TRUE(grants(reads("a/b"), "a/b"));
  EXPECT_FALSE(grants(reads("a/b"), "a"));
  EXPECT_FALSE(grants(reads("a/b"), "a/b/"));
  EXPECT_FALSE(grants(reads("a/b"), "a/B"));
  EXPECT_TRUE(grants(reads("a/+"), "a/"));
  EXPECT_FALSE(grants(reads("a/+"), "a"));
  EXPECT_TRUE(grants(reads("+/b"), "/b"));
  EXPECT_TRUE(grants(reads("a/#"), "a"));
  EXPECT_TRUE(grants(reads("a/#"), "a/b/c"));
  EXPECT_FALSE(grants(reads("a/#"), "ab"));
  EXPECT_TRUE(grants(reads("/"), "/"));
  EXPECT_TRUE(grants(reads("+/+"), "/"));
  EXPECT_TRUE(grants(reads("//#"), "//x"));
}

TEST(RuleSet, FirstLevelWildcardsDoNotReachDollarTopics) {  // [MQTT-4.7.2-1]
  EXPECT_FALSE(grants(reads("#"), "$SYS/x"));
  EXPECT_FALSE(grants(reads("+/x"), "$SYS/x"));
  EXPECT_TRUE(grants(reads("$SYS/#"), "$SYS/x"));
  EXPECT_TRUE(grants(reads("$SYS/+"), "$SYS/x"));
  EXPECT_TRUE(grants(reads("a/+"), "a/$x"));
  EXPECT_TRUE(grants(reads("#"), "a/$x"));
}

TEST(RuleSet, SumsUpAllRulesThatMatch) {
  const RuleSet rules =
      set_of({{access_read, "a/#", false}, {access_write, "a/+", false}, {access_deny, "a/b", false}});
  EXPECT_EQ(rules.match("a/b", ann, 0), access_read | access_write | access_deny);
  EXPECT_EQ(rules.match("a/c", ann, 0), access_read | access_write);
  EXPECT_EQ(rules.match("a/c/d", ann, 0), access_read);
}

TEST(RuleSet, PlaceholdersMatchTheOwnNameOnly) {
  EXPECT_TRUE(grants(reads("u/%u/x"), "u/ann/x"));
  EXPECT_FALSE(grants(reads("u/%u/x"), "u/d1/x"));
  EXPECT_TRUE(grants(reads("c/%c/#"), "c/d1"));
  EXPECT_FALSE(grants(reads("c/%c/#"), "c/ann/y"));
  EXPECT_FALSE(grants(reads("c/%c"), "c/%c"));
  EXPECT_TRUE(grants(reads("%u/%c"), "ann/d1"));
}

TEST(RuleSet, PlaceholdersGrantNothingToNamesThatAreNoPlainLevel) {  // ATTACK-17
  const RuleSet rules = reads("%c/#");
  for (const char* id : {"+", "#", "a/b", "a/+", "", "$SYS", "/"}) {
    const Subject subject{{}, OwnName(id)};
    EXPECT_EQ(subject.client.use, OwnName::Use::unusable) << id;
    for (const char* name : {"+", "#", "a/b", "a", "", "$SYS/x", "/", "other"})
      EXPECT_FALSE(grants(rules, name, subject)) << id << " on " << name;
    for (const char* filter : {"#", "+", "+/#", "a/b", "$SYS/#"})
      EXPECT_FALSE(rules.overlaps(filter, subject, access_read)) << id << " on " << filter;
  }
}

TEST(RuleSet, NamesThatLookLikePatternsAreText) {  // ATTACK-17
  for (const char* id : {"%u", "%c", ".*", "..", "[a-z]*", "a|b", "%"}) {
    const Subject subject{OwnName("ann"), OwnName(id)};
    EXPECT_TRUE(grants(reads("x/%c"), std::string("x/") + id, subject)) << id;
    EXPECT_FALSE(grants(reads("x/%c"), "x/ann", subject)) << id;
    EXPECT_FALSE(grants(reads("x/%c"), "x/a", subject)) << id;
  }
}

TEST(RuleSet, AbsentNamesMatchNoPlaceholder) {
  EXPECT_FALSE(grants(reads("x/%u"), "x/", {}));
  EXPECT_FALSE(grants(reads("x/%u"), "x/ann", {}));
}

struct OverlapCase {
  const char* rule;
  const char* filter;
  bool overlaps;
  bool covers;
};

TEST(RuleSet, TellsWhichFiltersARuleOverlapsAndCovers) {
  const OverlapCase cases[] = {
      {"a/b", "a/b", true, true},
      {"a/b", "a/+", true, false},
      {"a/b", "#", true, false},
      {"a/b", "a", false, false},
      {"a/b", "+/+/+", false, false},
      {"a/b", "a/b/#", true, false},
      {"a/#", "a/b", true, true},
      {"a/#", "a/+", true, true},
      {"a/#", "a/#", true, true},
      {"a/#", "a", true, true},
      {"a/#", "+", true, false},
      {"a/#", "+/b/#", true, false},
      {"a/#", "b/#", false, false},
      {"a/+", "a/b", true, true},
      {"a/+", "a/+", true, true},
      {"a/+", "a/#", true, false},
      {"a/+", "a", false, false},
      {"a/+", "+/b", true, false},
      {"+/b", "a/+", true, false},
      {"+/b", "a/b", true, true},
      {"#", "#", true, true},
      {"#", "a/+/b", true, true},
      {"#", "+", true, true},
      {"#", "$SYS/x", false, false},
      {"#", "$SYS/#", false, false},
      {"+/x", "$SYS/x", false, false},
      {"$SYS/x", "#", false, false},
      {"$SYS/x", "+/x", false, false},
      {"$SYS/x", "$SYS/#", true, false},
      {"$SYS/#", "$SYS/#", true, true},
      {"a/%u", "a/ann", true, true},
      {"a/%u", "a/bob", false, false},
      {"a/%u", "a/+", true, false},
      {"a/%u/x", "a/#", true, false},
      {"a/%u/x", "a/bob/x", false, false},
      {"%u/x", "+/x", true, false},
      {"%u/#", "#", true, false},
  };
  for (const OverlapCase& c : cases) {
    const RuleSet rules = reads(c.rule);
    EXPECT_EQ(rules.overlaps(c.filter, ann, access_read), c.overlaps) << c.rule << " and " << c.filter;
    EXPECT_EQ(rules.covers(c.filter, ann, access_read), c.covers) << c.rule << " and " << c.filter;
    EXPECT_FALSE(rules.overlaps(c.filter, ann, access_write)) << c.rule << " and " << c.filter;
  }
}

TEST(RuleSet, IsTheSameInWhateverOrderTheRulesCome) {
  EXPECT_EQ(set_of({{access_read, "a/b", false}, {access_deny, "a/+", false}, {access_read, "c", false}}),
            set_of({{access_read, "c", false}, {access_deny, "a/+", false}, {access_read, "a/b", false}}));
  EXPECT_FALSE(set_of({{access_read, "a", false}}) == set_of({{access_write, "a", false}}));
}

TEST(RuleSet, ATopicOfSlashesCostsNoDeeperWalkThanTheRules) {  // ATTACK-8
  const RuleSet rules = reads("+/+/+/#");
  EXPECT_TRUE(grants(rules, std::string(65'535, '/')));
  EXPECT_FALSE(grants(reads("+/+/+"), std::string(65'535, '/')));
  EXPECT_TRUE(rules.overlaps(std::string(65'535, '/'), ann, access_read));
}

TEST(RuleSet, FindsOneOfManySiblings) {
  std::vector<Rule> rules;
  for (int i = 0; i < 1000; ++i) rules.push_back({access_read, "dev/" + std::to_string(i) + "/state", false});
  const RuleSet set(rules);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(grants(set, "dev/" + std::to_string(i) + "/state"));
  EXPECT_FALSE(grants(set, "dev/1000/state"));
  EXPECT_FALSE(grants(set, "dev/999/stat"));
}

// The definition of matching, level by level, without a tree.
bool matches_plainly(const std::vector<std::string>& filter, const std::vector<std::string>& name) {
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const bool hidden = i == 0 && !name[0].empty() && name[0][0] == '$';
    if (filter[i] == "#") return !hidden;
    if (i == name.size()) return false;
    if (filter[i] == "+" ? hidden : filter[i] != name[i]) return false;
  }
  return filter.size() == name.size();
}

std::vector<std::string> levels_of(std::string_view text) {
  std::vector<std::string> levels(1);
  for (const char c : text) {
    if (c == '/')
      levels.emplace_back();
    else
      levels.back() += c;
  }
  return levels;
}

class RandomTopics {
 public:
  explicit RandomTopics(std::uint32_t seed) : random_(seed) {}
  std::string name() { return make({"a", "b", "", "$x"}, false); }
  std::string filter() { return make({"a", "b", "", "$x", "+", "+"}, true); }
  std::uint32_t number(std::uint32_t below) { return random_() % below; }

 private:
  std::string make(const std::vector<std::string>& words, bool is_filter) {
    std::string text;
    const std::uint32_t levels = 1 + number(4);
    for (std::uint32_t i = 0; i < levels; ++i) {
      if (i > 0) text += '/';
      text += is_filter && i + 1 == levels && number(3) == 0
                  ? "#"
                  : words[number(static_cast<std::uint32_t>(words.size()))];
    }
    return text.empty() ? "a" : text;
  }
  std::mt19937 random_;
};

TEST(RuleSet, AgreesWithTheDefinitionOnRandomRulesAndTopics) {
  RandomTopics random(20'240'601);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<Rule> rules(1 + random.number(6));
    for (Rule& rule : rules) rule = {static_cast<AccessBits>(1u << random.number(3)), random.filter(), false};
    const RuleSet set(rules);
    for (int i = 0; i < 20; ++i) {
      const std::string name = random.name();
      AccessBits expected = 0;
      for (const Rule& rule : rules)
        if (matches_plainly(levels_of(rule.filter), levels_of(name))) expected |= rule.access;
      ASSERT_EQ(set.match(name, {}, 0), expected) << name << " against " << rules[0].filter << " and others";
    }
  }
}

TEST(RuleSet, OverlapAndCoverAgreeWithTheTopicsTheyAreAbout) {
  RandomTopics random(7);
  std::vector<std::string> names;
  for (int i = 0; i < 400; ++i) names.push_back(random.name());
  int overlaps_count = 0;
  for (int round = 0; round < 3'000; ++round) {
    const std::string rule = random.filter(), filter = random.filter();
    const RuleSet set = set_of({{access_read, rule, false}});
    const bool overlaps = set.overlaps(filter, {}, access_read);
    const bool covers = set.covers(filter, {}, access_read);
    overlaps_count += overlaps;
    ASSERT_TRUE(overlaps || !covers) << rule << " and " << filter;
    for (const std::string& name : names) {
      if (!matches_plainly(levels_of(filter), levels_of(name))) continue;
      const bool is_in_rule = matches_plainly(levels_of(rule), levels_of(name));
      ASSERT_TRUE(overlaps || !is_in_rule) << rule << " and " << filter << " meet at " << name;
      ASSERT_TRUE(is_in_rule || !covers) << rule << " does not cover " << filter << ": " << name;
    }
  }
  EXPECT_GT(overlaps_count, 300);
}

}  // namespace
}  // namespace tenon::auth_file
