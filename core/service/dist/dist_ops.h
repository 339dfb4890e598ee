#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "service/batch.h"
#include "service/message_form.h"

// Commands, replies and questions of the store `dist`. Each op may be given again without harm.

namespace tenon::service::dist {

struct RouteReply {
  std::uint32_t existed = 0;  // how many of the routes named were there before

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.existed);
  }
};

// Adds the route or replaces its options.
struct Add {
  std::string_view tenant;
  std::string_view filter;
  std::string_view client_id;
  std::uint64_t number = 0;
  StoredOptions options;

  using Reply = RouteReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.filter, s.client_id, s.number, s.options);
  }
  bool makes_sense() const { return !filter.empty() && number != 0; }
};

// Removes routes of one inbox, such as all that an ended session had; those of another number stay.
struct Remove {
  std::string_view tenant;
  std::string_view client_id;
  std::uint64_t number = 0;
  std::vector<std::string_view> filters;

  using Reply = RouteReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.client_id, s.number, s.filters);
  }
  bool makes_sense() const { return number != 0; }
};

// Removes all routes of an inbox, for those who don't know its filters. Looks at no more than `count_max`
// routes behind `cursor`, so that no entry takes long: the reply says where to go on.
struct RemoveAll {
  struct Reply {
    std::uint32_t existed = 0;
    std::string cursor;  // empty: the whole range was looked at

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.existed, s.cursor);
    }
  };
  std::string_view tenant;
  std::string_view client_id;
  std::uint64_t number = 0;
  std::string_view cursor;  // empty: from the start of the range
  std::uint32_t count_max = 1000;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.tenant, s.client_id, s.number, s.cursor, s.count_max);
  }
  bool makes_sense() const { return number != 0 && count_max > 0; }
};

// Add by a connection of the session, which has this epoch there: what one with a newer epoch has done to the
// route stays.
struct AddAt {
  Add add;
  std::uint64_t epoch = 0;

  using Reply = RouteReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.add, s.epoch);
  }
  bool makes_sense() const { return add.makes_sense() && epoch != 0; }
};

// Remove by such a connection.
struct RemoveAt {
  Remove remove;
  std::uint64_t epoch = 0;

  using Reply = RouteReply;
  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.remove, s.epoch);
  }
  bool makes_sense() const { return remove.makes_sense() && epoch != 0; }
};

// In the order of their kinds, from 1.
using Op = std::variant<Add, Remove, RemoveAll, AddAt, RemoveAt>;
using CommandBuilder = BatchBuilder<Op>;
using ReplyReader = BatchReplyReader<Op>;

// Routes in the order of their keys.
struct ListRoutes {
  struct Item {
    std::string_view tenant;
    std::string_view filter;
    std::string_view client_id;
    std::uint64_t number = 0;
    StoredOptions options;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.tenant, s.filter, s.client_id, s.number, s.options);
    }
  };
  struct Reply {
    std::vector<Item> routes;
    std::string_view cursor;  // empty: there are no more

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.routes, s.cursor);
    }
  };
  std::string_view cursor;  // empty: from the start of the range
  std::uint32_t count_max = 100;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.cursor, s.count_max);
  }
  bool makes_sense() const { return count_max > 0; }
};

struct CountRoutes {
  struct Reply {
    std::uint64_t routes = 0;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.routes);
    }
  };
  template <class Form, class Self>
  static void form(Form&, Self&) {}
  bool makes_sense() const { return true; }
};

// In the order of their kinds, from 1.
using Question = std::variant<ListRoutes, CountRoutes>;
using AnswerReader = BatchReplyReader<Question>;

}  // namespace tenon::service::dist
