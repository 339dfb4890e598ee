#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "service/batch.h"

// Commands, replies, records and questions of the store `meta`: settings of the whole cluster, each a value
// under a path such as "tenants/acme/quota". Keys are the paths as they are; those that begin with '~' are
// the store's own:
//
//   "~revision"               the number of changes so far
//   "~audit/" · 8 bytes (BE)  what change this revision made, for the last audit_count_max of them

namespace tenon::service::meta {

constexpr std::uint64_t audit_count_max = 10'000;

constexpr bool is_path(std::string_view path) {
  return !path.empty() && path.front() != '~';
}

enum class ChangeStatus : std::uint8_t {
  done = 0,
  conflict = 1,  // the version is not the expected one; nothing has changed
};

struct ChangeReply {
  ChangeStatus status = ChangeStatus::done;
  std::uint64_t version = 0;  // that the path has now; 0: there is no value

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.status, s.version);
  }
};

// A value's version is the revision of the store that it was put with: it is never the same for two values.
struct Put {
  std::string_view path;
  std::string_view value;
  std::optional<std::uint64_t> expected;  // 0: there must be none; empty: whatever is there
  std::string_view who;                   // for the audit

  using Reply = ChangeReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.path, s.value, s.expected, s.who);
  }
  bool makes_sense() const { return is_path(path); }
};

struct Erase {
  std::string_view path;
  std::optional<std::uint64_t> expected;
  std::string_view who;

  using Reply = ChangeReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.path, s.expected, s.who);
  }
  bool makes_sense() const { return is_path(path); }
};

// In the order of their kinds, from 1.
using Op = std::variant<Put, Erase>;
using CommandBuilder = BatchBuilder<Op>;
using ReplyReader = BatchReplyReader<Op>;

// Under a path.
struct ValueRecord {
  std::uint64_t version = 0;
  UnixMs stamp_ms = 0;
  std::string_view who;
  std::string_view value;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.version, s.stamp_ms, s.who, s.value);
  }
};

enum class Change : std::uint8_t { put = 0, erase = 1 };

// One change; values are not in the audit, since they may be secret.
struct AuditRecord {
  UnixMs stamp_ms = 0;
  std::string_view who;
  Change change = Change::put;
  std::string_view path;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.stamp_ms, s.who, s.change, s.path);
  }
};

struct RevisionRecord {
  std::uint64_t revision = 0;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.revision);
  }
};

struct Get {
  struct Reply {
    std::optional<ValueRecord> value;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.value);
    }
  };
  std::string_view path;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.path);
  }
  bool makes_sense() const { return is_path(path); }
};

// The values whose paths begin with `prefix`, in order.
struct List {
  struct Item {
    std::string_view path;
    ValueRecord value;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.path, s.value);
    }
  };
  struct Reply {
    std::vector<Item> items;
    bool more = false;  // the cursor is the last path

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.items, s.more);
    }
  };
  std::string_view prefix;  // empty: all
  std::string_view cursor;  // empty: from the first; otherwise from behind this path
  std::uint32_t count_max = 100;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.prefix, s.cursor, s.count_max);
  }
  bool makes_sense() const { return count_max > 0; }
};

// Changes from a revision on, oldest first.
struct ListAudit {
  struct Item {
    std::uint64_t revision = 0;
    AuditRecord record;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.revision, s.record);
    }
  };
  struct Reply {
    std::vector<Item> items;
    std::uint64_t revision = 0;  // of the last change of all

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.items, s.revision);
    }
  };
  std::uint64_t from_revision = 0;
  std::uint32_t count_max = 100;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.from_revision, s.count_max);
  }
  bool makes_sense() const { return count_max > 0; }
};

// In the order of their kinds, from 1.
using Question = std::variant<Get, List, ListAudit>;
using AnswerReader = BatchReplyReader<Question>;

}  // namespace tenon::service::meta

namespace tenon::service {

template <>
inline constexpr std::uint8_t enum_max<meta::ChangeStatus> = 1;
template <>
inline constexpr std::uint8_t enum_max<meta::Change> = 1;

}  // namespace tenon::service
