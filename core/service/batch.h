#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "service/form.h"

// Commands and replies of a store: a batch of ops, each behind its kind and its length.
//
//   u8 version · varint count · { u8 kind · bytes body }...
//
// `Op` is a std::variant; the kind of an op is its place in it, from 1. Each alternative has a form, a type
// Reply, and makes_sense(), which says whether the values can mean something together.

namespace tenon::service {

constexpr std::uint8_t batch_version = 1;

namespace detail {

template <class T, class Variant>
inline constexpr std::uint8_t kind_in = 0;
template <class T, class... Rest>
inline constexpr std::uint8_t kind_in<T, std::variant<T, Rest...>> = 1;
template <class T, class First, class... Rest>
inline constexpr std::uint8_t kind_in<T, std::variant<First, Rest...>> =
    1 + kind_in<T, std::variant<Rest...>>;

template <class T>
void append_body(std::string& out, std::uint8_t kind, const T& value) {
  WireWriter(out).u8(kind);
  FormWriter(out).sized(value);
}

inline std::string with_head(std::size_t count, std::string_view body) {
  std::string out;
  out.reserve(body.size() + 8);
  WireWriter wire(out);
  wire.u8(batch_version);
  wire.varint(count);
  wire.raw(body);
  return out;
}

// The command, or reply, of one op whose body is encoded.
inline std::string batch_of_one(std::uint8_t kind, std::string_view body) {
  std::string out;
  out.reserve(body.size() + 16);
  WireWriter wire(out);
  wire.u8(batch_version);
  wire.varint(1);
  wire.u8(kind);
  wire.bytes(body);
  return out;
}

// REQUIRES: kind is one of the variant's.
template <class Op, std::size_t at = 0>
Result<Op> read_op(std::uint8_t kind, std::string_view body) {
  if constexpr (at == std::variant_size_v<Op>) {
    return Error{Errc::unsupported, "op of kind " + std::to_string(kind) + " is not known"};
  } else {
    if (kind != at + 1) return read_op<Op, at + 1>(kind, body);
    std::variant_alternative_t<at, Op> op;
    FormReader form(body);
    form(op);
    if (!form.ok() || !op.makes_sense())
      return Error{Errc::invalid, "op of kind " + std::to_string(kind) + " makes no sense"};
    return Op(std::move(op));
  }
}

}  // namespace detail

// A command that a machine asks for by itself ends behind so many bytes: no link takes an entry of 16 MiB.
constexpr std::size_t own_command_bytes_max = 256 * 1024;

// Collects ops; the texts in them are copied at once.
template <class Op>
class BatchBuilder {
 public:
  template <class T>
  void add(const T& op) {
    detail::append_body(body_, detail::kind_in<T, Op>, op);
    ++count_;
  }
  // Those of another one, behind its own; the other one is empty then.
  void add_all(BatchBuilder& other) {
    body_ += std::exchange(other.body_, {});
    count_ += std::exchange(other.count_, 0);
  }
  std::size_t count() const { return count_; }
  std::size_t size_bytes() const { return body_.size(); }
  // The command; the builder is empty again.
  std::string take() {
    std::string text = detail::with_head(std::exchange(count_, 0), body_);
    body_.clear();
    return text;
  }

 private:
  std::string body_;
  std::size_t count_ = 0;
};

// The version of a store's commands (kv::CommandVersions): new ops are put behind those that are there.
template <class Op>
inline constexpr std::uint8_t version_of_ops = static_cast<std::uint8_t>(std::variant_size_v<Op>);

// The lowest version that knows all ops of the batch, as far as it holds together; 255: none that there can
// be.
inline std::uint8_t version_of_batch(std::string_view text) {
  constexpr std::uint8_t none = 255;
  WireReader in(text);
  const std::uint8_t version = in.u8();
  if (in.ok() && version != batch_version) return none;
  std::uint8_t highest = 0;
  for (std::uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const std::uint8_t kind = in.u8();
    in.bytes();
    if (!in.ok()) break;
    if (kind == 0) return none;
    highest = std::max(highest, kind);
  }
  return highest;
}

// invalid or unsupported; the ops are views of the text.
template <class Op>
Result<std::vector<Op>> read_batch(std::string_view text) {
  WireReader in(text);
  const std::uint8_t version = in.u8();
  if (in.ok() && version != batch_version)
    return Error{Errc::unsupported, "a command has version " + std::to_string(version)};
  const std::uint64_t count = in.varint();
  if (count > in.rest().size()) return Error{Errc::invalid, "a command counts more ops than it has"};
  std::vector<Op> ops;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint8_t kind = in.u8();
    const std::string_view body = in.bytes();
    if (!in.ok()) break;
    auto op = detail::read_op<Op>(kind, body);
    if (!op) return op.error();
    ops.push_back(std::move(*op));
  }
  if (!in.ok() || !in.at_end()) return Error{Errc::invalid, "a command does not hold together"};
  return ops;
}

// One reply for each op, in the same form.
template <class Op>
class BatchReplyWriter {
 public:
  template <class T>
  void add(const typename T::Reply& reply) {
    detail::append_body(body_, detail::kind_in<T, Op>, reply);
    ++count_;
  }
  std::string take() { return detail::with_head(count_, body_); }

 private:
  std::string body_;
  std::size_t count_ = 0;
};

// Reads a batch and writes the reply: run(op) gives a Result of the op's Reply, in the order of the ops.
// Nothing runs when the batch is not whole; the first error ends it.
template <class Op, class Run>
Status apply_batch(std::string_view text, std::string& ret_reply, Run&& run) {
  const auto ops = read_batch<Op>(text);
  if (!ops) return ops.error();
  BatchReplyWriter<Op> replies;
  for (const Op& op : *ops) {
    Status done = std::visit(
        [&](const auto& value) -> Status {
          const auto reply = run(value);
          if (!reply) return reply.error();
          replies.template add<std::remove_cvref_t<decltype(value)>>(*reply);
          return {};
        },
        op);
    if (!done) return done;
  }
  ret_reply = replies.take();
  return {};
}

// Reads replies in the order of the ops. The text outlives the replies, which are views of it.
template <class Op>
class BatchReplyReader {
 public:
  explicit BatchReplyReader(std::string_view text) : in_(text) {
    if (in_.u8() != batch_version) in_.fail();
    left_ = in_.varint();
  }
  // The reply to the next op, which was a T. corrupt: it is none, or there is no more.
  template <class T>
  Result<typename T::Reply> next() {
    const std::uint8_t kind = left_ == 0 ? 0 : in_.u8();
    const std::string_view body = in_.bytes();
    typename T::Reply reply;
    FormReader form(body);
    form(reply);
    if (!in_.ok() || kind != detail::kind_in<T, Op> || !form.ok())
      return Error{Errc::corrupt, "a reply is not one to its op"};
    --left_;
    return reply;
  }
  std::uint64_t left() const { return left_; }

 private:
  WireReader in_;
  std::uint64_t left_ = 0;
};

}  // namespace tenon::service
