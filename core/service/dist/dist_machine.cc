#include "service/dist/dist_machine.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "service/dist/dist_key.h"
#include "service/store_key.h"

namespace tenon::service::dist {

namespace {

// What stands under a route's key.
struct RouteRow {
  StoredOptions options;
  std::uint64_t epoch = 0;  // the newest that has changed it, as far as that is known

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.options);
    f.appended(s.epoch);
  }
};

// Without an epoch as versions do that know of none, to the byte.
std::string write_row(const RouteRow& row) {
  return row.epoch == 0 ? write_record(row.options) : write_record(row);
}

Result<ListRoutes::Reply> answer(const kv::StateView& state, const ListRoutes& question,
                                 std::deque<std::string>& ret_texts) {
  ListRoutes::Reply reply;
  Status read;
  const Status walked = state.scan(question.cursor, {}, [&](std::string_view key, std::string_view value) {
    if (reply.routes.size() == question.count_max) {
      reply.cursor = ret_texts.emplace_back(key);
      return false;
    }
    const auto parts = split_key(key);
    const auto options = read_record<StoredOptions>(value);
    if (!parts || !options) {
      read = Error{Errc::corrupt, "a route does not hold together"};
      return false;
    }
    reply.routes.push_back({ret_texts.emplace_back(parts->tenant), ret_texts.emplace_back(parts->filter),
                            ret_texts.emplace_back(parts->client_id), parts->number, *options});
    return true;
  });
  if (!walked) return walked.error();
  if (!read) return read.error();
  return reply;
}

}  // namespace

Status DistMachine::load(const kv::StateView& state) {
  sink_.load_begins([&](std::string_view tenant, std::string_view filter) {
    return state.covers(filter_prefix(tenant, filter));
  });
  const Status done = read(state, true);
  sink_.load_ends(done.ok());
  return done;
}

Status DistMachine::read(const kv::StateView& state, bool tell_sink) {
  route_count_ = 0;
  Status found;
  const Status walked = state.scan({}, {}, [&](std::string_view key, std::string_view value) {
    const auto parts = split_key(key);
    const auto options = read_record<StoredOptions>(value);
    if (!parts || !options) {
      found = Error{Errc::corrupt, "a route does not hold together"};
      return false;
    }
    if (tell_sink)
      sink_.put({parts->tenant, parts->filter, parts->client_id, parts->number, options->options});
    ++route_count_;
    return true;
  });
  return walked ? found : walked;
}

Result<RouteReply> DistMachine::add(const Add& op, Epoch epoch, kv::State& state) {
  const Route route{op.tenant, op.filter, op.client_id, op.number, op.options.options};
  const std::string key = key_of(route);
  const auto before = state.get(key);
  if (!before) return before.error();
  RouteRow row{op.options, epoch.value_or(0)};
  if (*before) {
    const auto there = read_record<RouteRow>(**before);
    if (!there) return there.error();
    if (epoch && there->epoch > *epoch) return RouteReply{1};
  } else {
    ++route_count_;
  }
  const std::string record = write_row(row);
  if (*before != record) {
    state.put(key, record);
    sink_.put(route);
  }
  return RouteReply{before->has_value() ? 1u : 0u};
}

Result<bool> DistMachine::remove(const Route& route, Epoch epoch, kv::State& state) {
  const std::string key = key_of(route);
  const auto before = state.get(key);
  if (!before) return before.error();
  if (!*before) return false;
  if (epoch) {
    const auto there = read_record<RouteRow>(**before);
    if (!there) return there.error();
    if (there->epoch > *epoch) return true;
  }
  state.erase(key);
  sink_.remove(route);
  --route_count_;
  return true;
}

Result<RouteReply> DistMachine::remove(const Remove& op, Epoch epoch, kv::State& state) {
  RouteReply reply;
  for (const std::string_view filter : op.filters) {
    const auto existed = remove({op.tenant, filter, op.client_id, op.number, {}}, epoch, state);
    if (!existed) return existed.error();
    reply.existed += *existed ? 1 : 0;
  }
  return reply;
}

Result<RemoveAll::Reply> DistMachine::apply_op(const RemoveAll& op, kv::State& state) {
  RemoveAll::Reply reply;
  std::vector<std::string> filters;
  std::uint32_t looked = 0;
  const Status walked = state.scan(op.cursor, {}, [&](std::string_view key, std::string_view) {
    if (looked++ == op.count_max) {
      reply.cursor = key;
      return false;
    }
    const auto parts = split_key(key);
    if (parts && parts->tenant == op.tenant && parts->client_id == op.client_id && parts->number == op.number)
      filters.push_back(parts->filter);
    return true;
  });
  if (!walked) return walked.error();
  for (const std::string& filter : filters) {
    const auto existed = remove({op.tenant, filter, op.client_id, op.number, {}}, {}, state);
    if (!existed) return existed.error();
    ++reply.existed;
  }
  return reply;
}

std::uint8_t DistMachine::version_of(std::string_view command) const {
  return version_of_batch(command);
}

std::uint8_t DistMachine::version() const {
  return version_of_ops<Op>;
}

Status DistMachine::apply(const kv::ApplyContext&, std::string_view command, kv::State& state,
                          std::string& ret_reply) {
  return apply_batch<Op>(command, ret_reply, [&](const auto& op) { return apply_op(op, state); });
}

Status DistMachine::query(UnixMs, std::string_view question, const kv::StateView& state,
                          std::string& ret_reply) const {
  std::deque<std::string> texts;
  const auto answer_one = [&](const auto& asked) {
    using T = std::remove_cvref_t<decltype(asked)>;
    if constexpr (std::is_same_v<T, CountRoutes>)
      return Result<CountRoutes::Reply>(CountRoutes::Reply{route_count_});
    else
      return answer(state, asked, texts);
  };
  return apply_batch<Question>(question, ret_reply, answer_one);
}

std::string DistMachine::split_place(std::string_view key) const {
  std::string_view rest = key;
  if (!take_escaped(rest) || !take_escaped(rest)) return {};
  return std::string(key.substr(0, key.size() - rest.size()));
}

bool DistMachine::may_split_at(std::string_view key) const {
  return take_escaped(key) && take_escaped(key) && key.empty();
}

}  // namespace tenon::service::dist
